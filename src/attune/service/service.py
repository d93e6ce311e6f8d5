"""The service as a whole: its parts, put together."""

from __future__ import annotations

import asyncio
import contextlib
import os
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING

from attune.errors import InputError
from attune.service.access import Access
from attune.service.base_models import register_base_models
from attune.service.blob_places import storing
from attune.service.blobs import Store
from attune.service.database import Database
from attune.service.errors import ServiceError
from attune.service.housekeeping import Housekeeping
from attune.service.jobs import Jobs
from attune.service.metrics import Metrics
from attune.service.migrations import upgrade
from attune.service.settings import Settings
from attune.service.uploads import Uploads

if TYPE_CHECKING:
    from attune.service.recognition import Recognition
    from attune.service.recognition.hearing import Recognizers

__all__ = ["Service"]


class Service:
    """Everything that the APIs, the portal and the workers call. `open` makes one."""

    def __init__(self, settings: Settings) -> None:
        self.settings = settings
        if settings.ray:
            # Ray reads it when it is imported. Else a late call, after this process has left the
            # cluster, would start another on this machine.
            os.environ.setdefault("RAY_ENABLE_AUTO_CONNECT", "0")
        self.database = Database(settings.database_url)
        self.store = Store(
            settings.blobs_url, settings.data / "cache", self.database, settings.cache
        )
        self.access = Access(self.database, settings.data, settings.limits)
        self.metrics = Metrics(self.database)
        self.uploads = Uploads(
            settings.data / "uploads", self.database, self.store, settings.limits
        )
        self.jobs = Jobs(settings, self.database)
        self.first_key = False
        """Whether this start made the first key."""
        self.stopping = asyncio.Event()
        """Set when the server is asked to stop: streams end, nothing new begins."""
        self._housekeeping = Housekeeping(
            {
                self.access.save_use: 60.0,
                self.access.look_at_keys: settings.limits.key_check,
                self._sweep_recognition: 60.0,
                self.jobs.sweep: 600.0,
                self.uploads.sweep: 3600.0,
                self.store.sweep: 3600.0,
            }
        )

    @classmethod
    def open(cls, settings: Settings) -> Service:
        """The service with its folder, database and base models, which the first start makes.

        Raises InputError for settings that cannot be and for a database of a newer version,
        Unavailable where the database or the store cannot be reached.
        """
        service = cls.open_for_work(settings)
        register_base_models(service.database, service.store)
        service.first_key = service.access.first_key(service.admin_key_file)
        return service

    @classmethod
    def open_for_work(cls, settings: Settings) -> Service:
        """The service for a process that works on a job: no supervisor, no recognisers."""
        with storing(f"the data folder {settings.data}"):
            settings.data.mkdir(parents=True, exist_ok=True, mode=0o700)
        service = cls(settings)
        try:
            upgrade(service.database)
        except BaseException:
            service.database.close()
            raise
        return service

    @cached_property
    def recognition(self) -> Recognition:
        """Recognition for clients, whose threads, or replicas on the cluster, begin when it is
        first asked for."""
        from attune.service.recognition import Recognition

        return Recognition(
            self.database, self.store, self.metrics, self.settings.limits, self._replicas()
        )

    @property
    def admin_key_file(self) -> Path:
        """Where the first start writes the administrator's key."""
        return self.settings.data / "admin-key.txt"

    def start(self) -> None:
        """Begin to work on jobs and to sweep what has had its time."""
        self.jobs.start()
        self._housekeeping.start()

    def close(self) -> None:
        """Stop what `start` began and give everything back. Jobs are gone on with at the next
        start."""
        self._housekeeping.stop()
        self.jobs.stop()
        if "recognition" in self.__dict__:
            self.recognition.close()
        with contextlib.suppress(ServiceError):
            self.access.save_use()
        self.database.close()

    def _replicas(self) -> Recognizers | None:
        """The recognisers of the cluster in the settings, if there is one."""
        if not self.settings.ray:
            return None
        try:
            from attune.service.recognition.replicas import ReplicaRecognizers
        except ImportError as error:
            raise InputError(
                "recognisers on a cluster need Ray Serve, which is not installed: pip install "
                "'attune[ray]', or leave the cluster's address out"
            ) from error
        return ReplicaRecognizers(self.settings)

    def _sweep_recognition(self) -> None:
        if "recognition" in self.__dict__:
            self.recognition.sweep()
