"""What recognition returns: words with times and confidence, alternatives, stream events."""

from __future__ import annotations

from dataclasses import dataclass

__all__ = ["Alternative", "Event", "Final", "Partial", "Result", "SpeechStart", "Token", "Word"]


@dataclass(frozen=True, slots=True)
class Word:
    """A word as it was said: times in seconds from the start of the audio, confidence in 0..1."""

    text: str
    start: float
    end: float
    confidence: float


@dataclass(frozen=True, slots=True)
class Token:
    """A piece of display text and the words `first` (included) to `last` (excluded) behind it."""

    text: str
    first: int
    last: int


@dataclass(frozen=True, slots=True)
class Alternative:
    """One reading of the n-best list.

    `score` is the log of acoustic, language and word scores together: comparable within one list.
    """

    text: str
    lexical: str
    score: float
    confidence: float


@dataclass(frozen=True, slots=True)
class Result:
    """A recognised stretch of audio.

    `text` is display text (numbers, capitals, punctuation), `lexical` the words as said; `tokens`
    map one to the other. `alternatives[0]` is this reading. `start` and `end` are the stretch's
    limits in seconds, `confidence` in 0..1 is of the whole utterance; nothing heard gives empty
    texts and confidence 0. For recordings of several utterances `utterances` has a Result each.
    """

    text: str
    lexical: str
    words: tuple[Word, ...]
    tokens: tuple[Token, ...]
    alternatives: tuple[Alternative, ...]
    confidence: float
    start: float
    end: float
    utterances: tuple[Result, ...] = ()


@dataclass(frozen=True, slots=True)
class SpeechStart:
    """Speech has begun at `time` seconds."""

    time: float


@dataclass(frozen=True, slots=True)
class Partial:
    """What the current utterance looks like so far; without words, what was shown was none.

    The first `stable` words will not change any more. `time` is how far the audio was heard.
    """

    text: str
    words: tuple[Word, ...]
    stable: int
    time: float


@dataclass(frozen=True, slots=True)
class Final:
    """An utterance has ended, `reason` says why ("silence", "length", "end of audio", "quiet")."""

    result: Result
    reason: str


Event = SpeechStart | Partial | Final
"""What `Stream.accept` and `Stream.finish` return lists of."""
