"""The output symbols of a network that does not speak phones: characters or pieces of words.

As a bundle's part `symbols` (format `tokens`): UTF-8, one token a line in the order of the
network's columns, the blank first; behind a tab its score where the tokenizer had one.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Literal, get_args

from attune.errors import InputError
from attune.lexicon.phones import PHONES

__all__ = [
    "SPELLING_METHODS",
    "UNITS",
    "WORD_MARK",
    "SpellingMethod",
    "Units",
    "read_tokens",
    "silent_tokens",
    "token_lines",
    "units_of",
    "word_separator",
]

WORD_MARK = "▁"
"""Begins a piece that begins a word (sentencepiece, U+2581)."""

CONTINUATION = "##"
"""Begins a piece that goes on with a word (WordPiece)."""

_SEPARATORS = ("|", "<space>", "<SPACE>", "[SPACE]")
_APOSTROPHES = "'’"

Units = Literal["phones", "characters", "pieces", "wordpieces"]
"""What the network's symbols are: ARPAbet phones; single characters, with or without a separator
of words; sentencepiece's pieces, of which `▁` marks the first of a word; WordPiece's, of which
`##` marks those that are not the first."""

SpellingMethod = Literal["longest", "unigram", "bpe"]
"""How a word is cut into pieces: the longest piece first; the best sum of scores (Kudo 2018); by
merging the best-scored pair again and again (Sennrich et al. 2016, as sentencepiece does)."""

UNITS: tuple[Units, ...] = get_args(Units)
SPELLING_METHODS: tuple[SpellingMethod, ...] = get_args(SpellingMethod)


@dataclass(frozen=True)
class TokenList:
    """Tokens in the order of the columns, the blank first, and their scores if they have any."""

    tokens: tuple[str, ...]
    scores: tuple[float, ...] | None


def units_of(tokens: Sequence[str]) -> Units:
    """What kind of symbols `tokens` (without the blank) are, by how they look."""
    if set(tokens) >= set(PHONES):
        return "phones"
    if any(token.startswith(WORD_MARK) for token in tokens):
        return "pieces"
    if any(token.startswith(CONTINUATION) and len(token) > 2 for token in tokens):
        return "wordpieces"
    return "characters"


def word_separator(tokens: Sequence[str]) -> str | None:
    """The character that stands between words, if there is one among `tokens`."""
    return next((mark for mark in _SEPARATORS if mark in tokens), None)


def silent_tokens(tokens: Sequence[str]) -> tuple[int, ...]:
    """Where the tokens are that no word is spelled with: punctuation and special symbols.

    Their probability counts as the blank's when words are looked for.
    """
    separator = word_separator(tokens)
    return tuple(
        place
        for place, token in enumerate(tokens)
        if token != separator and (_is_special(token) or _is_punctuation(token))
    )


def _is_special(token: str) -> bool:
    inside = {"<": ">", "[": "]"}.get(token[:1])
    return inside is not None and len(token) > 2 and token.endswith(inside)


def _is_punctuation(token: str) -> bool:
    bare = token.removeprefix(WORD_MARK).removeprefix(CONTINUATION)
    return bool(bare) and not any(c.isalnum() or c in _APOSTROPHES for c in bare)


def token_lines(tokens: Sequence[str], scores: Sequence[float] | None) -> bytes:
    """The part `symbols`; `tokens` have no line breaks, tabs or spaces."""
    if scores is None:
        return "".join(f"{token}\n" for token in tokens).encode("utf-8")
    pairs = zip(tokens, scores, strict=True)
    return "".join(f"{token}\t{score:.9g}\n" for token, score in pairs).encode("utf-8")


def read_tokens(path: str | Path) -> TokenList:
    """Read a bundle's part `symbols`; InputError names the file and line that cannot be read."""
    try:
        lines = Path(path).read_text("utf-8").rstrip("\n").split("\n")
    except (OSError, UnicodeDecodeError) as error:
        raise InputError(f"{path}: the symbols cannot be read ({error})") from error
    tokens: list[str] = []
    scores: list[float] = []
    for number, line in enumerate(lines, start=1):
        token, tab, score = line.partition("\t")
        if not token or " " in token:
            raise InputError(f"{path}:{number}: {line[:40]!r} is not a token: make the part again")
        tokens.append(token)
        if tab:
            try:
                scores.append(float(score))
            except ValueError as error:
                raise InputError(f"{path}:{number}: {score[:40]!r} is not a score") from error
    if len(set(tokens)) != len(tokens):
        raise InputError(f"{path}: a token is there twice: make the part again")
    if len(scores) not in (0, len(tokens)) or not all(map(math.isfinite, scores)):
        raise InputError(f"{path}: give every token a score or none: make the part again")
    return TokenList(tuple(tokens), tuple(scores) or None)
