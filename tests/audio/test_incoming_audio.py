"""Audio decoded as it arrives is what a decoder of the whole makes of it, however it is cut."""

from __future__ import annotations

import io
import struct
import time
import tracemalloc
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
import soundfile
import soxr
from containers import COMPRESSED, chunk, encoded, wav, without_length, without_xing
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray
from speechlike import speech_like

from attune.audio import RawFormat, read_audio
from attune.audio.incoming import IncomingAudio
from attune.audio.incoming.ogg_pages import PacketReader, write_pages
from attune.errors import InputError

SAMPLES = Path(__file__).parents[2] / "samples"
RECORDINGS = sorted(
    path for path in SAMPLES.iterdir() if path.suffix in {".flac", ".mp3", ".ogg", ".wav"}
)
# Opus predicts from what came before, which a piece has only a quarter of a second of.
LEAST_DECIBELS = {".ogg": 45.0, "opus": 45.0}

Samples = NDArray[np.float32]


def tone(seconds: float, rate: int) -> Samples:
    """Something like speech."""
    audio: Samples = soxr.resample(speech_like(seconds), 16_000, rate)
    return audio


def arriving(data: bytes, size: int | Iterator[int], **options: object) -> Samples:
    """What comes of `data` in pieces."""
    audio = IncomingAudio(**options)  # type: ignore[arg-type]
    blocks: list[Samples] = [np.zeros(0, np.float32)]
    at = 0
    while at < len(data):
        step = size if isinstance(size, int) else next(size)
        blocks += audio.push(data[at : at + step])
        at += step
    blocks += audio.finish()
    whole = np.concatenate(blocks)
    assert audio.seconds == len(whole) / 16_000
    return whole


def decibels(expected: Samples, given: Samples) -> float:
    """How far the difference is below the signal."""
    assert len(given) == len(expected)
    noise = float(np.sum((expected - given) ** 2, dtype=np.float64))
    return 10 * np.log10(float(np.sum(expected**2, dtype=np.float64)) / max(noise, 1e-20))


@pytest.mark.parametrize("size", [97, 1000, 8192, 10**9])
@pytest.mark.parametrize("path", RECORDINGS, ids=lambda path: path.name)
def test_pieces_give_what_the_whole_gives(path: Path, size: int) -> None:
    data = path.read_bytes()
    far = LEAST_DECIBELS.get(path.suffix, 120.0)
    assert decibels(read_audio(data), arriving(data, size)) > far


@pytest.mark.parametrize(
    ("codec", "rate", "channels"),
    [
        *(("opus", rate, 1) for rate in (8_000, 12_000, 16_000, 24_000, 48_000)),
        *(("vorbis", rate, 1) for rate in (8_000, 16_000, 44_100)),
        *(("flac", rate, 1) for rate in (8_000, 16_000, 44_100)),
        *(("mp3", rate, 1) for rate in (8_000, 11_025, 16_000, 22_050, 32_000, 48_000)),
        *((codec, 48_000, 2) for codec in ("opus", "vorbis", "flac", "mp3")),
        *((codec, 48_000, 6) for codec in ("opus", "vorbis", "flac")),
    ],
)
def test_rates_and_channels(codec: str, rate: int, channels: int) -> None:
    mono = tone(3.3, rate)
    audio = np.stack([mono / (place + 1) for place in range(channels)], axis=1)
    data = encoded(audio, rate, **COMPRESSED[codec])
    assert decibels(read_audio(data), arriving(data, 700)) > LEAST_DECIBELS.get(codec, 100.0)


def test_a_channel_can_be_chosen() -> None:
    audio = np.stack([tone(1.0, 16_000), np.zeros(16_000, np.float32)], axis=1)
    data = encoded(audio, 16_000, format="FLAC")
    assert np.abs(arriving(data, 500, channel=0)).max() > 0.1
    assert not arriving(data, 500, channel=1).any()
    with pytest.raises(InputError, match="no channel 2"):
        arriving(data, 500, channel=2)


