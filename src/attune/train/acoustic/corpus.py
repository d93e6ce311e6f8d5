"""What a run trains on: decoded audio, targets, augmentation material and feature statistics."""

from __future__ import annotations

import json
import os
import time
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from attune.acoustic import FeatureParameters, extract
from attune.audio import read_audio
from attune.data import Manifest, Utterance
from attune.errors import InputError
from attune.lexicon import Lexicon
from attune.text import normalize
from attune.train.acoustic.augment import Augmenter, Floats
from attune.train.acoustic.config import AcousticConfig
from attune.train.acoustic.frame_labels import Alignment, read_alignments
from attune.train.acoustic.store import AudioStore, build_store, join_stores
from attune.train.acoustic.targets import (
    Targets,
    encode,
    frames_needed,
    read_sentences,
    read_spoken,
)

__all__ = ["Corpus", "DevSet", "load_corpus"]

_STATISTICS_UTTERANCES = 1000
_PROBLEMS_SHOWN = 20


@dataclass(frozen=True)
class DevSet:
    """A development set in memory: `name`, decoded audio and targets, all usable."""

    name: str
    store: AudioStore
    targets: tuple[Targets, ...]
    rows: tuple[int, ...]


@dataclass(frozen=True)
class Corpus:
    """Everything a training process reads. `weights` 0 marks an utterance that is left out;
    `sentences` are phones, int32 [length] each, of sentences without a recording."""

    store: AudioStore
    names: tuple[str, ...]
    targets: tuple[Targets, ...]
    seconds: tuple[float, ...]
    weights: tuple[float, ...]
    parameters: FeatureParameters
    augmenter: Augmenter
    dev: tuple[DevSet, ...]
    problems: tuple[str, ...]
    alignments: tuple[Alignment | None, ...]
    sentences: tuple[NDArray[np.int32], ...] = ()

    @property
    def aligned(self) -> bool:
        """Whether there are known alignments."""
        return any(a is not None for a in self.alignments)

    @property
    def aligned_weights(self) -> tuple[float, ...]:
        """`weights`, with 0 for what has no alignment if there are any alignments."""
        if not self.aligned:
            return self.weights
        pairs = zip(self.weights, self.alignments, strict=True)
        return tuple(0.0 if alignment is None else weight for weight, alignment in pairs)

    def name(self, indices: Sequence[int]) -> str:
        """The recordings of a batch, for messages."""
        return ", ".join(self.names[i] for i in indices)


def load_corpus(
    config: AcousticConfig, features: FeatureParameters | None, say: Callable[[str], None]
) -> Corpus:
    """Read manifests, decode audio once, encode transcripts, estimate feature statistics.

    `features` are those of the model that training starts from; None estimates them.
    Utterances that cannot be used (unreadable audio, words without pronunciation, characters
    outside the symbol set, more phones than frames) are named through `say` and left out.
    InputError if nothing is left.
    """
    lexicon = Lexicon.read(config.lexicon)
    utterances: list[Utterance] = []
    weights: list[float] = []
    stores: list[AudioStore] = []
    silent: set[int] = set()
    for source in config.train:
        rows = list(Manifest(source.manifest))
        if source.silent:
            rows = [replace(row, text="") for row in rows]
            silent.update(range(len(utterances), len(utterances) + len(rows)))
        tell = _teller(say, f"decoding {source.manifest.name}")
        stores.append(build_store(rows, config.work, tell))
        utterances += rows
        weights += [source.weight] * len(rows)
    store = join_stores(stores)
    spoken = read_spoken(config.spoken) if config.spoken is not None else {}
    targets, problems = _encode(utterances, store, lexicon, spoken, config.language, silent)
    bad = {i for i, _ in problems}
    messages = tuple(f"{utterances[i].path}: {why}" for i, why in problems)
    for message in messages[:_PROBLEMS_SHOWN]:
        say(f"left out: {message}")
    if len(messages) > _PROBLEMS_SHOWN:
        say(f"left out: {len(messages)} utterances in all (see {config.work / 'left-out.txt'})")
    if len(bad) == len(utterances):
        raise InputError("no utterance of the training manifests can be used; see above")
    (config.work / "left-out.txt").write_text("".join(f"{m}\n" for m in messages), "utf-8")
    seconds = tuple(store.seconds(i) for i in range(len(utterances)))
    return Corpus(
        store,
        tuple(str(u.path) for u in utterances),
        tuple(targets),
        seconds,
        tuple(0.0 if i in bad else w for i, w in enumerate(weights)),
        features or _statistics(config, store, [i for i in range(len(utterances)) if i not in bad]),
        Augmenter(config.augment, _noises(config), _rooms(config), config.seed),
        tuple(_dev(path, config, lexicon, spoken) for path in config.dev),
        messages,
        _alignments(config, utterances, say),
        read_sentences(config.text, lexicon) if config.text is not None else (),
    )


