"""Running a speech synthesiser's program: text in, samples out, every failure told."""

from __future__ import annotations

import io
import shutil
import subprocess
from collections.abc import Sequence

import numpy as np
import soundfile
from numpy.typing import NDArray

from attune.train.synthesis.voice import SynthesisError

__all__ = ["has_program", "listing", "run", "wav_samples"]

_TIMEOUT_SECONDS = 60.0


def has_program(name: str) -> bool:
    """Whether the program is on the search path."""
    return shutil.which(name) is not None


def run(command: Sequence[str], text: str, voice: str) -> bytes:
    """Run a program with `text` on its standard input; returns its standard output.

    Raises SynthesisError when it cannot start, takes longer than a minute, returns a code other
    than 0, or is silent about an error on its standard error (festival returns 0 then).
    """
    try:
        done = subprocess.run(
            command,
            input=text.encode("utf-8"),
            capture_output=True,
            timeout=_TIMEOUT_SECONDS,
            check=False,
        )
    except (OSError, subprocess.TimeoutExpired) as error:
        raise SynthesisError(f"{voice}: {command[0]} did not run: {error}") from error
    said = done.stderr.decode("utf-8", "replace").strip()
    if done.returncode != 0 or "ERROR" in said:
        tail = said[-200:] or "no message"
        raise SynthesisError(f"{voice}: {command[0]} failed (code {done.returncode}): {tail}")
    return done.stdout


def listing(command: Sequence[str]) -> str:
    """What a program lists on its standard output, "" when it cannot be run."""
    try:
        done = subprocess.run(
            command, capture_output=True, timeout=_TIMEOUT_SECONDS, check=False, text=True
        )
    except (OSError, subprocess.TimeoutExpired, UnicodeDecodeError):
        return ""
    return done.stdout if done.returncode == 0 else ""


def wav_samples(content: bytes, voice: str) -> tuple[NDArray[np.float32], int]:
    """The samples (float32 [samples], mono) and sample rate of a whole WAV file.

    Raises SynthesisError when it is none.
    """
    try:
        samples, sample_rate = soundfile.read(io.BytesIO(content), dtype="float32")
    except soundfile.LibsndfileError as error:
        raise SynthesisError(f"{voice}: what it wrote is not a WAV file: {error}") from error
    return samples, sample_rate
