"""Before a keyword is made: what to know of a phrase, and how its pronunciations sound."""

from __future__ import annotations

import threading
from collections.abc import Sequence
from functools import lru_cache
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING

from attune.audio import write_wav
from attune.bundle import shipped_bundle_path
from attune.errors import InputError
from attune.keyword.guidance import (
    MOST_CHARACTERS,
    Advice,
    LanguageFacts,
    PhrasePronunciation,
    advise,
    chosen_pronunciations,
    phrase_pronunciations,
    read_writing,
    require_usable,
)
from attune.service.access import Principal, Scope
from attune.service.downloads import Download, bytes_download
from attune.service.errors import Conflict
from attune.service.fields import known_language
from attune.train.synthesis import (
    SAMPLE_RATE,
    PhoneVoice,
    available_voices,
    find_voice,
    synthesize_phones,
)

if TYPE_CHECKING:
    from attune.service.service import Service

__all__ = ["facts_of", "guidance", "say", "voices"]

_MOST_PRONUNCIATIONS = 20
_LONGEST_PRONUNCIATION = 300
_SPEAKING = threading.Semaphore(2)
"""Synthesisers are programs of their own: no more of them at once than a small machine bears."""


def guidance(
    service: Service,
    principal: Principal,
    phrase: str,
    *,
    language: str = "en-US",
    pronunciations: Sequence[str] = (),
) -> Advice:
    """What to know of a phrase before a keyword is made of it: findings, pronunciations with ids,
    what sounds like it. With `pronunciations` (ids or phones) those are judged.

    InputError for a language without keywords, and for pronunciations that are none.
    """
    principal.require(Scope.MANAGE)
    _check(phrase, pronunciations)
    return advise(phrase, facts_of(language), pronunciations)


def voices() -> tuple[str, ...]:
    """The names of the voices that can speak pronunciations here; empty when none is installed."""
    return tuple(each.name for each in available_voices() if isinstance(each, PhoneVoice))


def say(
    service: Service,
    principal: Principal,
    phrase: str,
    pronunciation: str = "1",
    *,
    language: str = "en-US",
    voice: str | None = None,
) -> Download:
    """A WAV of a pronunciation: its id in the guidance of the phrase, or phones.

    `voice` is one of `voices()` (default: the first). InputError for what is none of these,
    Conflict when no voice is installed on the server.
    """
    principal.require(Scope.MANAGE)
    _check(phrase, (pronunciation,))
    able = voices()
    if not able:
        raise Conflict("no speech synthesiser is installed on the server: install espeak-ng")
    if voice is not None and voice not in able:
        raise InputError(f"voice {voice[:60]!r} is not installed: use one of {', '.join(able[:8])}")
    said = _pronunciation(phrase, pronunciation, language)
    with _SPEAKING, TemporaryDirectory() as place:
        samples = synthesize_phones(said.words, find_voice(voice or able[0]))
        path = Path(place, "said.wav")
        write_wav(path, samples, SAMPLE_RATE)
        return bytes_download(f"pronunciation-{said.id}.wav", path.read_bytes())


def facts_of(language: str) -> LanguageFacts:
    """What the recogniser of a language that comes with Attune knows; kept, for it is large."""
    return _facts(known_language(language))


@lru_cache(maxsize=2)
def _facts(language: str) -> LanguageFacts:
    return LanguageFacts.open(shipped_bundle_path(language))


def _pronunciation(phrase: str, wanted: str, language: str) -> PhrasePronunciation:
    if not wanted.strip().isdigit():
        return chosen_pronunciations((), [wanted])[0]
    written = read_writing(phrase)
    require_usable(written.findings)
    found = phrase_pronunciations(written.words, facts_of(language))
    return chosen_pronunciations(found, [wanted])[0]


def _check(phrase: str, pronunciations: Sequence[str]) -> None:
    if len(phrase) > MOST_CHARACTERS:
        raise InputError(f"phrase has {len(phrase)} characters: use at most {MOST_CHARACTERS}")
    if len(pronunciations) > _MOST_PRONUNCIATIONS:
        raise InputError(f"{len(pronunciations)} pronunciations: give at most 20")
    for each in pronunciations:
        if len(each) > _LONGEST_PRONUNCIATION or not each.strip():
            raise InputError("a pronunciation is an id, or phones such as 'HH EY | AE T L AH S'")
