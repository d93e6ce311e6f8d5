"""Why workers ended, in words for people; and what sweeping leaves."""

from __future__ import annotations

import os
import signal
from datetime import timedelta
from pathlib import Path

import pytest

from attune.service import Service
from attune.service.jobs.local_processes import ending_of
from attune.service.jobs.orders import Order, log_file, work_folder
from attune.service.jobs.worker_names import WorkerName, is_alive
from attune.service.settings import Limits, Settings
from attune.service.tables import Job, Model, Status, Transcription, now

TOO_MUCH = 10**15


@pytest.mark.parametrize(
    ("status", "memory", "counted", "cause"),
    [
        (0, 0, False, ""),
        (1, 0, False, "its process ended with status 1: ValueError: no"),
        (-signal.SIGSEGV, 0, False, "its process crashed (SIGSEGV): ValueError: no"),
        (-signal.SIGKILL, 0, False, "its process was killed, by somebody or for want of memory"),
        (-signal.SIGKILL, 0, True, "the system ended its process because memory ran out"),
        (-signal.SIGKILL, TOO_MUCH, False, "because memory ran out (it had used 1000000.0 GB of"),
    ],
)
def test_causes(status: int, memory: int, counted: bool, cause: str, tmp_path: Path) -> None:
    log = tmp_path / "job.log"
    log.write_text("Traceback\nValueError: no\n")
    found = ending_of(status, memory, counted, log).cause
    assert found == cause if not memory else cause in found


def test_orders_come_through_whole(tmp_path: Path) -> None:
    settings = Settings(
        data=tmp_path, database="postgresql://u:p@h/d", limits=Limits(file_audio=7.0)
    )
    order = Order(settings, "job", WorkerName.new("here"), 3, alone=False)
    line = order.to_json()
    assert line.count("\n") == 1
    assert Order.from_json(line) == order


def test_a_process_that_is_gone_or_another(tmp_path: Path) -> None:
    mine = WorkerName.new("here").begun()
    assert WorkerName.read(str(mine)) == mine
    assert is_alive(mine)
    assert not is_alive(WorkerName(mine.machine, mine.token, mine.pid, mine.start + 1))
    assert not is_alive(WorkerName(mine.machine, mine.token, 2**22 + 1, mine.start))


def test_sweeping(service: Service) -> None:
    with service.database.session() as session:
        model = Model(name="base", kind="recognizer", language="en-US")
        session.add(model)
        session.flush()
        old, new, busy = (
            Transcription(
                name="batch",
                language="en-US",
                model_id=model.id,
                expires=now() + timedelta(hours=hours),
            )
            for hours in (-1, 1, -1)
        )
        session.add_all((old, new, busy))
        session.flush()
        job = service.jobs.submit(session, "transcribe", "transcription", busy.id, None)
        ended = service.jobs.submit(session, "transcribe", "transcription", new.id, None)
        ended.status, ended.ended = Status.FAILED, now() - timedelta(days=40)
    places = [
        path(service.settings, one.id) for path in (work_folder, log_file) for one in (job, ended)
    ]
    for place in places:
        place.parent.mkdir(parents=True, exist_ok=True)
        place.mkdir() if place.suffix == "" else place.touch()
        os.utime(place, (0, 0))
    service.jobs.sweep()
    with service.database.reading() as session:
        assert session.get(Transcription, old.id) is None
        assert session.get(Transcription, new.id) is not None
        assert session.get(Transcription, busy.id) is not None
        assert session.get(Job, job.id) is not None
    assert [place.exists() for place in places] == [True, False, True, False]
