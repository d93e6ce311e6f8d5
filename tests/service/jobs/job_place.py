"""A bench whose jobs only other processes work on, and batches that take some seconds."""

from __future__ import annotations

from job_bench import Bench
from sqlalchemy import func, select

from attune.bundle import shipped_bundle_path
from attune.service import Service
from attune.service.jobs.worker_names import WorkerName
from attune.service.tables import Model, Status, Transcription, TranscriptionFile

__all__ = ["FILES", "Place"]

FILES = 16


class Place(Bench):
    """A bench whose jobs only other processes work on, and batches that take some seconds."""

    def __init__(self, service: Service, recording: bytes) -> None:
        super().__init__(service)
        self.recording = service.store.put_bytes(recording)
        self.model = Model(
            name="base",
            kind="recognizer",
            language="en-US",
            bundle_hash=service.store.put_folder(shipped_bundle_path()),
            status=Status.SUCCEEDED,
        )
        with service.database.session() as session:
            session.add(self.model)

    def batch(self, files: int = FILES) -> Transcription:
        source = {"hash": self.recording, "name": "a.wav"}
        return Transcription(
            project_id=self.project_id,
            name="batch",
            language="en-US",
            model_id=self.model.id,
            sources=[source] * files,
            settings={},
            expires=None,
        )

    def count(self, batch: Transcription) -> int:
        """Results so far."""
        with self.service.database.reading() as session:
            wanted = TranscriptionFile.transcription_id == batch.id
            found = session.scalar(select(func.count(TranscriptionFile.id)).where(wanted))
        return found or 0

    def results(self, batch: Transcription) -> dict[str, str]:
        """Ids by name."""
        with self.service.database.reading() as session:
            wanted = TranscriptionFile.transcription_id == batch.id
            return {
                one.name: one.id for one in session.scalars(select(TranscriptionFile).where(wanted))
            }

    def worker(self, job_id: str) -> WorkerName:
        """The process that works on a job, once it does."""
        job = self.wait(
            job_id, lambda job: job.worker != "" and WorkerName.read(job.worker).pid > 0
        )
        return WorkerName.read(job.worker)

    def under_way(self, job_id: str, batch: Transcription, files: int = 3) -> WorkerName:
        """The same, once it has some results."""
        self.wait(job_id, lambda _: self.count(batch) >= files)
        return self.worker(job_id)
