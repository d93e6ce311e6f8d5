"""Subtitle cues: which words stand together on the screen, in which lines, and for how long.

The limits are those that broadcasters publish (Netflix "Timed Text Style Guide: General
Requirements"; BBC "Subtitle Guidelines"): two lines of 42 characters, up to 7 seconds, at most
about 20 characters a second, a short gap between cues. Where to break is chosen for the whole
utterance at once: at the ends of sentences, then at commas and pauses.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import pairwise

from attune.recognize.results import Result

__all__ = ["Cue", "CueLimits", "TimedText", "break_lines", "build_cues", "format_srt", "format_vtt"]

_SENTENCE_END = (".", "?", "!", "…")
_CLAUSE_END = (",", ";", ":", "–", "—")
_CLOSING = "\"')]”’"

_CUE_COST = 1.0
_BREAK_COST = 2.0  # Between two words that belong together.
_CLAUSE_BREAK_COST = 0.6
_PAUSE_BREAK_COST = 0.4
_PAUSE = 0.4  # Seconds between words that people hear as a break.
_JOINED_SENTENCES_COST = 0.7  # A cue that goes on after a sentence has ended.
_WAITING_COST = 2.0  # Each second that a cue shows words which are not said yet, after a pause.
_SHORT_COST = 1.0  # A cue that is gone before it is read.
_FILLING_COST = 0.2  # Cues of like size, rather than a full one and a remainder.

_SMALL_WORD = 3  # Letters: words up to this mostly belong to the next one ("in the | office").
_SMALL_WORD_COST = 0.5
_SMALL_WORD_UNEVENNESS = 8  # Characters by which lines may differ to avoid ending with one,
_CLOSING_UNEVENNESS = 12  # and to end with a mark of punctuation.


@dataclass(frozen=True, slots=True)
class CueLimits:
    """What a screen and a reader can take; seconds and characters."""

    line_characters: int = 42
    lines: int = 2
    longest: float = 7.0
    shortest: float = 1.0
    characters_a_second: float = 20.0
    gap: float = 0.08


@dataclass(frozen=True, slots=True)
class TimedText:
    """A piece of display text without spaces, and when it is said, in seconds."""

    text: str
    start: float
    end: float


@dataclass(frozen=True, slots=True)
class Cue:
    """Lines of text, and the seconds between which they are shown."""

    start: float
    end: float
    lines: tuple[str, ...]


def build_cues(utterances: Iterable[Result], limits: CueLimits | None = None) -> list[Cue]:
    """Cues for recognised utterances, in order of time and never two at once.

    Words of two utterances never share a cue. Times are multiples of a millisecond.
    """
    limits = limits or CueLimits()
    groups = [
        group for result in utterances for group in group_pieces(timed_pieces(result), limits)
    ]
    cues: list[Cue] = []
    for place, group in enumerate(groups):
        following = groups[place + 1][0].start if place + 1 < len(groups) else None
        start = max(_milliseconds(group[0].start), cues[-1].end if cues else 0.0)
        end = max(start + 0.001, _end(group, start, following, limits))
        lines = break_lines([piece.text for piece in group], limits)
        cues.append(Cue(start, _milliseconds(end), lines))
    return cues


def timed_pieces(result: Result) -> list[TimedText]:
    """The display text of an utterance, piece by piece, with the times of the words behind it."""
    pieces: list[TimedText] = []
    for token in result.tokens:
        words = result.words[token.first : token.last]
        before = pieces[-1].end if pieces else result.start
        start = words[0].start if words else before
        end = words[-1].end if words else before
        # A token may be of several words ("5:30 p.m."): any place in it can end a line.
        pieces += [TimedText(text, start, end) for text in token.text.split()]
    return pieces


def group_pieces(pieces: Sequence[TimedText], limits: CueLimits) -> list[Sequence[TimedText]]:
    """Cut an utterance into cues where it costs least: dynamic programming over all cuts."""
    best = [0.0] + [float("inf")] * len(pieces)
    cut = [0] * (len(pieces) + 1)
    for end in range(1, len(pieces) + 1):
        for begin in range(end - 1, -1, -1):
            group = pieces[begin:end]
            if len(group) > 1 and not _fits(group, limits):
                break
            cost = best[begin] + _group_cost(group, limits)
            if end < len(pieces):
                cost += _cut_cost(pieces[end - 1], pieces[end])
            if cost < best[end]:
                best[end], cut[end] = cost, begin
    groups: list[Sequence[TimedText]] = []
    end = len(pieces)
    while end:
        groups.append(pieces[cut[end] : end])
        end = cut[end]
    return groups[::-1]


def break_lines(texts: Sequence[str], limits: CueLimits) -> tuple[str, ...]:
    """Lay words out in as few lines as hold them, of similar length, preferably broken after
    punctuation. A word longer than a line has a line for itself, and sticks out."""
    whole = " ".join(texts)
    if len(whole) <= limits.line_characters or len(texts) == 1 or limits.lines == 1:
        return (whole,)
    options = []
    for place in range(1, len(texts)):
        first, rest = " ".join(texts[:place]), break_lines(texts[place:], _one_less(limits))
        longest = max(len(line) for line in (first, *rest))
        uneven = abs(len(first) - len(rest[0]))
        if _closes(texts[place - 1]):
            uneven -= _CLOSING_UNEVENNESS
        elif len(texts[place - 1]) <= _SMALL_WORD:
            uneven += _SMALL_WORD_UNEVENNESS
        # Too long a line is worst; of equals, the later line may be the longer one.
        options.append((max(0, longest - limits.line_characters), uneven, place, (first, *rest)))
    return min(options)[-1]


def format_srt(cues: Iterable[Cue]) -> str:
    """SubRip: numbered cues, `00:01:02,345 --> 00:01:04,000`."""
    return "\n".join(
        f"{number}\n{_clock(cue.start, ',')} --> {_clock(cue.end, ',')}\n"
        + "".join(f"{line}\n" for line in cue.lines)
        for number, cue in enumerate(cues, start=1)
    )


def format_vtt(cues: Iterable[Cue]) -> str:
    """WebVTT (W3C, "WebVTT: The Web Video Text Tracks Format")."""
    return "WEBVTT\n" + "".join(
        f"\n{_clock(cue.start, '.')} --> {_clock(cue.end, '.')}\n"
        + "".join(f"{_escape(line)}\n" for line in cue.lines)
        for cue in cues
    )


def _escape(text: str) -> str:
    return text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")


def _clock(seconds: float, point: str) -> str:
    whole, milliseconds = divmod(round(seconds * 1000), 1000)
    minutes, second = divmod(whole, 60)
    hour, minute = divmod(minutes, 60)
    return f"{hour:02d}:{minute:02d}:{second:02d}{point}{milliseconds:03d}"


def _milliseconds(seconds: float) -> float:
    return round(seconds * 1000) / 1000


def _one_less(limits: CueLimits) -> CueLimits:
    return CueLimits(limits.line_characters, limits.lines - 1)


def _closes(text: str, ends: tuple[str, ...] = _SENTENCE_END + _CLAUSE_END) -> bool:
    return text.rstrip(_CLOSING).endswith(ends)


def _characters(group: Sequence[TimedText]) -> int:
    """Length of the text, spaces between words included."""
    return sum(len(piece.text) + 1 for piece in group) - 1


def _fits(group: Sequence[TimedText], limits: CueLimits) -> bool:
    if group[-1].end - group[0].start > limits.longest:
        return False
    if _characters(group) > limits.lines * (limits.line_characters + 1) - 1:
        return False
    lines = break_lines([piece.text for piece in group], limits)
    return all(len(line) <= limits.line_characters for line in lines)


def _group_cost(group: Sequence[TimedText], limits: CueLimits) -> float:
    seconds = group[-1].end - group[0].start
    fill = _characters(group) / (limits.lines * limits.line_characters)
    cost = _CUE_COST + _FILLING_COST * ((seconds / limits.longest) ** 2 + fill**2)
    if seconds < limits.shortest:
        cost += _SHORT_COST
    for piece, following in pairwise(group):
        pause = following.start - piece.end
        cost += _WAITING_COST * max(0.0, pause - _PAUSE)
        if _closes(piece.text, _SENTENCE_END):
            cost += _JOINED_SENTENCES_COST
    return cost


def _cut_cost(before: TimedText, after: TimedText) -> float:
    if _closes(before.text, _SENTENCE_END):
        return 0.0
    if after.start - before.end >= _PAUSE:
        return _PAUSE_BREAK_COST
    if _closes(before.text):
        return _CLAUSE_BREAK_COST
    return _BREAK_COST + (_SMALL_WORD_COST if len(before.text) <= _SMALL_WORD else 0.0)


def _end(
    group: Sequence[TimedText], start: float, following: float | None, limits: CueLimits
) -> float:
    """When to take a cue away: its words are said, it can be read, and the next one is not due."""
    reading = max(limits.shortest, _characters(group) / limits.characters_a_second)
    wanted = max(group[-1].end, start + min(reading, limits.longest))
    return wanted if following is None else min(wanted, following - limits.gap)
