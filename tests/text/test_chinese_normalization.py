# ruff: noqa: RUF001 - full-width marks are meant.
"""The zh-CN normaliser, case by case: display text in, spoken words out, cut at word borders."""

from __future__ import annotations

import re

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from attune.text import Change, explain, normalize

# The published zh-CN vectors of Custom Speech.
CUSTOM_SPEECH = [
    ("3.1415", "三 点 一 四 一 五"),
    ("￥3.5", "三 元 五 角"),
    ("1992年8月8日", "一 九 九 二 年 八 月 八 日"),
    ("下午5:00的航班", "下午 五点 的 航班"),
    ("我今年21岁", "我 今年 二十 一 岁"),
]

LETTERS_AND_MARKS = [
    ("", ""),
    ("   ", ""),
    ("你好，世界！", "你好 世界"),
    ("“为什么？”（他说）……《书》、【完】；", "为什么 他 说 书 完"),
    ("hello, world!", "HELLO WORLD"),
    ("ＡＢＣ ａｂｃ", "ABC ABC"),
    ("用ｉＰｈｏｎｅ打开", "用 IPHONE 打开"),
    ("don't", "DONT"),
    ("café Straße Ærø", "CAFE STRASSE AERO"),
    ("AT&T", "AT T"),
    ("ひらがな 한글 привет", ""),
    ("\u2f00\uf900", "一 豈"),
    ("二〇一八年", "二 零 一 八 年"),
]

WORDS = [
    ("我们明天去北京", "我们 明天 去 北京"),
    ("星期天下午", "星期天 下午"),
    # No dictionary: what the table does not list is cut at each character.
    ("苹果好吃", "苹 果 好 吃"),
    # Spaces are borders.
    ("今 天 今天", "今 天 今天"),
    ("二十一", "二十 一"),
    ("一百零五", "一百 零 五"),
    ("三百万", "三百万"),
    ("十二点", "十 二点"),
    ("五点二十分", "五点 二十 分"),
    ("五点十分", "五点 十 分"),
    ("三点零五分", "三点 零 五 分"),
    # Digits after 点 that no unit takes up: a decimal, cut as 3.14 is.
    ("三点一四", "三 点 一 四"),
    ("二十一点五", "二十 一 点 五"),
]

NUMBERS = [
    ("0", "零"),
    ("10", "十"),
    ("12", "十 二"),
    ("20", "二十"),
    ("100", "一百"),
    ("105", "一百 零 五"),
    ("110", "一百 一十"),
    ("112", "一百 一十 二"),
    ("1000", "一千"),
    ("1005", "一千 零 五"),
    ("1050", "一千 零 五十"),
    ("1,500", "一千 五百"),
    ("10000", "一万"),
    ("10523", "一万 零 五百 二十 三"),
    ("105000", "十万 五千"),
    ("210,000", "二十 一万"),
    ("1,000,000", "一百万"),
    ("20,000,000", "二千万"),
    ("100,005,000", "一亿 零 五千"),
    ("1,234,567,890", "十 二亿 三千 四百 五十 六万 七千 八百 九十"),
    ("1,000,000,000,000", "一万亿"),
    ("10,000,000,000,000,000", "一" + " 零" * 16),
    ("1234567", "一 二 三 四 五 六 七"),
    ("13812345678", "一 三 八 一 二 三 四 五 六 七 八"),
    ("010-12345678", "零 一 零 一 二 三 四 五 六 七 八"),
    ("007", "零 零 七"),
    ("０１２３", "零 一 二 三"),
    ("第1名", "第 一 名"),
    ("5万", "五万"),
    ("21万人", "二十 一万 人"),
    ("1起事故", "一 起 事 故"),
    ("0.5", "零 点 五"),
    ("３．１４", "三 点 一 四"),
    ("3.5万", "三 点 五万"),
    ("1.2.3", "一 点 二 点 三"),
    ("-5", "负 五"),
    ("气温-5℃", "气 温 负 五 摄氏度"),
    ("100°F", "一百 华氏度"),
    ("30°", "三十 度"),
    ("50%", "百分之 五十"),
    ("3.5％", "百分之 三 点 五"),
    ("2‰", "千分之 二"),
    ("1/2", "二 分之 一"),
    ("½", "二 分之 一"),
    ("5/3", "五 三"),
    ("3:2", "三 比 二"),
    ("1+1=2", "一 加 一 等于 二"),
    ("2×3÷4", "二 乘 三 除以 四"),
    ("5-10岁", "五 到 十 岁"),
    ("3~5天", "三 到 五 天"),
    ("iPhone7", "IPHONE 七"),
    ("5G", "五 G"),
    ("10²", "十 二"),
]

