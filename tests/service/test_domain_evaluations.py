"""Evaluations: what fits together, and looking through what was found."""

from __future__ import annotations

import csv
import io
import json
from pathlib import Path

import pytest
from domain_rows import dataset, model, on_sqlite, project

from attune.data import Manifest
from attune.errors import InputError
from attune.evaluate import (
    Hypothesis,
    HypothesisWord,
    compare_evaluations,
    compare_inspections,
    comparison_to_json,
    evaluate_manifest,
    inspect_manifest,
    inspection_comparison_to_json,
    inspection_to_json,
)
from attune.service import Service, datasets, evaluations
from attune.service.access import Principal
from attune.service.errors import Conflict, NotFound
from attune.service.tables import Dataset, Evaluation, Project

FIRST = {"1.wav": "turn on the light", "2.wav": "what time is", "3.wav": "=good morning"}
SECOND = {"1.wav": "turn the light", "2.wav": "what time is it", "3.wav": "a good warning"}


@pytest.fixture
def kitchen(service: Service, admin: Principal) -> Project:
    return project(service, admin)


@pytest.fixture
def tested(service: Service, kitchen: Project) -> Dataset:
    return dataset(service, kitchen)


def finished(
    service: Service, admin: Principal, of: Dataset, tmp_path: Path, kind: str, models: int = 2
) -> Evaluation:
    """An evaluation whose result is as its job would write it."""
    ids = [model(service, None).id for _ in range(models)]
    made = evaluations.create(
        service,
        admin,
        of.project_id,
        name="Both ways",
        dataset_id=of.id,
        model1_id=ids[0],
        model2_id=ids[1] if models == 2 else None,
        kind=kind,
    )
    rows = Manifest(datasets.manifest(service, of, tmp_path))

    def hear(path: Path, heard: dict[str, str]) -> Hypothesis:
        words = heard[path.name].replace("=", "").split()
        return Hypothesis(
            " ".join(words),
            tuple(HypothesisWord(word, 0.9) for word in words),
            0.1,
            display=heard[path.name],
        )

    outcomes = []
    for heard in (FIRST, SECOND)[:models]:
        run = evaluate_manifest if kind == "Evaluation" else inspect_manifest
        outcomes.append(run(rows, lambda path, heard=heard: hear(path, heard), model="m"))  # type: ignore[operator,misc]
    if kind == "Evaluation":
        result = comparison_to_json(compare_evaluations(*outcomes), utterances=True)
    elif models == 2:
        result = inspection_comparison_to_json(compare_inspections(*outcomes), utterances=True)
    else:
        result = inspection_to_json(outcomes[0], utterances=True)
    result_hash = service.store.put_bytes(json.dumps(result).encode())
    with service.database.session() as session:
        row = session.get_one(Evaluation, made.id)
        row.result_hash = result_hash
    return row


@on_sqlite
def test_utterances_are_chosen_by_their_errors(
    service: Service, admin: Principal, tested: Dataset, tmp_path: Path
) -> None:
    made = finished(service, admin, tested, tmp_path, "Evaluation")

    def numbers(**wanted: object) -> list[int]:
        found = evaluations.utterances(service, admin, made.id, **wanted)  # type: ignore[arg-type]
        return [one.number for one in found.values]

    assert numbers() == [1, 2, 3]
    assert numbers(edits=["deletion"]) == [1, 2]
    assert numbers(edits=["deletion"], model=1) == [2]
    assert numbers(edits=["Substitution", "insertion"], model=2) == [3]
    assert numbers(order="errors") == [3, 1, 2]
    assert numbers(order="seconds", top=1) == [3]
    assert numbers(text="TIME") == [2]
    one = evaluations.utterance(service, admin, made.id, 2)
    assert (one.reference, one.name) == ("what time is it", "2.wav")
    assert one.models[0].alignment[-1] == ("it", None, "deletion")
    assert one.models[1].wer == 0.0
    with pytest.raises(InputError, match="edits"):
        numbers(edits=["typo"])
    with pytest.raises(InputError, match="orderby"):
        numbers(order="luck")
    with pytest.raises(InputError, match="model"):
        numbers(model=3)
    with pytest.raises(NotFound, match="no utterance 4"):
        evaluations.utterance(service, admin, made.id, 4)
    (few,) = evaluations.advice(service, admin, made.id)
    assert "too few" in few.finding and few.advice.startswith("Measure on more recordings")
    played = evaluations.audio(service, admin, made.id, 2)
    assert played.name == "2.wav" and len(b"".join(played.chunks())) == played.size


@on_sqlite
def test_results_are_exported_without_formulas(
    service: Service, admin: Principal, tested: Dataset, tmp_path: Path
) -> None:
    made = finished(service, admin, tested, tmp_path, "Evaluation")
    sent = evaluations.export(service, admin, made.id, "csv")
    assert (sent.name, sent.media_type) == ("Both-ways.csv", "text/csv; charset=utf-8")
    rows = list(csv.DictReader(io.StringIO(b"".join(sent.chunks()).decode("utf-8-sig"))))
    assert [row["lexical2"] for row in rows] == list(SECOND.values())
    assert rows[2]["display1"] == "'=good morning"
    assert rows[1]["deletions1"] == "1"
    whole = evaluations.export(service, admin, made.id)
    assert json.loads(b"".join(whole.chunks()))["testing_kind"] == "evaluation"
    with pytest.raises(InputError, match="format"):
        evaluations.export(service, admin, made.id, "exe")


@on_sqlite
def test_inspections_show_what_each_model_hears(
    service: Service, admin: Principal, kitchen: Project, tmp_path: Path
) -> None:
    alone = dataset(service, kitchen, "Audio")
    made = finished(service, admin, alone, tmp_path, "Inspection")
    one = evaluations.utterance(service, admin, made.id, 2)
    assert one.reference is None
    assert [each.lexical for each in one.models] == ["what time is", "what time is it"]
    assert (one.models[0].errors, one.models[1].insertions) == (0, 1)
    assert evaluations.advice(service, admin, made.id) == ()
    single = finished(service, admin, alone, tmp_path, "Inspection", models=1)
    assert len(evaluations.utterances(service, admin, single.id).values) == 3


@on_sqlite
def test_what_does_not_fit_is_refused(
    service: Service, admin: Principal, kitchen: Project, tested: Dataset
) -> None:
    base = model(service, None)

    def refused(error: type[Exception], told: str, **fields: object) -> None:
        given: dict[str, object] = {"dataset_id": tested.id, "model1_id": base.id, **fields}
        with pytest.raises(error, match=told):
            evaluations.create(service, admin, kitchen.id, name="x", **given)  # type: ignore[arg-type]

    alone = dataset(service, kitchen, "Audio")
    garage = project(service, admin, "Garage")
    refused(InputError, "no transcripts", dataset_id=alone.id)
    refused(InputError, "another project", dataset_id=dataset(service, garage).id)
    refused(InputError, "another project", model1_id=model(service, garage).id)
    refused(InputError, "is a keyword", model2_id=model(service, None, kind="keyword").id)
    refused(InputError, "model2 is model1", model2_id=base.id)
    refused(InputError, "testingKind", kind="Guess")
    refused(NotFound, "no model", model1_id="x")
    waiting = evaluations.create(
        service,
        admin,
        kitchen.id.upper(),
        name="x",
        dataset_id=f"{{{tested.id}}}",
        model1_id=base.id.upper(),
    )
    assert (waiting.dataset_id, waiting.model1_id) == (tested.id, base.id)
    with pytest.raises(Conflict, match="not done"):
        evaluations.utterances(service, admin, waiting.id)
