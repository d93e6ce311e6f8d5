"""The recordings that keywords are measured on: positives, positives in noise, keyword-free audio.

Everything is written below exp/keyword/sets, the same each time. Needs the corpus (ATTUNE_CORPUS,
default ../shared/corpus); synthesised negatives come from benchmarks/keyword_negatives.py, as far
as they are made.
"""

from __future__ import annotations

import os
import zlib
from collections.abc import Iterable
from pathlib import Path

import numpy as np
import soundfile
from numpy.typing import NDArray

from attune.audio import read_audio
from attune.data import Manifest, Utterance, write_manifest

CORPUS = Path(os.environ.get("ATTUNE_CORPUS", "../shared/corpus"))
SETS = Path("exp/keyword/sets")
SYNTHESISED = (Path("exp/keyword/negatives"), Path("exp/keyword/negatives-fast"))
KEYWORD_SETS = ("keyword-mycroft", "keyword-speechcommands")
NEGATIVE_SETS = (
    *("dev-an4", "dev-commonvoice", "dev-commonvoice1", "dev-librispeech", "dev-speechocean"),
    *("noise-esc10", "noise-speechcommands"),
)
PHRASES = ("athena", "amelia", "hey savant", "hey chatterbox")
"""Phrases of three syllables and more."""
WORDS = ("yes", "no", "up", "down", "left", "right", "on", "off", "stop", "go")
"""Words of one syllable; the issue's second group."""
SPELLINGS = {"no": ("know",), "right": ("write", "wright", "rite"), "hey savant": ("savant",)}
"""What sounds the same in transcripts."""

SNR = 10.0
_RATE = 16_000
_LEAD_SECONDS = 1.0
_SILENT = 1e-3  # below -60 dBFS a piece of noise is silence
_ACTIVE = 10 ** (-30 / 20)  # frames this far below the loudest are no speech
_FRAME = 400

_FAINT = 10 ** (-70 / 20)

Floats = NDArray[np.float32]


def between_noise(samples: Floats) -> Floats:
    """A recording between two seconds of faint noise, always the same."""
    noise = np.random.default_rng(0).normal(0.0, _FAINT, (2, 2 * _RATE)).astype(np.float32)
    return np.concatenate([noise[0], samples, noise[1]])


def positives() -> Path:
    """The manifest of every recording of the ten words and the four phrases, as they are."""
    path = SETS / "positives.tsv"
    if not path.exists():
        SETS.mkdir(parents=True, exist_ok=True)
        write_manifest(path, _rows(keywords=True))
    return path


def some_positives(every: int) -> Path:
    """The manifest of all phrases' positives and every n-th of the words', for what is slow."""
    path = SETS / f"positives-every{every}.tsv"
    if not path.exists():
        rows = list(Manifest(positives()))
        words = [row for row in rows if row.text in WORDS]
        chosen = [*(row for row in rows if row.text in PHRASES), *words[::every]]
        write_manifest(path, chosen)
    return path


def some_negatives(hours: float) -> list[Path]:
    """The manifests of all recorded keyword-free audio, and of synthesised speech up to `hours`."""
    recorded = negatives()[: 1 + len(NEGATIVE_SETS)]
    synthesised = [row for path in _synthesised(SYNTHESISED[0]) for row in Manifest(path)]
    left = hours - sum(row.seconds for one in recorded for row in Manifest(one)) / 3600
    rows: list[Utterance] = []
    for row in synthesised:
        if left <= 0:
            break
        rows.append(Utterance(row.path.absolute(), row.seconds, row.speaker, row.text))
        left -= row.seconds / 3600
    if not rows:
        return recorded
    path = SETS / "synthesised-some.tsv"
    write_manifest(path, rows)
    return [*recorded, path]


def other_speech() -> Path:
    """The manifest of what the keyword sets hold besides keywords: other words, near misses."""
    path = SETS / "other-speech.tsv"
    if not path.exists():
        SETS.mkdir(parents=True, exist_ok=True)
        write_manifest(path, _rows(keywords=False))
    return path


