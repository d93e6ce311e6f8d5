"""Recordings that the base has listened to: what is said in them, phone by phone, or why not.

Every recording is heard once by the base. Its transcript is aligned with what the base hears
(Viterbi through CTC), which picks among several pronunciations of a word the one that was spoken,
and shows transcripts that are not of their recording: those are left out.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from attune.audio import read_audio
from attune.data import Utterance
from attune.data.parallel import map_in_order
from attune.decode import Alignment, align
from attune.errors import InputError
from attune.lexicon import G2P, PHONE_INDEX, PHONES, CompiledLexicon, is_normalised
from attune.recognize import Model
from attune.train.adaptation.journal import Journal

__all__ = ["LONGEST_SECONDS", "Label", "PhoneReader", "fit_of", "label_rows"]

LONGEST_SECONDS = 60.0
"""Longest utterance: attention over more costs memory that grows with the square."""

_STRETCH = 8  # phones, about two words: a clause that is missing or too much is longer
_USUAL_MISFIT = -5.0  # nats a phone, of transcripts of other recordings
_WORST_FIT = -8.0  # no base is so sure of itself that a right transcript falls below
_FEWEST_MISFITS = 10
_GUESSES = 3
_SAMPLE_RATE = 16_000

Posteriors = NDArray[np.float32]
Words = tuple[str, ...]


@dataclass(frozen=True)
class Label:
    """What is known of one recording.

    `phones` are those that were spoken, empty when it cannot be used: `problem` then says why.
    `fit`: how well the worst stretch of the transcript explains what is heard, in nats a phone
    below what free choice of phones would (0 at best); `misfit`: the same over all of a transcript
    of another recording, None where none fits in.
    """

    path: Path
    text: str
    seconds: float
    phones: tuple[str, ...] = ()
    fit: float = 0.0
    misfit: float | None = None
    problem: str = ""

    def refused(self, problem: str) -> Label:
        """This recording as one that cannot be used."""
        return replace(self, phones=(), problem=problem)


class PhoneReader:
    """Pronunciations of any word: the lexicon's, else the likeliest by its letters.

    `guessed` collects the words that are not in the lexicon.
    """

    def __init__(self, model: Model) -> None:
        bundle = model.bundle
        self._lexicon = CompiledLexicon.load(bundle.part_path("lexicon"))
        self._g2p = G2P.load(bundle.part_path("g2p")) if bundle.has("g2p") else None
        self._known: dict[str, list[list[int]]] = {}
        self.guessed: set[str] = set()

    def learn(self, words: set[str]) -> None:
        """Look up or guess how `words` are said, all at once."""
        listed = {word: self._lexicon.pronunciations(word) for word in words}
        new = sorted(word for word, readings in listed.items() if not readings)
        self.guessed.update(new)
        sayable = [word for word in new if self._g2p is not None and is_normalised(word)]
        if self._g2p is not None:
            for word in sayable:
                try:
                    listed[word] = tuple(self._g2p.pronounce(word, _GUESSES))
                except InputError:  # letters without a sound
                    continue
        for word, readings in listed.items():
            self._known[word] = [[PHONE_INDEX[phone] for phone in r.phones] for r in readings]

    def readings(self, words: Words) -> list[list[list[int]]]:
        """Phone codes of each pronunciation of each word; InputError for one that has none."""
        self.learn({word for word in words if word not in self._known})
        silent = sorted({word for word in words if not self._known.get(word)})
        if silent:
            raise InputError(f"nothing is known of how {silent[0]!r} is said")
        return [self._known[word] for word in words]


def label_rows(
    model: Model,
    rows: Sequence[Utterance],
    normalize: Callable[[str], str],
    reader: PhoneReader,
    journal: Journal,
    progress: Callable[[float], None] = lambda seconds: None,
) -> list[Label]:
    """A label for each row, in order.

    What was found is kept in `journal`. `progress` is called with the seconds of audio done. Rows
    are refused where the transcript fits, somewhere, no better than one of another recording.
    """
    spoken = [tuple(normalize(row.text).split()) for row in rows]
    reader.learn({word for words in spoken for word in words})
    strangers = _strangers(spoken)

    def label(index: int) -> Label:
        row = rows[index]
        if _key(row) in journal:
            return _from_json(row, journal[_key(row)])
        return _label(model, reader, row, spoken[index], spoken[strangers[index]])

    found: list[Label] = []
    done = 0.0
    for index, result in map_in_order(label, range(len(rows))):
        if _key(rows[index]) not in journal:
            journal.add(_key(rows[index]), _to_json(result))
        found.append(result)
        done += rows[index].seconds
        progress(done)
    return _judged(found)


def _label(model: Model, reader: PhoneReader, row: Utterance, words: Words, other: Words) -> Label:
    label = Label(row.path, " ".join(words), row.seconds)
    try:
        if not words:
            raise InputError("the transcript is empty")
        readings = reader.readings(words)
        samples = read_audio(row.path)
        if len(samples) > LONGEST_SECONDS * _SAMPLE_RATE:
            raise InputError("longer than a minute: cut it into utterances")
    except InputError as error:
        return label.refused(str(error).removeprefix(f"{row.path}: "))
    posteriors = model.posteriors(samples)
    try:
        found = align(posteriors, readings)
    except InputError:
        return label.refused("the transcript does not fit into the recording")
    phones = tuple(PHONES[phone.phone - 1] for word in found.words for phone in word.phones)
    return replace(
        label,
        seconds=len(samples) / _SAMPLE_RATE,
        phones=phones,
        fit=fit_of(posteriors, found),
        misfit=_misfit(posteriors, reader, other),
    )


def _misfit(posteriors: Posteriors, reader: PhoneReader, words: Words) -> float | None:
    try:
        found = align(posteriors, reader.readings(words))
    except InputError:
        return None
    phones = sum(len(word.phones) for word in found.words)
    return -float(_shortfall(posteriors, found).sum()) / max(1, phones)


def _strangers(spoken: Sequence[Words]) -> list[int]:
    """For each transcript one that is about as long and says something else, if there is one."""
    order = sorted(range(len(spoken)), key=lambda i: (len(spoken[i]), spoken[i]))
    found = list(range(len(spoken)))
    following = order[-1] if order else 0
    for index in reversed(order):
        # Equal transcripts are neighbours: all of them take the first one behind them.
        before = found[following] if spoken[following] == spoken[index] else following
        found[index] = before
        following = index
    return [order[0] if spoken[i] == spoken[found[i]] else found[i] for i in range(len(spoken))]


def _shortfall(posteriors: Posteriors, alignment: Alignment) -> NDArray[np.float64]:
    """For each frame how far the path lies below the likeliest symbol: nats [frame], >= 0."""
    best = posteriors.max(axis=1).astype(np.float64)
    lost: NDArray[np.float64] = best - posteriors[:, 0]
    for word in alignment.words:
        for phone in word.phones:
            span = slice(phone.start, phone.end)
            lost[span] = (best[span].sum() - phone.score) / (phone.end - phone.start)
    return lost


def fit_of(posteriors: Posteriors, alignment: Alignment) -> float:
    """Score a phone, relative to free choice of symbols, of the worst eight phones in a row.

    `posteriors` float32 [frame, symbol], natural logs. What is heard between phones counts with
    them: speech that the transcript lacks shows as words that were not said do. 0 at best.
    """
    starts = [phone.start for word in alignment.words for phone in word.phones]
    total = np.concatenate([[0.0], np.cumsum(_shortfall(posteriors, alignment))])
    edges = np.array([0, *starts[1:], len(posteriors)])
    width = min(_STRETCH, len(starts))
    return -float((total[edges[width:]] - total[edges[:-width]]).max()) / width


def _judged(labels: Sequence[Label]) -> list[Label]:
    misfits = [label.misfit for label in labels if label.misfit is not None]
    usual = float(np.median(misfits)) if len(misfits) >= _FEWEST_MISFITS else _USUAL_MISFIT
    limit = max(usual, _WORST_FIT)
    return [
        label.refused("the transcript is not what is heard, or only in part")
        if label.phones and label.fit < limit
        else label
        for label in labels
    ]


def _key(row: Utterance) -> str:
    return f"{row.path}\t{row.text}"


def _to_json(label: Label) -> dict[str, Any]:
    return {
        "text": label.text,
        "seconds": label.seconds,
        "phones": " ".join(label.phones),
        "fit": label.fit,
        "misfit": label.misfit,
        "problem": label.problem,
    }


def _from_json(row: Utterance, value: dict[str, Any]) -> Label:
    return Label(row.path, **{**value, "phones": tuple(value["phones"].split())})
