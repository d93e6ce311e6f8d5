"""Lines of text to learn a language from: what can be mended in one, and what rules it out."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass

from attune.data.lines import decodable
from attune.data.reasons import Problem, Reason
from attune.data.report import name_character
from attune.data.text_file import LONGEST_LINE
from attune.data.transcripts import TranscriptCheck, excerpt

__all__ = ["CheckedLine", "LineCheck"]

_LONGEST_RUN = 4
_MOST_REPEATS = 3
_LONGEST_GROUP = 8
"""Words of a group whose repetition is noticed."""

_CONTROL = re.compile(r"[\x00-\x08\x0a-\x1f\x7f-\x9f\u2028\u2029]")
_INVISIBLE = re.compile("[\u00ad\u200b-\u200f\u202a-\u202e\u2060-\u2064\ufeff]")
_SILENT_SIGNS = re.compile("[®™©℠]")
# Most lines have neither a run nor a sign of an address: they are spared the searches below.
_RUN = re.compile(rf"(\S)\1{{{_LONGEST_RUN}}}")
_ADDRESS_SIGNS = ("://", "www.", "mailto:")
_LETTER_RUN = re.compile(rf"([^\W\d_])\1{{{_LONGEST_RUN},}}", re.IGNORECASE)
_MARK_RUN = re.compile(rf"([^\w\s]|_)\1{{{_LONGEST_RUN},}}")
_ADDRESS = re.compile(r"\b[a-z][a-z0-9+.-]{0,19}://|\bwww\.[a-z0-9]|\bmailto:", re.IGNORECASE)
# What the first bytes of UTF-8 sequences look like when they were read as Windows-1252.
_MISREAD = re.compile("[ÂÃâ][\u0080-\u00bf\u0152-\u2122]")


@dataclass(frozen=True, slots=True)
class CheckedLine:
    """A line that can be used, and what was mended in it."""

    text: str
    mended: tuple[str, ...] = ()


class LineCheck:
    """Decides whether a line can be used for a language, and mends what is safe to mend.

    Letters keep their case, and punctuation stays; spaces are made single.
    """

    def __init__(self, language: str) -> None:
        self._language = language
        self._check: Callable[[str, str], Problem | None] = TranscriptCheck.of(language)

    def __call__(self, text: str, where: str) -> CheckedLine | Problem:
        """The line `text`, found at `where`, mended; or why it cannot be used."""
        if len(text) > LONGEST_LINE:
            detail = f"over {LONGEST_LINE:,} characters: {excerpt(text)}; write an utterance a line"
            return Problem(Reason.LIMIT, where, detail)
        if not text.isascii() and ("\ufffd" in text or not decodable(text)):
            shown = text.encode("utf-8", "surrogateescape").decode("utf-8", "replace")
            return Problem(Reason.ENCODING, where, f"the line is {excerpt(shown)}")
        control = _CONTROL.search(text)
        if control:
            detail = f"{name_character(control[0])} in {excerpt(text)}"
            return Problem(Reason.CONTROLS, where, detail)
        runs = not text.isascii() or _RUN.search(text.lower()) is not None
        line = mend(text, runs)
        return self._fault(line.text, runs, where) or line

    def _fault(self, text: str, runs: bool, where: str) -> Problem | None:
        """What is wrong with a mended line; `runs`: whether it may hold runs of a character."""
        lower = text.lower()
        address = _ADDRESS.search(text) if any(map(lower.__contains__, _ADDRESS_SIGNS)) else None
        if address:
            return Problem(Reason.ADDRESS, where, f"{address[0]}… in {excerpt(text)}")
        run = _LETTER_RUN.search(text) if runs else None
        if run:
            detail = f"{excerpt(run[0])} in {excerpt(text)}: at most {_LONGEST_RUN} in a row"
            return Problem(Reason.RUN, where, detail)
        group = repeated_group(lower.split())
        if group:
            detail = f"{excerpt(group)} more than {_MOST_REPEATS} times on end in {excerpt(text)}"
            return Problem(Reason.RUN, where, detail)
        if text.isascii() or self._language.lower() != "en-us":
            if any(map(str.isalnum, text)):
                return None
            return Problem(Reason.EMPTY, where, f"{excerpt(text)} holds no word")
        return self._check(text, where)


def mend(text: str, runs: bool) -> CheckedLine:
    """`text` with single spaces, without what is invisible, and with long runs of marks cut."""
    mended: list[str] = []
    if "\t" in text.strip():
        mended.append("tabs became spaces")
    if not text.isascii():
        if _MISREAD.search(text):
            read_again = as_utf8(text)
            if read_again:
                mended.append(f"{excerpt(text)} was read as UTF-8: {excerpt(read_again)}")
                text = read_again
        visible, removed = _INVISIBLE.subn("", text)
        if removed:
            mended.append("invisible characters were removed")
            text = visible
        heard, removed = _SILENT_SIGNS.subn("", text)
        if removed:
            mended.append("signs that nobody says (®, ™, ©) were removed")
            text = heard
    if runs:
        text, cut = _MARK_RUN.subn(r"\1\1\1", text)
        if cut:
            mended.append("long runs of a mark became three of it")
    return CheckedLine(" ".join(text.split()), tuple(mended))


def as_utf8(text: str) -> str | None:
    """What `text` was before UTF-8 was read as Windows-1252; None if it was not."""
    try:
        found = text.encode("cp1252").decode("utf-8")
    except UnicodeError:
        return None
    return None if _CONTROL.search(found) else found


def repeated_group(words: list[str]) -> str | None:
    """The shortest group of words that stands more than `_MOST_REPEATS` times on end.

    Places for items of a list (`{@digit}`) may repeat: each takes another item.
    """
    if len(words) - len(set(words)) < _MOST_REPEATS:
        return None
    for size in range(1, min(_LONGEST_GROUP, len(words) // (_MOST_REPEATS + 1)) + 1):
        alike = 0
        for place in range(len(words) - size):
            alike = alike + 1 if words[place] == words[place + size] else 0
            if alike == _MOST_REPEATS * size:
                group = " ".join(words[place + 1 : place + 1 + size])
                return None if "{@" in group else group
    return None
