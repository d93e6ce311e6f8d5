"""Sentences with lists in them, and the many sentences that these stand for.

"play {@title}" with a list of a thousand titles stands for a thousand sentences, and several lists
in one sentence for the product; so they are counted, sampled and expanded without being held.
"""

from __future__ import annotations

import itertools
import random
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import TextIO

from attune.data.pronunciation_entries import PronunciationEntry

__all__ = ["ListUse", "Sentence", "StructuredText", "TextList"]


@dataclass(frozen=True, slots=True)
class TextList:
    """A class of words or phrases that may stand in the same place."""

    name: str
    items: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class ListUse:
    """The place of an item of the list called `name` in a sentence."""

    name: str


@dataclass(frozen=True, slots=True)
class Sentence:
    """Texts and uses of lists, in order; `section` is the heading that it stands under."""

    parts: tuple[str | ListUse, ...]
    section: str = "sentences"

    @property
    def uses(self) -> tuple[str, ...]:
        """The names of the lists used, in order, repeated ones repeated."""
        return tuple(part.name for part in self.parts if isinstance(part, ListUse))

    def fill(self, items: Sequence[str]) -> str:
        """The sentence with one of `items` for each use of a list."""
        following = iter(items)
        texts = (next(following) if isinstance(part, ListUse) else part for part in self.parts)
        return " ".join("".join(texts).split())

    def __str__(self) -> str:
        return "".join(
            f"{{@{part.name}}}" if isinstance(part, ListUse) else part for part in self.parts
        )


@dataclass(frozen=True)
class StructuredText:
    """Lists, sentences that use them, and pronunciations. Every list used is there, with items."""

    lists: tuple[TextList, ...] = ()
    sentences: tuple[Sentence, ...] = ()
    pronunciations: tuple[PronunciationEntry, ...] = ()

    @cached_property
    def _items(self) -> dict[str, tuple[str, ...]]:
        return {one.name: one.items for one in self.lists}

    @property
    def count(self) -> int:
        """How many sentences it stands for, equal ones counted as often as they come about."""
        total = 0
        for sentence in self.sentences:
            product = 1
            for name in sentence.uses:
                product *= len(self._items[name])
            total += product
        return total

    def expand(self) -> Iterator[str]:
        """Yield all `count` sentences, one after the other; memory does not grow with them."""
        for sentence in self.sentences:
            pools = [self._items[name] for name in sentence.uses]
            yield from map(sentence.fill, itertools.product(*pools))

    def sample(self, count: int, seed: int = 0) -> Iterator[str]:
        """Yield `count` sentences, the same ones for the same `seed`.

        Sentences take turns, so that one with long lists does not crowd out the others; the items
        of a list take turns too. If `count` allows it, every item of every list in use comes at
        least once, and so does every sentence. Nothing is yielded when there are no sentences.
        """
        if not self.sentences:
            return
        dice = random.Random(seed)
        decks = {name: Deck(items, dice) for name, items in self._items.items()}
        turns = itertools.chain(self._covering(count, dice), self._taking_turns(dice))
        for index in itertools.islice(turns, count):
            sentence = self.sentences[index]
            yield sentence.fill([decks[name].draw() for name in sentence.uses])

    def _covering(self, count: int, dice: random.Random) -> list[int]:
        """Sentences (indices) that use every item of the lists, few of them for that; then all
        others once. Empty if more than `count` would be needed for the items.

        Sentences that use the same lists do the same good: they are taken in turns, and those that
        use the most lists with items missing come first.
        """
        alike: dict[tuple[str, ...], list[int]] = {}
        for index in dice.sample(range(len(self.sentences)), len(self.sentences)):
            alike.setdefault(tuple(sorted(self.sentences[index].uses)), []).append(index)
        missing = {name: len(self._items[name]) for uses in alike for name in uses}
        chosen: list[int] = []
        while missing:
            uses = max(alike, key=lambda uses: len(missing.keys() & uses))
            useful = missing.keys() & uses
            # So often that a list has no items missing any more: at most as many rounds as lists.
            rounds = min(-(-missing[name] // uses.count(name)) for name in useful)
            if len(chosen) + rounds > count:
                return []
            chosen += itertools.islice(itertools.cycle(alike[uses]), rounds)
            for name in useful:
                missing[name] -= rounds * uses.count(name)
                if missing[name] <= 0:
                    del missing[name]
        used = set(chosen)
        return chosen + [index for same in alike.values() for index in same if index not in used]

    def _taking_turns(self, dice: random.Random) -> Iterator[int]:
        """All sentences (indices) in random order, again and again."""
        order = list(range(len(self.sentences)))
        while True:
            dice.shuffle(order)
            yield from order

    def write(self, stream: TextIO) -> None:
        """Write the format that `read_structured_text` reads, in its canonical form."""
        for one in self.lists:
            stream.write(f"@ list {one.name} =\n")
            stream.writelines(f"- {item}\n" for item in one.items)
            stream.write("\n")
        if self.pronunciations:
            stream.write("@ speech:phoneticlexicon\n")
            stream.writelines(
                f"- {entry.display}/{' '.join(entry.phones)}\n" for entry in self.pronunciations
            )
            stream.write("\n")
        section = None
        for sentence in self.sentences:
            if sentence.section != section:
                stream.write(f"{'' if section is None else chr(10)}# {sentence.section}\n")
                section = sentence.section
            stream.write(f"- {sentence}\n")


class Deck:
    """Items drawn in random order; all of them before one comes again."""

    def __init__(self, items: Sequence[str], dice: random.Random) -> None:
        self._items = list(items)
        self._dice = dice
        self._next = len(self._items)

    def draw(self) -> str:
        """The next item."""
        if self._next == len(self._items):
            self._dice.shuffle(self._items)
            self._next = 0
        self._next += 1
        return self._items[self._next - 1]
