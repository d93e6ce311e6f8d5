"""Every kind of recording, from every kind of source, gives the same samples."""

from __future__ import annotations

import gzip
import io
import os
import struct
import tracemalloc
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import soundfile
from containers import COMPRESSED, chunk, encoded, pipe, wav, without_length, without_xing
from hypothesis import given, settings
from hypothesis import strategies as st
from speechlike import noise, speech_like

from attune.audio import RawFormat, Resampler, probe_audio, read_audio, stream_audio

SPEECH = speech_like(2.0)
STEREO = np.stack([SPEECH, 0.5 * speech_like(2.0, seed=1)], axis=1)
PCM_16 = (SPEECH * 32767).astype("<i2").tobytes()


@pytest.mark.parametrize(
    ("subtype", "codec"),
    [
        ("PCM_U8", "u8"),
        ("PCM_16", "s16le"),
        ("PCM_24", "s24le"),
        ("PCM_32", "s32le"),
        ("FLOAT", "f32le"),
        ("DOUBLE", "f64le"),
        ("ULAW", "mulaw"),
        ("ALAW", "alaw"),
    ],
)
@pytest.mark.parametrize("container", ["WAV", "WAVEX", "RF64"])
def test_wav_encodings_as_libsndfile_reads_them(container: str, subtype: str, codec: str) -> None:
    data = encoded(STEREO, 16_000, format=container, subtype=subtype)
    expected, _ = soundfile.read(io.BytesIO(data), dtype="float32")
    for channel in (0, 1):
        assert np.array_equal(read_audio(data, channel=channel), expected[:, channel])
    info = probe_audio(data)
    assert (info.container, info.codec, info.channels) == ("wav", codec, 2)
    assert info.seconds == 2.0


@pytest.mark.parametrize(
    ("encoding", "samples"),
    [
        ("u8", np.array([128, 255, 0], "u1")),
        ("s8", np.array([0, 127, -128], "i1")),
        ("s16le", np.array([0, 32767, -32768], "<i2")),
        ("s24le", np.array([[0, 0, 0], [255, 255, 127], [0, 0, 128]], "u1")),
        ("s32le", np.array([0, 2**31 - 1, -(2**31)], "<i4")),
        ("f32le", np.array([0, 1, -1], "<f4")),
        ("f64le", np.array([0, 1, -1], "<f8")),
        ("mulaw", np.array([0xFF, 0x80, 0x00], "u1")),
        ("alaw", np.array([0xD5, 0xAA, 0x2A], "u1")),
    ],
)
def test_raw_encodings(encoding: str, samples: np.ndarray) -> None:
    read = read_audio(samples.tobytes(), raw=RawFormat(16_000, 1, encoding))
    assert read == pytest.approx([0, 1, -1], abs=0.03)


@pytest.mark.parametrize(
    ("sample_rate", "channels"), [(8_000, 1), (11_025, 6), (44_100, 2), (48_000, 1), (96_000, 2)]
)
def test_any_rate_and_channels(sample_rate: int, channels: int) -> None:
    time = np.arange(2 * sample_rate) / sample_rate
    tone = np.repeat(0.5 * np.sin(2 * np.pi * 440 * time)[:, None], channels, axis=1)
    samples = read_audio(encoded(tone, sample_rate, format="WAV", subtype="PCM_16"))
    assert samples.dtype == np.float32
    expected = 0.5 * np.sin(2 * np.pi * 440 * np.arange(32_000) / 16_000)
    assert samples.shape == (32_000,)
    assert np.abs(samples - expected)[1600:-1600].max() < 1e-3


def test_channels_are_mixed_or_chosen() -> None:
    data = encoded(STEREO, 16_000, format="WAV", subtype="FLOAT")
    assert np.array_equal(read_audio(data), STEREO.mean(axis=1))
    assert np.array_equal(read_audio(data, channel=0), STEREO[:, 0])
    assert np.array_equal(read_audio(data, channel=1), STEREO[:, 1])


@pytest.mark.parametrize("sample_rate", [16_000, 48_000])
@pytest.mark.parametrize("kind", COMPRESSED)
def test_compressed(kind: str, sample_rate: int) -> None:
    original = Resampler(16_000, sample_rate)
    samples = np.concatenate([original.accept(SPEECH), original.finish()])
    data = encoded(samples, sample_rate, **COMPRESSED[kind])
    read = read_audio(data)
    assert len(read) == pytest.approx(len(SPEECH), abs=1)
    read = read[: len(SPEECH)]
    assert np.corrcoef(read, SPEECH[: len(read)])[0, 1] > 0.93
    info = probe_audio(data)
    assert info.seconds == pytest.approx(2.0, abs=1e-4)
    assert info.codec == kind
    assert info.sample_rate == sample_rate


