"""en-US text normalisation: display text to the lower-case spoken words `a-z`, `'` and space."""

from __future__ import annotations

import re
import unicodedata

from . import english_abbreviations, english_quantities
from .rules import Rule, Rules

__all__ = ["ENGLISH"]

_CHARACTERS = str.maketrans(
    {
        **dict.fromkeys("’‘‛ʼ´`′", "'"),
        **dict.fromkeys("“”„«»″", '"'),
        **dict.fromkeys("–‒−‐‑", "-"),
        **dict.fromkeys("—―…™®©\u200b\ufeff", " "),
        "×": "x",
        "÷": " divided by ",
        "±": " plus or minus ",
        "²": " squared ",
        "³": " cubed ",
        "½": " 1/2",
        "¼": " 1/4",
        "¾": " 3/4",
        "⅓": " 1/3",
        "⅔": " 2/3",
        "⅛": " 1/8",
        "§": " section ",
        "ß": "ss",
        "æ": "ae",
        "Æ": "Ae",
        "œ": "oe",
        "Œ": "Oe",
        "ø": "o",
        "Ø": "O",
        "ð": "d",
        "þ": "th",
        "Þ": "Th",
        "ł": "l",
        "đ": "d",
    }
)
_KEPT = "£€¥¢°"


def _fold(text: str) -> str:
    if not text.isascii():
        text = text.translate(_CHARACTERS)
        if not text.isascii():
            text = "".join(
                c if c.isascii() or c in _KEPT else ("" if unicodedata.combining(c) else " ")
                for c in unicodedata.normalize("NFKD", text)
            )
    return " ".join(text.replace("--", " ").split())


_LETTERS_ONLY = {c: " " for c in range(256) if not chr(c).isalpha() and chr(c) != "'"}
_LETTERS_ONLY |= {c: chr(c).lower() for c in range(65, 91)}
_LETTERS_ONLY |= {c: " " for c in range(128, 256)}
_OUTER_APOSTROPHE = re.compile(r"(?<![a-z])'+|'+(?![a-z])")


def _strip(text: str) -> str:
    text = text.translate(_LETTERS_ONLY)
    return _OUTER_APOSTROPHE.sub(" ", text) if "'" in text else text


def _host(match: re.Match[str]) -> str:
    spoken = match.group().removeprefix("https://").removeprefix("http://").rstrip("/.")
    for sign, word in ((".", "dot"), ("@", "at"), ("/", "slash"), ("-", "dash"), ("_", "underscore")):
        spoken = spoken.replace(sign, f" {word} ")
    return f" {spoken} "


_TOP = "com|org|net|edu|gov|io|co\\.uk|uk|us|de|fr|ca|info|biz|tv|ai|app|dev"
_SYMBOLS = (
    Rule("address", re.compile(rf"\b[\w.+-]+@[\w-]+(?:\.[\w-]+)+\b|\bhttps?://[\w./-]+|\bwww\.[\w./-]+|\b[A-Za-z0-9][\w-]*(?:\.[a-z0-9-]+)*\.(?:{_TOP})\b(?:/[\w./-]*)?(?!\.?\w)"), _host, "."),
    Rule("dollar_letter", re.compile(r"(?<=[A-Za-z])\$(?=[A-Za-z])"), lambda m: "s", "$"),
    Rule("blood_group", re.compile(r"\b(A|B|AB|O)\+(?!\w)"), lambda m: f" {m[1]} positive ", "+"),
)
_AFTER = (
    Rule("and", re.compile(r"&(?:amp;)?"), lambda m: " and ", "&"),
    Rule("at", re.compile(r"@"), lambda m: " at ", "@"),
    Rule("plus", re.compile(r"(?<=[A-Za-z]) ?\+ ?"), lambda m: " plus ", "+"),
    Rule("equals", re.compile(r"(?<=[A-Za-z]) ?= ?(?=\w)"), lambda m: " equals ", "="),
    Rule("percent", re.compile(r"%"), lambda m: " percent ", "%"),
    Rule("degrees", re.compile(r"°"), lambda m: " degrees ", "°"),
    Rule("dollars", re.compile(r"\$"), lambda m: " dollars ", "$"),
)

ENGLISH = Rules(
    language="en-US",
    fold=_fold,
    rules=_SYMBOLS + english_abbreviations.RULES + english_quantities.RULES + _AFTER,
    strip=_strip,
    words=english_abbreviations.SPOKEN_WORDS,
    special=re.compile(r"[^A-Za-z' ,.?!;:\"()\-\n]"),
    cues=english_abbreviations.CUES | frozenset("com org net edu gov io uk de".split()),
)