DATES_AND_TIMES = [
    ("2018年", "二 零 一 八 年"),
    ("92年8月", "九 二 年 八 月"),
    ("10年", "十 年"),
    ("1000年", "一千 年"),
    ("12月25日", "十 二 月 二十 五 日"),
    ("2024-05-06", "二 零 二 四 年 五 月 六 日"),
    ("2024/5/6", "二 零 二 四 年 五 月 六 日"),
    ("1992-1995年", "一 九 九 二 到 一 九 九 五 年"),
    ("2018年-2020年", "二 零 一 八 年 到 二 零 二 零 年"),
    ("上午9:30", "上午 九点 三十 分"),
    ("下午5：05", "下午 五点 零 五 分"),
    ("晚上12:00", "晚上 十 二点"),
    ("17:20", "十 七点 二十 分"),
    ("20:00", "二十点"),
    ("0:30", "零点 三十 分"),
    ("8:30:15", "八点 三十 分 十 五 秒"),
    ("9:00-17:00", "九点 到 十 七点"),
    ("5点30分", "五点 三十 分"),
    ("上午10点", "上午 十点"),
]

MONEY = [
    ("¥3.5", "三 元 五 角"),
    ("￥3", "三 元"),
    ("￥3.00", "三 元"),
    ("￥3.55", "三 元 五 角 五 分"),
    ("￥3.05", "三 元 零 五 分"),
    ("￥0.5", "五 角"),
    ("￥0.05", "五 分"),
    ("￥0", "零 元"),
    ("￥1,280", "一千 二百 八十 元"),
    ("￥3.125", "三 点 一 二 五 元"),
    ("￥5万", "五万 元"),
    ("$5", "五 美元"),
    ("€2.5", "二 点 五 欧元"),
    ("£20", "二十 英镑"),
    ("100元", "一百 元"),
    ("3.5元", "三 点 五 元"),
]

CASES = [*CUSTOM_SPEECH, *LETTERS_AND_MARKS, *WORDS, *NUMBERS, *DATES_AND_TIMES, *MONEY]


@pytest.mark.parametrize(("text", "spoken"), CASES)
def test_case(text: str, spoken: str) -> None:
    assert normalize(text, "zh-CN") == spoken


@pytest.mark.parametrize(("text", "spoken"), CASES)
def test_explanation_agrees_with_the_result(text: str, spoken: str) -> None:
    assert explain(text, "zh-CN")[0] == spoken


# Digits and the characters for them are one text, so that scoring finds no error between them.
@pytest.mark.parametrize(
    ("digits", "characters"),
    [
        ("3.14", "三点一四"),
        ("我21岁", "我二十一岁"),
        ("下午5:20", "下午五点二十分"),
        ("￥3.5", "三元五角"),
        ("50%", "百分之五十"),
        ("2/3", "三分之二"),
        ("120万", "一百二十万"),
        ("8月15日", "八月十五日"),
    ],
)
def test_digits_and_characters_give_the_same_words(digits: str, characters: str) -> None:
    assert normalize(digits, "zh-CN") == normalize(characters, "zh-CN")


def test_explanation_names_rules() -> None:
    text, changes = explain("ＯＫ，下午5:00花了￥3.5", "zh-CN")
    assert text == "OK 下午 五点 花 了 三 元 五 角"
    assert changes == (
        Change("characters", "ＯＫ，下午5:00花了￥3.5", "OK，下午5:00花了¥3.5"),
        Change("time", "5:00", "五点"),
        Change("money", "¥3.5", "三 元 五 角"),
    )


_TEXT = st.one_of(
    st.text(max_size=60),
    st.text(
        alphabet="abCＡ一二三十百万亿零两点分年月日起今天下午元"
        "0123456789０９.．,，:：-~/￥$€%％℃°+=()½²é' ",
        max_size=40,
    ),
    st.lists(st.sampled_from([text for text, _ in CASES]), max_size=4).map("".join),
)


@settings(max_examples=150, deadline=None)
@given(_TEXT)
def test_output_is_spoken_words_and_stays_so(text: str) -> None:
    spoken = normalize(text, "zh-CN")
    assert re.fullmatch(r"(?:(?:[A-Z]+|[^\x00-\u33ff]+)(?: (?!$))?)*", spoken), spoken
    assert normalize(spoken, "zh-CN") == spoken
    assert explain(text, "zh-CN")[0] == spoken


@pytest.mark.parametrize("piece", ["1", "1.", "1,", "12:", "1-", "a1", "￥", "5点", "一", "十点"])
def test_endless_repetition_is_read_and_stays_so(piece: str) -> None:
    spoken = normalize(piece * 5000, "zh-CN")
    assert normalize(spoken, "zh-CN") == spoken
