"""Transcripts by the base itself, for recordings that have none.

Recordings are cut at pauses, recognised with lexicon and language model, and those pieces kept in
whose words the base is confident: what the language model mended there teaches the encoder
(self-training; Kahn, Lee & Hannun 2020, "Self-training for end-to-end speech recognition").
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from attune.audio import SpeechSegment, read_audio, speech_segments, write_wav
from attune.data import Utterance
from attune.data.parallel import map_in_order
from attune.decode import align
from attune.errors import InputError
from attune.lexicon import PHONES
from attune.recognize import Model
from attune.train.adaptation.journal import Journal
from attune.train.adaptation.labels import Label, PhoneReader

__all__ = ["CONFIDENT", "guess_rows"]

CONFIDENT = 0.7
"""Mean confidence of its words that a piece must reach."""

_LONGEST_PIECE = 12.0  # s: in long pieces sure and unsure words come out at the same mean
_FEWEST_WORDS = 2
_SAMPLE_RATE = 16_000


@dataclass(frozen=True)
class _Piece:
    """A stretch of a recording, and what was recognised in it."""

    path: Path
    seconds: float
    words: tuple[str, ...]
    confidence: float
    phones: tuple[str, ...]


def guess_rows(
    model: Model,
    rows: Sequence[Utterance],
    reader: PhoneReader,
    folder: Path,
    journal: Journal,
    progress: Callable[[float], None] = lambda seconds: None,
) -> list[Label]:
    """Labels of pieces of the recordings, what is said in them by the base's own word.

    Pieces of which it is not sure are refused. Pieces of longer recordings are written to `folder`;
    what was found is kept in `journal`. `progress` is called with the seconds of audio done.
    """

    def guess(index: int) -> list[_Piece] | str:
        row = rows[index]
        if str(row.path) in journal:
            return [_from_json(piece) for piece in journal[str(row.path)]]
        try:
            return _pieces(model, reader, row, folder / f"{index}")
        except InputError as error:
            return str(error).removeprefix(f"{row.path}: ")

    found: list[Label] = []
    done = 0.0
    for index, result in map_in_order(guess, range(len(rows))):
        row = rows[index]
        if isinstance(result, str):
            found.append(Label(row.path, "", row.seconds, problem=result))
        else:
            if str(row.path) not in journal:
                journal.add(str(row.path), [_to_json(piece) for piece in result])
            found += [_label(piece) for piece in result]
        done += row.seconds
        progress(done)
    return found


def _pieces(model: Model, reader: PhoneReader, row: Utterance, name: Path) -> list[_Piece]:
    samples = read_audio(row.path)
    segments = [s for s in speech_segments([samples], max_seconds=_LONGEST_PIECE) if s.speech]
    found = []
    for number, segment in enumerate(segments):
        whole = len(segment.samples) == len(samples)
        path = row.path if whole else name.with_name(f"{name.name}-{number}.wav")
        piece = _recognised(model, reader, segment, path)
        if piece is not None:
            if not whole and piece.confidence >= CONFIDENT:
                name.parent.mkdir(parents=True, exist_ok=True)
                write_wav(path, segment.samples, _SAMPLE_RATE)
            found.append(piece)
    return found


def _recognised(
    model: Model, reader: PhoneReader, segment: SpeechSegment, path: Path
) -> _Piece | None:
    posteriors = model.posteriors(segment.samples)
    scale = model.calibration.posterior_scale
    hypotheses = model.decode(posteriors).n_best(model.options.alternatives, posterior_scale=scale)
    words = hypotheses[0].words if hypotheses else ()
    if len(words) < _FEWEST_WORDS:
        return None
    texts = tuple(word.text for word in words)
    confidence = float(np.mean([model.calibration.word_confidence(word) for word in words]))
    seconds = len(segment.samples) / _SAMPLE_RATE
    return _Piece(path, seconds, texts, confidence, _spoken(reader, posteriors, texts))


def _spoken(
    reader: PhoneReader, posteriors: NDArray[np.float32], words: tuple[str, ...]
) -> tuple[str, ...]:
    """Phones of the pronunciations that fit best; none where the search took a way round them."""
    try:
        found = align(posteriors, reader.readings(words))
    except InputError:
        return ()
    return tuple(PHONES[phone.phone - 1] for word in found.words for phone in word.phones)


def _label(piece: _Piece) -> Label:
    label = Label(piece.path, " ".join(piece.words), piece.seconds, piece.phones)
    if piece.confidence < CONFIDENT:
        return label.refused("the base is not sure what is said")
    return label if piece.phones else label.refused("its words cannot be aligned")


def _to_json(piece: _Piece) -> list[Any]:
    words, phones = " ".join(piece.words), " ".join(piece.phones)
    return [str(piece.path), piece.seconds, words, piece.confidence, phones]


def _from_json(value: list[Any]) -> _Piece:
    path, seconds, words, confidence, phones = value
    return _Piece(Path(path), seconds, tuple(words.split()), confidence, tuple(phones.split()))
