"""A service without a server, whose jobs a test makes, runs and looks at."""

from __future__ import annotations

import io
import time
import zipfile
from collections.abc import Callable, Mapping, Sequence
from typing import TypeVar

from sqlalchemy import select

from attune.data import Utterance
from attune.service import Service
from attune.service.access import Principal, Scope
from attune.service.tables import Dataset, Job, Model, Project, Status

__all__ = ["ADMIN", "Bench", "archive", "recordings", "table"]

Row = TypeVar("Row")
ADMIN = Principal("test", "test", Scope.ADMIN)


def archive(files: Mapping[str, bytes]) -> bytes:
    """A zip."""
    content = io.BytesIO()
    with zipfile.ZipFile(content, "w") as opened:
        for name, data in files.items():
            opened.writestr(name, data)
    return content.getvalue()


def recordings(rows: Sequence[Utterance]) -> dict[str, bytes]:
    """Files by name."""
    return {row.path.name: row.path.read_bytes() for row in rows}


def table(rows: Sequence[Utterance]) -> bytes:
    """The transcripts as `trans.txt`."""
    return "".join(f"{row.path.name}\t{row.text}\n" for row in rows).encode()


class Bench:
    """One such service, with a project."""

    def __init__(self, service: Service) -> None:
        self.service = service
        self.jobs = service.jobs
        with service.database.session() as session:
            project = Project(name="test", language="en-US")
            session.add(project)
        self.project_id = project.id

    def submit(self, kind: str, row: object, cores: int = 1) -> str:
        """Queue a job that makes `row`; its id."""
        name = type(row).__name__.lower()
        with self.service.database.session() as session:
            session.add(row)
            session.flush()
            job = self.jobs.submit(session, kind, name, row.id, self.project_id, cores)  # type: ignore[attr-defined]
        return job.id

    def dataset(self, kind: str, name: str, content: bytes, transcript: bytes = b"") -> Dataset:
        """A data set that is to be imported."""
        put = self.service.store.put_bytes
        return Dataset(
            project_id=self.project_id,
            name=name,
            kind=kind,
            language="en-US",
            source_hash=put(content),
            source_name=name,
            transcript_hash=put(transcript) if transcript else None,
        )

    def imported(self, dataset: Dataset) -> Dataset:
        """The data set, after its import."""
        self.done(self.submit("import", dataset))
        return self.row(Dataset, dataset.id)

    def base(self, kind: str = "recognizer") -> Model:
        """The model that comes with the package."""
        with self.service.database.reading() as session:
            return session.scalars(select(Model).where(Model.kind == kind)).first()  # type: ignore[return-value]

    def job(self, job_id: str) -> Job:
        with self.service.database.reading() as session:
            return session.get_one(Job, job_id)

    def row(self, table: type[Row], id: str) -> Row:
        with self.service.database.reading() as session:
            return session.get_one(table, id)

    def wait(self, job_id: str, until: Callable[[Job], bool], seconds: float = 120.0) -> Job:
        """The job as soon as it is so."""
        deadline = time.monotonic() + seconds
        while not until(job := self.job(job_id)):
            assert time.monotonic() < deadline, f"{job.status} {job.stage} {job.reason}"
            time.sleep(0.05)
        return job

    def ended(self, job_id: str, seconds: float = 120.0) -> Job:
        return self.wait(job_id, lambda job: job.ended is not None, seconds)

    def done(self, job_id: str, seconds: float = 120.0) -> Job:
        job = self.ended(job_id, seconds)
        assert (job.status, job.reason) == (Status.SUCCEEDED, "")
        return job
