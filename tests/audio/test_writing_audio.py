"""Recordings are written exactly, and whole or not at all."""

from __future__ import annotations

import io
import os
import wave
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from attune.audio import probe_audio, read_audio, write_wav
from attune.errors import InputError


@settings(max_examples=30, deadline=None)
@given(samples=arrays(np.int16, st.integers(1, 300)))
def test_integers_come_back_exactly(samples: np.ndarray, tmp_path_factory: object) -> None:
    path = _path(tmp_path_factory)
    write_wav(path, samples, 16_000)
    read = read_audio(path)
    assert np.array_equal(read * 32768, samples)
    write_wav(path, read, 16_000)
    assert np.array_equal(read_audio(path), read)


@settings(max_examples=30, deadline=None)
@given(samples=arrays(np.float32, st.integers(1, 300), elements=st.floats(-2, 2, width=32)))
def test_floats_come_back_within_a_step(samples: np.ndarray, tmp_path_factory: object) -> None:
    path = _path(tmp_path_factory)
    write_wav(path, samples, 16_000)
    assert np.abs(read_audio(path) - np.clip(samples, -1, 1)).max() <= 1 / 32768


def test_it_is_a_plain_wav_file(tmp_path: Path) -> None:
    path = tmp_path / "tone.wav"
    write_wav(path, np.zeros(4_000, np.float32), 8_000)
    info = probe_audio(path)
    assert (info.path, info.codec, info.sample_rate, info.channels, info.seconds) == (
        str(path),
        "s16le",
        8_000,
        1,
        0.5,
    )
    with wave.open(io.BytesIO(path.read_bytes())) as file:
        assert file.getnframes() == 4_000


@pytest.mark.parametrize(
    ("samples", "message"),
    [
        (np.array([0, np.nan], np.float32), "not numbers"),
        (np.zeros((10, 2), np.float32), r"shape \(10, 2\) are not mono"),
        (np.zeros(10, np.int32), "int32 samples. Give floating point or int16"),
    ],
)
def test_samples_that_cannot_be_written(tmp_path: Path, samples: np.ndarray, message: str) -> None:
    with pytest.raises(InputError, match=message):
        write_wav(tmp_path / "x.wav", samples, 16_000)
    assert not list(tmp_path.iterdir())


def test_missing_folder(tmp_path: Path) -> None:
    with pytest.raises(InputError, match=r"cannot be written .*Check the folder"):
        write_wav(tmp_path / "gone" / "x.wav", np.zeros(5, np.float32), 16_000)


def test_full_disk_leaves_the_old_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "x.wav"
    write_wav(path, np.full(5, 0.5, np.float32), 16_000)

    def full(self: wave.Wave_write, data: bytes) -> None:
        raise OSError(28, os.strerror(28))

    monkeypatch.setattr(wave.Wave_write, "writeframes", full)
    with pytest.raises(InputError, match="No space left"):
        write_wav(path, np.zeros(5, np.float32), 16_000)
    assert np.array_equal(read_audio(path), np.full(5, 0.5))
    assert list(tmp_path.iterdir()) == [path]


def _path(factory: object) -> Path:
    assert isinstance(factory, pytest.TempPathFactory)
    return factory.getbasetemp() / "written.wav"
