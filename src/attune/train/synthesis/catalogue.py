"""Every voice that this machine can speak with."""

from __future__ import annotations

from functools import cache

from attune.errors import InputError
from attune.train.synthesis.espeak import espeak_voices
from attune.train.synthesis.festival import festival_voices
from attune.train.synthesis.flite import flite_voices
from attune.train.synthesis.voice import Voice

__all__ = ["available_voices", "find_voice", "is_fast"]


@cache
def available_voices() -> tuple[Voice, ...]:
    """The white-listed voices of the engines that are installed, those of recorded speakers first.

    The same machine gives the same order. Empty when no engine is installed.
    """
    return (*flite_voices(), *festival_voices(), *espeak_voices())


def is_fast(voice: Voice) -> bool:
    """Whether a voice speaks an hour in about ten seconds of one core."""
    return voice.engine == "espeak" or voice.name == "flite:kal16"


def find_voice(name: str) -> Voice:
    """The available voice of this name, such as ``flite:slt``; raises InputError otherwise."""
    voices = available_voices()
    if not voices:
        raise InputError(
            "no speech synthesiser is installed: install espeak-ng, flite or festival "
            "(Debian: apt install espeak-ng flite festival), or `pip install espeakng-loader`"
        )
    for voice in voices:
        if voice.name == name:
            return voice
    shown = ", ".join(voice.name for voice in voices[:8])
    raise InputError(f"there is no voice {name!r} here: use one of {shown}, ...")
