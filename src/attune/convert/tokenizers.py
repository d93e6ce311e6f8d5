"""How a model's own tokenizer cuts words: its scores, where its file is at hand.

Read from sentencepiece's `.model` (its protobuf, sentencepiece_model.proto) or `.vocab`, and from
Hugging Face's tokenizer.json. Nothing but this module knows these formats; none of the libraries is
needed.
"""

from __future__ import annotations

import struct
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from attune.convert.token_files import read_json
from attune.errors import InputError
from attune.lexicon import SpellingMethod

__all__ = ["PieceScores", "read_piece_scores"]

_PIECE, _TRAINER = 1, 2  # fields of ModelProto
_MODEL_TYPE = 3  # of TrainerSpec
_UNIGRAM, _BPE = 1, 2
_UNSCORED = -1e6  # no sum with it is ever the best


@dataclass(frozen=True)
class PieceScores:
    """The scores of pieces, and the method that they are for."""

    method: SpellingMethod
    scores: Mapping[str, float]

    def of(self, tokens: Sequence[str]) -> tuple[float, ...]:
        """A score for each token; tokens that the tokenizer does not know get a very low one."""
        return tuple(self.scores.get(token, _UNSCORED) for token in tokens)


def read_piece_scores(path: Path) -> PieceScores | None:
    """The scores in a tokenizer's file; None for a tokenizer without (WordPiece).

    InputError when it is none, or of a kind that is not supported.
    """
    if path.suffix == ".json":
        return _from_json(path)
    try:
        content = path.read_bytes()
    except OSError as error:
        raise InputError(f"{path}: cannot be read ({error.strerror or error})") from error
    try:
        return _from_vocabulary(content.decode("utf-8"))
    except ValueError:
        pass
    try:
        return _from_protobuf(content)
    except (ValueError, IndexError, struct.error) as error:
        raise InputError(
            f"{path} is no tokenizer: give sentencepiece's .model or .vocab, or tokenizer.json"
        ) from error


def _from_json(path: Path) -> PieceScores | None:
    stored = read_json(path).get("model")
    model: dict[str, Any] = stored if isinstance(stored, dict) else {}
    kind = model.get("type")
    try:
        if kind == "Unigram":
            return PieceScores("unigram", {piece: float(score) for piece, score in model["vocab"]})
        if kind == "BPE":
            pairs = [m.split(" ") if isinstance(m, str) else m for m in model["merges"]]
            ranks: dict[str, float] = {}
            for rank, (left, right) in enumerate(pairs):
                ranks.setdefault(left + right, -float(rank))
            return PieceScores("bpe", ranks)
    except (KeyError, TypeError, ValueError) as error:
        raise InputError(
            f"{path}: the tokenizer cannot be read ({error}): copy it again"
        ) from error
    if kind in ("WordPiece", "WordLevel"):
        return None
    raise InputError(
        f"{path}: a tokenizer of the type {kind!r}: supported are Unigram, BPE, WordPiece and "
        "WordLevel"
    )


def _from_vocabulary(text: str) -> PieceScores:
    """Lines of piece, tab, score; ranks, which are whole numbers, are those of BPE."""
    scores: dict[str, float] = {}
    for line in text.rstrip("\n").split("\n"):
        piece, tab, score = line.partition("\t")
        if not tab:
            raise ValueError("no tab")
        scores[piece] = float(score)
    ranks = all(score.is_integer() for score in scores.values())
    return PieceScores("bpe" if ranks else "unigram", scores)


def _from_protobuf(content: bytes) -> PieceScores:
    scores: dict[str, float] = {}
    kind = _UNIGRAM
    for number, value in _fields(content):
        if number == _PIECE and isinstance(value, bytes):
            piece, score = "", 0.0
            for inner, part in _fields(value):
                if inner == 1 and isinstance(part, bytes):
                    piece = part.decode("utf-8")
                elif inner == 2 and isinstance(part, bytes):
                    (score,) = struct.unpack("<f", part)
            scores[piece] = score
        elif number == _TRAINER and isinstance(value, bytes):
            kind = next((v for f, v in _fields(value) if f == _MODEL_TYPE), _UNIGRAM)  # type: ignore[assignment]
    if not scores or kind not in (_UNIGRAM, _BPE):
        raise ValueError("no pieces, or of characters and words")
    return PieceScores("bpe" if kind == _BPE else "unigram", scores)


def _fields(content: bytes) -> Iterator[tuple[int, int | bytes]]:
    """(field number, value) of a protobuf message; values of fixed width stay bytes."""
    at = 0
    while at < len(content):
        key, at = _varint(content, at)
        wire = key & 7
        if wire == 0:
            value: int | bytes
            value, at = _varint(content, at)
        else:
            size = {1: 8, 5: 4}.get(wire)
            if wire == 2:
                size, at = _varint(content, at)
            if size is None or at + size > len(content):
                raise ValueError("not a protobuf message")
            value, at = content[at : at + size], at + size
        yield key >> 3, value


def _varint(content: bytes, at: int) -> tuple[int, int]:
    value = shift = 0
    while True:
        byte = content[at]
        value |= (byte & 127) << shift
        at, shift = at + 1, shift + 7
        if byte < 128:
            return value, at
        if shift > 63:
            raise ValueError("not a protobuf message")
