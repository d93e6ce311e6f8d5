"""How a word is said, learned from recordings of it.

Candidates come from the lexicon, from the G2P model and from the recordings themselves: the phones
that the network hears where the word is. Each is aligned with every recording (Viterbi through
CTC); the one that explains them best comes first.
"""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from attune.audio import read_audio
from attune.bundle import Bundle
from attune.decode import Alignment, align, greedy
from attune.errors import InputError
from attune.lexicon import (
    G2P,
    CompiledLexicon,
    Pronunciation,
    Speller,
    WordReader,
    is_normalised,
    silent_tokens,
    word_reader,
)
from attune.recognize import Model

__all__ = ["Candidate", "Recording", "learn_pronunciation"]

_GUESSES = 8
_AROUND_SECONDS = 0.08  # a word's edges are soft
_LEAST_SHARE = 0.2
_LONGEST_SECONDS = 60.0


@dataclass(frozen=True)
class Recording:
    """A recording in which a word is said; `words` is all that is said, in words of the lexicon."""

    path: Path
    words: tuple[str, ...]


@dataclass(frozen=True)
class Candidate:
    """A way to say the word.

    `sources`: of `lexicon`, `g2p`, `spelled`, `heard` and `given`. `score`: mean log-likelihood of
    the recordings with it, less that of the best candidate (0 for the best). `best_in`: recordings
    that it explains better than any other candidate.
    """

    phones: tuple[str, ...]
    sources: tuple[str, ...]
    score: float
    best_in: int


@dataclass(frozen=True)
class _Heard:
    posteriors: NDArray[np.float32]
    words: tuple[str, ...]
    columns: Mapping[str, int]


def learn_pronunciation(
    model: Model,
    word: str,
    recordings: Sequence[Recording],
    given: Sequence[tuple[str, ...]] = (),
) -> tuple[list[Candidate], list[Pronunciation]]:
    """Rank candidate pronunciations of `word`, and choose those to put into a lexicon.

    `given` are further candidates. Chosen are the candidates that are the best in a fifth of the
    recordings or more, with the share of each, against the most frequent one, as prior. Raises
    InputError for recordings that cannot be read, do not hold the word by their transcript, or are
    too short for it.
    """
    lexicon = CompiledLexicon.load(model.bundle.part_path("lexicon"))
    reader = word_reader(model.bundle, lexicon)
    sources: dict[tuple[str, ...], list[str]] = {}
    for phones in given:
        sources.setdefault(phones, []).append("given")
    for known in lexicon.pronunciations(word):
        sources.setdefault(known.phones, []).append("lexicon")
    for source, guess in _guesses(word, reader, model.bundle):
        sources.setdefault(guess.phones, []).append(source)
    if not sources:
        raise InputError(f"{word!r}: nothing is known of how it is said: give a pronunciation")
    heard = [_hear(model, word, recording, lexicon.phone_index) for recording in recordings]
    if not heard:
        raise InputError(f"{word!r}: give at least one recording of it")
    others = _other_words({w for item in heard for w in item.words} - {word}, lexicon, reader)
    first = list(sources)
    around_rows = round(_AROUND_SECONDS / model.row_seconds)
    for item, recording in zip(heard, recordings, strict=True):
        begin, end = _place(item, word, first, others, recording.path)
        around = item.posteriors[max(0, begin - around_rows) : end + around_rows]
        phones = _sounds(around, lexicon, reader)
        if phones and "heard" not in sources.setdefault(phones, []):
            sources[phones].append("heard")
    candidates = list(sources)
    scores = np.array(
        [[_score(item, word, candidate, others) for candidate in candidates] for item in heard]
    )
    # A candidate too long for one recording is out of the question there, not everywhere.
    scores = np.maximum(scores, scores.max(axis=1, keepdims=True) - 50.0)
    mean = scores.mean(axis=0)
    best = Counter(scores.argmax(axis=1).tolist())
    ranked = sorted(range(len(candidates)), key=lambda i: -mean[i])
    found = [
        Candidate(
            candidates[i], tuple(sources[candidates[i]]), float(mean[i] - mean.max()), best[i]
        )
        for i in ranked
    ]
    return found, _chosen(found, len(heard))