def noisy_positives() -> Path:
    """The manifest of the positives in environmental noise (noise-esc10) at 10 dB.

    A second of the same noise comes before and after each. Which piece of noise goes with which
    recording follows from the recording's name.
    """
    path = SETS / f"positives-noise{SNR:g}.tsv"
    if not path.exists():
        noises = [read_audio(row.path) for row in Manifest(CORPUS / "noise-esc10.tsv")]
        folder = path.with_suffix("")
        folder.mkdir(parents=True, exist_ok=True)
        write_manifest(path, (_mixed(row, noises, folder) for row in _rows(keywords=True)))
    return path


def negatives() -> list[Path]:
    """The manifests of keyword-free audio; synthesised speech as far as it is made."""
    recorded = [other_speech(), *(CORPUS / f"{name}.tsv" for name in NEGATIVE_SETS)]
    return [*recorded, *(path for one in SYNTHESISED for path in _synthesised(one))]


def mix(speech: Floats, noise: Floats, snr: float) -> Floats:
    """Speech with a second of noise before and after it; float32 [samples], 16 kHz.

    `noise` is two seconds longer than `speech`. The ratio is that of the speech's power, over the
    frames within 30 dB of the loudest one, to the noise's.
    """
    frames = speech[: len(speech) // _FRAME * _FRAME].reshape(-1, _FRAME)
    levels = np.sqrt(np.mean(np.square(frames), axis=1))
    active = levels[levels >= levels.max() * _ACTIVE]
    level = np.sqrt(np.mean(np.square(active)) / np.mean(np.square(noise))) * 10 ** (-snr / 20)
    mixed = noise * np.float32(level)
    lead = round(_LEAD_SECONDS * _RATE)
    mixed[lead : lead + len(speech)] += speech
    return (mixed / max(1.0, float(np.abs(mixed).max()))).astype(np.float32)


def _rows(*, keywords: bool) -> Iterable[Utterance]:
    """The keyword sets' recordings of keywords, or the others, by their absolute paths."""
    for name in KEYWORD_SETS:
        for row in Manifest(CORPUS / f"{name}.tsv"):
            if (row.text in (*PHRASES, *WORDS)) is keywords:
                yield Utterance(row.path.absolute(), row.seconds, row.speaker, row.text)


def _mixed(row: Utterance, noises: list[Floats], folder: Path) -> Utterance:
    speech = read_audio(row.path)
    random = np.random.default_rng(zlib.crc32(row.path.name.encode("utf-8")))
    length = len(speech) + round(2 * _LEAD_SECONDS * _RATE)
    while True:
        noise = noises[random.integers(len(noises))]
        start = int(random.integers(len(noise)))
        piece = np.take(noise, np.arange(start, start + length), mode="wrap")
        if np.sqrt(np.mean(np.square(piece))) > _SILENT:
            break
    path = folder / f"{row.path.stem}.flac"
    samples = mix(speech, piece, SNR)
    soundfile.write(path, samples, _RATE, subtype="PCM_16")
    return Utterance(path.absolute(), len(samples) / _RATE, row.speaker, row.text)


def _synthesised(folder: Path) -> list[Path]:
    """The manifest of a synthesised corpus, or of what there is of it while more is being made."""
    journal = folder / "synthesis.journal.tsv"
    if (folder / "manifest.tsv").exists() or not journal.exists():
        return [one for one in (folder / "manifest.tsv",) if one.exists()]
    rows = []
    for number, line in enumerate(journal.read_text("utf-8").split("\n")[:-1]):
        seconds, voice, reason, text = line.split("\t")
        file = folder / f"audio/{number // 1000:04d}/{number:07d}.flac"
        if not reason and file.exists():
            rows.append(Utterance(file.absolute(), float(seconds), voice, text))
    path = SETS / f"{folder.name}-so-far.tsv"
    SETS.mkdir(parents=True, exist_ok=True)
    return [path] if rows and write_manifest(path, rows) else []
