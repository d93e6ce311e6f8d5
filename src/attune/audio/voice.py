"""Voice activity: where speech begins and ends in a stream, from its level above the noise.

The level in each of six bands is compared with the lowest of the last seconds, which is taken for
the noise: minimum statistics (R. Martin, "Noise power spectral density estimation based on optimal
smoothing and minimum statistics", IEEE Trans. Speech and Audio Processing 9(5), 2001), with a
constant for its bias compensation and for its optimal smoothing. Several bands find speech that is
below the noise as a whole, and a steady noise, however loud, becomes the floor.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from itertools import chain
from typing import Literal

import numpy as np
import numpy.typing as npt
from numpy.lib.stride_tricks import sliding_window_view

from attune.audio.pcm import Float32
from attune.errors import InputError

__all__ = [
    "SpeechSpan",
    "VoiceActivity",
    "VoiceEvent",
    "VoiceOptions",
    "VoiceScores",
    "find_speech",
]

Float64 = npt.NDArray[np.float64]

SAMPLE_RATE = 16_000
HOP = 320  # Samples: 20 ms.
_WINDOW = 2 * HOP
_BAND_EDGES = (100, 410, 839, 1435, 2262, 3409, 5000)  # Hz, equal steps on the mel scale.
_BANDS = len(_BAND_EDGES) - 1
_FLOOR_FRAMES = 150  # 3 s: within them, continuous speech lets the noise through in each band.
_LOWEST_FLOOR = -85.0  # dB to full scale: not all that is above digital silence is speech.
_BIAS = 3.0  # dB that steady noise is above its minimum, about.
_CAP = 10.0  # dB: no single band decides, so that a tone is not speech.
_STAY = 0.6  # dB below the threshold that speech, once begun, may fall.
_FIRST_FRAMES = 50  # 1 s: in less than this the noise may never have been heard alone.
_FIRST_FLOOR = -60.0  # dB: the noise supposed then.
_PIECE = 30 * SAMPLE_RATE  # Samples that are scored at once, to bound memory.
_BRIDGE_FRAMES = 10  # 0.2 s: pauses that are stepped over on the way back to a beginning.


@dataclass(frozen=True)
class VoiceOptions:
    """When sound counts as speech.

    `threshold`: decibels above the noise, averaged over the bands, that speech begins with;
    `onset_seconds`: for how long. `hangover_seconds`: the pause that ends speech.
    `padding_seconds`: added before and after, for the faint sounds that words begin and end with.
    Raises `InputError` if the padding is longer than the hangover.
    """

    threshold: float = 2.0
    onset_seconds: float = 0.06
    hangover_seconds: float = 0.3
    padding_seconds: float = 0.1

    def __post_init__(self) -> None:
        if not 0 <= self.padding_seconds <= self.hangover_seconds:
            raise InputError("voice options: the padding must be between 0 and the hangover.")


@dataclass(frozen=True)
class VoiceEvent:
    """Speech began or ended at `seconds` from the start of the stream, which is in the past."""

    kind: Literal["speech_start", "speech_end"]
    seconds: float


@dataclass(frozen=True)
class SpeechSpan:
    """Speech from `start` to `end`, in seconds."""

    start: float
    end: float


class VoiceScores:
    """How far each 20 ms of 16 kHz sound is above the noise, streaming.

    Frame i looks at samples 320 i to 320 i + 640 and, for smoothing, at the two frames before it.
    """

    def __init__(self) -> None:
        self._sound = np.zeros(0, np.float32)  # From the next frame's first sample on.
        self._sharp = np.zeros((0, _BANDS))  # [frame, band], the last two levels, not smoothed.
        self._levels = np.full((_FLOOR_FRAMES - 1, _BANDS), np.inf)  # [frame, band], the last ones.
        self._frames = 0

    def accept(self, samples: Float32) -> Iterator[float]:
        """The scores of the frames that `samples` [sample] complete, all of which must be taken.

        A score is in decibels above the noise floor, each band limited to 0 to 10, averaged.
        """
        for at in range(0, len(samples), _PIECE):
            sound = np.concatenate([self._sound, samples[at : at + _PIECE]])
            count = max(0, len(sound) // HOP - 1)
            self._sound = sound[count * HOP :]
            if count == 0:
                continue
            levels = self._smooth(_band_levels(sliding_window_view(sound, _WINDOW)[::HOP]))
            heard = np.concatenate([self._levels, levels])
            floors = sliding_window_view(heard, _FLOOR_FRAMES, axis=0).min(axis=-1)
            for frame, score in enumerate(_above(levels, floors).tolist(), 1):
                self._levels = heard[frame : frame + _FLOOR_FRAMES - 1]
                self._frames += 1
                yield score

    def again(self, floor: float | None = None) -> list[float]:
        """Scores of the last 3 s against the floor now known, or against `floor` in dB."""
        levels = self._levels[max(0, _FLOOR_FRAMES - 1 - self._frames) :]
        known = self._levels.min(axis=0) if floor is None else np.full(_BANDS, floor)
        scores: list[float] = _above(levels, known).tolist()
        return scores

    def _smooth(self, levels: Float64) -> Float64:
        """Mean of each frame of `levels` [frame, band] and the two before it."""
        before = self._sharp if len(self._sharp) else levels[[0, 0]]
        known = np.concatenate([before, levels])
        self._sharp = known[-2:]
        smooth: Float64 = (known[:-2] + known[1:-1] + known[2:]) / 3
        return smooth


class VoiceActivity:
    """Finds speech in a stream of 16 kHz sound, by its level above an adaptive noise floor.

    What it finds does not depend on how the stream is cut into blocks. Speech that begins with the
    first sample is found as soon as the noise is heard in a gap of it, and reported from the start.
    """

    def __init__(self, options: VoiceOptions | None = None) -> None:
        self._options = options or VoiceOptions()
        self._scores = VoiceScores()
        self._samples = 0
        self._frame = -1  # The last one that was scored.
        self._since = 0  # Frames above the threshold, up to the last one.
        self._last_active = -1
        self._ended = 0.0
        self._found = False
        self.speaking = False

    @property
    def seconds(self) -> float:
        """Length of the stream so far."""
        return self._samples / SAMPLE_RATE

    @property
    def silence_seconds(self) -> float:
        """Length of the pause that the stream now ends with; all of it if nothing was spoken."""
        spoken = _seconds(self._last_active + 2) if self._found else 0.0
        return max(0.0, self.seconds - spoken)

    def accept(self, samples: Float32) -> list[VoiceEvent]:
        """The beginnings and ends that float32 `samples` [sample] reveal, in order of time."""
        self._samples += len(samples)
        return [event for score in self._scores.accept(samples) for event in self._step(score)]

    def finish(self) -> list[VoiceEvent]:
        """The events that the end of the stream reveals: it ends speech."""
        events = []
        if not self._found and self._frame < _FIRST_FRAMES:
            scores = self._scores.again(_FIRST_FLOOR)
            active = [frame for frame, score in enumerate(scores) if self._is_speech(score)]
            if active:
                events.append(self._start(active[0], active[-1]))
        if self.speaking:
            events.append(self._end())
        return events

    def _step(self, score: float) -> Iterator[VoiceEvent]:
        self._frame += 1
        self._since = self._since + 1 if score > self._options.threshold else 0
        if not self.speaking:
            if _seconds(self._since) >= self._options.onset_seconds:
                yield self._start(self._first_frame(), self._frame)
        elif self._is_speech(score):
            self._last_active = self._frame
        elif _seconds(self._frame - self._last_active) >= self._options.hangover_seconds:
            yield self._end()

    def _is_speech(self, score: float) -> bool:
        return score > self._options.threshold - _STAY

    def _first_frame(self) -> int:
        """Where the speech of this frame began, now that its noise is known better than then."""
        first = self._frame
        for frame, score in zip(
            range(self._frame, -1, -1), reversed(self._scores.again()), strict=False
        ):
            if self._is_speech(score):
                first = frame
            elif first - frame > _BRIDGE_FRAMES:
                break
        return first

    def _start(self, first: int, last: int) -> VoiceEvent:
        self.speaking = self._found = True
        self._last_active = last
        begin = _seconds(first) - self._options.padding_seconds
        return VoiceEvent("speech_start", max(self._ended, begin, 0.0))

    def _end(self) -> VoiceEvent:
        self.speaking = False
        end = _seconds(self._last_active + 2) + self._options.padding_seconds
        self._ended = min(end, self.seconds)
        return VoiceEvent("speech_end", self._ended)


def find_speech(
    blocks: Iterable[Float32], options: VoiceOptions | None = None
) -> Iterator[SpeechSpan]:
    """The speech in consecutive blocks of 16 kHz float32 [sample], as it is found."""
    activity = VoiceActivity(options)
    start = 0.0
    for events in chain(map(activity.accept, blocks), (activity.finish() for _ in range(1))):
        for event in events:
            if event.kind == "speech_start":
                start = event.seconds
            else:
                yield SpeechSpan(start, event.seconds)


def _seconds(frames: int) -> float:
    return frames * HOP / SAMPLE_RATE


def _above(levels: Float64, floor: Float64) -> Float64:
    """Scores [frame] of `levels` [frame, band] over the `floor` [band] or [frame, band] in dB."""
    noise = np.maximum(floor, _LOWEST_FLOOR) + _BIAS
    above = np.clip(levels - noise, 0.0, _CAP)
    scores: Float64 = above.mean(axis=-1)
    return scores


_TAPER = np.hanning(_WINDOW)
_BINS = np.searchsorted(np.fft.rfftfreq(_WINDOW, 1 / SAMPLE_RATE), _BAND_EDGES)
_TO_POWER = 2 / (_WINDOW * np.square(_TAPER).sum())


def _band_levels(windows: Float32) -> Float64:
    """Levels [frame, band] of the tapered `windows` [frame, sample], in dB to full scale."""
    spectrum = np.fft.rfft(windows * _TAPER)[:, : _BINS[-1]]
    power = (np.square(spectrum.real) + np.square(spectrum.imag)) * _TO_POWER
    bands: Float64 = 10 * np.log10(np.add.reduceat(power, _BINS[:-1], axis=1) + 1e-12)
    return bands
