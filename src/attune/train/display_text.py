"""Labelled words for the display model, read from text with its own case and punctuation."""

from __future__ import annotations

import lzma
import random
import re
from array import array
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from attune.text import normalize
from attune.text.display_model import COMMA, END, LOWER, NO_MARK, TITLE, case_of

__all__ = [
    "CASE_NOT_SAID",
    "Label",
    "LabelledText",
    "label_line",
    "pack",
    "read_labelled",
    "usual_forms",
    "written_forms",
]

CASE_NOT_SAID = -1
"""Case label of words that do not show theirs: sentence-initial, in numbers, single letters."""

_WRAPPING = "\"'()[]{}*_“”‘’«»"
_TOKEN = re.compile(rf"^[{re.escape(_WRAPPING)}]*(.*?)([{re.escape(_WRAPPING)},.;:?!…]*)$")
_ABBREVIATION = re.compile(
    r"(?:Mr|Mrs|Ms|Dr|St|Prof|Gen|Col|Capt|Lt|Sgt|Rev|Hon|Gov|Sen|Rep|Jr|Sr|No|Vol|vs|etc|Messrs"
    r"|Mme|Mlle|[A-Za-z]|(?:[A-Za-z]\.)+[A-Za-z])"
)
_TRAILING = _WRAPPING + ",.;:?!…"
_SENTENCE = re.compile(r"[\"'(]*[A-Z0-9].*[.?!…][\"')]*$")


@dataclass(frozen=True, slots=True)
class LabelledText:
    """Sequences of words, one after the other.

    `types`: the distinct words; `words`: int32 [word] indices into them; `marks` int8 [word]
    (NO_MARK, COMMA, END) and `questions` bool [word]; `cases`: int8 [word], CASE_NOT_SAID or a
    class; `starts`: int64 [sequence] first word of each sequence.
    """

    types: tuple[str, ...]
    words: NDArray[np.int32]
    marks: NDArray[np.int8]
    questions: NDArray[np.bool_]
    cases: NDArray[np.int8]
    starts: NDArray[np.int64]


Label = tuple[str, int, bool, int]
"""Word, mark, whether that ends a question, case."""


def _read_token(token: str) -> tuple[tuple[tuple[str, int], ...], str, str]:
    """(words with cases, end marks, core) of one whitespace-separated token."""
    match = _TOKEN.match(token)
    assert match is not None
    core, tail = match[1], "".join(c for c in match[2] if c not in _WRAPPING)
    pieces = [piece for piece in core.split("-") if piece] if not re.search(r"\d", core) else [core]
    words: list[tuple[str, int]] = []
    for piece in pieces:
        spoken = normalize(piece).split()
        plain = len(spoken) == 1 and spoken[0] == piece.lower().replace("’", "'")
        shown = plain and len(spoken[0]) > 1 and not spoken[0].startswith("i'")
        case = case_of(piece.replace("’", "'")) if shown else CASE_NOT_SAID
        words += [(word, case) for word in spoken]
    return tuple(words), tail, core


def label_line(
    line: str, cache: dict[str, tuple[tuple[tuple[str, int], ...], str, str]]
) -> list[Label]:
    """Labels of one line of text; [] if it is no well-written sentence."""
    if not _SENTENCE.match(line) or sum(map(str.isupper, line)) * 3 > len(line):
        return []
    tokens = line.replace("—", " — ").replace("--", " — ").split()
    labels: list[Label] = []
    first = True
    for index, token in enumerate(tokens):
        if token == "—":
            if labels and labels[-1][1] == NO_MARK:
                labels[-1] = (labels[-1][0], COMMA, False, labels[-1][3])
            continue
        read = cache.get(token)
        if read is None:
            read = cache[token] = _read_token(token)
        words, tail, core = read
        if not words:
            continue
        following = tokens[index + 1].lstrip(_WRAPPING) if index + 1 < len(tokens) else ""
        mark, question = _mark(tail, core, following)
        first = first or token[0] in "\"'“‘"
        for word, case in words:
            labels.append((word, NO_MARK, False, CASE_NOT_SAID if first else case))
            first = False
        labels[-1] = (labels[-1][0], mark, question, labels[-1][3])
        first = mark == END
    if labels:
        word, _, question, case = labels[-1]
        labels[-1] = (word, END, question or "?" in tokens[-1], case)
    return labels


