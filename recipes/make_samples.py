"""Make the recordings in samples/ again: short sentences in several voices and file formats.

    python recipes/make_samples.py [FOLDER]

Needs flite and espeak-ng (Debian: apt install flite espeak-ng). Nothing in them was recorded from
a person for this project; the voices' own licences allow their speech to be shared freely.
"""

from __future__ import annotations

import sys
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import soundfile
import soxr
from numpy.typing import NDArray

from attune.data import Utterance, write_manifest
from attune.errors import AttuneError
from attune.train.synthesis import SAMPLE_RATE, find_voice, synthesize


@dataclass(frozen=True)
class Sample:
    """One recording: its file, what is said, who says it and how, and the file's shape."""

    file: str
    text: str
    voice: str
    rate: float = 1.0
    pitch: float = 1.0
    sample_rate: int = SAMPLE_RATE
    channels: int = 1
    subtype: str | None = None


SAMPLES = (
    Sample(
        "dictation.wav",
        "We had a long walk by the river, and then we sat down and talked until the evening.",
        "flite:slt",
        rate=0.95,
    ),
    Sample(
        "command.flac",
        "Turn on the light in the kitchen, and close the front door.",
        "flite:rms",
        sample_rate=44_100,
    ),
    Sample(
        "question.ogg",
        "What time does the next train leave for the city?",
        "flite:awb",
        rate=0.9,
        subtype="OPUS",
    ),
    Sample(
        "digits.mp3",
        "My number is five five five, two seven one, nine zero four three.",
        "flite:slt",
        rate=0.9,
        pitch=1.1,
    ),
    Sample("spelling.flac", "My name is Martin, spelled M A R T I N.", "flite:rms", rate=0.85),
    Sample(
        "shopping.ogg",
        "Please buy some milk, bread, and a bag of apples on the way home.",
        "flite:kal16",
        rate=0.95,
        sample_rate=22_050,
        subtype="VORBIS",
    ),
    Sample(
        "message.wav",
        "Thank you for calling. I will be back in the office on Monday morning.",
        "flite:slt",
        pitch=0.9,
        sample_rate=8_000,
        subtype="ULAW",
    ),
    Sample(
        "meeting.flac",
        "The meeting starts at nine o'clock in the large room on the second floor.",
        "flite:awb",
        rate=0.9,
        sample_rate=48_000,
        channels=2,
    ),
    Sample(
        "story.mp3",
        "When the sun came up, the old man opened the window and looked at the sea. "
        "The water was calm, and there was not a single boat on it.",
        "flite:rms",
        sample_rate=24_000,
    ),
    Sample("weather.wav", "Will it rain in the afternoon?", "espeak:en-us+m3", rate=0.9),
)

SILENCE_SECONDS = 0.4
LEVEL = 0.5
NOISE_LEVEL = 10 ** (-62 / 20)


def recorded(sample: Sample, number: int) -> NDArray[np.float32]:
    """The sample as float32 [samples, channels] at its own rate, with a quiet room around it."""
    speech = synthesize(sample.text, find_voice(sample.voice), sample.rate, sample.pitch)
    edge = np.zeros(round(SILENCE_SECONDS * SAMPLE_RATE), np.float32)
    track = np.concatenate([edge, speech * (LEVEL / np.abs(speech).max()), edge])
    if sample.sample_rate != SAMPLE_RATE:
        track = soxr.resample(track, SAMPLE_RATE, sample.sample_rate)
    noise = np.random.default_rng(number).normal(0.0, NOISE_LEVEL, (track.size, sample.channels))
    tracks: NDArray[np.float32] = (track[:, None] + noise).astype(np.float32)
    return tracks


def main(folder: Path) -> None:
    """Write the recordings and their manifest into `folder`."""
    folder.mkdir(parents=True, exist_ok=True)
    rows = []
    for number, sample in enumerate(SAMPLES):
        path = folder / sample.file
        tracks = recorded(sample, number)
        soundfile.write(path, tracks, sample.sample_rate, subtype=sample.subtype)
        rows.append(Utterance(path, len(tracks) / sample.sample_rate, sample.voice, sample.text))
        print(f"{path}: {rows[-1].seconds:.1f} s, {path.stat().st_size:,} bytes")
    write_manifest(folder / "manifest.tsv", rows)


if __name__ == "__main__":
    try:
        main(Path(sys.argv[1]) if len(sys.argv) > 1 else Path(__file__).parents[1] / "samples")
    except AttuneError as error:
        sys.exit(str(error))
