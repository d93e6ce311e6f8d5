"""What the user's recordings sound like when nobody speaks: their noise, their room.

The pauses between and around words are cut out and joined: that noise is mixed into everything that
is trained on. How sound dies away after words tells the reverberation: responses of such a room are
made up as exponentially decaying noise (Polack 1988, "La transmission de l'énergie sonore dans les
salles") behind the direct sound.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from attune.audio import SpeechSpan, find_speech, read_audio, write_wav
from attune.data import Utterance, write_manifest
from attune.errors import InputError

__all__ = ["Surroundings", "listen", "reverberation", "room_response", "write_surroundings"]

SAMPLE_RATE = 16_000
_MOST_SECONDS = 120.0
_MARGIN = 0.05  # s beside speech that still holds some of it
_SHORTEST = 0.2
_FADE = 160  # samples over which pieces run into one another
_FRAME = 160
_LATEST_DECAY, _EARLIEST_DECAY = 1.2, 0.15  # s of reverberation that are believed
_AUDIBLE = 0.25  # s: below that, a room is as good as none
_ROOMS = 8

Floats = NDArray[np.float32]


@dataclass(frozen=True)
class Surroundings:
    """`noise`: the pauses, joined, float32 [samples] at 16 kHz, empty where there were none;
    `snr`: how far speech is above it in dB, the middle of all recordings, None where not known;
    `reverberation`: seconds in which sound falls by 60 dB, None where not known."""

    noise: Floats
    snr: float | None
    reverberation: float | None


def listen(rows: Sequence[Utterance]) -> Surroundings:
    """Measure up to a few minutes of recordings, evenly spaced. Unreadable ones are passed over."""
    step = max(1, len(rows) // 200)
    pieces: list[Floats] = []
    ratios: list[float] = []
    decays: list[float] = []
    heard = 0.0
    for row in rows[::step]:
        try:
            samples = read_audio(row.path)
        except InputError:
            continue
        spans = list(find_speech([samples]))
        pauses = list(_pauses(samples, spans))
        pieces += pauses
        decays += _decays(samples, spans)
        speech = [samples[_at(s.start) : _at(s.end)] for s in spans]
        if pauses and speech:
            above = _power(speech) / max(_power(pauses), 1e-10)
            ratios.append(10 * float(np.log10(max(above - 1, 1e-1))))
        heard += sum(map(len, pauses)) / SAMPLE_RATE
        if heard > _MOST_SECONDS:
            break
    return Surroundings(
        _joined(pieces),
        float(np.median(ratios)) if ratios else None,
        reverberation(decays),
    )


def _pauses(samples: Floats, spans: Sequence[SpeechSpan]) -> Iterable[Floats]:
    edges = [0.0, *(t for s in spans for t in (s.start - _MARGIN, s.end + _MARGIN))]
    edges.append(len(samples) / SAMPLE_RATE)
    for start, end in zip(edges[::2], edges[1::2], strict=True):
        piece = samples[_at(max(0.0, start)) : _at(max(0.0, end))]
        # Zeros come from an editor or a gate, not from a room.
        if len(piece) >= _SHORTEST * SAMPLE_RATE and np.count_nonzero(piece) > len(piece) / 2:
            yield piece


def _joined(pieces: Sequence[Floats]) -> Floats:
    """One piece after the other, each run into the next so that no click is learnt."""
    ramp = np.linspace(0.0, 1.0, _FADE, dtype=np.float32)
    found = np.zeros(0, np.float32)
    for piece in pieces:
        if len(found) < _FADE:
            found = piece
            continue
        overlap = found[-_FADE:] * (1 - ramp) + piece[:_FADE] * ramp
        found = np.concatenate([found[:-_FADE], overlap, piece[_FADE:]])
    return found


def _power(pieces: Sequence[Floats]) -> float:
    return float(np.mean(np.square(np.concatenate(pieces), dtype=np.float64)))


def _at(seconds: float) -> int:
    return round(seconds * SAMPLE_RATE)


def _decays(samples: Floats, spans: Sequence[SpeechSpan]) -> list[float]:
    """Seconds for 60 dB at the ends of the spans, where the sound falls steadily for 15 dB."""
    frames = samples[: len(samples) // _FRAME * _FRAME].reshape(-1, _FRAME)
    level = 10 * np.log10(np.mean(np.square(frames, dtype=np.float64), axis=1) + 1e-10)
    found = []
    for span in spans:
        last = min(len(level), round((span.end + 0.2) * SAMPLE_RATE / _FRAME))
        first = max(0, last - 60)
        tail = level[first:last]
        if len(tail) < 20:
            continue
        floor = float(np.percentile(tail, 10)) + 6.0
        peak = int(np.argmax(np.where(tail > tail.max() - 6.0, np.arange(len(tail)), -1)))
        below = np.flatnonzero(tail[peak:] < floor)
        end = peak + int(below[0]) if len(below) else len(tail)
        drop = tail[peak:end]
        if len(drop) < 4 or drop[0] - drop[-1] < 15.0:
            continue
        slope = float(np.polyfit(np.arange(len(drop)), drop, 1)[0]) * SAMPLE_RATE / _FRAME
        if slope < 0:
            found.append(-60.0 / slope)
    return found


def reverberation(decays: Sequence[float]) -> float | None:
    """Reverberation time behind decays at the ends of words, in seconds; None for too few.

    Words end slower or faster, but never faster than the room lets them: the quick ones tell (after
    Ratnam et al. 2003, "Blind estimation of reverberation time").
    """
    if len(decays) < 10:
        return None
    found = float(np.percentile(np.asarray(decays), 10))
    return found if _EARLIEST_DECAY <= found <= _LATEST_DECAY else None


def room_response(reverberation: float, random: np.random.Generator) -> Floats:
    """A made-up response of a room: float32 [samples], direct sound first."""
    length = _at(min(reverberation, 0.8))
    time = np.arange(length) / SAMPLE_RATE
    tail = random.standard_normal(length) * 10 ** (-3.0 * time / reverberation)
    tail[: _at(0.003)] = 0.0
    ratio = random.uniform(0.0, 9.0)  # dB of direct sound over the rest
    tail *= 10 ** (-ratio / 20) / np.sqrt(np.sum(tail**2))
    tail[0] = 1.0
    return tail.astype(np.float32)


def write_surroundings(found: Surroundings, folder: Path) -> tuple[Path | None, Path | None]:
    """Write the noise as a manifest and the rooms as a folder, as training reads them.

    None for what there is not: no pauses, or a room that is not to be heard.
    """
    noise: Path | None = None
    if len(found.noise) >= SAMPLE_RATE:
        folder.mkdir(parents=True, exist_ok=True)
        write_wav(folder / "pauses.wav", found.noise, SAMPLE_RATE)
        noise = folder / "noise.tsv"
        seconds = len(found.noise) / SAMPLE_RATE
        write_manifest(noise, [Utterance(folder / "pauses.wav", seconds, "", "noise")])
    rooms: Path | None = None
    if found.reverberation is not None and found.reverberation >= _AUDIBLE:
        rooms = folder / "rooms"
        rooms.mkdir(parents=True, exist_ok=True)
        random = np.random.default_rng(0)
        for number in range(_ROOMS):
            write_wav(
                rooms / f"{number}.wav", room_response(found.reverberation, random), SAMPLE_RATE
            )
    return noise, rooms
