"""What an evaluation found of each utterance, read from the JSON that its job left."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path, PurePosixPath
from typing import Any

__all__ = ["EDITS", "ORDERS", "Advice", "ModelResult", "Results", "TestedUtterance", "read_results"]

EDITS = ("substitution", "deletion", "insertion")
"""The kinds of errors that utterances can be chosen by."""


@dataclass(frozen=True, slots=True)
class ModelResult:
    """What a model made of an utterance.

    `lexical` are the words, `display` the text as shown (None without formatting), `wer` the share
    of wrong words (None without transcript); `alignment` lists (reference, hypothesis, edit), the
    first two None where a word was inserted or deleted.
    """

    lexical: str
    display: str | None
    confidence: float | None
    wer: float | None
    substitutions: int
    deletions: int
    insertions: int
    alignment: tuple[tuple[str | None, str | None, str], ...]

    @property
    def errors(self) -> int:
        """All of them together."""
        return self.substitutions + self.deletions + self.insertions

    def count(self, edit: str) -> int:
        """How many there are of one of `EDITS`."""
        return int(getattr(self, f"{edit}s"))


@dataclass(frozen=True, slots=True)
class TestedUtterance:
    """A recording of the data set (`number` from 1) and what each model made of it; `reference` is
    None in an inspection. There the second model's errors are its differences from the first."""

    number: int
    name: str
    speaker: str
    seconds: float
    reference: str | None
    models: tuple[ModelResult, ...]

    @property
    def errors(self) -> int:
        """Those of the model that has most."""
        return max(model.errors for model in self.models)


@dataclass(frozen=True, slots=True)
class Advice:
    """One thing to do next about a model: what was seen, what to do, and the words it is about."""

    finding: str
    advice: str
    words: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Results:
    """Every utterance, and what to do next about the last model (nothing in an inspection)."""

    utterances: tuple[TestedUtterance, ...]
    advice: tuple[Advice, ...]


ORDERS: dict[str, Callable[[TestedUtterance], tuple[float, ...]]] = {
    "number": lambda each: (each.number,),
    "errors": lambda each: (-each.errors, each.number),
    "wer": lambda each: (-max(model.wer or 0.0 for model in each.models), each.number),
    "seconds": lambda each: (-each.seconds, each.number),
    "difference": lambda each: (
        -abs(each.models[0].errors - each.models[-1].errors),
        each.number,
    ),
}
"""Orders of utterances: by number, worst first by errors or rate, longest first, and those first
of which the models make the most different number of errors."""


@lru_cache(maxsize=4)
def read_results(path: Path, hash: str) -> Results:
    """The result at `path`, which `hash` names; kept, for pages are turned."""
    result = json.loads(path.read_bytes())
    last = result.get("models", [result])[-1]
    advice = tuple(
        Advice(one["finding"], one["advice"], tuple(word["word"] for word in one["words"]))
        for one in last.get("suggestions", ())
    )
    return Results(tuple(_utterances(result)), advice)


def _utterances(result: dict[str, Any]) -> Iterator[TestedUtterance]:
    if result["testing_kind"] == "inspection":
        yield from _inspected(result)
        return
    models = result.get("models", [result])
    for rows in zip(*(model["results"] for model in models), strict=True):
        yield _tested(rows[0], rows[0]["reference"], tuple(map(_scored, rows)))


def _inspected(result: dict[str, Any]) -> Iterator[TestedUtterance]:
    models = result.get("models", [result])
    pairs: list[Any] = result["results"] if len(models) == 2 else [None] * len(models[0]["results"])
    # The comparison takes one model for right; the columns are turned when that is the second.
    turned = result.get("reference") == "B"
    for pair, *rows in zip(pairs, *(model["results"] for model in models), strict=True):
        heard = [_heard(row) for row in rows]
        if pair is not None:
            heard[1] = _differing(heard[1], pair["alignment"], turned)
        yield _tested(rows[0], None, tuple(heard))


def _tested(
    row: dict[str, Any], reference: str | None, models: tuple[ModelResult, ...]
) -> TestedUtterance:
    # Line 1 of a manifest is its header.
    name = PurePosixPath(row["path"]).name
    return TestedUtterance(row["line"] - 1, name, row["speaker"], row["seconds"], reference, models)


def _scored(row: dict[str, Any]) -> ModelResult:
    return ModelResult(
        row["hypothesis"],
        row["display"],
        None,
        row["wer"],
        row["substitutions"],
        row["deletions"],
        row["insertions"],
        tuple((one["reference"], one["hypothesis"], one["edit"]) for one in row["alignment"]),
    )


def _heard(row: dict[str, Any]) -> ModelResult:
    words = tuple(row["hypothesis"].split())
    same = tuple((word, word, "correct") for word in words)
    return ModelResult(row["hypothesis"], row["display"], row["confidence"], None, 0, 0, 0, same)


def _differing(result: ModelResult, alignment: list[dict[str, Any]], turned: bool) -> ModelResult:
    names = ("hypothesis", "reference") if turned else ("reference", "hypothesis")
    swapped = {"insertion": "deletion", "deletion": "insertion"} if turned else {}
    columns = tuple(
        (one[names[0]], one[names[1]], swapped.get(one["edit"], one["edit"])) for one in alignment
    )
    counts = {edit: sum(column[2] == edit for column in columns) for edit in EDITS}
    return ModelResult(
        result.lexical,
        result.display,
        result.confidence,
        None,
        counts["substitution"],
        counts["deletion"],
        counts["insertion"],
        columns,
    )
