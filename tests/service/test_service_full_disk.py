"""A disk that is really full: told as such, nothing half written, and room can be made again."""

from __future__ import annotations

import subprocess
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

import pytest

from attune.service import Service, Settings, uploads
from attune.service.access import Principal, Scope
from attune.service.errors import StorageFull

MEBIBYTE = 2**20


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Path]:
    """A disk of 12 MB."""
    place = tmp_path / "disk"
    place.mkdir()
    mounting = ["mount", "-t", "tmpfs", "-o", "size=12m", "tmpfs", str(place)]
    if subprocess.run(mounting, capture_output=True, check=False).returncode:
        pytest.skip("only root can make a small disk")
    yield place
    subprocess.run(["umount", place], check=True)


def fill(disk: Path) -> Path:
    filling = disk / "filling"
    with suppress(OSError), filling.open("wb", buffering=0) as file:
        while True:
            file.write(b"x" * 4096)
    return filling


def test_a_full_disk_loses_and_breaks_nothing(
    small_disk: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    service = Service.open_for_work(Settings(data=small_disk / "data"))
    key, secret = service.access.create_key(None, "administrator", Scope.ADMIN)
    admin = Principal(key.id, key.name, Scope.ADMIN)
    with pytest.raises(StorageFull, match="no room"):
        service.uploads.create(admin, name="a", size=5 * MEBIBYTE)
    monkeypatch.setattr(uploads, "_SPARE_BYTES", -(2**40))  # Somebody else filled it meanwhile.
    upload = service.uploads.create(admin, name="a", size=20 * MEBIBYTE)
    with pytest.raises(StorageFull), service.uploads.writing(admin, upload.id, 0) as writer:
        for _ in range(20):
            writer.write(b"x" * MEBIBYTE)
    received = service.uploads.get(admin, upload.id).received
    assert received == 8 * MEBIBYTE
    filling = fill(small_disk)
    with pytest.raises(StorageFull):
        service.store.put_bytes(b"y" * MEBIBYTE)
    with pytest.raises(StorageFull):
        for number in range(5000):
            service.access.create_key(admin, str(number), Scope.RECOGNISE)
    assert service.access.authenticate(secret) == admin
    made = service.access.keys(admin)
    filling.unlink()
    with service.uploads.writing(admin, upload.id, received) as writer:
        writer.write(b"z")
    assert not list((small_disk / "data" / "cache" / "incoming").iterdir())
    fill(small_disk)
    service.uploads.cancel(admin, upload.id)
    assert service.store.put_bytes(b"y" * MEBIBYTE)
    assert [key.id for key in service.access.keys(admin)] == [key.id for key in made]
    service.close()
