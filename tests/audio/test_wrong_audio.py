"""What is wrong with a recording is said in words, with what to do about it."""

from __future__ import annotations

import contextlib
import io
import os
import re
import struct
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from containers import COMPRESSED, chunk, encoded, pipe, wav, without_length
from hypothesis import given, settings
from hypothesis import strategies as st
from speechlike import speech_like

from attune.audio import RawFormat, Resampler, read_audio, stream_audio
from attune.audio import source as source_module
from attune.errors import InputError

SPEECH = speech_like(2.0)
PCM_16 = (SPEECH * 32767).astype("<i2").tobytes()
FILES = {kind: encoded(SPEECH, 16_000, **form) for kind, form in COMPRESSED.items()}
FILES["wav"] = wav(PCM_16)


def floats(*samples: float) -> bytes:
    return wav(np.array(samples, "<f4").tobytes(), tag=3, bits=32)


WRONG: dict[str, tuple[bytes, str]] = {
    "empty file": (b"", "empty. Record or copy it again"),
    "text": (b"hello world, this is no sound", "not a recording that can be read .*Convert it"),
    "a page of the web": (b"<!DOCTYPE html><html>", "not a recording that can be read"),
    "noughts": (bytes(5000), "not a recording that can be read"),
    "picture": (b"\x89PNG\r\n\x1a\n" + bytes(100), "not a recording that can be read"),
    "film": (b"\0\0\0\x20ftypM4A \0\0\0\0", r"is MPEG-4 \(AAC\). Convert it to WAV, FLAC"),
    "webm": (b"\x1a\x45\xdf\xa3" + bytes(50), "is WebM or Matroska. Convert it"),
    "aiff": (b"FORM\0\0\0\x10AIFFCOMM", "is AIFF. Convert it"),
    "archive": (b"PK\x03\x04" + bytes(50), "is a zip archive"),
    "avi": (b"RIFF\x10\0\0\0AVI LIST", "not a recording that can be read"),
    "wav without samples": (wav(b""), "holds no audio. Record it again"),
    "wav without samples but with text": (
        wav(b"", after=chunk(b"LIST", b"INFOISFTtext")),
        "holds no audio",
    ),
    "less than one sample": (wav(b"\0\0", sample_rate=96_000), "holds no audio"),
    "wav that ends in its header": (
        wav(PCM_16)[:30],
        "cut short or damaged: only the first 0.00 s",
    ),
    "wav without a format": (
        b"RIFF\x20\0\0\0WAVE" + chunk(b"data", PCM_16),
        "without a format. Save it again as WAV",
    ),
    "wav of no channels": (wav(PCM_16, channels=0), r"header is damaged \(0 channels\)"),
    "wav of no rate": (wav(PCM_16, sample_rate=0), "a sample rate of 0 Hz is outside 1000 to"),
    "adpcm": (wav(PCM_16, tag=0x11), "holding IMA ADPCM. Convert it to 16-bit PCM WAV or FLAC"),
    "unknown codec": (wav(PCM_16, tag=0x1234), "holding codec 0x1234 with 16 bits. Convert it"),
    "cut wav": (
        wav(PCM_16)[:32_044],
        "cut short or damaged: only the first 1.00 s of 2.00 s can be read. Copy or download it "
        "again; to use what is there, open it in an audio editor and save it under a new name",
    ),
    "cut flac": (
        FILES["flac"][: len(FILES["flac"]) // 2],
        r"only the first [01]\.\d\d s of 2.00 s",
    ),
    "cut flac without its length": (
        without_length(FILES["flac"])[: len(FILES["flac"]) // 2],
        r"only the first [01]\.\d\d s can be read",
    ),
    "cut vorbis": (FILES["vorbis"][:-1], r"only the first [01]\.\d\d s can be read"),
    "cut opus": (FILES["opus"][: len(FILES["opus"]) * 2 // 3], r"only the first [01]\.\d\d s can"),
    "cut mp3": (FILES["mp3"][: len(FILES["mp3"]) // 2], r"only the first [01]\.\d\d s of 2.00 s"),
    "ogg cut in its header": (
        FILES["opus"][:60],
        "begins like OGG but cannot be decoded .*Copy",
    ),
    "flac cut in its header": (FILES["flac"][:20], "begins like FLAC but cannot be decoded"),
    "mp3 of nothing": (b"ID3\x04" + bytes(500), "begins like MP3 but cannot be decoded"),
    "two recordings in one": (FILES["vorbis"] + FILES["opus"], "several recordings .*Split them"),
    "not a number": (floats(0, float("nan"), 0), "samples that are not numbers. Save it again as"),
    "infinite": (floats(0, float("-inf"), 0), "samples that are not numbers"),
    "too large for a float": (
        wav(np.array([1e300], "<f8").tobytes(), tag=3, bits=64),
        "samples that are not numbers",
    ),
    "integers as floats": (floats(0, -20_000), "sample of 20000, where full scale is 1. Divide"),
}


@pytest.mark.parametrize("wrong", WRONG)
def test_wrong_input_says_what_to_do(wrong: str, tmp_path: Path) -> None:
    data, message = WRONG[wrong]
    path = tmp_path / "note.wav"
    path.write_bytes(data)
    with pytest.raises(InputError, match=message) as caught:
        read_audio(path)
    assert str(caught.value).startswith(f"{path}: ")
    with pytest.raises(InputError, match=message), pipe(data) as piped:
        read_audio(piped)


def test_missing_file(tmp_path: Path) -> None:
    with pytest.raises(InputError, match=r"gone.wav: there is no such file. Check the path"):
        read_audio(tmp_path / "gone.wav")


def test_folder(tmp_path: Path) -> None:
    with pytest.raises(InputError, match=r"is a folder. Give the recordings in it"):
        read_audio(str(tmp_path))


@pytest.mark.skipif(os.name != "posix" or os.geteuid() == 0, reason="root may read every file")
def test_forbidden_file(tmp_path: Path) -> None:
    path = tmp_path / "secret.wav"
    path.write_bytes(FILES["wav"])
    path.chmod(0)
    with pytest.raises(InputError, match=r"may not be read. Check the file's permissions"):
        read_audio(path)


def test_path_that_no_system_knows() -> None:
    with pytest.raises(InputError, match=r"^'a\\x00b.wav': is no path. Check it"):
        read_audio("a\0b.wav")


def test_text_mode_file() -> None:
    with pytest.raises(InputError, match=r"gives str where bytes are expected. Open it in binary"):
        read_audio(io.StringIO("RIFF"))  # type: ignore[arg-type]


def test_standard_input_is_named() -> None:
    class StandardInput(io.BytesIO):
        name = "<stdin>"

    with pytest.raises(InputError, match=r"^standard input: empty"):
        read_audio(StandardInput())


@pytest.mark.parametrize("channel", [-1, 1, 7])
def test_channel_that_is_not_there(channel: int) -> None:
    with pytest.raises(InputError, match=f"no channel {channel}; it has 1, counted from 0. Give"):
        read_audio(FILES["wav"], channel=channel)


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda: RawFormat(0), "sample rate of 0 Hz is outside 1000 to 768000 Hz"),
        (lambda: Resampler(16_000, 0), "resampling: a sample rate of 0 Hz"),
        (lambda: RawFormat(16_000, 0), "0 channels. Give 1 for mono"),
        (lambda: RawFormat(16_000, 1, "s16be"), "unknown encoding 's16be'. Give one of u8, s8"),
    ],
)
def test_format_that_cannot_be(make: Callable[[], Any], message: str) -> None:
    with pytest.raises(InputError, match=message):
        make()


def test_raw_that_does_not_fit_its_format() -> None:
    message = "64001 bytes are no whole number of samples of 2 bytes. Check the encoding"
    with pytest.raises(InputError, match=message):
        read_audio(PCM_16 + b"x", raw=RawFormat(16_000))
    with pytest.raises(InputError, match=message), pipe(PCM_16 + b"x") as piped:
        read_audio(piped, raw=RawFormat(16_000))


def test_cut_file_is_refused_before_any_work_and_cut_pipe_after_what_came() -> None:
    data = wav(PCM_16)[:48_044]
    with pytest.raises(InputError, match=r"only the first 1.50 s of 2.00 s"):
        next(stream_audio(data))
    with pipe(data) as piped:
        blocks = stream_audio(piped, block_seconds=0.5)
        assert sum(len(next(blocks)) for _ in range(3)) == 24_000
        with pytest.raises(InputError, match=r"only the first 1.50 s of 2.00 s"):
            next(blocks)


def test_pipe_is_not_copied_without_bound(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(source_module, "SPOOL_BYTES", len(FILES["flac"]) - 1)
    with (
        pytest.raises(InputError, match=r"through a pipe .*Save it to a file"),
        pipe(FILES["flac"]) as piped,
    ):
        read_audio(piped)
    monkeypatch.setattr(source_module, "SPOOL_BYTES", len(FILES["flac"]))
    with pipe(FILES["flac"]) as piped:
        assert len(read_audio(piped)) == len(SPEECH)


@pytest.mark.parametrize("kind", FILES)
@settings(max_examples=40, deadline=None)
@given(data=st.data())
def test_any_beginning_of_a_file_is_read_or_refused(kind: str, data: st.DataObject) -> None:
    count = data.draw(st.integers(0, len(FILES[kind])))
    try:
        samples = read_audio(FILES[kind][:count])
    except InputError as error:
        assert re.search(r"\. \w.*\.$", str(error)), "the message says what to do"
    else:
        missing = len(SPEECH) - len(samples)
        assert missing <= {"wav": 160, "mp3": 2400}.get(kind, 0)


@settings(max_examples=200, deadline=None)
@given(at=st.integers(0, 43), value=st.integers(0, 255))
def test_any_damage_of_a_wav_header_is_read_or_refused(at: int, value: int) -> None:
    damaged = bytearray(FILES["wav"])
    damaged[at] = value
    with contextlib.suppress(InputError):
        assert len(read_audio(bytes(damaged))) > 0


def test_header_that_claims_too_much_takes_no_memory() -> None:
    form = b"fmt " + struct.pack("<I", 2**32 - 2) + bytes(100)
    with pytest.raises(InputError, match=r"only the first 0.00 s"):
        read_audio(b"RIFF\0\0\0\0WAVE" + form)
    frames = struct.pack("<HHIIHH", 1, 65_535, 768_000, 0, 65_535 * 2 % 65_536, 16)
    body = b"WAVE" + chunk(b"fmt ", frames) + chunk(b"data", bytes(1000))
    with pytest.raises(InputError):
        read_audio(b"RIFF" + struct.pack("<I", len(body)) + body)
