"""zh-CN normalisation rules for dates, times of day, money and every other number.

What they write is cut into words afterwards. Spaces in it are kept as borders of words: they hold
digits apart that are said one by one.
"""

from __future__ import annotations

import re
from functools import partial

from .chinese_numbers import cardinal, decimal, digits, plain_number
from .rules import Rule

__all__ = ["RULES"]

_NUMBER = r"(?:[0-9]{1,3}(?:,[0-9]{3})+(?![0-9])|[0-9]+)"
_AMOUNT = rf"(?P<whole>{_NUMBER})(?:\.(?P<fraction>[0-9]+))?"
_CURRENCIES = {"¥": "元", "$": "美元", "€": "欧元", "£": "英镑"}
_PARTS = {"%": "百分之", "‰": "千分之"}
_SCALES = {"C": "摄氏度", "F": "华氏度", None: "度"}
_OPERATORS = {"+": "加", "×": "乘", "÷": "除以", "=": "等于"}


def _amount(match: re.Match[str]) -> str:
    whole, fraction = match["whole"], match["fraction"]
    return decimal(whole, fraction) if fraction else plain_number(whole)


def _money(match: re.Match[str]) -> str:
    whole, fraction, scale = match["whole"], match["fraction"] or "", match["scale"] or ""
    unit = _CURRENCIES[match["sign"]]
    if unit != "元" or scale or len(fraction) > 2:
        return f" {_amount(match)}{scale} {unit} "
    tenths, hundredths = (int(digit) for digit in fraction.ljust(2, "0"))
    parts = [f"{plain_number(whole)} 元"] if int(whole.replace(",", "")) else []
    if tenths:
        parts.append(f"{cardinal(tenths)} 角")
    elif hundredths and parts:
        parts.append("零")
    if hundredths:
        parts.append(f"{cardinal(hundredths)} 分")
    return f" {' '.join(parts) or '零 元'} "


def _date(match: re.Match[str]) -> str:
    month, day = cardinal(int(match["month"])), cardinal(int(match["day"]))
    return f" {digits(match['year'])} 年 {month} 月 {day} 日 "


def _time(match: re.Match[str]) -> str:
    minute, second = int(match["minute"]), match["second"]
    parts = [f"{cardinal(int(match['hour']))}点"]
    if minute or second:
        parts.append(f"{'零 ' if 0 < minute < 10 else ''}{cardinal(minute)} 分")
    if second:
        parts.append(f"{cardinal(int(second))} 秒")
    return f" {' '.join(parts)} "


def _fraction(match: re.Match[str]) -> str:
    top, bottom = int(match["top"]), int(match["bottom"])
    if not 0 < top < bottom:
        return match.group()
    return f" {cardinal(bottom)} 分之 {cardinal(top)} "


def _dotted(match: re.Match[str]) -> str:
    return f" {' 点 '.join(plain_number(part) for part in match.group().split('.'))} "


_rule = partial(Rule, needs="0123456789")

RULES = (
    Rule(
        "date",
        re.compile(
            r"(?<![0-9./-])(?P<year>[12][0-9]{3})([-/.])(?P<month>0?[1-9]|1[0-2])\2"
            r"(?P<day>[12][0-9]|3[01]|0?[1-9])(?![0-9])"
        ),
        _date,
        "-/.",
    ),
    Rule(
        "range",
        re.compile(
            r"(?<=[年月日时点分号岁元度%])[-~](?=[0-9])"
            r"|(?<=:[0-5][0-9])[-~](?=[0-9]{1,2}:)"
            r"|(?<![0-9.-])(?P<first>[1-9][0-9]{0,3}(?:\.[0-9]+)?)[-~](?=[0-9]{1,4}(?![0-9-]))"
        ),
        lambda m: f"{m['first'] or ''} 到 ",
        "-~",
    ),
    # A count of a thousand years is one, any other four digits name a year.
    Rule(
        "year",
        re.compile(r"(?<![0-9.,])(?!1000)([12][0-9]{3})(?=年| 到 [12][0-9]{3}年)"),
        lambda m: f" {digits(m[1])} ",
        "年",
    ),
    Rule(
        "year",
        re.compile(r"(?<![0-9.,])([0-9]{2})(?=年[0-9]{1,2}月)"),
        lambda m: f" {digits(m[1])} ",
        "年",
    ),
    Rule(
        "time",
        re.compile(
            r"(?<![0-9:.])(?P<hour>[01]?[0-9]|2[0-4]):(?P<minute>[0-5][0-9])"
            r"(?::(?P<second>[0-5][0-9]))?(?![0-9:])"
        ),
        _time,
        ":",
    ),
    Rule("ratio", re.compile(r"(?<=[0-9]) ?: ?(?=[0-9])"), lambda m: " 比 ", ":"),
    Rule(
        "minus",
        re.compile(r"(?<![0-9A-Za-z)-])-(?=[¥$€£]?[0-9])"),
        lambda m: " 负 ",
        "-",
    ),
    Rule(
        "money",
        re.compile(rf"(?P<sign>[¥$€£]) ?{_AMOUNT}(?P<scale>[百千万亿]+)?"),
        _money,
        "¥$€£",
    ),
    Rule(
        "percent",
        re.compile(rf"{_AMOUNT} ?(?P<sign>[%‰])"),
        lambda m: f" {_PARTS[m['sign']]} {_amount(m)} ",
        "%‰",
    ),
    Rule(
        "degrees",
        re.compile(r"(?<=[0-9]) ?° ?(?P<scale>[CF](?![A-Za-z]))?"),
        lambda m: f" {_SCALES[m['scale']]} ",
        "°",
    ),
    Rule(
        "fraction",
        re.compile(r"(?<![0-9./])(?P<top>[0-9]{1,3})/(?P<bottom>[0-9]{1,3})(?![0-9./])"),
        _fraction,
        "/",
    ),
    Rule(
        "operator",
        re.compile(r"(?<=[0-9)]) ?([+×÷=]) ?(?=[(0-9])"),
        lambda m: f" {_OPERATORS[m[1]]} ",
        "+×÷=",
    ),
    Rule("dotted", re.compile(r"(?<![0-9.])[0-9]+(?:\.[0-9]+){2,}"), _dotted, "."),
    Rule(
        "decimal",
        re.compile(
            rf"(?<![0-9.])(?P<whole>{_NUMBER})\.(?P<fraction>[0-9]+)(?P<scale>[百千万亿]+)?"
        ),
        lambda m: f" {_amount(m)}{m['scale'] or ''} ",
        ".",
    ),
    # 5万 and 5点 are one word each; "1起" are two, unlike the word 一起.
    _rule(
        "number",
        re.compile(rf"{_NUMBER}(?P<unit>[百千万亿]+|点)?"),
        lambda m: f" {plain_number(m.group().removesuffix(m['unit'] or ''))}{m['unit'] or ''} ",
    ),
)
