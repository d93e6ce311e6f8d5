"""Synthesised speech for training: voices of the synthesisers that are installed, and corpora.

`available_voices` lists the voices, `synthesize` speaks one text, `synthesize_corpus` makes a
manifest from many. Anything with `Voice`'s attributes can speak.
"""

from __future__ import annotations

from attune.train.synthesis.catalogue import available_voices, find_voice
from attune.train.synthesis.corpus import CorpusProgress, SynthesizedCorpus, synthesize_corpus
from attune.train.synthesis.plan import AudioFormat, Variation
from attune.train.synthesis.voice import SAMPLE_RATE, Sex, SynthesisError, Voice, synthesize

__all__ = [
    "SAMPLE_RATE",
    "AudioFormat",
    "CorpusProgress",
    "Sex",
    "SynthesisError",
    "SynthesizedCorpus",
    "Variation",
    "Voice",
    "available_voices",
    "find_voice",
    "synthesize",
    "synthesize_corpus",
]
