"""Choosing a phrase: what to know of it before a keyword is made of it, and how it may be said.

`LanguageFacts.open()` opens what a recogniser's bundle knows; `advise` judges a phrase and lists
its pronunciations, `advise_together` several that one bundle shall hold; `phrase_pronunciations`
gives the pronunciations alone, `SpokenPhrases` finds what people say that sounds like them.
"""

from __future__ import annotations

from attune.keyword.guidance.advice import Advice, advise, advise_together, require_usable
from attune.keyword.guidance.findings import Finding, Severity
from attune.keyword.guidance.language_facts import LanguageFacts
from attune.keyword.guidance.neighbours import Neighbour, Neighbourhood, SpokenPhrases
from attune.keyword.guidance.phone_distance import phone_distance, pronunciation_distance
from attune.keyword.guidance.pronunciations import (
    PhrasePronunciation,
    chosen_pronunciations,
    marked_pronunciations,
    phrase_pronunciations,
    typed_pronunciation,
)
from attune.keyword.guidance.speech_frequency import FrequentPhrases, SpeechFrequency
from attune.keyword.guidance.writing import MOST_CHARACTERS, Written, read_writing
from attune.keyword.reductions import SpokenWords

__all__ = [
    "MOST_CHARACTERS",
    "Advice",
    "Finding",
    "FrequentPhrases",
    "LanguageFacts",
    "Neighbour",
    "Neighbourhood",
    "PhrasePronunciation",
    "Severity",
    "SpeechFrequency",
    "SpokenPhrases",
    "SpokenWords",
    "Written",
    "advise",
    "advise_together",
    "chosen_pronunciations",
    "marked_pronunciations",
    "phone_distance",
    "phrase_pronunciations",
    "pronunciation_distance",
    "read_writing",
    "require_usable",
    "typed_pronunciation",
]