def test_flac_is_exact() -> None:
    data = encoded(np.frombuffer(PCM_16, "<i2"), 16_000, format="FLAC")
    assert np.array_equal(read_audio(data), read_audio(wav(PCM_16)))


def test_flac_without_its_length_is_read_to_the_end() -> None:
    """Its encoder wrote to a pipe; libsndfile then reports an error with the last samples."""
    data = encoded(SPEECH, 16_000, format="FLAC")
    assert np.array_equal(read_audio(without_length(data)), read_audio(data))
    assert probe_audio(without_length(data)).seconds == 2.0


def test_mp3_without_its_length_is_read_to_the_end() -> None:
    """libsndfile takes the length from the first bit rate, and would stop after a sixth here."""
    samples = np.concatenate([np.zeros(16_000, np.float32), noise(20, -20)])
    data = without_xing(
        encoded(samples, 16_000, format="MP3", bitrate_mode="VARIABLE", compression_level=0.0)
    )
    estimated = soundfile.info(io.BytesIO(data)).duration
    read = read_audio(data)
    assert len(read) / 16_000 == pytest.approx(21, abs=0.2)
    assert estimated != pytest.approx(21, abs=1), "libsndfile estimates well; no wrapper is needed"
    assert probe_audio(data).seconds == len(read) / 16_000


def test_mp3_with_a_tag_that_holds_a_picture() -> None:
    data = encoded(SPEECH, 16_000, **COMPRESSED["mp3"])
    picture = bytes(20_000)
    tag = b"ID3\x04\x00\x00" + bytes([0, 1, len(picture) >> 7 & 127, len(picture) & 127])
    assert len(picture) >> 14 == 1
    assert np.array_equal(read_audio(tag + picture + data), read_audio(data))


SAMPLES = {
    "wav": encoded(STEREO, 44_100, format="WAV", subtype="PCM_24"),
    "wav of unknown length": wav(PCM_16, data_bytes=0xFFFFFFFF),
    "flac": encoded(STEREO, 44_100, format="FLAC"),
    "flac of unknown length": without_length(encoded(SPEECH, 16_000, format="FLAC")),
    "vorbis": encoded(STEREO, 44_100, **COMPRESSED["vorbis"]),
    "opus": encoded(STEREO, 48_000, **COMPRESSED["opus"]),
    "mp3": encoded(STEREO, 44_100, **COMPRESSED["mp3"]),
    "mp3 of unknown length": without_xing(encoded(SPEECH, 16_000, **COMPRESSED["mp3"])),
}
WHOLE = {kind: read_audio(data) for kind, data in SAMPLES.items()}


@pytest.mark.parametrize("kind", SAMPLES)
@settings(max_examples=15, deadline=None)
@given(block_seconds=st.floats(0.003, 3))
def test_blocks_together_are_the_recording(kind: str, block_seconds: float) -> None:
    blocks = list(stream_audio(SAMPLES[kind], block_seconds=block_seconds))
    assert all(len(block) for block in blocks)
    assert np.array_equal(np.concatenate(blocks), WHOLE[kind])


@pytest.mark.parametrize("kind", SAMPLES)
def test_every_source_gives_the_same(kind: str, tmp_path: Path) -> None:
    data = SAMPLES[kind]
    path = tmp_path / "recording.raw"  # The name must not matter.
    path.write_bytes(data)
    packed = io.BytesIO(gzip.compress(data))
    offset = io.BytesIO(b"something before" + data)
    offset.seek(16)
    with (
        path.open("rb") as buffered,
        path.open("rb", buffering=0) as plain,
        pipe(data) as piped,
        gzip.open(packed) as archive,
    ):
        sources: dict[str, Any] = {
            "path": path,
            "string": str(path),
            "memory": io.BytesIO(data),
            "file": buffered,
            "plain file": plain,
            "pipe": piped,
            "archive": archive,
            "offset": offset,
        }
        for name, source in sources.items():
            assert np.array_equal(read_audio(source), WHOLE[kind]), name
    with pipe(data) as piped:
        assert probe_audio(piped).seconds == probe_audio(path).seconds


def test_raw_through_a_pipe() -> None:
    raw = RawFormat(16_000)
    with pipe(PCM_16) as piped:
        assert np.array_equal(read_audio(piped, raw=raw), read_audio(PCM_16, raw=raw))
    assert probe_audio(PCM_16, raw=raw).seconds == 2.0


