"""What the decoder should find, by enumerating phone strings: small, slow and obvious.

Also the n-gram files that the tests decode with, written independently of attune.language.
"""

from __future__ import annotations

import math
import struct
from collections import defaultdict
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np

Ngrams = dict[tuple[str, ...], tuple[float, float]]
"""Word tuple -> (log10 probability, log10 back-off weight)."""


@dataclass
class ReferenceModel:
    """A back-off n-gram model in ARPA semantics."""

    order: int
    ngrams: Ngrams

    def log_prob(self, context: tuple[str, ...], word: str) -> float:
        """Natural log P(word | context)."""
        if (word,) not in self.ngrams:
            word = "<unk>"
        context = tuple(w if (w,) in self.ngrams else "<unk>" for w in context)
        context = context[max(0, len(context) - self.order + 1) :]
        total = 0.0
        while True:
            if (*context, word) in self.ngrams:
                return (total + self.ngrams[(*context, word)][0]) * math.log(10)
            if not context:
                raise AssertionError("a unigram is missing")
            total += self.ngrams[context][1] if context in self.ngrams else 0.0
            context = context[1:]

    def sentence(self, words: tuple[str, ...], before: tuple[str, ...] = ()) -> list[float]:
        """Natural log P of each word and of the end of the sentence."""
        history = ("<s>", *before)
        scores = []
        for word in (*words, "</s>"):
            scores.append(self.log_prob(history, word))
            history = (*history, word)
        return scores

    def write(self, path: Path) -> None:
        """Write the n-gram trie format; probabilities become code book entries exactly."""
        words = ["<unk>", "<s>", "</s>"]
        words += sorted({w for n in self.ngrams for w in n} - set(words), key=str.encode)
        ids = {word: index for index, word in enumerate(words)}
        sections: list[bytes] = []
        texts = [word.encode() for word in words]
        sections.append(np.cumsum([0, *map(len, texts)]).astype("<u4").tobytes())
        sections.append(b"".join(texts))
        levels = [
            sorted(tuple(ids[w] for w in n) for n in self.ngrams if len(n) == k)
            for k in range(1, self.order + 1)
        ]
        assert levels[0] == [(i,) for i in range(len(words))], "every word needs a unigram"
        for k, level in enumerate(levels, start=1):
            values = [self.ngrams[tuple(words[i] for i in n)] for n in level]
            probs, prob_book = _quantise([p for p, _ in values])
            backoffs, backoff_book = _quantise([b for _, b in values])
            last = k == self.order
            keys = b"".join(struct.pack("<I", n[-1])[:3] for n in level)
            children = b""
            if not last:
                parents = [n[:-1] for n in levels[k]]
                assert set(parents) <= set(level), "a context is missing"
                counts = [sum(p == n for p in parents) for n in level]
                children = np.cumsum([0, *counts]).astype("<u4").tobytes()
            sections += [
                b"" if k == 1 else keys,
                probs,
                b"" if last else backoffs,
                children,
                prob_book,
                b"" if last else backoff_book,
            ]
        head = b"ATNGRAM1" + struct.pack("<II", self.order, len(words))
        head += struct.pack("<6I", *[len(level) for level in levels], *[0] * (6 - self.order))
        position = _aligned(len(head) + 16 * len(sections))
        table, body = b"", b""
        for section in sections:
            table += struct.pack("<QQ", position + len(body), len(section))
            body += section + bytes(_aligned(len(section)) - len(section))
        path.write_bytes((head + table).ljust(position, b"\0") + body)


def _aligned(size: int) -> int:
    return -(-size // 64) * 64


def _quantise(values: list[float]) -> tuple[bytes, bytes]:
    book = sorted(set(values))
    assert len(book) <= 256, "too many different values for one code book"
    codes = bytes(book.index(value) for value in values)
    return codes, np.array(book + [0.0] * (256 - len(book)), "<f4").tobytes()


@dataclass
class ReferenceDecoder:
    """Scores every word sequence by enumerating every phone string."""

    words: list[str]
    pronunciations: list[tuple[int, tuple[int, ...], float]]
    model: ReferenceModel | None = None
    lm_weight: float = 1.0
    word_score: float = 0.0
    pronunciation_weight: float = 1.0
    oov_log_prob: float = 0.0
    phrases: dict[tuple[str, ...], float] = field(default_factory=dict)
    new_words: frozenset[str] = frozenset()
    context: tuple[str, ...] = ()
    log_add: bool = False

    def scores(self, log_probs: np.ndarray) -> dict[tuple[str, ...], float]:
        """Score of each word sequence that some path spells."""
        found: dict[tuple[str, ...], float] = {}
        for phones, acoustic in self.phone_strings(log_probs).items():
            for words, prior in self._segmentations(phones):
                value = acoustic + self.pronunciation_weight * prior
                found[words] = self._either(found.get(words, -math.inf), value)
        return {words: value + self.fixed(words) for words, value in found.items()}

    def phone_strings(self, log_probs: np.ndarray) -> dict[tuple[int, ...], float]:
        """Score of each phone string: the best (or all) of its CTC paths."""
        ways: dict[tuple[tuple[int, ...], int], float] = {((), 0): 0.0}
        for row in log_probs.tolist():
            longer: dict[tuple[tuple[int, ...], int], float] = defaultdict(lambda: -math.inf)
            for (string, last), score in ways.items():
                for symbol, emission in enumerate(row):
                    repeats = symbol in (0, last)
                    state = (string if repeats else (*string, symbol), symbol)
                    longer[state] = self._either(longer[state], score + emission)
            ways = longer
        strings: dict[tuple[int, ...], float] = defaultdict(lambda: -math.inf)
        for (string, _), score in ways.items():
            strings[string] = self._either(strings[string], score)
        return strings

    def fixed(self, words: tuple[str, ...]) -> float:
        """What does not depend on the audio: language model, word scores, phrases."""
        total = self.word_score * len(words)
        if self.model is not None:
            total += self.lm_weight * sum(self.model.sentence(words, self.context))
        total += self.lm_weight * self.oov_log_prob * sum(w in self.new_words for w in words)
        for phrase, boost in self.phrases.items():
            starts = range(len(words) - len(phrase) + 1)
            total += boost * sum(words[i : i + len(phrase)] == phrase for i in starts)
        return total

    def _either(self, a: float, b: float) -> float:
        high, low = max(a, b), min(a, b)
        if not self.log_add or low == -math.inf:
            return high
        return high + math.log1p(math.exp(low - high))

    def _segmentations(self, phones: tuple[int, ...]) -> list[tuple[tuple[str, ...], float]]:
        if not phones:
            return [((), 0.0)]
        found = []
        for word, own, prior in self.pronunciations:
            if phones[: len(own)] == own:
                for rest, rest_prior in self._segmentations(phones[len(own) :]):
                    found.append(((self.words[word], *rest), prior + rest_prior))
        return found
