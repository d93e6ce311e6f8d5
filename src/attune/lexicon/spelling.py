"""Spelling words in a network's tokens: what stands in for a pronunciation where there are no
phones.

A word of such a base is "said" as its spelling, so that the prefix tree, the language model and the
phrases of the search work unchanged. Where tokens are characters with a separator between words,
the separator belongs to the end of each word; a reading without it, less likely, lets the last word
before a pause end. Where they have capitals and small letters, a word has a reading of each.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Sequence
from itertools import pairwise

from attune.errors import InputError
from attune.lexicon.pronouncer import Reading, distinct_readings
from attune.lexicon.pronunciation import Pronunciation
from attune.lexicon.tokens import CONTINUATION, WORD_MARK, SpellingMethod, Units, word_separator

__all__ = ["Speller"]

_WITHOUT_SEPARATOR = math.log(0.1)
_CAPITALISED = math.log(0.5)

Cut = Callable[[str], tuple[str, ...] | None]


class Speller:
    """Spells words in `tokens` (the network's symbols without the blank).

    `method` cuts words into pieces; `unigram` and `bpe` need `scores`, one for each token.
    InputError when they are missing.
    """

    takes_phones = False

    def __init__(
        self,
        tokens: Sequence[str],
        units: Units,
        method: SpellingMethod = "longest",
        scores: Sequence[float] | None = None,
    ) -> None:
        self.tokens = tuple(tokens)
        self._tokens = frozenset(tokens)
        self._longest = max(map(len, tokens), default=1)
        if method != "longest" and scores is None:
            raise InputError(f"spelling by {method} needs the tokenizer's scores")
        self._scores = dict(zip(tokens, scores, strict=True)) if scores is not None else {}
        self._separator = word_separator(tokens) if units == "characters" else None
        letters = [token for token in tokens if len(token.strip(WORD_MARK)) == 1 or len(token) == 1]
        small = any(c.islower() for token in letters for c in token)
        large = any(c.isupper() for token in letters for c in token)
        self._cases = tuple(_cases(small, large))
        cut: dict[str, Cut] = {
            "longest": self._by_longest,
            "unigram": self._by_scores,
            "bpe": self._by_merging,
        }
        self._cut: Cut = {
            "characters": self._by_character,
            "wordpieces": self._by_wordpiece,
        }.get(units, cut[method])

    def can_read(self, word: str) -> bool:
        """Whether `word` can be spelled in the tokens."""
        return bool(self.spell(word))

    def read(self, word: str) -> Reading:
        """The spellings of `word`, likeliest first; InputError when there is none."""
        found = self.spell(word)
        if not found:
            raise InputError(
                f"{word!r} cannot be spelled in the model's tokens: write it in the letters that "
                "the model has"
            )
        return Reading(word, "spelled", found)

    def read_all(self, words: Sequence[str]) -> list[Reading]:
        """`read` for each of `words`."""
        return [self.read(word) for word in words]

    def spell(self, word: str) -> tuple[Pronunciation, ...]:
        """The spellings of `word`, the likeliest at log probability 0; empty when there is none."""
        found = []
        for change, log_prob in self._cases:
            tokens = self._cut(change(word)) if word else None
            if tokens and len(tokens) < 255:
                found += [Pronunciation(t, log_prob + p) for t, p in self._separated(tokens)]
        return distinct_readings(found) if found else ()

    def as_word(self, tokens: tuple[str, ...]) -> tuple[str, ...]:
        """`tokens`, cut out of what a network heard, as one word; empty if nothing is left."""
        words = [token for token in tokens if token != self._separator]
        return (*words, self._separator) if words and self._separator else tuple(words)

    def _separated(self, tokens: tuple[str, ...]) -> Iterator[tuple[tuple[str, ...], float]]:
        if self._separator is None:
            yield tokens, 0.0
        else:
            yield (*tokens, self._separator), 0.0
            yield tokens, _WITHOUT_SEPARATOR

    def _by_character(self, word: str) -> tuple[str, ...] | None:
        return tuple(word) if self._tokens.issuperset(word) else None

    def _by_wordpiece(self, word: str) -> tuple[str, ...] | None:
        return self._longest_first(word, lambda at: CONTINUATION if at else "")

    def _by_longest(self, word: str) -> tuple[str, ...] | None:
        # The longest piece may lead where no other goes on: then the fewest pieces.
        return self._longest_first(WORD_MARK + word, lambda at: "") or self._best(word, lambda t: 1)

    def _longest_first(self, text: str, mark: Callable[[int], str]) -> tuple[str, ...] | None:
        found: list[str] = []
        at = 0
        while at < len(text):
            prefix = mark(at)
            for end in range(min(len(text), at + self._longest), at, -1):
                if prefix + text[at:end] in self._tokens:
                    found.append(prefix + text[at:end])
                    at = end
                    break
            else:
                return None
        return tuple(found)

    def _by_scores(self, word: str) -> tuple[str, ...] | None:
        return self._best(word, lambda token: -self._scores[token])

    def _best(self, word: str, cost: Callable[[str], float]) -> tuple[str, ...] | None:
        """The pieces of the least summed cost (Viterbi)."""
        text = WORD_MARK + word
        best: list[tuple[float, int]] = [(0.0, 0)] + [(math.inf, 0)] * len(text)
        for end in range(1, len(text) + 1):
            for begin in range(max(0, end - self._longest), end):
                if best[begin][0] < math.inf and text[begin:end] in self._tokens:
                    total = best[begin][0] + cost(text[begin:end])
                    if total < best[end][0]:
                        best[end] = (total, begin)
        if best[-1][0] == math.inf:
            return None
        found: list[str] = []
        end = len(text)
        while end:
            begin = best[end][1]
            found.append(text[begin:end])
            end = begin
        return tuple(reversed(found))

    def _by_merging(self, word: str) -> tuple[str, ...] | None:
        parts = list(WORD_MARK + word)
        while True:
            pairs = [
                (-self._scores[joined], place)
                for place, joined in enumerate(map("".join, pairwise(parts)))
                if joined in self._tokens
            ]
            if not pairs:
                return tuple(parts) if self._tokens.issuperset(parts) else None
            _, place = min(pairs)
            parts[place : place + 2] = ["".join(parts[place : place + 2])]


def _cases(small: bool, large: bool) -> Iterator[tuple[Callable[[str], str], float]]:
    """How words, which are in small letters, may be written in the tokens."""
    if large and not small:
        yield str.upper, 0.0
        return
    yield str, 0.0
    if large:
        yield _capitalised, _CAPITALISED


def _capitalised(word: str) -> str:
    return word[:1].upper() + word[1:]
