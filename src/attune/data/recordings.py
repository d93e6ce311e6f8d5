"""Whether a recording is of use: neither too short nor too long, audible, and not there twice."""

from __future__ import annotations

from enum import StrEnum

from attune.audio import AudioInfo, AudioMeasure
from attune.data.reasons import Problem, Reason
from attune.errors import InputError

__all__ = ["Purpose", "RecordingCheck", "check_length", "describe_format", "read_purpose"]

SHORTEST = 0.1
"""Seconds that a recording must exceed: no word is shorter."""

SILENCE = -65.0
"""Level in dB to full scale that some 25 ms must reach: about 18 steps of 16-bit audio."""

QUIET = -40.0
"""Level in dB below which speech is weak: at arm's length it is 15 to 30 dB louder."""

CLIPPED_SHARE, OVERDRIVEN_SHARE = 0.001, 0.1
"""Shares of samples at full scale: from the first one it is heard, from the second it is noise."""

SAMPLE_RATE = 16_000
LOWEST_RATE = 8_000
"""Hz: that of telephones; below, consonants are missing."""

WORDS_A_SECOND = 8.0
"""Nobody speaks faster for long: quick talkers reach 5 to 6."""

WORDS_MORE = 2
"""Words allowed on top, for short recordings that are cut tightly."""


class Purpose(StrEnum):
    """What recordings are to be used for."""

    TRAINING = "training"
    TESTING = "testing"

    @property
    def longest(self) -> float:
        """The longest recording that can be used for it, in seconds."""
        return 60.0 if self is Purpose.TRAINING else 7200.0


def read_purpose(name: str) -> Purpose:
    """The purpose called `name`; InputError when there is none."""
    try:
        return Purpose(name)
    except ValueError:
        known = " or ".join(Purpose)
        raise InputError(f"{name!r} is not a purpose of recordings: use {known}") from None


class RecordingCheck:
    """Decides whether recordings can be used for `purpose` (None: any length), one after another.

    Remembers a digest of each that can, to find those that are there twice.
    """

    def __init__(self, purpose: Purpose | None) -> None:
        self._purpose = purpose
        self._first: dict[bytes, str] = {}

    def __call__(self, audio: AudioMeasure, where: str, words: int = 0) -> tuple[Problem, ...]:
        """What is wrong with a recording told of at `where`, with so many words in its transcript.

        Either the one problem for which it cannot be used, or any number of warnings.
        """
        fault = (
            check_length(audio.info.seconds, self._purpose, where)
            or check_sound(audio, where)
            or check_words(words, audio.info.seconds, where)
            or self._check_first(audio, where)
        )
        return (fault,) if fault is not None else warnings_about(audio, where)

    def _check_first(self, audio: AudioMeasure, where: str) -> Problem | None:
        first = self._first.setdefault(audio.digest, where)
        if first == where:
            return None
        return Problem(Reason.SAME_AUDIO, where, f"{audio.info.path} sounds as that of {first}")


def check_length(seconds: float, purpose: Purpose | None, where: str) -> Problem | None:
    """A Problem when a recording is too short, or too long for `purpose`."""
    if seconds <= SHORTEST:
        return Problem(
            Reason.TOO_SHORT, where, f"{seconds:.2f} s; more than {SHORTEST} s is needed"
        )
    if purpose is not None and seconds > purpose.longest:
        allowed = f"at most {purpose.longest:g} s for {purpose}"
        if seconds <= Purpose.TESTING.longest:
            allowed += f", {Purpose.TESTING.longest:g} s for {Purpose.TESTING}"
        return Problem(Reason.TOO_LONG, where, f"{seconds:.1f} s; {allowed}")
    return None


def check_sound(audio: AudioMeasure, where: str) -> Problem | None:
    """A Problem when nothing can be made out in a recording."""
    info = audio.info
    if info.sample_rate < LOWEST_RATE:
        detail = f"{info.sample_rate} Hz; at least {LOWEST_RATE} Hz is needed"
        return Problem(Reason.TOO_NARROW, where, detail)
    if audio.loudest < SILENCE:
        level = "no sound at all"
        if audio.peak > 0:
            level = f"nowhere above {max(audio.loudest, -120.0):.0f} dB"
        if info.channels > 1 and audio.peak > 0.01:
            level = f"its {info.channels} channels cancel each other out: keep one of them"
        return Problem(Reason.SILENT, where, level)
    if audio.clipped >= OVERDRIVEN_SHARE:
        return Problem(Reason.OVERDRIVEN, where, f"{audio.clipped:.1%} of it is at full scale")
    return None


def check_words(words: int, seconds: float, where: str) -> Problem | None:
    """A Problem when nobody could say so many words in so short a time."""
    if words <= WORDS_A_SECOND * seconds + WORDS_MORE:
        return None
    return Problem(Reason.TOO_MANY_WORDS, where, f"{words:,} words in {seconds:.2f} s")


def warnings_about(audio: AudioMeasure, where: str) -> tuple[Problem, ...]:
    """Advice about a recording that can be used."""
    info = audio.info
    found: list[Problem] = []
    if audio.clipped >= CLIPPED_SHARE:
        found.append(Problem(Reason.CLIPPED, where, f"{audio.clipped:.1%} of it is at full scale"))
    if audio.loudest < QUIET:
        found.append(Problem(Reason.QUIET, where, f"{audio.loudest:.0f} dB at the loudest"))
    if info.sample_rate != SAMPLE_RATE:
        reason = Reason.NARROW if info.sample_rate < SAMPLE_RATE else Reason.RESAMPLED
        found.append(Problem(reason, where, f"{info.sample_rate} Hz"))
    if info.channels > 1:
        found.append(Problem(Reason.MIXED, where, f"{info.channels} channels"))
    return tuple(found)


def describe_format(info: AudioInfo) -> str:
    """The format of a recording in a few words, such as `wav s16le, 16000 Hz, mono`."""
    kind = info.container if info.container == info.codec else f"{info.container} {info.codec}"
    channels = {1: "mono", 2: "stereo"}.get(info.channels, f"{info.channels} channels")
    return f"{kind}, {info.sample_rate} Hz, {channels}"
