"""A household with keywords, and what is said in it."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache

import numpy as np
import pytest
from numpy.typing import NDArray

from attune.keyword import KeywordPhrase
from attune.train.synthesis import available_voices, find_voice, synthesize


def _phrase(text: str, phones: str) -> KeywordPhrase:
    return KeywordPhrase(text, (tuple(phones.split()),))


ATLAS = _phrase("hey atlas", "HH EY AE T L AH S")
FRONT_DOOR = _phrase("close the front door", "K L OW Z DH AH F R AH N T D AO R")


@dataclass(frozen=True)
class Household:
    """A project with an endpoint and a model of two keywords, and one with the same keywords."""

    project_id: str
    endpoint_id: str
    keywords_id: str
    other_project_id: str
    other_keywords_id: str


@cache
def say(text: str) -> NDArray[np.float32]:
    """Speech of a synthesiser that is installed, 16 kHz."""
    names = {voice.name for voice in available_voices()}
    name = next((n for n in ("flite:slt", "flite:rms", "espeak:en-us+m3") if n in names), None)
    if name is None:
        pytest.skip("no speech synthesiser: install flite or espeak-ng")
    return synthesize(text, find_voice(name))


def quiet(seconds: float) -> NDArray[np.float32]:
    noise = np.random.default_rng(5).standard_normal(round(seconds * 16_000))
    return (1e-4 * noise).astype(np.float32)
