"""The server and its worker killed in the middle of training: the next start goes on with it."""

from __future__ import annotations

import os
import signal
import zipfile
from io import BytesIO
from pathlib import Path

import pytest
from waiting import eventually

pytest.importorskip("torch")

from mortal_server import mortal_server
from sqlalchemy import select
from whistlers import record, sentences, whistling_base

from attune.data import Manifest
from attune.service import Service, Settings
from attune.service.jobs.orders import work_folder
from attune.service.jobs.worker_names import WorkerName
from attune.service.tables import Job, JobEvent, Model, Status

pytestmark = [pytest.mark.slow, pytest.mark.timeout(1200)]
_V3 = "/speechtotext/v3.2"


def whistled(folder: Path) -> bytes:
    """A zip of somebody who whistles a semitone too high."""
    rows = list(Manifest(record(folder, sentences(36, 1), pitch=1.06)))
    content = BytesIO()
    with zipfile.ZipFile(content, "w") as archive:
        for row in rows:
            archive.write(row.path, row.path.name)
        archive.writestr("trans.txt", "".join(f"{row.path.name}\t{row.text}\n" for row in rows))
    return content.getvalue()


def test_a_power_cut_in_the_middle_of_training(tmp_path: Path) -> None:
    data = tmp_path / "data"
    settings = Settings(data=data)
    with mortal_server(data, tmp_path / "said") as server:
        beside = Service.open_for_work(settings)
        try:
            base = Model(
                name="whistles",
                kind="recognizer",
                language="en-US",
                bundle_hash=beside.store.put_folder(whistling_base(tmp_path / "base")),
                status=Status.SUCCEEDED,
            )
            with beside.database.session() as session:
                session.add(base)
            server.start()
            project = server.project()
            form = {
                "displayName": "High whistles",
                "kind": "Acoustic",
                "project": project["self"],
                "locale": "en-US",
            }
            files = {"data": ("high.zip", whistled(tmp_path / "high"), "application/zip")}
            spoken = server.call("POST", f"{_V3}/datasets/upload", 201, data=form, files=files)
            assert server.ended(spoken)["status"] == "Succeeded"
            body = {
                "displayName": "High whistles",
                "project": project,
                "locale": "en-US",
                "baseModel": {"self": f"{server.url}{_V3}/models/base/{base.id}"},
                "datasets": [{"self": spoken["self"]}],
            }
            model = server.call("POST", f"{_V3}/models", 201, json=body)

            def job() -> Job:
                subject = model["self"].rpartition("/")[2]
                with beside.database.reading() as session:
                    return session.scalars(select(Job).where(Job.subject_id == subject)).one()

            training = work_folder(settings, job().id) / "acoustic-work/training"
            eventually(lambda: (training / "last.pt").exists(), 600)
            # A power cut takes both at once.
            server.kill()
            os.killpg(WorkerName.read(job().worker).pid, signal.SIGKILL)
            with beside.database.reading() as session:
                told = select(JobEvent).where(JobEvent.job_id == job().id)
                before = {event.id: event.data for event in session.scalars(told)}
            server.start()
            ended = server.ended(model, 600)
            assert ended["status"] == "Succeeded", ended
            assert job().attempt == 2
            with beside.database.reading() as session:
                after = {event.id: event for event in session.scalars(told)}
            assert before.keys() <= after.keys()
            assert any(event.name == "interrupted" for event in after.values())
            report = ended["properties"]["card"]["adaptation"]["acoustic"]
            assert report["held_out"]["after"] < report["held_out"]["before"]
        finally:
            beside.close()
