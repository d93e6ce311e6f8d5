"""Finding display patterns in recognised words: letters said one by one, numbers said any way.

The words become a lattice of readings ("five hundred" is 500; "one oh five" is 1, 0 and 5), and a
pattern's automaton runs over it with all its states at once, so that the work is bounded by the
product of both (Thompson, "Regular Expression Search Algorithm", CACM 1968; Cox, "Regular
Expression Matching: the Virtual Machine Approach", 2009).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from .inverse import WrittenToken
from .itn_patterns import Node, Pattern
from .spoken_numbers import DIGITS, NUMBER_WORDS, below_hundred, cardinal_at, word_at

__all__ = ["PatternIndex", "Reading", "readings"]

_LONGEST_MATCH = 40
"""Words that one match may span."""

_LONGEST_NUMBER = 12
_SCALES = frozenset(("hundred", "thousand", "million", "billion", "trillion", "quadrillion"))
_NUMBERS = (NUMBER_WORDS | _SCALES) - {"a", "oh"}
_REPEATS = {"double": 2, "triple": 3}

_STEPS_PER_CALL = 200_000
"""Nodes visited for one utterance before matching stops, about a tenth of a second: ordinary rules
need some hundreds."""

_Output = tuple["_Output | None", str]


@dataclass(frozen=True, slots=True)
class Reading:
    """Characters that words may stand for, up to position `end`; lower case."""

    text: str
    end: int
    spelled: bool = False


@dataclass(slots=True)
class _Budget:
    steps: int = _STEPS_PER_CALL


@dataclass(frozen=True, slots=True)
class PatternIndex:
    """Patterns, found by the characters with which they can begin."""

    patterns: tuple[Pattern, ...]
    _by_first: Mapping[str, tuple[Pattern, ...]] = field(init=False, repr=False)

    def __post_init__(self) -> None:
        found: dict[str, list[Pattern]] = {}
        for pattern in self.patterns:
            for character in pattern.first:
                found.setdefault(character, []).append(pattern)
        object.__setattr__(self, "_by_first", {key: tuple(item) for key, item in found.items()})

    def write(
        self, words: Sequence[str], tokens: Sequence[WrittenToken], rule: str
    ) -> list[WrittenToken]:
        """The matches from left to right, as tokens of `rule`; they do not overlap.

        `tokens` are what the default rules made of the lower-case `words`. At each word the match
        of most words wins, then the pattern that comes first.
        """
        if not self.patterns:
            return []
        lattice = readings(words, tokens)
        budget = _Budget()
        found: list[WrittenToken] = []
        position = 0
        while position < len(words):
            best = self._best_at(lattice, words, position, budget)
            if best is None:
                position += 1
                continue
            found.append(WrittenToken(best[1], position, best[0], rule))
            position = best[0]
        return found

    def _best_at(
        self,
        lattice: Sequence[Sequence[Reading]],
        words: Sequence[str],
        position: int,
        budget: _Budget,
    ) -> tuple[int, str] | None:
        if words[position] in _NUMBERS and word_at(words, position - 1) in _NUMBERS:
            return None  # The middle of a longer number.
        best: tuple[int, str] | None = None
        tried: set[int] = set()
        for character in dict.fromkeys(reading.text[0] for reading in lattice[position]):
            for pattern in self._by_first.get(character, ()):
                if id(pattern) in tried:
                    continue
                tried.add(id(pattern))
                matched = _match(pattern, lattice, words, position, budget)
                if matched and (best is None or matched[0] > best[0]):
                    best = matched
        return best


def readings(words: Sequence[str], tokens: Sequence[WrittenToken]) -> list[list[Reading]]:
    """For every word, what may be read from there on, the most words first.

    Besides the word itself: numbers, digits said with "oh", "double" or "triple", and what the
    default rules wrote, as `tokens`.
    """
    lattice: list[list[Reading]] = []
    by_start: dict[int, list[WrittenToken]] = {}
    for token in tokens:
        if token.rule and token.text:
            by_start.setdefault(token.start, []).append(token)
    for position, word in enumerate(words):
        found = [Reading(word, position + 1, len(word) == 1)] if word else []
        found += (Reading(text, end, True) for text, end in _numbers(words, position))
        for token in by_start.get(position, ()):
            text = "".join(token.text.lower().split())
            found.append(Reading(text, token.end, len(text) == 1))
        found.sort(key=lambda reading: -reading.end)
        lattice.append(found)
    return lattice


def _numbers(words: Sequence[str], position: int) -> list[tuple[str, int]]:
    """Digits that are said from `position` on, each with the position after them."""
    word = words[position]
    if word == "o" or word == "oh":
        return [("0", position + 1)]
    following = word_at(words, position + 1)
    if word in _REPEATS and (following in DIGITS or following in ("o", "oh")):
        return [(str(DIGITS.get(following, 0)) * _REPEATS[word], position + 2)]
    if word not in NUMBER_WORDS:
        return []
    found: dict[int, str] = {}
    small = below_hundred(words, position)
    if small is not None and word_at(words, small[1]) not in _SCALES:
        found[small[1]] = str(small[0])
    nearby = words[position : position + _LONGEST_NUMBER]
    # "five hundred one fifteen" may be 501 15 as well as 500 115.
    ends = [end for end, part in enumerate(nearby, start=1) if part in _SCALES]
    for end in (*ends, len(nearby)):
        read = cardinal_at(nearby[:end], 0)
        if read is not None and word_at(nearby, read[1]) not in _SCALES:
            found.setdefault(position + read[1], str(read[0]))
    return [(text, end) for end, text in found.items()]


def _match(
    pattern: Pattern,
    lattice: Sequence[Sequence[Reading]],
    words: Sequence[str],
    start: int,
    budget: _Budget,
) -> tuple[int, str] | None:
    """The longest match from word `start`: the position after it and what it writes."""
    states: dict[int, _Output | None] = {}
    _enter(pattern.nodes, pattern.start, None, states, set())
    waiting = {start: states}
    best: tuple[int, _Output | None] | None = None
    for position in range(start, min(len(words), start + _LONGEST_MATCH) + 1):
        if not waiting:
            break
        reached = waiting.pop(position, None)
        if reached is None:
            continue
        if 0 in reached and not _inside_number(words, position):
            best = position, reached[0]
        if position == len(words):
            break
        for reading in lattice[position]:
            current = reached
            for character in reading.text:
                current = _step(pattern.nodes, current, character, reading.spelled, budget)
                if not current or budget.steps < 0:
                    break
            else:
                following = waiting.setdefault(reading.end, {})
                for node, output in current.items():
                    following.setdefault(node, output)
        if budget.steps < 0:
            return None
    if best is None:
        return None
    text = " ".join(_written(best[1]).split()).removesuffix(pattern.tail.rstrip())
    return (best[0], text) if text else None


def _inside_number(words: Sequence[str], position: int) -> bool:
    """Whether a match that ends at `position` would cut a number."""
    return (
        word_at(words, position - 1) in _NUMBERS | {"oh"} and word_at(words, position) in _NUMBERS
    )


def _step(
    nodes: Sequence[Node],
    states: Mapping[int, _Output | None],
    character: str,
    spelled: bool,
    budget: _Budget,
) -> dict[int, _Output | None]:
    """The states after reading `character`."""
    after: dict[int, _Output | None] = {}
    seen: set[int] = set()
    for index, output in states.items():
        node = nodes[index]
        written = node.accept.get(character)
        if written is not None and (spelled or not node.spelled):
            _enter(nodes, node.next[0], (output, written) if written else output, after, seen)
    budget.steps -= len(states) + len(seen)
    return after


def _enter(
    nodes: Sequence[Node],
    start: int,
    output: _Output | None,
    states: dict[int, _Output | None],
    seen: set[int],
) -> None:
    """Add the states that are reached from `start` without reading; earlier ones are preferred.

    Only states that read something, and the end (0), are kept; `seen` are those visited before.
    """
    waiting = [(start, output)]
    while waiting:
        index, output = waiting.pop()
        if index in seen:
            continue
        seen.add(index)
        node = nodes[index]
        if node.accept or index == 0:
            states[index] = output
            continue
        if node.emit:
            output = (output, node.emit)
        waiting += ((following, output) for following in reversed(node.next))


def _written(output: _Output | None) -> str:
    parts: list[str] = []
    while output is not None:
        output, text = output
        parts.append(text)
    return "".join(reversed(parts))
