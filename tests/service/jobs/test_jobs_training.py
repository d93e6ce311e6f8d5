"""Jobs that train: learning from recordings, stopped on the way, and an advanced keyword."""

from __future__ import annotations

import os
import signal
import zipfile
from collections.abc import Iterator
from io import BytesIO
from pathlib import Path

import pytest

pytest.importorskip("torch")
pytest.importorskip("onnxscript")

from job_bench import Bench
from sqlalchemy import select
from whistlers import record, sentences, whistling_base

from attune.bundle import Bundle
from attune.data import Manifest
from attune.keyword import load_keyword
from attune.service.jobs.orders import work_folder
from attune.service.jobs.worker_names import WorkerName
from attune.service.tables import JobEvent, Model, ModelDataset, Status

pytestmark = [pytest.mark.slow, pytest.mark.timeout(1200)]


@pytest.fixture(autouse=True)
def one_thread(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    monkeypatch.setenv("OMP_NUM_THREADS", "1")
    yield


def whistled(folder: Path) -> bytes:
    """A zip of somebody who whistles a semitone too high."""
    manifest = record(folder, sentences(36, 1), pitch=1.06)
    content = BytesIO()
    with zipfile.ZipFile(content, "w") as archive:
        rows = list(Manifest(manifest))
        for row in rows:
            archive.write(row.path, row.path.name)
        archive.writestr("trans.txt", "".join(f"{row.path.name}\t{row.text}\n" for row in rows))
    return content.getvalue()


def test_training_goes_on_where_its_worker_was_killed(bench: Bench, tmp_path: Path) -> None:
    base = Model(
        name="whistles",
        kind="recognizer",
        language="en-US",
        bundle_hash=bench.service.store.put_folder(whistling_base(tmp_path / "base")),
        status=Status.SUCCEEDED,
    )
    with bench.service.database.session() as session:
        session.add(base)
    spoken = bench.imported(bench.dataset("Acoustic", "high.zip", whistled(tmp_path / "high")))
    model = Model(
        project_id=bench.project_id,
        name="High whistles",
        kind="recognizer",
        language="en-US",
        base_id=base.id,
        settings={"text": "", "method": "auto"},
        datasets=[ModelDataset(dataset_id=spoken.id)],
    )
    job_id = bench.submit("adapt", model)
    checkpoint = work_folder(bench.service.settings, job_id) / "acoustic-work/training/last.pt"
    job = bench.wait(job_id, lambda _: checkpoint.exists(), 600)
    os.kill(WorkerName.read(job.worker).pid, signal.SIGKILL)
    job = bench.done(job_id, 600)
    assert job.attempt == 2
    made = bench.row(Model, model.id)
    assert made.bundle_hash
    report = made.card["adaptation"]["acoustic"]
    assert report["held_out"]["after"] < report["held_out"]["before"]
    opened = Bundle.open(bench.service.store.folder(made.bundle_hash))
    assert (
        opened.part("encoder").sha256
        != Bundle.open(bench.service.store.folder(base.bundle_hash or "")).part("encoder").sha256
    )
    with bench.service.database.reading() as session:
        events = session.scalars(select(JobEvent).where(JobEvent.job_id == job_id)).all()
    assert any(event.name == "curve" and "loss" in event.data for event in events)
    stages = [event.data["stage"] for event in events if event.name == "stage"]
    assert {"listening", "choosing", "storing the model"} <= set(stages)


def test_an_advanced_keyword(bench: Bench) -> None:
    model = Model(
        project_id=bench.project_id,
        name="Hey Atlas",
        kind="keyword",
        language="en-US",
        base_id=bench.base("keyword").id,
        settings={
            "type": "advanced",
            "sensitivity": 0.5,
            "phrases": [{"text": "hey atlas", "pronunciations": ["HH EY | AE T L AH S"]}],
            "prompts": {"positives": 12, "near_misses": 8, "speech": 4},
        },
    )
    job_id = bench.submit("keyword", model, cores=2)
    spoken = work_folder(bench.service.settings, job_id) / "work/negatives"
    job = bench.wait(job_id, lambda _: spoken.exists(), 600)
    os.kill(WorkerName.read(job.worker).pid, signal.SIGKILL)
    job = bench.done(job_id, 600)
    assert job.attempt == 2
    made = bench.row(Model, model.id)
    assert made.bundle_hash
    load_keyword(bench.service.store.folder(made.bundle_hash))
    assert made.card["expected"][0]["falseAcceptsPerHour"] == 0.5
