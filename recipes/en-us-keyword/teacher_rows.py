"""Stage 2 of the keyword encoder: what the recogniser hears in the training speech, and its words.

    python recipes/en-us-keyword/teacher_rows.py --speed 1.0 --part 0/2 &
    python recipes/en-us-keyword/teacher_rows.py --speed 1.0 --part 1/2 &
    ... and so for the speed 1.1

Writes exp/keyword/taught/SPEED-PART.npz: the teacher's log posteriors of every utterance in every
row of 40 ms, heard whole, and in which rows each word's first and last phone are (by forced
alignment with the same posteriors). Stage 3 (train_encoder.py) cuts the speech at these places.
A part of 14 hours takes five minutes of two cores.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import soxr
import torch

from attune.acoustic import SAMPLE_RATE
from attune.data import Manifest
from attune.decode import align
from attune.errors import InputError
from attune.lexicon import PHONE_INDEX, Lexicon
from attune.text import normalize
from attune.train.acoustic.batch_features import BatchFeatures
from attune.train.acoustic.config import AcousticConfig, read_config
from attune.train.acoustic.encoder import Encoder
from attune.train.acoustic.networks import begin, make_teacher
from attune.train.acoustic.store import build_store

CONFIG = Path("recipes/en-us-keyword/encoder.yaml")
TAUGHT = Path("exp/keyword/taught")
_ROW_FRAMES = 4
_BATCH_FRAMES = 4000
_LEAST_SAMPLES = SAMPLE_RATE * 3 // 10
_LEAST_LOG = -12.0


@dataclass(frozen=True)
class Heard:
    """An utterance: number `index` of manifest `source`, its words' alternatives as phone codes
    (none where a word is unknown) and its frames [time, bins]."""

    source: str
    index: int
    words: tuple[tuple[tuple[int, ...], ...], ...]
    frames: np.ndarray


def main() -> None:
    """Run the stage."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--speed", type=float, default=1.0)
    parser.add_argument("--part", default="0/1", metavar="N/OF")
    arguments = parser.parse_args()
    part, parts = (int(number) for number in arguments.part.split("/"))
    torch.set_num_threads(1)
    config = read_config(CONFIG)
    beginning = begin(config)
    assert beginning.features is not None
    teacher = make_teacher(beginning, beginning.features, torch.device("cpu"))
    assert teacher is not None
    features = BatchFeatures(beginning.features)
    columns: dict[str, list[np.ndarray]] = {
        name: [] for name in ("rows", "places", "phones", "rows_of", "words_of", "phones_of")
    }
    names, indices = [], []
    for batch in batches(utterances(config, features, arguments.speed, part, parts)):
        for one, rows in zip(batch, posteriors(teacher, batch), strict=True):
            places, phones = words_in(rows, one.words)
            names.append(one.source)
            indices.append(one.index)
            columns["rows"].append(rows.astype(np.float16))
            columns["places"].append(places)
            columns["phones"].append(np.concatenate([np.zeros(0, np.uint8), *phones]))
            columns["rows_of"].append(np.array([len(rows)]))
            columns["words_of"].append(np.array([len(places)]))
            columns["phones_of"].append(np.array([len(word) for word in phones], np.int64))
    TAUGHT.mkdir(parents=True, exist_ok=True)
    partial = TAUGHT / f"{arguments.speed}-{part}.partial.npz"
    tables: dict[str, Any] = {name: np.concatenate(values) for name, values in columns.items()}
    np.savez(partial, sources=np.array(names), indices=np.array(indices), **tables)
    partial.rename(TAUGHT / f"{arguments.speed}-{part}.npz")


def utterances(
    config: AcousticConfig, features: BatchFeatures, speed: float, part: int, parts: int
) -> Iterator[Heard]:
    """This part's utterances, the short ones of each manifest first."""
    lexicon = Lexicon.read(config.lexicon)
    for source in config.train:
        if source.silent:
            continue
        rows = list(Manifest(source.manifest))
        store = build_store(rows, config.work)
        for i in sorted(range(part, len(rows), parts), key=lambda i: store.lengths[i]):
            samples = store.read(i)
            if len(samples) < _LEAST_SAMPLES:
                continue
            if speed != 1.0:
                samples = soxr.resample(samples, SAMPLE_RATE, SAMPLE_RATE / speed, "MQ")
            words = tuple(
                tuple(
                    tuple(PHONE_INDEX[phone] for phone in known.phones)
                    for known in lexicon.pronunciations(word)[:4]
                )
                for word in normalize(rows[i].text, config.language).split()
            )
            known = words if all(words) else ()
            yield Heard(source.manifest.stem, i, known, features(samples))
        print(f"{source.manifest.stem}: done", file=sys.stderr, flush=True)


def batches(every: Iterator[Heard]) -> Iterator[list[Heard]]:
    """Neighbours of about 40 seconds together."""
    batch: list[Heard] = []
    for one in every:
        batch.append(one)
        if sum(len(each.frames) for each in batch) > _BATCH_FRAMES:
            yield batch
            batch = []
    if batch:
        yield batch


def posteriors(teacher: Encoder, batch: list[Heard]) -> Iterator[np.ndarray]:
    """Log posteriors float32 [rows, symbols] of each utterance."""
    lengths = [len(one.frames) for one in batch]
    frames = np.zeros((len(batch), max(lengths), batch[0].frames.shape[1]), np.float32)
    for line, one in zip(frames, batch, strict=True):
        line[: len(one.frames)] = one.frames
    with torch.no_grad():
        rows = teacher(torch.from_numpy(frames), torch.tensor(lengths))[0].float().numpy()
    for row, length in zip(rows, lengths, strict=True):
        yield np.ascontiguousarray(row[: -(-length // _ROW_FRAMES)])


def words_in(
    rows: np.ndarray, words: tuple[tuple[tuple[int, ...], ...], ...]
) -> tuple[np.ndarray, list[np.ndarray]]:
    """The rows int32 [words, 2] of each word's first and last phone, and the phones that it was
    said with, uint8 each; nothing where the words do not fit."""
    nothing = np.zeros((0, 2), np.int32)
    if not words:
        return nothing, []
    try:
        found = align(np.maximum(rows, _LEAST_LOG), words).words
    except InputError:
        return nothing, []
    places, phones = [], []
    for word in found:
        surest = [
            phone.start + int(rows[phone.start : phone.end, phone.phone].argmax())
            for phone in (word.phones[0], word.phones[-1])
        ]
        places.append(surest)
        phones.append(np.array([phone.phone for phone in word.phones], np.uint8))
    return np.array(places, np.int32), phones


if __name__ == "__main__":
    main()
