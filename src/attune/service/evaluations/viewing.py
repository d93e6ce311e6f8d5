"""Looking through an evaluation: utterances, their audio, what to do next, files to take away."""

from __future__ import annotations

import csv
import io
from collections.abc import Collection, Iterator
from typing import TYPE_CHECKING

from attune.errors import InputError
from attune.service import datasets
from attune.service.access import Principal
from attune.service.datasets.content import file_stem
from attune.service.downloads import Download, bytes_download, file_download
from attune.service.errors import Conflict, NotFound
from attune.service.evaluations.catalogue import get
from attune.service.evaluations.results import (
    EDITS,
    ORDERS,
    Advice,
    Results,
    TestedUtterance,
    read_results,
)
from attune.service.fields import chosen
from attune.service.listing import Page, cut

if TYPE_CHECKING:
    from attune.service.service import Service

__all__ = ["advice", "audio", "export", "utterance", "utterances"]

_FORMATS = ("json", "csv")


def utterances(
    service: Service,
    principal: Principal,
    id: str,
    *,
    edits: Collection[str] = (),
    model: int | None = None,
    text: str = "",
    order: str = "number",
    skip: int = 0,
    top: int = 50,
) -> Page[TestedUtterance]:
    """A page of the utterances: those alone with an error of one of the kinds in `edits` (of
    EDITS), made by `model` (1 or 2, None: either), with `text` in a transcript or name; in one of
    ORDERS. Conflict before the evaluation is done."""
    wanted = [chosen(edit, EDITS, "edits") for edit in edits]
    by = ORDERS[chosen(order, ORDERS, "orderby")]
    if model not in (None, 1, 2):
        raise InputError(f"model is {model}: give 1 or 2, or leave it out")
    found = [
        each
        for each in _results(service, principal, id).utterances
        if _has(each, wanted, model) and _says(each, text.casefold())
    ]
    return cut(sorted(found, key=by), skip, top)


def utterance(service: Service, principal: Principal, id: str, number: int) -> TestedUtterance:
    """The utterance with this number; NotFound."""
    for each in _results(service, principal, id).utterances:
        if each.number == number:
            return each
    raise NotFound(f"the evaluation has no utterance {number}")


def advice(service: Service, principal: Principal, id: str) -> tuple[Advice, ...]:
    """What to do next about the last model, most useful first. Conflict before the evaluation is
    done."""
    return _results(service, principal, id).advice


def audio(service: Service, principal: Principal, id: str, number: int) -> Download:
    """The recording of an utterance; NotFound."""
    evaluation = get(service, principal, id)
    return datasets.audio(service, principal, evaluation.dataset_id, number)


def export(service: Service, principal: Principal, id: str, format: str = "json") -> Download:
    """All results as JSON (as `attune evaluate --json` writes them), or as a CSV table with a row
    an utterance. Conflict before the evaluation is done."""
    format = chosen(format, _FORMATS, "format")
    evaluation = get(service, principal, id)
    name = f"{file_stem(evaluation.name)}.{format}"
    if format == "json":
        hash = _result_hash(evaluation.result_hash)
        return file_download(name, service.store.open(hash), service.store.size(hash))
    table = io.StringIO()
    writer = csv.writer(table)
    for row in _table(_results(service, principal, id).utterances):
        writer.writerow(map(_harmless, row))
    return bytes_download(name, table.getvalue().encode("utf-8-sig"))


def _results(service: Service, principal: Principal, id: str) -> Results:
    hash = _result_hash(get(service, principal, id).result_hash)
    return read_results(service.store.path(hash), hash)


def _result_hash(hash: str | None) -> str:
    if hash is None:
        raise Conflict("the evaluation is not done: see its status")
    return hash


def _has(each: TestedUtterance, edits: list[str], model: int | None) -> bool:
    if not edits:
        return True
    models = each.models if model is None else each.models[model - 1 : model]
    return any(one.count(edit) for one in models for edit in edits)


def _says(each: TestedUtterance, text: str) -> bool:
    texts = [each.name, each.reference or "", *(model.lexical for model in each.models)]
    return not text or any(text in one.casefold() for one in texts)


def _table(found: tuple[TestedUtterance, ...]) -> Iterator[list[object]]:
    models = range(1, len(found[0].models) + 1) if found else ()
    fields = ("lexical", "display", "wer", "substitutions", "deletions", "insertions")
    yield [
        *("number", "name", "speaker", "seconds", "reference"),
        *(f"{field}{model}" for model in models for field in fields),
    ]
    for each in found:
        yield [
            *(each.number, each.name, each.speaker, each.seconds, each.reference or ""),
            *(getattr(model, field) for model in each.models for field in fields),
        ]


def _harmless(cell: object) -> object:
    """A cell that no spreadsheet takes for a formula."""
    if isinstance(cell, str) and cell.startswith(("=", "+", "-", "@", "\t", "\r")):
        return f"'{cell}"
    return "" if cell is None else cell
