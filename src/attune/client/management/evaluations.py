"""Evaluations: a model or two on a data set."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any, Literal

from attune.client.exchange import Exchange, Request, exchange, listing
from attune.client.management.details import TestedUtterance
from attune.client.management.reading import OWN, V3, Identified, given, id_of, reference
from attune.client.management.records import Evaluation

__all__ = ["EvaluationCalls"]


class EvaluationCalls:
    """What can be done with evaluations."""

    @exchange
    def create_evaluation(
        self,
        project: Identified | str,
        name: str,
        dataset: Identified | str,
        model: Identified | str,
        model2: Identified | str | None = None,
        *,
        kind: Literal["Evaluation", "Inspection"] = "Evaluation",
        description: str = "",
        custom: Mapping[str, str] | None = None,
    ) -> Exchange[Evaluation]:
        """Measure one model, or two side by side, on recordings; an Inspection takes recordings
        without transcripts. Then `wait` for it."""
        document = given(
            project=reference(project),
            display_name=name,
            dataset=reference(dataset),
            model1=reference(model),
            model2=reference(model2),
            testing_kind=kind,
            description=description,
            custom_properties=custom,
        )
        answer = yield Request("POST", f"{V3}/evaluations", json=document, repeatable=False)
        return Evaluation.read(answer.json())

    @listing
    def evaluations(
        self,
        project: Identified | str | None = None,
        *,
        filter: str | None = None,
        order: str | None = None,
    ) -> tuple[Request, Callable[[Any], Evaluation]]:
        """The evaluations of a project, or all, newest first."""
        where = "" if project is None else f"/projects/{id_of(project)}"
        query = {"filter": filter, "orderby": order}
        return Request("GET", f"{V3}{where}/evaluations", query=query), Evaluation.read

    @exchange
    def evaluation(self, evaluation: Identified | str) -> Exchange[Evaluation]:
        """One evaluation with its figures, as it is now."""
        answer = yield Request("GET", f"{V3}/evaluations/{id_of(evaluation)}")
        return Evaluation.read(answer.json())

    @exchange
    def update_evaluation(
        self,
        evaluation: Identified | str,
        *,
        name: str | None = None,
        description: str | None = None,
        custom: Mapping[str, str] | None = None,
    ) -> Exchange[Evaluation]:
        """Rename or describe an evaluation."""
        document = given(display_name=name, description=description, custom_properties=custom)
        answer = yield Request("PATCH", f"{V3}/evaluations/{id_of(evaluation)}", json=document)
        return Evaluation.read(answer.json())

    @exchange
    def delete_evaluation(self, evaluation: Identified | str) -> Exchange[None]:
        """Remove an evaluation and its results; RefusedError (409) while it runs."""
        yield Request("DELETE", f"{V3}/evaluations/{id_of(evaluation)}")

    @listing
    def tested_utterances(
        self,
        evaluation: Identified | str,
        *,
        edits: Sequence[Literal["substitution", "deletion", "insertion"]] = (),
        model: Literal[1, 2] | None = None,
        text: str = "",
        sort: Literal["number", "errors", "wer", "seconds", "difference"] = "number",
    ) -> tuple[Request, Callable[[Any], TestedUtterance]]:
        """Every utterance with its alignment; only those with such `edits` by `model` (None:
        either), and with `text` in their transcript or name. Sorted worst first, but by number."""
        query = {
            "edit": list(edits) or None,
            "model": model,
            "text": text or None,
            "sort": sort,
        }
        path = f"{OWN}/evaluations/{id_of(evaluation)}/utterances"
        return Request("GET", path, query=query), TestedUtterance.read

    @exchange
    def tested_audio(
        self, evaluation: Identified | str, number: int, to: str | Path
    ) -> Exchange[Path]:
        """Save the recording of an utterance."""
        path = f"{OWN}/evaluations/{id_of(evaluation)}/utterances/{number}/audio"
        yield Request("GET", path, save_to=Path(to))
        return Path(to)

    @exchange
    def export_evaluation(
        self, evaluation: Identified | str, to: str | Path, format: Literal["json", "csv"] = "json"
    ) -> Exchange[Path]:
        """Save all results as JSON, or as a table with a row an utterance."""
        path = f"{OWN}/evaluations/{id_of(evaluation)}/export"
        yield Request("GET", path, query={"format": format}, save_to=Path(to))
        return Path(to)
