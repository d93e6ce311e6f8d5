"""de-DE normalisation rules for money, percentages, signs and every other number."""

from __future__ import annotations

import re
from functools import partial

from .german_numbers import cardinal, counting, decimal, digits, plain_number
from .rules import Rule

__all__ = ["RULES"]

_NUMBER = r"(?:\d{1,3}(?:\.\d{3})+(?!\.?\d)|\d+)"
_AMOUNT = rf"(?P<whole>{_NUMBER})(?:,(?P<fraction>\d+))?"
_CURRENCIES = {"$": "dollar", "€": "euro"}


def _amount(whole: str, fraction: str | None) -> str:
    return decimal(whole, fraction) if fraction else plain_number(whole, years=False)


def _money_parts(match: re.Match[str]) -> tuple[str, str]:
    """Whole units, and the cents as they are said after the unit ("" for none)."""
    whole, fraction = match["whole"], match["fraction"]
    if fraction is None or fraction == "00":
        return plain_number(whole, years=False), ""
    if len(fraction) == 2:
        return plain_number(whole, years=False), cardinal(int(fraction))
    return decimal(whole, fraction), ""


def _sign_first(match: re.Match[str]) -> str:
    # Said where it is written: Custom Speech reads "$10" as "dollar zehn".
    return f" {_CURRENCIES[match['sign']]} {' '.join(_money_parts(match))} "


def _sign_last(match: re.Match[str]) -> str:
    whole, cents = _money_parts(match)
    unit = _CURRENCIES[match["sign"]]
    if whole == "null" and cents:
        return f" {counting(cents)} cent "
    if " komma " not in whole:
        whole = counting(whole)
    return f" {whole} {unit} {cents} "


def _dotted(match: re.Match[str]) -> str:
    parts = [plain_number(part, years=False) for part in match.group().split(".")]
    return f" {' punkt '.join(parts)} "


def _decade(match: re.Match[str]) -> str:
    return f" {plain_number(match[1])}er"


_rule = partial(Rule, needs="0123456789")

RULES = (
    Rule(
        "phone",
        re.compile(r"(?<![\w.,/-])(?:\+\d{2} ?|0)\d{1,4}[ /-]{1,3}\d{3,8}(?![\w,/]|[.-]\d)"),
        lambda m: f" {digits(m.group())} ",
        "0+",
    ),
    # Only where the sign touches the number and nothing comes before it.
    Rule("minus", re.compile(r"(?<!\S)-(?=(?:[$€] ?)?\d)"), lambda m: "minus ", "-"),
    Rule("dropped_sign", re.compile(r"[+*/=<>]|(?<=\d) ?- ?(?=\d)"), lambda m: " ", "+*/=<>-"),
    Rule("money", re.compile(rf"(?P<sign>[$€]) ?{_AMOUNT}"), _sign_first, "$€"),
    Rule("money", re.compile(rf"(?<![\d.,]){_AMOUNT} ?(?P<sign>[$€])"), _sign_last, "$€"),
    Rule(
        "percent",
        re.compile(rf"(?<![\d.,]){_AMOUNT} ?%"),
        lambda m: f" {_amount(m['whole'], m['fraction'])} prozent ",
        "%",
    ),
    _rule("decade", re.compile(r"(?<![\w.,])(\d{1,3}0)er(?=n?\b)"), _decade),
    _rule(
        "decimal",
        re.compile(rf"(?<![\d.,])(?P<whole>{_NUMBER}),(?P<fraction>\d+)(?!,?\d)"),
        lambda m: f" {_amount(m['whole'], m['fraction'])} ",
    ),
    _rule(
        "dotted", re.compile(r"(?<![\d.])(?!\d{1,3}(?:\.\d{3})+(?!\.?\d))\d+(?:\.\d+)+"), _dotted
    ),
    _rule("number", re.compile(_NUMBER), lambda m: f" {plain_number(m.group())} "),
    Rule("percent", re.compile("%"), lambda m: " prozent ", "%"),
    Rule("and", re.compile(r"&(?:amp;)?"), lambda m: " und ", "&"),
    Rule("at", re.compile("@"), lambda m: " at ", "@"),
    Rule("money", re.compile("[$€]"), lambda m: f" {_CURRENCIES[m.group()]} ", "$€"),
)
