"""Cutting Chinese text into words, with a small table and no dictionary.

Chinese is written without spaces, and where its words end is a matter of convention. Here each Han
character is a word of its own, with two exceptions: the everyday words listed below, and numbers.
In a number a digit stays with the units that follow it (二十一 is 二十 一, 三百万 is one word), and
the hour with its 点 (下午五点 is 下午 五点). Text is read from left to right, the longest word
first. Spaces that are there already are borders of words, which makes the cutting idempotent.
"""

from __future__ import annotations

import re

__all__ = ["HAN", "WORDS", "cut_words"]

HAN = "\u3400-\u4dbf\u4e00-\u9fff\U00020000-\U0002f7ff\U00030000-\U0003ffff"
"""The inside of a regular expression's class of Han characters, without duplicates."""


def _words(text: str) -> frozenset[str]:
    return frozenset(text.split())


WORDS = _words(
    """
    今天 明天 昨天 后天 前天 今年 明年 去年 前年 后年 今晚 昨晚 上午 下午 早上 晚上 中午 凌晨 傍晚
    半夜 现在 刚才 以前 以后 以来 时候 时间 小时 分钟 星期 星期一 星期二 星期三 星期四 星期五
    星期六 星期日 星期天 周末 周一 周二 周三 周四 周五 周六 周日 上周 下周 上个月 下个月 月份 季度
    春天 夏天 秋天 冬天 我们 你们 他们 她们 它们 咱们 自己 大家 别人 人们 这个 那个 这些 那些 这里
    那里 这儿 那儿 这样 那样 这么 那么 什么 怎么 怎样 哪里 哪儿 哪个 哪些 为什么 多少 几个 谁的
    因为 所以 但是 可是 不过 虽然 如果 要是 而且 或者 还是 并且 然后 于是 因此 由于 关于 对于 为了
    除了 已经 正在 刚刚 马上 立刻 总是 经常 常常 有时 从来 一直 一起 一样 一定 一些 一下 一般 万一
    非常 特别 比较 更加 最近 大约 大概 可能 也许 应该 必须 需要 可以 能够 愿意 不能 不要 不会 不是
    没有 就是 知道 觉得 认为 希望 喜欢 开始 继续 结束 完成 告诉 帮助 使用 打开 关闭 播放 停止 查询
    预订 导航 提醒 工作 学习 生活 学校 学生 老师 同学 朋友 孩子 先生 女士 小姐 医生 医院 公司 经理
    客户 产品 服务 市场 问题 办法 情况 消息 新闻 天气 温度 音乐 电影 电视 电话 手机 电脑 网络 软件
    系统 数据 语音 识别 模型 航班 飞机 机场 火车 高铁 地铁 车站 汽车 出租车 酒店 餐厅 商店 银行
    超市 房间 票价 价格 便宜 地址 中国 美国 英国 法国 德国 日本 北京 上海 广州 深圳 香港 世界 国家
    城市 政府 经济 社会 文化 历史 科学 技术 发展 中文 汉语 英语 普通话 你好 您好 谢谢 再见 请问
    对不起 没关系 欢迎 美元 欧元 英镑 人民币 百分之 千分之 分之 摄氏度 华氏度 公里 公斤 等于 除以
    """
)

_DIGIT = "零一二三四五六七八九"
# Not the hour but a decimal point: single digits follow that no unit takes up (三点一四, but
# 三点二十 and 三点零五分).
_NO_DECIMAL = f"(?![{_DIGIT}]+(?![{_DIGIT}十分刻]))"
_PIECE = re.compile(
    "|".join(
        (
            *sorted(WORDS, key=lambda word: (-len(word), word)),
            f"(?:[一二两三四五六七八九]?十|[{_DIGIT}两])点{_NO_DECIMAL}",
            "[一二两三四五六七八九]?[十百千万亿]+",
            f"[{HAN}]",
            "[A-Z]+",
        )
    )
)


def cut_words(text: str) -> list[str]:
    """The words of `text` in order, Latin capitals in runs; all other characters are left out."""
    return _PIECE.findall(text)
