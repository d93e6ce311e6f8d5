"""The text of a domain, normalised, with some of it held out to choose mixture weights on.

Lines are divided by what they say, not by where they stand: repeats of a line, which is how people
give it weight, all fall on one side.
"""

from __future__ import annotations

import zlib
from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

from attune.customize.weighted_lines import read_weighted_lines
from attune.errors import InputError
from attune.language import EncodedText, encode_text

__all__ = ["FOLDS", "DomainText", "read_domain_text"]

FOLDS = 4
"""Parts of a small text, each held out in turn."""

_SMALL = 20_000  # lines up to which every line serves both ways, by folds
_HELD_OUT_LINES = 1_000


@dataclass(frozen=True)
class DomainText:
    """Normalised sentences of a domain.

    `training`: those to train on; `held_out`: those of a large text that are kept apart; `small`:
    all sentences of a small text, which is trained on whole.
    """

    training: EncodedText
    held_out: tuple[str, ...]
    small: tuple[str, ...]

    @cached_property
    def word_counts(self) -> Counter[str]:
        """How often each word occurs in the text to train on."""
        return Counter(self.training.counted_words())

    def folds(self) -> Iterator[tuple[EncodedText, tuple[str, ...]]]:
        """(text to train on, sentences to measure on) pairs: one of a large text, else `FOLDS`.

        A text too small to be divided is measured on itself.
        """
        if self.held_out:
            yield self.training, self.held_out
            return
        parts: list[list[str]] = [[] for _ in range(FOLDS)]
        for line in self.small:
            parts[_fold(line, FOLDS)].append(line)
        if sum(map(bool, parts)) < 2:
            yield self.training, self.small
            return
        for number, part in enumerate(parts):
            if part:
                rest = (x for other, lines in enumerate(parts) if other != number for x in lines)
                yield encode_text(rest), tuple(part)


def read_domain_text(
    texts: Iterable[str | Path],
    normalize: Callable[[str], str],
    *,
    sentences: Iterable[str] = (),
    progress: Callable[[int], None] = lambda lines: None,
) -> DomainText:
    """Read text files (UTF-8; `.gz` and `.xz` are unpacked) and further `sentences`.

    Lines of `.tsv` files have weights (`attune.customize.weighted_lines`).

    Memory grows by four bytes a word. Raises InputError for files that cannot be read and for text
    without a word.
    """
    paths = [Path(path) for path in texts]
    estimated = sum(_size(path) for path in paths) / 40
    every = int(estimated / _HELD_OUT_LINES) if estimated > _SMALL else 0
    held_out: list[str] = []
    small: list[str] = []

    def training() -> Iterator[str]:
        lines = (line for path in paths for line in read_weighted_lines(path))
        count = 0
        for source in (lines, sentences):
            for line in source:
                text = normalize(line)
                count += 1
                if count % 10_000 == 0:
                    progress(count)
                if not text:
                    continue
                if every and len(held_out) < 2 * _HELD_OUT_LINES and not _fold(text, every):
                    held_out.append(text)
                    continue
                if not every:
                    small.append(text)
                yield text

    encoded = encode_text(training())
    if not encoded.word_tokens:
        named = ", ".join(map(str, paths)) or "the text"
        raise InputError(f"{named}: no words in it: give sentences of your domain, one a line")
    return DomainText(encoded, tuple(held_out), tuple(small))


def _size(path: Path) -> float:
    """Bytes of a text, packed ones taken to be four times their size."""
    try:
        size = path.stat().st_size
    except OSError as error:
        raise InputError(f"{path}: cannot be read: {error.strerror}") from error
    return size * (4.0 if path.suffix in (".gz", ".xz") else 1.0)


def _fold(line: str, folds: int) -> int:
    return zlib.crc32(line.encode()) % folds
