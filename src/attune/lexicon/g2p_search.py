"""Beam search over graphones for many words at once.

All words advance letter by letter together. The hypotheses that have spelled equally many letters
of their words are one flat table, sorted by word; a graphone of two letters waits one round.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from attune.lexicon.g2p_model import END, START, GraphoneModel

__all__ = ["Spoken", "search"]

Spoken = tuple[int, ...]
Ints = npt.NDArray[np.int64]
Floats = npt.NDArray[np.float64]


@dataclass(frozen=True)
class _Hypotheses:
    """Partial spellings, one a row: their word, score (natural log), model state and history."""

    word: Ints  # [row]
    score: Floats  # [row]
    state: Ints  # [row, order - 1]
    step: Ints  # [row], an index into the _History

    def take(self, rows: Ints | npt.NDArray[np.bool_]) -> _Hypotheses:
        return _Hypotheses(self.word[rows], self.score[rows], self.state[rows], self.step[rows])


class _History:
    """The steps of all hypotheses: the step before (-1: none) and the graphone."""

    def __init__(self) -> None:
        self._before: list[int] = []
        self._symbol: list[int] = []

    def add(self, before: Ints, symbol: Ints) -> Ints:
        first = len(self._before)
        self._before.extend(before.tolist())
        self._symbol.extend(symbol.tolist())
        return np.arange(first, len(self._before))

    def spoken(self, step: int, model: GraphoneModel) -> Spoken:
        parts = []
        while step >= 0:
            parts.append(model.spoken[self._symbol[step]])
            step = self._before[step]
        return tuple(phone for part in reversed(parts) for phone in part)


def search(
    model: GraphoneModel, words: Sequence[Sequence[int]], beam: int, margin: float
) -> list[list[tuple[Spoken, float]]]:
    """The best complete hypotheses of each of `words` (letter numbers).

    Each is the phone numbers that it speaks and its joint natural-log probability; two hypotheses
    of a word may speak the same. At most `beam` hypotheses of a word go on from a letter, none of
    them more than `margin` nats behind the best.
    """
    lengths = np.array([len(word) for word in words])
    letters = np.zeros((len(words), int(lengths.max()) + 2), dtype=np.int64)
    for number, word in enumerate(words):
        letters[number, : len(word)] = word
    history = _History()
    found: list[list[tuple[Spoken, float]]] = [[] for _ in words]
    arriving: list[list[_Hypotheses]] = [[] for _ in range(letters.shape[1] + 1)]
    arriving[0].append(_start(model, len(words)))
    for at in range(int(lengths.max()) + 1):
        if not arriving[at]:
            continue
        here = _best(arriving[at], beam, margin)
        arriving[at] = []
        done = lengths[here.word] == at
        if done.any():
            _finish(model, here.take(done), history, found)
            here = here.take(~done)
        for ahead in range(1, model.longest + 1) if len(here.word) else ():
            spelled = letters[here.word, at : at + ahead]
            rows, symbols = model.candidates(spelled)
            if len(rows):
                scores, states = model.extend(here.state, rows, symbols)
                scores += here.score[rows]
                kept = _hopeful(here.word[rows], scores, margin)
                rows, symbols = rows[kept], symbols[kept]
                arriving[at + ahead].append(
                    _Hypotheses(
                        here.word[rows],
                        scores[kept],
                        states[kept],
                        history.add(here.step[rows], symbols),
                    )
                )
    return found


def _start(model: GraphoneModel, words: int) -> _Hypotheses:
    state = np.full((words, len(model.orders) - 1), -1, dtype=np.int64)
    state[:, 0] = START
    number = np.arange(words)
    return _Hypotheses(number, np.zeros(words), state, np.full(words, -1))


def _finish(
    model: GraphoneModel,
    ended: _Hypotheses,
    history: _History,
    found: list[list[tuple[Spoken, float]]],
) -> None:
    """Score the word's end and note what each hypothesis says."""
    rows = np.arange(len(ended.word))
    scores, _ = model.extend(ended.state, rows, np.full(len(rows), END))
    scores += ended.score
    for word, score, step in zip(
        ended.word.tolist(), scores.tolist(), ended.step.tolist(), strict=True
    ):
        found[word].append((history.spoken(step, model), score))


def _hopeful(word: Ints, score: Floats, margin: float) -> npt.NDArray[np.bool_]:
    """Which rows (sorted by word) are within `margin` of the best of their word."""
    if word[0] == word[-1]:
        lowest = float(score.max()) - margin
        return score >= lowest
    first = np.flatnonzero(np.diff(word, prepend=-1))
    best = np.maximum.reduceat(score, first)
    return score >= np.repeat(best, np.diff(first, append=len(word))) - margin


def _best(arrived: list[_Hypotheses], beam: int, margin: float) -> _Hypotheses:
    """The `beam` best of each word, sorted by word and score."""
    both = _Hypotheses(
        np.concatenate([part.word for part in arrived]),
        np.concatenate([part.score for part in arrived]),
        np.concatenate([part.state for part in arrived]),
        np.concatenate([part.step for part in arrived]),
    )
    if both.word.min() == both.word.max():
        order = np.argsort(-both.score, kind="stable")[:beam]
    else:
        order = np.lexsort((-both.score, both.word))
        word = both.word[order]
        first = np.flatnonzero(np.diff(word, prepend=-1))
        rank = np.arange(len(word)) - np.repeat(first, np.diff(first, append=len(word)))
        order = order[rank < beam]
    return both.take(order[_hopeful(both.word[order], both.score[order], margin)])
