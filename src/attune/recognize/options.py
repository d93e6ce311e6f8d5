"""What a caller may choose for one recognition; a bundle brings its own defaults."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, fields, replace

from attune.errors import InputError
from attune.text import PROFANITY_MODES, ProfanityMode

__all__ = ["Options", "Phrase"]


@dataclass(frozen=True, slots=True)
class Phrase:
    """A phrase to expect: a word or several, in the lexicon or not.

    `boost` is added to the log score of each of its words (0: only make the words known; negative:
    make them less likely). `pronunciations`, where given, are ways in which the whole phrase is
    said, in the model's phones: the phrase is then one word to the search.
    """

    text: str
    boost: float | None = None
    pronunciations: tuple[tuple[str, ...], ...] = ()


@dataclass(frozen=True, slots=True)
class Options:
    """Search, segmentation and output. Scores are natural logs, times in seconds.

    `beam`, `max_active`: width of the search. `lm_weight`, `word_score`: how the language model
    and the number of words count. `blank_scale`: how much of the blank's log prior is taken off
    its posterior. `alternatives`: length of the n-best list. `phrase_boost`: boost of phrases that
    bring none. `chunk`: audio a stream computes at a time (0.16 s where somebody waits: before an
    utterance's first word, and in pauses). `end_silence`: silence that ends an utterance;
    `initial_silence`: silence after which an utterance that never began is given up;
    `max_utterance`: length at which an utterance is cut.
    `formatting`: display text or only words; `profanity`: how it writes the words that the bundle's
    display rules say to mask.
    """

    beam: float = 14.0
    max_active: int = 2000
    lm_weight: float = 0.9
    word_score: float = 0.0
    blank_scale: float = 0.0
    alternatives: int = 5
    phrase_boost: float = 5.0
    chunk: float = 0.64
    end_silence: float = 0.8
    initial_silence: float = 10.0
    max_utterance: float = 30.0
    formatting: bool = True
    profanity: ProfanityMode = "masked"

    def __post_init__(self) -> None:
        limits = {
            "beam": (1.0, 1000.0),
            "max_active": (10, 1_000_000),
            "lm_weight": (0.0, 20.0),
            "word_score": (-20.0, 20.0),
            "blank_scale": (-20.0, 20.0),
            "alternatives": (1, 100),
            "phrase_boost": (-50.0, 50.0),
            "chunk": (0.08, 10.0),
            "end_silence": (0.1, 60.0),
            "initial_silence": (0.5, 3600.0),
            "max_utterance": (2.0, 60.0),
        }
        for name, (low, high) in limits.items():
            value = getattr(self, name)
            if not (isinstance(value, int | float) and math.isfinite(value)):
                raise InputError(f"option {name}: {value!r} is not a number")
            if not low <= value <= high:
                raise InputError(f"option {name}: {value} is not between {low} and {high}")
            if isinstance(low, int) and not isinstance(value, int):
                raise InputError(f"option {name}: {value} is not a whole number")
        if not isinstance(self.formatting, bool):
            raise InputError(f"option formatting: {self.formatting!r} is not true or false")
        if self.profanity not in PROFANITY_MODES:
            modes = ", ".join(PROFANITY_MODES)
            raise InputError(f"option profanity: {self.profanity!r} is not one of {modes}")

    def changed(self, settings: Mapping[str, object]) -> Options:
        """These options with those of a bundle's `decoding` settings that are options."""
        known = {f.name for f in fields(self)}
        return replace(self, **{k: v for k, v in settings.items() if k in known})  # type: ignore[arg-type]
