"""What one pass over a recording tells about it."""

from __future__ import annotations

import numpy as np
import pytest
from containers import COMPRESSED, encoded, wav, without_length
from speechlike import speech_like

from attune.audio import measure_audio
from attune.audio import measuring as measuring_module
from attune.errors import InputError

SPEECH = speech_like(2.5)
TIME = np.arange(16_000) / 16_000
SINE = np.sin(2 * np.pi * 440 * TIME).astype(np.float32)


def pcm(samples: np.ndarray, rate: int = 16_000) -> bytes:
    """16-bit WAV of samples [frame] or [frame, channel], cut off at full scale."""
    channels = 1 if samples.ndim == 1 else samples.shape[1]
    data = np.clip(np.rint(samples * 32768), -32768, 32767).astype("<i2").tobytes()
    return wav(data, sample_rate=rate, channels=channels)


@pytest.mark.parametrize("kind", COMPRESSED)
def test_what_it_is(kind: str) -> None:
    info = measure_audio(encoded(SPEECH, 16_000, **COMPRESSED[kind])).info
    container = {"vorbis": "ogg", "opus": "ogg"}.get(kind, kind)
    assert (info.container, info.codec, info.channels) == (container, kind, 1)
    assert info.seconds == pytest.approx(2.5, abs=0.2)


# gain of a sine of full scale, constant offset -> peak, level in dB
LEVELS = [
    (1.0, 0.0, 1.0, -3.0),
    (0.1, 0.0, 0.1, -23.0),
    (0.001, 0.0, 0.001, -63.0),
    (0.1, 0.5, 0.6, -23.0),
]


@pytest.mark.parametrize(("gain", "offset", "peak", "level"), LEVELS)
def test_levels(gain: float, offset: float, peak: float, level: float) -> None:
    measured = measure_audio(pcm(SINE * gain + offset))
    assert measured.peak == pytest.approx(peak, abs=0.0001)
    assert measured.loudest == pytest.approx(level, abs=0.3)
    assert measured.clipped == 0


def test_silence_has_no_level() -> None:
    for samples in (np.zeros(1000), np.full(1000, 0.25)):
        assert measure_audio(pcm(samples)).loudest == -np.inf


def test_the_loudest_moment_counts() -> None:
    samples = np.zeros(5 * 16_000, np.float32)
    samples[40_000:40_400] = SINE[:400]
    assert measure_audio(pcm(samples)).loudest > -7


# gain of a sine beyond full scale -> share of samples in a flat top
CLIPPED = [(1.0, 0.0), (1.05, 0.1), (2.0, 0.6), (20.0, 0.95)]


@pytest.mark.parametrize(("gain", "share"), CLIPPED)
def test_clipping(gain: float, share: float) -> None:
    assert measure_audio(pcm(SINE * gain)).clipped == pytest.approx(share, abs=0.1)


def test_what_lies_beyond_full_scale_is_clipped() -> None:
    floats = encoded(SINE * 2, 16_000, format="WAV", subtype="FLOAT")
    measured = measure_audio(floats)
    assert measured.peak == pytest.approx(2.0, abs=0.01)
    assert measured.clipped == measure_audio(pcm(SINE * 2)).clipped


@pytest.mark.parametrize("subtype", ["ULAW", "ALAW", "PCM_U8", "PCM_24"])
def test_clipping_shows_in_every_encoding(subtype: str) -> None:
    loud = np.clip(SINE * 4, -1, 1)
    assert measure_audio(encoded(loud, 16_000, format="WAV", subtype=subtype)).clipped > 0.5
    assert measure_audio(encoded(SPEECH, 16_000, format="WAV", subtype=subtype)).clipped == 0


def test_the_same_samples_have_the_same_digest() -> None:
    samples = np.rint(SPEECH * 32767) / 32768
    stereo = np.stack([samples, samples], axis=1)
    digests = {
        measure_audio(content).digest
        for content in (
            pcm(samples),
            pcm(stereo),
            encoded(samples, 16_000, format="FLAC"),
            encoded(samples, 16_000, format="WAV", subtype="PCM_24"),
            encoded(np.where(samples == 0, -0.0, samples), 16_000, format="WAV", subtype="FLOAT"),
            without_length(encoded(samples, 16_000, format="FLAC")),
        )
    }
    assert len(digests) == 1
    others = [pcm(samples, 8_000), pcm(samples[:-1]), pcm(-samples), pcm(samples * 0.9)]
    assert len({measure_audio(content).digest for content in others} | digests) == 5


def test_blocks_leave_no_trace(monkeypatch: pytest.MonkeyPatch) -> None:
    content = pcm(np.stack([SINE * 2, SINE[::-1]], axis=1))
    whole = measure_audio(content)
    monkeypatch.setattr(measuring_module, "_FRAMES", 1)
    assert measure_audio(content) == whole


def test_wrong_recordings() -> None:
    with pytest.raises(InputError, match="holds no audio"):
        measure_audio(wav(b"", riff_bytes=36, data_bytes=0))
    with pytest.raises(InputError, match="cut short or damaged"):
        measure_audio(pcm(SPEECH)[:9000])
    for wrong in (np.nan, 1e6):
        samples = np.array([0.0, wrong], "<f4").tobytes()
        with pytest.raises(InputError, match=r"not numbers|full scale is 1"):
            measure_audio(wav(samples, tag=3, bits=32))
