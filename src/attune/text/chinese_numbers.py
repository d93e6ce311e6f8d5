"""Spoken Chinese (zh-CN) of integers, decimals and digit strings."""

from __future__ import annotations

__all__ = ["DIGITS", "cardinal", "decimal", "digits", "plain_number"]

DIGITS = "零一二三四五六七八九"
_UNITS = ((10**8, "亿"), (10**4, "万"), (1000, "千"), (100, "百"), (10, "十"))
_LARGEST = 10**16
_LONGEST_CARDINAL = 6


def _spoken(value: int) -> str:
    for size, unit in _UNITS:
        if value >= size:
            count, rest = divmod(value, size)
            text = _spoken(count) + unit
            if not rest:
                return text
            # A place that is skipped is heard: 105 is 一百零五, 150 is 一百五十.
            return text + ("零" if rest < size // 10 else "") + _spoken(rest)
    return DIGITS[value]


def cardinal(value: int) -> str:
    """`10523` -> "一万零五百二十三"; from ten thousand billions on digit by digit.

    Two is always 二: whether people say 两 depends on what they count.
    """
    if value >= _LARGEST:
        return digits(str(value))
    text = _spoken(value)
    return text[1:] if text.startswith("一十") else text


def digits(text: str) -> str:
    """`"1992"` -> "一 九 九 二"; other characters are left out."""
    return " ".join(DIGITS[int(c)] for c in text if c in "0123456789")


def decimal(whole: str, fraction: str) -> str:
    """`("3", "14")` -> "三 点 一 四"."""
    return f"{plain_number(whole)} 点 {digits(fraction)}"


def plain_number(text: str) -> str:
    """A number with nothing around it that says how to read it.

    Commas force a cardinal. Without: leading zeros and seven digits or more are read digit by
    digit, the rest as cardinals.
    """
    if "," in text:
        return cardinal(int(text.replace(",", "")))
    if len(text) > _LONGEST_CARDINAL or (len(text) > 1 and text[0] == "0"):
        return digits(text)
    return cardinal(int(text))
