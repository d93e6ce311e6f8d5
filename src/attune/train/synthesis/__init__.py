"""Synthesised speech for training: voices of the synthesisers that are installed, and corpora.

`available_voices` lists the voices, `synthesize` speaks one text, `synthesize_phones` words given
in phones, `synthesize_corpus` makes a manifest from many texts. Anything with `Voice`'s attributes
can speak.
"""

from __future__ import annotations

from attune.train.synthesis.catalogue import available_voices, find_voice, is_fast
from attune.train.synthesis.corpus import CorpusProgress, SynthesizedCorpus, synthesize_corpus
from attune.train.synthesis.plan import AudioFormat, Variation
from attune.train.synthesis.voice import (
    SAMPLE_RATE,
    PhoneVoice,
    Sex,
    SynthesisError,
    Voice,
    synthesize,
    synthesize_phones,
)

__all__ = [
    "SAMPLE_RATE",
    "AudioFormat",
    "CorpusProgress",
    "PhoneVoice",
    "Sex",
    "SynthesisError",
    "SynthesizedCorpus",
    "Variation",
    "Voice",
    "available_voices",
    "find_voice",
    "is_fast",
    "synthesize",
    "synthesize_corpus",
    "synthesize_phones",
]