def _alignments(
    config: AcousticConfig, utterances: Sequence[Utterance], say: Callable[[str], None]
) -> tuple[Alignment | None, ...]:
    if config.alignments is None:
        return (None,) * len(utterances)
    known = read_alignments(config.alignments)
    found = tuple(known.get(os.path.realpath(u.path)) for u in utterances)
    say(f"alignments: {sum(a is not None for a in found)} of {len(found)} utterances")
    return found


def _encode(
    utterances: Sequence[Utterance],
    store: AudioStore,
    lexicon: Lexicon,
    spoken: Mapping[str, NDArray[np.int32]],
    language: str,
    silent: Collection[int] = (),
) -> tuple[list[Targets], list[tuple[int, str]]]:
    """Targets, and which utterances have what problem; those in `silent` need no transcript."""
    nothing = Targets(np.zeros(0, np.int32))
    targets, problems = [], []
    for i, utterance in enumerate(utterances):
        target = nothing
        try:
            known = spoken.get(os.path.realpath(utterance.path))
            text = normalize(utterance.text, language)
            target = encode(text, lexicon) if known is None else Targets(known)
            frames = store.seconds(i) * 25
            if frames == 0:
                problems.append((i, "the audio could not be read or is empty"))
            elif len(target.phones) == 0 and i not in silent:
                problems.append((i, "the transcript is empty"))
            elif frames_needed(target.phones) > frames:
                problems.append(
                    (i, f"{len(target.phones)} phones cannot fit into {store.seconds(i):.2f} s")
                )
        except InputError as error:
            problems.append((i, str(error)))
        targets.append(target)
    return targets, problems


def _dev(
    path: Path, config: AcousticConfig, lexicon: Lexicon, spoken: Mapping[str, NDArray[np.int32]]
) -> DevSet:
    utterances = list(Manifest(path))
    store = build_store(utterances, config.work)
    targets, problems = _encode(utterances, store, lexicon, spoken, config.language)
    bad = {i for i, _ in problems}
    rows = tuple(i for i in range(len(utterances)) if i not in bad)
    if len(rows) > config.dev_utterances:
        rows = tuple(
            rows[i * len(rows) // config.dev_utterances] for i in range(config.dev_utterances)
        )
    return DevSet(path.stem, store, tuple(targets), rows)


def _statistics(
    config: AcousticConfig, store: AudioStore, usable: Sequence[int]
) -> FeatureParameters:
    """Mean and inverse deviation of each bin, kept in the work folder and by checkpoints."""
    path = config.work / "features.json"
    if path.exists():
        return FeatureParameters.from_json(json.loads(path.read_text("utf-8")))
    raw = FeatureParameters()
    random = np.random.default_rng(config.seed)
    picks = random.permutation(np.asarray(usable))[:_STATISTICS_UTTERANCES]
    frames = np.concatenate([extract(store.read(int(i)), raw) for i in picks]).astype(np.float64)
    parameters = replace(
        raw,
        mean=tuple(float(x) for x in frames.mean(0).round(4)),
        scale=tuple(float(x) for x in (1 / frames.std(0)).round(4)),
    )
    partial = path.with_suffix(f".{os.getpid()}")
    partial.write_text(json.dumps(parameters.to_json()), "utf-8")
    os.replace(partial, path)
    return parameters


def _noises(config: AcousticConfig) -> list[Floats]:
    return [read_audio(u.path) for path in config.noise for u in Manifest(path)]


def _rooms(config: AcousticConfig) -> list[Floats]:
    if config.rooms is None:
        return []
    files = sorted(p for p in config.rooms.iterdir() if p.suffix in {".wav", ".flac"})
    responses = [read_audio(path) for path in files]
    # Sound before the direct path would only shift the speech.
    return [r[int(np.argmax(np.abs(r) > 0.1 * np.abs(r).max())) :] for r in responses]


def _teller(say: Callable[[str], None], what: str) -> Callable[[int, int], None]:
    """Turn item counts into a line every ten seconds."""
    last = time.monotonic()

    def tell(done: int, total: int) -> None:
        nonlocal last
        if time.monotonic() - last > 10:
            last = time.monotonic()
            say(f"{what}: {done} of {total}")

    return tell
