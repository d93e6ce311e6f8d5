"""Prompts spoken by voices, as audio files: kept as they come, so that a stopped run goes on."""

from __future__ import annotations

import io
from collections import deque
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from pathlib import Path

import numpy as np
import soundfile
from numpy.typing import NDArray

from attune.bundle.atomic import new_file, write_errors
from attune.errors import InputError
from attune.train.keyword.prompts import Prompt
from attune.train.synthesis import SAMPLE_RATE, SynthesisError, Voice, synthesize_phones
from attune.train.synthesis.journal import Entry, Journal

__all__ = ["read_spoken", "speak_prompts"]

Floats = NDArray[np.float32]

_FAILURES_IN_A_ROW = 20
_FILES_IN_A_FOLDER = 1000
_FAILED = "the synthesiser failed"


def speak_prompts(
    prompts: Sequence[Prompt],
    voices: Mapping[str, Voice],
    folder: Path,
    *,
    workers: int = 1,
    progress: Callable[[int, int], None] | None = None,
) -> tuple[int, ...]:
    """Speak every prompt into `folder` and return the numbers of those that could be.

    What is there already is not spoken again. Raises InputError when the folder holds other
    prompts, SynthesisError when 20 prompts in a row fail, AttuneError when the disk is full.
    """
    with write_errors(folder):
        folder.mkdir(parents=True, exist_ok=True)
    kept: list[int] = []
    failures = 0
    with Journal.open(folder) as journal, ThreadPoolExecutor(workers) as pool:
        pending: deque[tuple[Prompt, Future[Entry]]] = deque()

        def settle(entry: Entry) -> None:
            nonlocal failures
            failures = failures + 1 if entry.reason else 0
            if failures == _FAILURES_IN_A_ROW:
                raise SynthesisError(f"{failures} prompts in a row failed, last {entry.text!r}")
            if not entry.reason:
                kept.append(entry.number)
            if progress is not None:
                progress(entry.number + 1, len(prompts))

        def take() -> None:
            _, future = pending.popleft()
            entry = future.result()
            journal.add(entry)
            settle(entry)

        try:
            for place, prompt in enumerate(prompts):
                done = journal.entry(place, prompt.label)
                if done is not None and (done.reason or _path(folder, place).is_file()):
                    settle(done)
                elif done is not None:
                    settle(_speak(prompt, place, voices, folder))
                else:
                    pending.append((prompt, pool.submit(_speak, prompt, place, voices, folder)))
                    if len(pending) > workers:
                        take()
            while pending:
                take()
        finally:
            for _, future in pending:
                future.cancel()
    return tuple(kept)


def read_spoken(folder: Path, number: int) -> Floats:
    """The audio of a prompt: float32 [samples] at 16 kHz. Raises InputError when it is gone."""
    path = _path(folder, number)
    try:
        samples, _ = soundfile.read(path, dtype="float32")
    except (OSError, soundfile.LibsndfileError) as error:
        raise InputError(f"{path} cannot be read: remove {folder} and start again") from error
    return np.asarray(samples, np.float32)


def _speak(prompt: Prompt, place: int, voices: Mapping[str, Voice], folder: Path) -> Entry:
    words = (*prompt.before, *prompt.words, *prompt.after)
    try:
        samples = synthesize_phones(words, voices[prompt.voice], prompt.rate, prompt.pitch)
    except SynthesisError:
        return Entry(place, 0.0, prompt.voice, _FAILED, prompt.label)
    path = _path(folder, place)
    encoded = io.BytesIO()
    soundfile.write(encoded, samples, SAMPLE_RATE, format="FLAC", subtype="PCM_16")
    with write_errors(path):
        path.parent.mkdir(parents=True, exist_ok=True)
        with new_file(path) as temporary:
            temporary.write_bytes(encoded.getvalue())
    return Entry(place, samples.size / SAMPLE_RATE, prompt.voice, "", prompt.label)


def _path(folder: Path, number: int) -> Path:
    return folder / f"{number // _FILES_IN_A_FOLDER:03d}" / f"{number:06d}.flac"
