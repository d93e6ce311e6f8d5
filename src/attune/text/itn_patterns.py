r"""Display patterns: what written text looks like, compiled to what may be said for it.

A pattern such as `JO:[5-7]00` or `(AB|CD)-(\d)+` shows the text that a person wants to read.
`parse_pattern` compiles it into a small automaton over the letters and digits of speech;
`attune.text.itn_matching` runs that. No pattern is expanded, and the automaton has as many nodes
as the pattern has characters, within a factor of two.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import NoReturn

from attune.errors import InputError

__all__ = ["LONGEST_PATTERN", "Node", "Pattern", "parse_pattern"]

LONGEST_PATTERN = 500
"""Characters that a pattern may have."""

_DEEPEST = 20  # Groups inside groups.
_SPECIAL = "\\(){}[]|+?*"
_LETTERS = tuple(chr(code) for code in range(ord("a"), 0x250) if chr(code).islower())
_DIGITS: Mapping[str, str] = {digit: digit for digit in "0123456789"}
_LOWER: Mapping[str, str] = {letter: letter for letter in _LETTERS if len(letter.upper()) == 1}
_UPPER: Mapping[str, str] = {letter: letter.upper() for letter in _LOWER}
# Letters said one by one are written in capitals by the default rules; `\a` takes them as they are.
_CLASSES = {"d": _DIGITS, "l": _LOWER, "u": _UPPER, "a": _UPPER}


@dataclass(frozen=True, slots=True)
class Node:
    """A state of the automaton.

    With `accept` it reads one of those characters of lower-case speech, writes what stands there
    for it, and goes on to `next[0]`; a `spelled` node reads only a letter that is said by itself.
    Without, it writes `emit` and goes on to each of `next`, preferred first; none: the match ends.
    """

    accept: Mapping[str, str]
    next: tuple[int, ...]
    emit: str = ""
    spelled: bool = False


@dataclass(frozen=True, slots=True)
class Pattern:
    """A compiled pattern: its text, the automaton (which begins at `nodes[start]`), the characters
    that a match can begin with, and the marks that its last repetition ends without."""

    text: str
    nodes: tuple[Node, ...]
    start: int
    first: frozenset[str]
    tail: str


def parse_pattern(text: str) -> Pattern:
    """Compile a display pattern; InputError says what is wrong with it, and at which character."""
    if len(text) > LONGEST_PATTERN:
        raise InputError(f"a pattern of {len(text):,} characters: at most {LONGEST_PATTERN}")
    reader = _Reader(text)
    alternatives = reader.alternatives(0)
    if reader.position < len(text):
        reader.fail("closes nothing: write \\) for the character itself")
    if len(alternatives) > 1:
        raise InputError("'|' outside a group: put the alternatives between ( and )")
    sequence = alternatives[0]
    if not _reads(sequence):
        raise InputError("matches even when nothing is said: add a letter, a digit or {spoken}")
    nodes = [Node({}, ())]
    start = _compile_sequence(sequence, 0, nodes)
    first = frozenset(
        character for index in _closure(start, nodes) for character in nodes[index].accept
    )
    return Pattern(text, tuple(nodes), start, first, _tail(sequence))


@dataclass(frozen=True, slots=True)
class _Character:
    """Reads one of `accept`."""

    accept: Mapping[str, str]
    spelled: bool


@dataclass(frozen=True, slots=True)
class _Mark:
    """Punctuation or a space: written whether or not the default rules wrote it already."""

    text: str


@dataclass(frozen=True, slots=True)
class _Replacement:
    """Reads `spoken` and writes `written`."""

    spoken: str
    written: str


@dataclass(frozen=True, slots=True)
class _Group:
    alternatives: tuple[_Sequence, ...]
    suffix: str


_Item = _Character | _Mark | _Replacement | _Group
_Sequence = tuple[_Item, ...]


class _Reader:
    """Reads a pattern from left to right."""

    def __init__(self, text: str) -> None:
        self.text = text
        self.position = 0

    def fail(self, fault: str, position: int | None = None) -> NoReturn:
        """InputError about the character at `position`, or the next one."""
        place = self.position if position is None else position
        raise InputError(f"{self.text[place]!r} at character {place + 1} {fault}")

    def peek(self) -> str:
        return self.text[self.position : self.position + 1]

    def alternatives(self, depth: int) -> tuple[_Sequence, ...]:
        """Sequences between `|`, up to a `)` or the end."""
        found: list[_Sequence] = []
        while True:
            found.append(self._sequence(depth))
            if self.peek() != "|":
                return tuple(found)
            self.position += 1

    def _sequence(self, depth: int) -> _Sequence:
        items: list[_Item] = []
        while (character := self.peek()) not in ("", "|", ")"):
            if character == "(":
                items.append(self._group(depth))
            elif character == "[":
                items.append(self._set())
            elif character == "{":
                items.append(self._replacement())
            elif character == "\\":
                items.append(self._escaped())
            elif character in "+?*":
                self.fail(f"follows no group: write (...){character}, or \\{character} for itself")
            elif character in "]}":
                self.fail(f"closes nothing: write \\{character} for the character itself")
            else:
                items += _literal(character)
                self.position += 1
        return tuple(items)

    def _group(self, depth: int) -> _Group:
        opened = self.position
        if depth == _DEEPEST:
            self.fail(f"opens a group inside {_DEEPEST} others: write it more simply")
        self.position += 1
        alternatives = self.alternatives(depth + 1)
        if self.peek() != ")":
            self.fail("is not closed: add )", opened)
        self.position += 1
        suffix = self.peek() if self.peek() and self.peek() in "+?*" else ""
        self.position += len(suffix)
        if suffix in ("+", "*") and not all(map(_reads, alternatives)):
            self.fail("may repeat nothing: leave out the empty alternative", opened)
        if not any(alternatives):
            self.fail("opens an empty group: leave it out", opened)
        return _Group(alternatives, suffix)

    def _set(self) -> _Character:
        opened = self.position
        closed = self.text.find("]", opened)
        if closed < 0:
            self.fail("is not closed: add ]")
        inside = self.text[opened + 1 : closed]
        accept: dict[str, str] = {}
        place = 0
        while place < len(inside):
            low = high = inside[place]
            if inside[place + 1 : place + 2] == "-" and place + 2 < len(inside):
                high = inside[place + 2]
            if not _same_kind(low, high):
                self.fail(f"opens a set with {low}-{high}: write ranges as [5-7] or [A-C]", opened)
            for code in range(ord(low), ord(high) + 1):
                accept.setdefault(chr(code).lower(), chr(code))
            place += 3 if inside[place + 1 : place + 2] == "-" and place + 2 < len(inside) else 1
        if not accept:
            self.fail("opens an empty set: write ranges as [5-7] or [A-C]")
        self.position = closed + 1
        return _Character(accept, not accept.keys() <= _DIGITS.keys())

    def _escaped(self) -> _Item:
        character = self.text[self.position + 1 : self.position + 2]
        if character in _CLASSES:
            self.position += 2
            return _Character(_CLASSES[character], character != "d")
        if not character or character.isalnum() or character.isspace():
            self.fail("escapes nothing: use \\d \\l \\u \\a, or \\ before a special character")
        self.position += 2
        return _Mark(character)

    def _replacement(self) -> _Replacement:
        opened = self.position
        self.position += 1
        parts = [""]
        while (character := self.peek()) != "}":
            if character == "\\" and self.position + 1 < len(self.text):
                self.position += 1
                parts[-1] += self.peek()
            elif character == ">" and len(parts) == 1:
                parts.append("")
            elif character in ("", "{"):
                self.fail("is not closed: add }", opened)
            else:
                parts[-1] += character
            self.position += 1
        self.position += 1
        spoken = "".join(c for c in parts[0].lower() if c.isalnum() or c == "'")
        if not any(map(str.isalnum, spoken)):
            self.fail("names nothing that is said: write {spoken>written} or {spoken}", opened)
        return _Replacement(spoken, parts[1] if len(parts) == 2 else "")


def _literal(character: str) -> list[_Item]:
    if not character.isalnum():
        return [_Mark(character)]
    # Some capitals have two characters in lower case; the last of them writes the capital.
    lower = character.lower()
    before = [_Character({part: ""}, False) for part in lower[:-1]]
    return [*before, _Character({lower[-1]: character}, False)]


def _same_kind(low: str, high: str) -> bool:
    """Whether two characters are the ends of a range: digits, or letters of one case of a-z."""
    kinds = ("0123456789", "abcdefghijklmnopqrstuvwxyz", "ABCDEFGHIJKLMNOPQRSTUVWXYZ")
    return low <= high and any(low in kind and high in kind for kind in kinds)


def _reads(sequence: _Sequence) -> bool:
    """Whether every match of `sequence` reads something that is said."""
    return any(
        (item.suffix in ("", "+") and all(map(_reads, item.alternatives)))
        if isinstance(item, _Group)
        else not isinstance(item, _Mark)
        for item in sequence
    )


def _compile_sequence(sequence: _Sequence, after: int, nodes: list[Node]) -> int:
    """Append the nodes of `sequence`, which goes on to `after`; return where it begins."""
    for item in reversed(sequence):
        after = _compile(item, after, nodes)
    return after


def _compile(item: _Item, after: int, nodes: list[Node]) -> int:
    if isinstance(item, _Character):
        return _append(nodes, Node(item.accept, (after,), spelled=item.spelled))
    if isinstance(item, _Mark):
        read = _append(nodes, Node({item.text.lower(): item.text}, (after,)))
        write = _append(nodes, Node({}, (after,), emit=item.text))
        return _append(nodes, Node({}, (read, write)))
    if isinstance(item, _Replacement):
        if item.written:
            after = _append(nodes, Node({}, (after,), emit=item.written))
        for character in reversed(item.spoken):
            after = _append(nodes, Node({character: ""}, (after,)))
        return after
    repeats = item.suffix in ("+", "*")
    # Filled in below, for a repetition leads back to it.
    again = _append(nodes, Node({}, (after,))) if repeats else after
    starts = tuple(_compile_sequence(one, again, nodes) for one in item.alternatives)
    if repeats:
        nodes[again] = Node({}, (*starts, after))
    return _append(nodes, Node({}, (*starts, after) if item.suffix in ("?", "*") else starts))


def _append(nodes: list[Node], node: Node) -> int:
    nodes.append(node)
    return len(nodes) - 1


def _closure(start: int, nodes: list[Node]) -> set[int]:
    """The nodes that are reached from `start` before anything is read."""
    found: set[int] = set()
    waiting = [start]
    while waiting:
        index = waiting.pop()
        if index not in found:
            found.add(index)
            waiting += () if nodes[index].accept else nodes[index].next
    return found


def _tail(sequence: _Sequence) -> str:
    r"""The marks between repetitions that the last one goes without: the point of `(\u.)+`."""
    last = sequence[-1] if sequence else None
    if not isinstance(last, _Group) or last.suffix not in ("+", "*") or len(last.alternatives) > 1:
        return ""
    marks: list[str] = []
    for item in reversed(last.alternatives[0]):
        if not isinstance(item, _Mark):
            break
        marks.insert(0, item.text)
    return "".join(marks)