@pytest.mark.parametrize("encoding", ["s16le", "u8", "s24le", "f32le", "mulaw"])
def test_raw_samples(encoding: str) -> None:
    form = RawFormat(16_000, 2, encoding)
    data = np.random.default_rng(1).integers(-8000, 8000, 9600, dtype="<i2").tobytes()
    if encoding == "f32le":
        data = (np.frombuffer(data, "<i2").astype("<f4") / 32768).tobytes()
    data = data[: len(data) // form.frame_bytes * form.frame_bytes]
    np.testing.assert_array_equal(arriving(data, 7, raw=form), read_audio(data, raw=form))


@pytest.mark.parametrize(
    "sizes",
    [
        {},
        {"data_bytes": 0, "riff_bytes": 0},
        {"data_bytes": 0xFFFFFFFF, "riff_bytes": 0xFFFFFFFF},
        {"before": chunk(b"LIST", bytes(9000))},
        {"after": chunk(b"LIST", b"no sound at all ")},
        {"data_bytes": 0x7FFFF000},
    ],
)
@pytest.mark.parametrize("size", [1, 13, 44, 10**6])
def test_headers_of_wav_in_pieces(sizes: dict[str, int], size: int) -> None:
    samples = np.random.default_rng(2).integers(-999, 999, 1600, dtype="<i2")
    expected = samples.astype(np.float32) / 32768
    data = wav(samples.tobytes(), **sizes)  # type: ignore[arg-type]
    np.testing.assert_array_equal(arriving(data, size), expected)


def test_a_header_alone_gives_nothing_and_then_samples_at_once() -> None:
    audio = IncomingAudio()
    header = wav(b"", data_bytes=0, riff_bytes=0)
    assert not list(audio.push(header))
    assert sum(map(len, audio.push(bytes(3200)))) == 1600
    assert not audio.compressed


def test_lengths_that_encoders_leave_out() -> None:
    flac = encoded(tone(2.0, 16_000), 16_000, format="FLAC")
    assert decibels(read_audio(flac), arriving(without_length(flac), 500)) > 120
    mp3 = encoded(tone(2.0, 16_000), 16_000, **COMPRESSED["mp3"])
    bare = without_xing(mp3)
    assert decibels(read_audio(bare), arriving(bare, 500)) > 100


def test_tags_of_mp3_are_passed_over() -> None:
    mp3 = (SAMPLES / "digits.mp3").read_bytes()
    tag = b"ID3\x04\x00\x00\x00\x00\x4e\x10" + bytes(0x4E * 128 + 0x10)
    tagged = tag + mp3 + b"TAG" + bytes(125)
    assert decibels(read_audio(mp3), arriving(tagged, 1000)) > 120


def test_sound_comes_out_while_it_comes_in() -> None:
    """Nothing waits for the end: half of the bytes give about half of the sound."""
    for path in RECORDINGS:
        data = path.read_bytes()
        audio = IncomingAudio()
        given = sum(len(block) for block in audio.push(data[: len(data) // 2]))
        assert given / 16_000 > 0.2 * len(read_audio(data)) / 16_000, path.name


@settings(max_examples=30)
@given(st.data())
def test_any_cut_of_small_recordings(data: st.DataObject) -> None:
    codec = data.draw(st.sampled_from(["wav", *COMPRESSED]))
    form = {"format": "WAV"} if codec == "wav" else COMPRESSED[codec]
    recording = encoded(tone(0.4, 16_000), 16_000, **form)
    sizes = st.lists(st.integers(1, 3000), min_size=1, max_size=50)
    cuts = iter([*data.draw(sizes), *[4000] * 1000])
    assert len(arriving(recording, cuts)) == len(read_audio(recording))


@pytest.mark.parametrize("kind", [".flac", ".mp3", ".ogg", ".wav"])
@settings(max_examples=25)
@given(st.data())
def test_damage_is_an_input_error_or_some_sound(kind: str, data: st.DataObject) -> None:
    path = next(path for path in RECORDINGS if path.suffix == kind)
    bytes_ = bytearray(path.read_bytes()[:20_000])
    for at in data.draw(st.lists(st.integers(0, len(bytes_) - 1), min_size=1, max_size=20)):
        bytes_[at] = data.draw(st.integers(0, 255))
    try:
        assert len(arriving(bytes(bytes_), 1500)) < 16_000 * 60
    except InputError as error:
        assert str(error)


@given(st.binary(max_size=3000), st.sampled_from([b"", b"RIFF", b"OggS\0", b"fLaC", b"ID3"]))
def test_garbage_is_an_input_error(garbage: bytes, head: bytes) -> None:
    try:
        arriving(head + garbage, 100)
    except InputError as error:
        assert str(error).startswith("audio: ")


def opus_of(packets: list[bytes]) -> bytes:
    head = b"OpusHead\x01\x01" + struct.pack("<HIhB", 0, 48_000, 0, 0)
    tags = b"OpusTags" + struct.pack("<II", 0, 0)
    return write_pages([(head, 0), (tags, 0), *((packet, 0) for packet in packets)], headers=2)


def test_a_little_data_that_is_much_sound_takes_little_memory() -> None:
    """1 MiB may hold days of silence: a consumer gets two seconds at a time and stops."""
    packet = bytes([0b0001_1011, 2])  # Two frames of 60 ms, each without content.
    bomb = opus_of([packet] * 5000)  # Ten minutes.
    assert len(bomb) < 25_000
    tracemalloc.start()
    audio = IncomingAudio()
    longest, heard = 0, 0
    for block in audio.push(bomb):
        longest, heard = max(longest, len(block)), heard + len(block)
        if heard > 16_000 * 100:
            break
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert longest <= 16_000 * 2.5
    assert peak < 16 * 2**20


def endless(head: bytes) -> Iterator[bytes]:
    yield head
    while True:
        yield bytes(100_000)


@pytest.mark.parametrize(
    "head",
    [
        b"RIFF\xff\xff\xff\xffWAVE" + b"JUNK" + struct.pack("<I", 0x7FFFFFFF),
        b"OggS\0\x02" + bytes(20) + b"\xff" + b"\xff" * 255,
        b"fLaC\x80\0\0\x22" + bytes(10) + b"\x0a\xc4\x42\xf0" + bytes(20) + b"\xff\xf8\xc9\x18\0",
        b"\xff\xfb\x90\0",
    ],
    ids=["wav", "ogg", "flac", "mp3"],
)
def test_what_never_begins_ends_in_an_error(head: bytes) -> None:
    audio, sent, began = IncomingAudio(), 0, time.monotonic()
    with pytest.raises(InputError):
        for data in endless(head):
            for _ in audio.push(data):
                pass
            sent += len(data)
            assert sent < 20 * 2**20
    assert time.monotonic() - began < 20


def test_many_tiny_pieces_of_a_long_header_take_no_square_time() -> None:
    data = wav(bytes(3200), before=chunk(b"LIST", bytes(200_000)))
    began = time.process_time()
    assert len(arriving(data, 64)) == 1600
    assert time.process_time() - began < 2


@pytest.mark.parametrize(
    ("data", "message"),
    [
        (b"hello, this is no sound", "not a recording"),
        (b"\x1a\x45\xdf\xa3" + bytes(50), "WebM"),
        (write_pages([(b"\x80theora" + bytes(40), 0)], headers=1), "neither Opus nor Vorbis"),
        (write_pages([(b"OpusHead", 0), (b"x", 0)], headers=2), "header"),
        (opus_of([b"\x03\x00"]), "cannot be"),
    ],
)
def test_what_is_wrong_is_told(data: bytes, message: str) -> None:
    with pytest.raises(InputError, match=message):
        arriving(data, 5)


def test_nothing_gives_nothing() -> None:
    assert len(arriving(b"", 10)) == 0


def test_a_recording_that_stops_gives_what_came() -> None:
    for path in RECORDINGS:
        data = path.read_bytes()
        heard = arriving(data[: len(data) * 3 // 4], 1000)
        assert len(heard) > 0.5 * len(read_audio(data)), path.name


def test_second_streams_and_broken_pages_are_refused() -> None:
    first = encoded(tone(0.5, 16_000), 16_000, **COMPRESSED["opus"])
    other = bytearray(first)
    with pytest.raises(InputError, match="several streams"):
        arriving(first + encoded(tone(0.5, 16_000), 16_000, **COMPRESSED["vorbis"]), 300)
    other[len(other) // 2] ^= 1
    with pytest.raises(InputError, match="damaged"):
        arriving(bytes(other), 300)


PACKETS = st.lists(st.binary(min_size=1, max_size=700), min_size=3, max_size=400)


@settings(max_examples=50)
@given(PACKETS, st.integers(1, 5000))
def test_pages_carry_packets(packets: list[bytes], size: int) -> None:
    data = write_pages([(packet, 5) for packet in packets], headers=2)
    reader = PacketReader("audio")
    found = []
    for at in range(0, len(data), size):
        found += reader.push(data[at : at + size])
    assert [packet.data for packet in found] == packets
    assert [packet.last for packet in found] == [False] * (len(packets) - 1) + [True]


def test_joined_pages_are_readable_by_others() -> None:
    """libsndfile reads what `write_pages` writes, over many pages."""
    data = encoded(tone(9.0, 48_000), 48_000, **COMPRESSED["opus"])
    packets = list(PacketReader("audio").push(data))
    ends = np.cumsum([0, 0, *[960] * (len(packets) - 2)])
    again = write_pages(
        [(packet.data, int(end)) for packet, end in zip(packets, ends, strict=True)], headers=2
    )
    samples, rate = soundfile.read(io.BytesIO(again))
    assert rate == 48_000
    assert abs(len(samples) / rate - 9.0) < 0.05