def _mark(tail: str, core: str, following: str) -> tuple[int, bool]:
    ends = any(c in tail for c in ".?!…")
    if ends and (not following or following[0].isupper() or following[0].isdigit()):
        abbreviated = following and tail == "." and _ABBREVIATION.fullmatch(core)
        return (NO_MARK, False) if abbreviated else (END, "?" in tail)
    if ends and tail == ".":
        return NO_MARK, False
    return (COMMA if tail or ends else NO_MARK), False


def _chosen_lines(path: Path, *, share: float, held_out: bool, seed: int) -> Iterator[str]:
    """Lines of blocks of 200 drawn with probability `share`; see `read_labelled`."""
    draw = random.Random(seed)
    take = False
    with lzma.open(path, "rt", encoding="utf-8") as stream:
        for number, line in enumerate(stream):
            if number % 200 == 0:
                take = (number // 200 % 50 == 7) == held_out and draw.random() < share
            if take:
                yield line


def read_labelled(
    path: Path, *, share: float, held_out: bool, seed: int, limit: int | None = None
) -> Iterator[list[Label]]:
    """Sequences of one to four neighbouring sentences of an .xz text.

    Blocks of 200 lines are drawn with probability `share`; every fiftieth block is kept apart as
    held-out text and read instead when `held_out`. At most `limit` words.
    """
    draw = random.Random(seed)
    cache: dict[str, tuple[tuple[tuple[str, int], ...], str, str]] = {}
    sequence: list[Label] = []
    wanted = 1
    count = 0
    for line in _chosen_lines(path, share=share, held_out=held_out, seed=seed):
        sequence += label_line(line.strip(), cache)
        wanted -= 1
        if wanted <= 0 and sequence:
            yield sequence
            count += len(sequence)
            if limit is not None and count >= limit:
                return
            sequence = []
            # Most utterances that a recogniser sends are one sentence; the rest teaches where
            # a sentence ends within running speech.
            wanted = draw.choice((1, 1, 1, 2, 3, 4))


def pack(sequences: Iterable[Sequence[Label]]) -> LabelledText:
    """Arrays of labelled sequences."""
    index: dict[str, int] = {}
    words = array("i")
    marks = bytearray()
    questions = bytearray()
    cases = bytearray()
    starts: list[int] = []
    for sequence in sequences:
        starts.append(len(words))
        for word, mark, question, case in sequence:
            words.append(index.setdefault(word, len(index)))
            marks.append(mark)
            questions.append(question)
            cases.append(case & 0xFF)
    return LabelledText(
        tuple(index),
        np.frombuffer(words, dtype=np.int32),
        np.frombuffer(bytes(marks), dtype=np.int8),
        np.frombuffer(bytes(questions), dtype=np.bool_),
        np.frombuffer(bytes(cases), dtype=np.int8),
        np.array(starts, dtype=np.int64),
    )


def written_forms(path: Path, *, share: float, seed: int, forms_seen: Counter[str]) -> None:
    """Count written forms within sentences (not their first words) of an .xz text's share."""
    for line in _chosen_lines(path, share=share, held_out=False, seed=seed):
        tokens = line.split()
        if sum(map(str.isupper, line)) * 3 > len(line):
            continue
        for before, token in pairwise(tokens):
            if before[-1] not in ".?!…:;\"'—" and token[0] not in "\"'—(":
                forms_seen[token.rstrip(_TRAILING)] += 1


def usual_forms(forms_seen: Counter[str], *, least: int, most: int) -> dict[str, str]:
    """Lower-case word -> the written form that is usual, for words not usually lower case."""
    by_word: dict[str, Counter[str]] = {}
    for form, count in forms_seen.items():
        form = form.replace("’", "'")
        if form.isascii() and re.fullmatch(r"[A-Za-z]+(?:'[A-Za-z]+)*", form):
            by_word.setdefault(form.lower(), Counter())[form] += count
    chosen: list[tuple[int, str, str]] = []
    for word, forms in by_word.items():
        form, count = forms.most_common(1)[0]
        total = sum(forms.values())
        if len(word) < 2 or case_of(form) == LOWER or count < least:
            continue
        # Forms other than Title are used wherever the word is, so they must be the rule.
        if count * 2 > total if case_of(form) == TITLE else count * 4 > total * 3:
            chosen.append((count, word, form))
    chosen.sort(key=lambda entry: (-entry[0], entry[1]))
    return {word: form for _, word, form in chosen[:most]}