def _guesses(
    word: str, reader: WordReader | None, bundle: Bundle
) -> Iterator[tuple[str, Pronunciation]]:
    """(source, reading) of how the word may be said, by rule."""
    if isinstance(reader, Speller):
        yield from (("spelled", spelling) for spelling in reader.spell(word))
    elif reader is not None and is_normalised(word):
        g2p = G2P.load(bundle.part_path("g2p"))
        yield from (("g2p", guess) for guess in g2p.pronounce(word, _GUESSES))


def _sounds(
    posteriors: NDArray[np.float32], lexicon: CompiledLexicon, reader: WordReader | None
) -> tuple[str, ...]:
    """What the network hears, as a pronunciation; maybe nothing."""
    phones = tuple(lexicon.phones[code - 1] for code in greedy(posteriors))
    if not isinstance(reader, Speller):
        return phones
    silent = {lexicon.phones[place] for place in silent_tokens(lexicon.phones)}
    return reader.as_word(tuple(token for token in phones if token not in silent))


def _chosen(candidates: Sequence[Candidate], recordings: int) -> list[Pronunciation]:
    counts = {candidates[0].phones: max(1, candidates[0].best_in)}
    for candidate in candidates[1:]:
        if candidate.best_in >= max(2.0, _LEAST_SHARE * recordings):
            counts[candidate.phones] = candidate.best_in
    most = max(counts.values())
    return [Pronunciation(phones, math.log(count / most)) for phones, count in counts.items()]


def _hear(model: Model, word: str, recording: Recording, columns: Mapping[str, int]) -> _Heard:
    if word not in recording.words:
        raise InputError(
            f"{recording.path}: {word!r} is not in its transcript ({' '.join(recording.words)})"
        )
    samples = read_audio(recording.path)
    if len(samples) > _LONGEST_SECONDS * 16_000:
        raise InputError(f"{recording.path}: longer than a minute: cut out the utterance")
    return _Heard(model.posteriors(samples), recording.words, columns)


def _other_words(
    words: set[str], lexicon: CompiledLexicon, reader: WordReader | None
) -> dict[str, list[list[int]]]:
    found = {word: lexicon.pronunciations(word) for word in words}
    unknown = sorted(word for word, readings in found.items() if not readings)
    if unknown:
        if reader is None:
            raise InputError(f"{unknown[0]!r} is not in the lexicon: give short transcripts")
        for reading in reader.read_all(unknown):
            found[reading.word] = reading.pronunciations
    return {
        word: [[lexicon.phone_index[p] for p in r.phones] for r in readings]
        for word, readings in found.items()
    }


def _place(
    item: _Heard,
    word: str,
    candidates: Sequence[tuple[str, ...]],
    others: dict[str, list[list[int]]],
    path: Path,
) -> tuple[int, int]:
    """Rows in which the word is, by its best candidate."""
    try:
        found = _align(item, word, candidates, others)
    except InputError as error:
        raise InputError(f"{path}: {error}") from error
    at = found.words[item.words.index(word)]
    return at.start, at.end


def _score(
    item: _Heard, word: str, phones: tuple[str, ...], others: dict[str, list[list[int]]]
) -> float:
    try:
        return _align(item, word, [phones], others).score
    except InputError:
        return -math.inf


def _align(
    item: _Heard,
    word: str,
    candidates: Sequence[tuple[str, ...]],
    others: dict[str, list[list[int]]],
) -> Alignment:
    own = [[item.columns[phone] for phone in phones] for phones in candidates]
    return align(item.posteriors, [own if w == word else others[w] for w in item.words])
