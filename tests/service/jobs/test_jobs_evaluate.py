"""Evaluations and inspections by jobs."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any

import pytest
from job_bench import Bench, archive, recordings, table

from attune.data import Utterance
from attune.service.evaluations.results import read_results
from attune.service.tables import Dataset, Evaluation, Model


@pytest.fixture(scope="module")
def spoken(bench: Bench, samples: Sequence[Utterance]) -> Dataset:
    files = {**recordings(samples[:3]), "trans.txt": table(samples[:3])}
    return bench.imported(bench.dataset("Acoustic", "test.zip", archive(files)))


@pytest.fixture(scope="module")
def other(bench: Bench) -> Model:
    """A second model: the base under another name."""
    base = bench.base()
    with bench.service.database.session() as session:
        model = Model(
            project_id=bench.project_id,
            name="other",
            kind="recognizer",
            language="en-US",
            base_id=base.id,
            bundle_hash=base.bundle_hash,
            status="Succeeded",
        )
        session.add(model)
    return model


def evaluated(
    bench: Bench, dataset: Dataset, second: Model | None, kind: str
) -> tuple[dict[str, Any], dict[str, Any], Evaluation]:
    row = Evaluation(
        project_id=bench.project_id,
        name="test",
        kind=kind,
        language="en-US",
        dataset_id=dataset.id,
        model1_id=bench.base().id,
        model2_id=None if second is None else second.id,
    )
    bench.done(bench.submit("evaluate", row), 120)
    found = bench.row(Evaluation, row.id)
    assert found.result_hash
    path = bench.service.store.path(found.result_hash)
    return found.figures, json.loads(path.read_bytes()), found


def test_two_models(bench: Bench, spoken: Dataset, other: Model) -> None:
    figures, result, row = evaluated(bench, spoken, other, "Evaluation")
    for number in (1, 2):
        assert 0.0 <= figures[f"wordErrorRate{number}"] < 0.5
        words = figures[f"wordCount{number}"]
        right = figures[f"correctWordCount{number}"]
        wrong = figures[f"wordSubstitutionCount{number}"] + figures[f"wordDeletionCount{number}"]
        assert words == right + wrong > 20
        assert figures[f"sentenceCount{number}"] == 3
        assert set(figures[f"tokenErrors{number}"]) == {
            "punctuation",
            "capitalization",
            "inverseTextNormalization",
            "lexical",
            "others",
        }
    assert figures["significance"]["significant"] is False
    assert figures["wordErrorRate1"] == figures["wordErrorRate2"]
    paths = [one["path"] for one in result["models"][0]["results"]]
    assert all(path.startswith("audio/") for path in paths)
    assert row.result_hash is not None
    read = read_results(bench.service.store.path(row.result_hash), row.result_hash)
    assert [len(one.models) for one in read.utterances] == [2, 2, 2]
    told = result["models"][1]["suggestions"]
    assert [one.advice for one in read.advice] == [one["advice"] for one in told] != []


def test_one_model(bench: Bench, spoken: Dataset) -> None:
    figures, result, _ = evaluated(bench, spoken, None, "Evaluation")
    assert "wordErrorRate1" in figures and "wordErrorRate2" not in figures
    interval = figures["wordErrorRateInterval1"]
    assert interval is None or interval["low"] <= figures["wordErrorRate1"] <= interval["high"]
    assert len(result["results"]) == 3


def test_inspection(bench: Bench, spoken: Dataset, other: Model) -> None:
    figures, result, _ = evaluated(bench, spoken, other, "Inspection")
    assert figures["agreement"] == 1.0
    assert result["testing_kind"] == "inspection"
    assert len(result["results"]) == 3
