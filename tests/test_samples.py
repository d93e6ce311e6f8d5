"""The sample recordings: small, varied, readable, and spoken as their manifest says."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
import soundfile

from attune.audio import find_speech, read_audio
from attune.data import Manifest, Utterance
from attune.text import normalize
from attune.train.synthesis import available_voices

ROOT = Path(__file__).parents[1]


def test_samples_are_few_small_and_varied(samples: tuple[Utterance, ...]) -> None:
    assert 6 <= len(samples) <= 10
    assert sum(file.stat().st_size for file in (ROOT / "samples").iterdir()) <= 1.5e6
    assert len({row.speaker for row in samples}) >= 4
    formats = {soundfile.info(row.path).format for row in samples}
    assert formats == {"WAV", "FLAC", "OGG", "MP3"}


def test_samples_read_as_speech_of_the_stated_length(samples: tuple[Utterance, ...]) -> None:
    for row in samples:
        audio = read_audio(row.path)
        assert audio.size / 16000 == pytest.approx(row.seconds, abs=0.1), row.path
        assert 0.2 < np.abs(audio).max() < 0.9, row.path
        assert list(find_speech([audio])), row.path


def test_transcripts_are_words_that_read_alike_everywhere(samples: tuple[Utterance, ...]) -> None:
    for row in samples:
        words = normalize(row.text)
        assert not any(mark.isdigit() for mark in row.text)
        assert words == normalize(words)
        assert 1.2 < len(words.split()) / row.seconds < 4.5, row.path


def test_recipe_makes_the_samples_again(samples: tuple[Utterance, ...], tmp_path: Path) -> None:
    missing = {row.speaker for row in samples} - {voice.name for voice in available_voices()}
    if missing:
        pytest.skip(f"voices not installed: {', '.join(sorted(missing))}")
    recipe = ROOT / "recipes" / "make_samples.py"
    subprocess.run([sys.executable, str(recipe), str(tmp_path)], check=True, timeout=120)
    again = list(Manifest(tmp_path / "manifest.tsv"))
    assert [(row.path.name, row.text) for row in again] == [
        (row.path.name, row.text) for row in samples
    ]
    for old, new in zip(samples, again, strict=True):
        assert new.seconds == pytest.approx(old.seconds, rel=0.1)
