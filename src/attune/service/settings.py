"""How a service runs: where its data lie, what it listens on, and what it allows."""

from __future__ import annotations

import os
from dataclasses import dataclass, field
from ipaddress import ip_address
from pathlib import Path

__all__ = ["Limits", "Settings"]


@dataclass(frozen=True, slots=True)
class Limits:
    """What clients may ask for. Sizes in bytes, times in seconds."""

    upload: int = 2 * 2**30
    body: int = 32 * 2**20
    """Of a request that is no upload."""
    short_audio: float = 60.0
    """Audio of one request for recognition at once."""
    file_audio: float = 4 * 3600.0
    """Audio of one recording that is sent as a file."""
    stream_audio: float = 4 * 3600.0
    """Audio of one stream."""
    idle: float = 180.0
    """A stream, or the body of a request, of which nothing comes for so long is closed."""
    key_check: float = 5.0
    """So often it is looked whether the keys behind open streams are still good."""
    streams: int = field(default_factory=lambda: 20 * (os.cpu_count() or 1))
    """At once, over all endpoints."""
    messages: int = 400
    """A second, of one connection."""
    message: int = 2**20
    phrases: int = 1000
    requests: int = 50
    """A second, of one key."""


@dataclass(frozen=True, slots=True)
class Settings:
    """A service's settings. `data` is its folder; addresses default to places inside of it."""

    data: Path
    host: str = "127.0.0.1"
    port: int = 8090
    database: str = ""
    """A SQLAlchemy URL; default: SQLite in `data`."""
    blobs: str = ""
    """A folder or fsspec URL such as s3://bucket/prefix; default: a folder in `data`."""
    workers: int = field(default_factory=lambda: os.cpu_count() or 1)
    """Cores that jobs may use together."""
    ray: str = ""
    """The address of a Ray cluster for jobs and recognisers; default: this machine alone."""
    wyoming_uri: str = ""
    """tcp://HOST:PORT or unix://FILE; default: Wyoming is not served."""
    wyoming_project: str | None = None
    """The only project whose endpoints and keywords Wyoming's clients may use; default: all."""
    cache: int = 20 * 2**30
    """Bytes that copies of remote blobs and unpacked models may take on this machine."""
    private_addresses: bool = False
    """Whether recordings may be fetched from addresses of private networks, this machine's too."""
    limits: Limits = field(default_factory=Limits)

    @property
    def loopback(self) -> bool:
        """Whether only this machine can connect."""
        if self.host == "localhost":
            return True
        try:
            return ip_address(self.host).is_loopback
        except ValueError:
            return False

    @property
    def database_url(self) -> str:
        """The SQLAlchemy URL in use."""
        return self.database or f"sqlite:///{self.data.resolve() / 'attune.db'}"

    @property
    def blobs_url(self) -> str:
        """The folder or URL of the blob store in use."""
        return self.blobs or str(self.data.resolve() / "blobs")