@pytest.mark.parametrize(
    "length",
    [0, 0xFFFFFFFF, 0xFFFFFFFF - 36, 0x7FFFF000, 0x7FFFFFFF, 0x80000000, 0x80000000 - 44],
)
@pytest.mark.parametrize("riff_bytes", [0, 36, 0xFFFFFFFF, 0x7FFFF024])
def test_wav_of_a_streaming_recorder_reads_what_is_there(length: int, riff_bytes: int) -> None:
    data = wav(PCM_16, data_bytes=length, riff_bytes=riff_bytes)
    expected = read_audio(wav(PCM_16))
    assert np.array_equal(read_audio(data), expected)
    assert np.array_equal(read_audio(data + b"\x01"), expected), "half a sample at the end"
    with pipe(data) as piped:
        assert np.array_equal(read_audio(piped), expected)
    assert probe_audio(data).seconds == 2.0


@pytest.mark.parametrize("stated", [0, 0xFFFFFFFFFFFFFFFF])
def test_long_wav_of_a_streaming_recorder(stated: int) -> None:
    sizes = chunk(b"ds64", struct.pack("<QQQI", stated, stated, 0, 0))
    body = wav(PCM_16, data_bytes=0xFFFFFFFF)[12:]
    data = b"RF64" + struct.pack("<I", 0xFFFFFFFF) + b"WAVE" + sizes + body
    assert np.array_equal(read_audio(data), read_audio(wav(PCM_16)))


def test_length_that_counts_the_header_too() -> None:
    data = wav(PCM_16, data_bytes=len(PCM_16) + 44)
    assert np.array_equal(read_audio(data), read_audio(wav(PCM_16)))


def test_other_chunks_are_no_sound() -> None:
    text = chunk(b"LIST", b"INFOISFT an odd number of bytes")
    data = wav(PCM_16, before=text + chunk(b"junk", bytes(3000)), after=text)
    assert np.array_equal(read_audio(data), read_audio(wav(PCM_16)))


def test_samples_narrower_than_their_container() -> None:
    wide = (np.frombuffer(PCM_16, "<i2").astype("<i4") << 16).tobytes()
    form = struct.pack("<HHIIHHHHI", 0xFFFE, 1, 16_000, 64_000, 4, 20, 22, 20, 4)
    form += struct.pack("<H", 1) + bytes.fromhex("000000001000800000aa00389b71")
    body = b"WAVE" + chunk(b"fmt ", form) + chunk(b"data", wide)
    data = b"RIFF" + struct.pack("<I", len(body)) + body
    assert np.array_equal(read_audio(data), read_audio(wav(PCM_16)))


def test_wav_comes_through_a_pipe_as_it_is_recorded() -> None:
    receive, send = os.pipe()
    with open(send, "wb", buffering=0) as recorder, open(receive, "rb", buffering=0) as file:
        recorder.write(wav(PCM_16[:32_000], data_bytes=0))
        blocks = stream_audio(file, block_seconds=0.5)
        # The recorder is still open: waiting for its end would wait forever.
        assert len(next(blocks)) == 8000
        assert len(next(blocks)) == 8000
        blocks.close()  # type: ignore[attr-defined]


def test_ten_milliseconds_silence_and_clipping_are_recordings() -> None:
    assert len(read_audio(wav(PCM_16[:320]))) == 160
    assert not read_audio(wav(bytes(32_000))).any()
    clipped = np.clip(SPEECH * 20, -1, 1)
    read = read_audio(encoded(clipped, 48_000, format="WAV", subtype="FLOAT"))
    assert np.abs(read).max() == 1.0, "the resampler's overshoot is limited to full scale"


@pytest.mark.parametrize("kind", ["flac", "mp3"])
def test_memory_does_not_grow_with_length(kind: str) -> None:
    def peak(seconds: int) -> int:
        data = encoded(np.tile(SPEECH, seconds // 2), 16_000, **COMPRESSED[kind])
        tracemalloc.start()
        for _ in stream_audio(data, sample_rate=8_000):
            pass
        used = tracemalloc.get_traced_memory()[1]
        tracemalloc.stop()
        return used

    peak(2)  # Caches of the first use.
    assert peak(30) < peak(4) + 50_000


@given(
    cuts=st.lists(st.integers(0, 5000), max_size=8), rate=st.sampled_from([8000, 44_100, 16_000])
)
@settings(deadline=None)
def test_resampling_does_not_depend_on_blocks(cuts: list[int], rate: int) -> None:
    samples = SPEECH[:5000]
    whole = Resampler(rate)
    parts = Resampler(rate)
    expected = np.concatenate([whole.accept(samples), whole.finish()])
    pieces = [parts.accept(piece) for piece in np.split(samples, sorted(cuts))]
    assert np.array_equal(np.concatenate([*pieces, parts.finish()]), expected)
