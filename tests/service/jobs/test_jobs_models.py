"""Models made by jobs: from text, pronunciations and display rules, and keywords."""

from __future__ import annotations

import pytest
from job_bench import Bench
from sqlalchemy import select

import attune
from attune.keyword import load_keyword
from attune.service.tables import JobEvent, Model, ModelDataset, Status

pytestmark = pytest.mark.slow

RULES = "#rewrite\nattune box\tAttuneBox\n#profanity\nblast\n"


def recogniser(bench: Bench, *datasets: str, **settings: object) -> Model:
    return Model(
        project_id=bench.project_id,
        name="Mine",
        kind="recognizer",
        language="en-US",
        base_id=bench.base().id,
        settings=settings,
        datasets=[ModelDataset(dataset_id=id) for id in datasets],
    )


def events(bench: Bench, job_id: str) -> list[JobEvent]:
    with bench.service.database.reading() as session:
        wanted = select(JobEvent).where(JobEvent.job_id == job_id).order_by(JobEvent.id)
        return list(session.scalars(wanted))


def test_a_recogniser_from_every_kind_of_text(bench: Bench) -> None:
    sets = [
        bench.dataset("Language", "a.txt", b"open the zorbex valve\nzorbex is ready\n" * 5),
        bench.dataset("Pronunciation", "b.txt", b"C3PO\tsee three pea o\n"),
        bench.dataset("StructuredText", "c.md", b"@ list x =\n- brivvle\n# a\n- go {@x}\n"),
        bench.dataset("DisplayFormat", "d.txt", RULES.encode()),
    ]
    jobs = [bench.submit("import", one) for one in sets]
    for imported in jobs:
        bench.done(imported)
    model = recogniser(bench, *(one.id for one in sets), text="we sell quindlers\n")
    job = bench.done(bench.submit("adapt", model), 120)
    made = bench.row(Model, model.id)
    assert made.status == Status.SUCCEEDED and made.bundle_hash
    opened = attune.load(bench.service.store.folder(made.bundle_hash))
    assert {"zorbex", "brivvle", "quindlers", "c3po"} <= set(opened.vocabulary)
    assert opened.bundle.description.name == "Mine"
    rules = opened.bundle.part_path("display_rules").read_text()
    assert "AttuneBox" in rules and "blast" in rules and "C3PO" in rules
    assert "zorbex" in made.card["adaptation"]["language"]["new_words"]
    assert made.card["licence"]
    stages = [event.data["stage"] for event in events(bench, job.id) if event.name == "stage"]
    assert "reading text" in stages and stages[-1] == "storing the model"
    assert job.progress == 1.0


def test_pronunciations_alone(bench: Bench) -> None:
    said = bench.imported(bench.dataset("Pronunciation", "b.txt", b"L8R\tlate are\n"))
    model = recogniser(bench, said.id)
    bench.done(bench.submit("adapt", model))
    made = bench.row(Model, model.id)
    assert made.bundle_hash
    assert "l8r" in attune.load(bench.service.store.folder(made.bundle_hash)).vocabulary


def test_nothing_to_adapt_to(bench: Bench) -> None:
    model = recogniser(bench)
    assert "nothing to adapt to" in bench.ended(bench.submit("adapt", model)).reason


def test_a_basic_keyword(bench: Bench) -> None:
    phrases = [{"text": "hey atlas", "pronunciations": ["HH EY | AE T L AH S"]}]
    model = Model(
        project_id=bench.project_id,
        name="Hey Atlas",
        kind="keyword",
        language="en-US",
        base_id=bench.base("keyword").id,
        settings={"type": "basic", "sensitivity": 0.5, "phrases": phrases},
    )
    bench.done(bench.submit("keyword", model), 120)
    made = bench.row(Model, model.id)
    assert made.bundle_hash
    load_keyword(bench.service.store.folder(made.bundle_hash))
    expected = made.card["expected"][0]
    assert expected["phrase"] == "hey atlas"
    assert expected["falseAcceptsPerHour"] == 0.5
    assert 0.3 < expected["correctAcceptRate"] <= 1.0
