"""What the encoder hears in spoken prompts and recordings, degraded in several ways: examples.

The work is done in parts, each a file, so that a stopped run goes on.
"""

from __future__ import annotations

import io
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, fields
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from attune.bundle.atomic import replace_file, write_errors
from attune.errors import InputError
from attune.keyword import EncodedRows
from attune.keyword.closer_look import heard_candidates
from attune.keyword.encoder_stream import KeywordEncoder
from attune.keyword.keyword_graph import KeywordGraph
from attune.train.keyword.degrading import Degrader
from attune.train.keyword.examples import (
    OWN_POSITIVE,
    ExampleBuilder,
    Examples,
    Unheard,
    joined_examples,
)

__all__ = ["Hearing", "Sound", "hear_sounds"]

Floats = NDArray[np.float32]

_SOUNDS_IN_A_PART = 60
_MOST_CANDIDATES = 2  # of a phrase that was not said
_LEAST_SCORE = -2.8


@dataclass(frozen=True)
class Sound:
    """Audio to hear: `number` is its own, `read` gives its samples (float32 at 16 kHz), `said` are
    the phrases said in it, `source` who speaks, `kind` what it is. `copies` are degraded, and one
    more is heard as it is where `plain`."""

    number: int
    read: Callable[[], Floats]
    said: frozenset[int]
    source: str
    kind: str
    copies: int
    plain: bool = False


@dataclass(frozen=True)
class Hearing:
    """The examples of each phrase, and in how many copies it was said without a candidate."""

    examples: tuple[Examples, ...]
    unheard: tuple[Unheard, ...]


def hear_sounds(
    sounds: Sequence[Sound],
    graph: KeywordGraph,
    encoder: KeywordEncoder,
    degrader: Degrader,
    folder: Path,
    *,
    workers: int = 1,
    progress: Callable[[int, int], None] | None = None,
) -> Hearing:
    """Hear every copy of every sound; parts that are in `folder` already are not heard again.

    Of a phrase that was said its best candidate is kept, of the others the best two. Raises
    InputError when a part in the folder is damaged.
    """
    with write_errors(folder):
        folder.mkdir(parents=True, exist_ok=True)
    found: list[list[Examples]] = [[] for _ in graph.phrases]
    unheard = np.zeros((len(graph.phrases), 2), np.int64)  # by voices, in recordings
    with ThreadPoolExecutor(workers) as pool:
        for first in range(0, len(sounds), _SOUNDS_IN_A_PART):
            part = sounds[first : first + _SOUNDS_IN_A_PART]
            path = folder / f"{first // _SOUNDS_IN_A_PART:04d}.npz"
            if path.exists():
                examples, missed = _read_part(path, len(graph.phrases))
            else:
                examples, missed = _hear_part(part, graph, encoder, degrader, pool)
                with write_errors(path):
                    replace_file(path, _part_content(examples, missed))
            for own, new in zip(found, examples, strict=True):
                own.append(new)
            unheard[:, : missed.shape[1]] += missed
            if progress is not None:
                progress(first + len(part), len(sounds))
    return Hearing(
        tuple(map(joined_examples, found)), tuple(Unheard(*row) for row in unheard.tolist())
    )


def _hear_part(
    sounds: Sequence[Sound],
    graph: KeywordGraph,
    encoder: KeywordEncoder,
    degrader: Degrader,
    pool: ThreadPoolExecutor,
) -> tuple[list[Examples], NDArray[np.int64]]:
    builders = [ExampleBuilder(phrase, encoder.width) for phrase in graph.phrases]
    missed = np.zeros((len(graph.phrases), 2), np.int64)

    def encode(sound: Sound) -> list[EncodedRows]:
        return [encoder.whole(samples) for samples in _copies(sound, degrader)]

    for sound, heard in zip(sounds, pool.map(encode, sounds), strict=True):
        for rows in heard:
            found = list(heard_candidates(rows, graph))
            for place, builder in enumerate(builders):
                said = place in sound.said
                own = [
                    one for one in found if one[0].keyword == place and one[0].score >= _LEAST_SCORE
                ]
                own.sort(key=lambda one: -one[0].total)
                taken = [
                    builder.add(peak, part, said, sound.source, sound.kind)
                    for peak, part in own[: 1 if said else _MOST_CANDIDATES]
                ]
                missed[place, int(sound.kind == OWN_POSITIVE)] += said and not any(taken)
    return [builder.examples() for builder in builders], missed


def _copies(sound: Sound, degrader: Degrader) -> Iterator[Floats]:
    samples = sound.read()
    if sound.plain:
        yield samples
    for copy in range(sound.copies):
        yield degrader.copy(samples, sound.number, copy)


def _part_content(examples: Sequence[Examples], missed: NDArray[np.int64]) -> bytes:
    arrays = {
        f"{place}.{field.name}": getattr(one, field.name)
        for place, one in enumerate(examples)
        for field in fields(Examples)
    }
    buffer = io.BytesIO()
    np.savez(buffer, allow_pickle=False, missed=missed, **arrays)
    return buffer.getvalue()


def _read_part(path: Path, phrases: int) -> tuple[list[Examples], NDArray[np.int64]]:
    try:
        with np.load(path) as held:
            examples = [
                Examples(*(held[f"{place}.{field.name}"] for field in fields(Examples)))
                for place in range(phrases)
            ]
            # Parts of older versions count voices and recordings together, in one column.
            return examples, held["missed"].reshape(phrases, -1)
    except (ValueError, KeyError, EOFError, OSError) as error:
        raise InputError(f"{path} is damaged: remove it and run the command again") from error
