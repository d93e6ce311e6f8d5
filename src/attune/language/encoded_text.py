"""Training text as one array of word ids."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from itertools import islice

import numpy as np
from numpy.typing import NDArray

from .vocabulary import BEGIN, END, SPECIAL_WORDS, Vocabulary

__all__ = ["EncodedText", "encode_text"]

_LINES_PER_BLOCK = 20_000
# Marks between sentences: noncharacters, which str.split() keeps and text never holds.
_END_MARK, _BEGIN_MARK = "\ufdd1", "\ufdd0"
_BETWEEN = f" {_END_MARK} {_BEGIN_MARK} "


@dataclass(frozen=True)
class EncodedText:
    """Sentences as ids, each framed by `<s>` and `</s>`.

    Words outside the vocabulary keep ids of their own (`vocabulary_size` and above), so that counts
    of contexts stay exact; the estimator turns them into `<unk>`.
    """

    tokens: NDArray[np.uint32]
    """[token] ids of `<s> word … word </s> <s> …`."""
    words: tuple[str, ...]
    """The word of each id."""
    vocabulary_size: int
    """Ids below it are in the vocabulary."""
    sentences: int

    @property
    def word_tokens(self) -> int:
        """Running words, sentence marks not counted."""
        return len(self.tokens) - 2 * self.sentences

    @property
    def unknown_tokens(self) -> int:
        """Running words that are outside the vocabulary."""
        return int(np.count_nonzero(self.tokens >= self.vocabulary_size))

    @property
    def vocabulary(self) -> Vocabulary:
        """The words that the model is to know."""
        return Vocabulary.from_sorted(self.words[: self.vocabulary_size])

    def word_counts(self) -> NDArray[np.int64]:
        """Occurrences of each id, int64 [id]."""
        return np.bincount(self.tokens, minlength=len(self.words))

    def counted_words(self) -> dict[str, int]:
        """Occurrences of each word that occurs, without the marks."""
        counts = self.word_counts().tolist()
        marks = len(SPECIAL_WORDS)
        ordinary = zip(self.words[marks:], counts[marks:], strict=True)
        return {word: count for word, count in ordinary if count}

    def most_frequent(self, size: int | None = None, *, min_count: int = 1) -> Vocabulary:
        """The `size` most frequent words that occur at least `min_count` times."""
        counts = self.word_counts()
        counts[: len(SPECIAL_WORDS)] = 0
        # Ties go to the word that sorts first, so that the choice does not depend on text order.
        ranked = np.argsort(-counts, kind="stable")[: size if size is not None else len(counts)]
        return Vocabulary(self.words[i] for i in ranked if counts[i] >= max(min_count, 1))

    def with_vocabulary(self, vocabulary: Vocabulary) -> EncodedText:
        """The same text with the ids of another vocabulary (whose words need not occur in it)."""
        new_ids = vocabulary.encode(self.words)
        # Of the words with id 0, only <unk> itself is in the vocabulary.
        outside = [i for i in np.flatnonzero(new_ids == 0) if self.words[i] not in vocabulary]
        new_ids[outside] = np.arange(len(vocabulary), len(vocabulary) + len(outside))
        words = (*vocabulary.words, *(self.words[i] for i in outside))
        return EncodedText(new_ids[self.tokens], words, len(vocabulary), self.sentences)

    def joined(self, other: EncodedText) -> EncodedText:
        """Both texts, one after the other; they must have the same vocabulary.

        A word outside of it gets an id for each text.
        """
        shift = np.uint32(len(self.words) - self.vocabulary_size)
        tokens = other.tokens.copy()
        tokens[tokens >= other.vocabulary_size] += shift
        return EncodedText(
            np.concatenate([self.tokens, tokens]),
            (*self.words, *other.words[other.vocabulary_size :]),
            self.vocabulary_size,
            self.sentences + other.sentences,
        )


class _GrowingIds(dict[str, int]):
    def __missing__(self, word: str) -> int:
        index = len(self)
        self[word] = index
        return index


def encode_text(
    lines: Iterable[str], *, normalize: Callable[[str], str] | None = None
) -> EncodedText:
    """Read sentences, one a line, into ids; every word that occurs is in the vocabulary.

    `normalize` is applied to each line; without it, lines must be normalised. Empty lines are
    skipped, and so are the words `<s>`, `</s>` and `<unk>` (as lmplz does with `--skip_symbols`).
    """
    ids = _GrowingIds()
    for mark in ("<unk>", _BEGIN_MARK, _END_MARK):
        ids[mark]  # takes the next id
    blocks: list[NDArray[np.uint32]] = []
    skipped = len(ids)
    for mark in SPECIAL_WORDS[1:]:
        ids[mark]
    sentences = 0
    for block in _sentence_blocks(lines, normalize):
        text = f"{_BEGIN_MARK} {_BETWEEN.join(block)} {_END_MARK}"
        tokens = np.fromiter(map(ids.__getitem__, text.split()), np.uint32)
        special = (tokens == 0) | ((tokens >= skipped) & (tokens < skipped + 2))
        blocks.append(tokens[~special] if special.any() else tokens)
        sentences += len(block)
    tokens = np.concatenate(blocks) if blocks else np.zeros(0, np.uint32)
    return _sorted_by_word(tokens, list(ids), sentences)


def _sentence_blocks(
    lines: Iterable[str], normalize: Callable[[str], str] | None
) -> Iterator[list[str]]:
    iterator = iter(lines)
    while block := list(islice(iterator, _LINES_PER_BLOCK)):
        texts = block if normalize is None else map(normalize, block)
        if kept := [text for text in texts if text and not text.isspace()]:
            yield kept


def _sorted_by_word(tokens: NDArray[np.uint32], words: list[str], sentences: int) -> EncodedText:
    first_word = len(SPECIAL_WORDS) + 2
    order = sorted(range(first_word, len(words)), key=words.__getitem__)
    new_ids = np.zeros(len(words), np.uint32)
    new_ids[[1, 2]] = BEGIN, END
    new_ids[order] = np.arange(len(SPECIAL_WORDS), len(SPECIAL_WORDS) + len(order), dtype=np.uint32)
    names = (*SPECIAL_WORDS, *(words[i] for i in order))
    return EncodedText(new_ids[tokens], names, len(names), sentences)
