"""Uploads in pieces; on SQLite and PostgreSQL."""

from __future__ import annotations

import hashlib
import os
import shutil
import threading
from collections import namedtuple
from datetime import timedelta

import pytest
from sqlalchemy import update

from attune.errors import InputError
from attune.service import Service
from attune.service.access import Principal, Scope
from attune.service.errors import Conflict, Forbidden, NotFound, StorageFull, TooLarge
from attune.service.tables import Project, Upload, now

CONTENT = bytes(range(256)) * 100


def part(service: Service, id: str) -> bytes:
    return (service.settings.data / "uploads" / id).read_bytes()


def send(service: Service, who: Principal, id: str, offset: int, data: bytes) -> int:
    with service.uploads.writing(who, id, offset) as writer:
        writer.write(data)
    return writer.received


def test_a_file_comes_in_pieces(service: Service, admin: Principal) -> None:
    digest = hashlib.sha256(CONTENT).hexdigest()
    upload = service.uploads.create(admin, name="a.zip", size=len(CONTENT), sha256=digest.upper())
    assert send(service, admin, upload.id, 0, CONTENT[:1000]) == 1000
    with pytest.raises(Conflict, match="missing"):
        service.uploads.finish(admin, upload.id)
    assert service.uploads.get(admin, upload.id).received == 1000
    assert send(service, admin, upload.id, 1000, CONTENT[1000:]) == len(CONTENT)
    done = service.uploads.finish(admin, upload.id)
    assert done.blob_hash == digest
    assert service.store.path(digest).read_bytes() == CONTENT
    assert service.uploads.finish(admin, upload.id).blob_hash == digest
    assert not os.listdir(service.settings.data / "uploads")
    with pytest.raises(Conflict, match="complete"):
        send(service, admin, upload.id, len(CONTENT), b"")


def test_a_piece_at_the_wrong_place_is_refused(service: Service, admin: Principal) -> None:
    upload = service.uploads.create(admin, name="a", size=100)
    send(service, admin, upload.id, 0, b"x" * 10)
    for offset in (0, 5, 11, 100):
        with pytest.raises(Conflict, match="Upload-Offset 10"):
            send(service, admin, upload.id, offset, b"y")
    with pytest.raises(TooLarge, match="100 bytes"):
        send(service, admin, upload.id, 10, b"y" * 91)
    assert send(service, admin, upload.id, 10, b"y" * 90) == 100


def test_what_came_before_the_connection_broke_is_kept(service: Service, admin: Principal) -> None:
    upload = service.uploads.create(admin, name="a", size=100)
    with pytest.raises(ConnectionError), service.uploads.writing(admin, upload.id, 0) as writer:
        writer.write(b"x" * 30)
        raise ConnectionError
    assert service.uploads.get(admin, upload.id).received == 30


def test_what_was_not_made_safe_before_a_kill_comes_again(
    service: Service, admin: Principal
) -> None:
    upload = service.uploads.create(admin, name="a", size=100)
    send(service, admin, upload.id, 0, b"x" * 30)
    with (service.settings.data / "uploads" / upload.id).open("ab") as file:
        file.write(b"half a piece")
    assert send(service, admin, upload.id, 30, b"y" * 70) == 100
    assert part(service, upload.id) == b"x" * 30 + b"y" * 70


def test_large_pieces_become_safe_on_the_way(service: Service, admin: Principal) -> None:
    upload = service.uploads.create(admin, name="a", size=20 * 2**20)
    with service.uploads.writing(admin, upload.id, 0) as writer:
        for _ in range(9):
            writer.write(b"x" * 2**20)
        assert service.uploads.get(admin, upload.id).received == 8 * 2**20


def test_a_new_request_supersedes_one_whose_connection_died(
    service: Service, admin: Principal
) -> None:
    upload = service.uploads.create(admin, name="a", size=100)
    with (
        pytest.raises(Conflict, match="another request"),
        service.uploads.writing(admin, upload.id, 0) as dead,
    ):
        dead.write(b"x" * 10)
        assert send(service, admin, upload.id, 0, b"y" * 40) == 40
        dead.write(b"x" * 10)
    assert service.uploads.get(admin, upload.id).received == 40
    assert part(service, upload.id) == b"y" * 40


def test_bytes_that_are_not_those_announced_are_not_kept(
    service: Service, admin: Principal
) -> None:
    right = hashlib.sha256(b"right").hexdigest()
    upload = service.uploads.create(admin, name="a", size=5, sha256=right)
    send(service, admin, upload.id, 0, b"wrong")
    with pytest.raises(InputError, match="SHA-256"):
        service.uploads.finish(admin, upload.id)
    assert service.uploads.get(admin, upload.id).received == 0
    send(service, admin, upload.id, 0, b"right")
    assert service.uploads.finish(admin, upload.id).blob_hash == right


def test_killed_while_it_finished_an_upload_finishes(service: Service, admin: Principal) -> None:
    upload = service.uploads.create(admin, name="a", size=5)
    send(service, admin, upload.id, 0, b"sound")
    digest = hashlib.sha256(b"sound").hexdigest()
    with service.database.session() as session:
        session.execute(update(Upload).values(sha256=digest))
    path = service.settings.data / "uploads" / upload.id
    service.store.put_file(path, move=True)
    assert service.uploads.finish(admin, upload.id).blob_hash == digest


def test_a_file_that_vanished_comes_again(service: Service, admin: Principal) -> None:
    upload = service.uploads.create(admin, name="a", size=5)
    send(service, admin, upload.id, 0, b"sound")
    (service.settings.data / "uploads" / upload.id).unlink()
    with pytest.raises(Conflict, match="Upload-Offset 0"):
        service.uploads.finish(admin, upload.id)
    send(service, admin, upload.id, 0, b"sou")
    (service.settings.data / "uploads" / upload.id).unlink()
    with pytest.raises(Conflict, match="Upload-Offset 0"):
        send(service, admin, upload.id, 3, b"nd")
    assert send(service, admin, upload.id, 0, b"sound") == 5


def test_identical_files_finish_at_once_as_one_blob(service: Service, admin: Principal) -> None:
    ids = [service.uploads.create(admin, name="a", size=5).id for _ in range(4)]
    for id in ids:
        send(service, admin, id, 0, b"alike")
    found: list[str | None] = []
    threads = [
        threading.Thread(
            target=lambda id=id: found.append(service.uploads.finish(admin, id).blob_hash)
        )
        for id in [*ids, *ids]
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert found == [hashlib.sha256(b"alike").hexdigest()] * 8


@pytest.mark.parametrize(
    ("changed", "message"),
    [
        ({"size": 0}, "size"),
        ({"size": -1}, "size"),
        ({"name": " "}, "name"),
        ({"name": "a\0b"}, "name"),
        ({"sha256": "xyz"}, "sha256"),
        ({"project_id": "nonsense"}, "project"),
    ],
)
def test_what_cannot_be_uploaded_is_refused(
    service: Service, admin: Principal, changed: dict[str, object], message: str
) -> None:
    with pytest.raises((InputError, NotFound), match=message):
        service.uploads.create(admin, **{"name": "a", "size": 1, **changed})  # type: ignore[arg-type]


def test_limits_and_a_full_disk_are_told_before_anything_is_sent(
    service: Service, admin: Principal, monkeypatch: pytest.MonkeyPatch
) -> None:
    with pytest.raises(TooLarge):
        service.uploads.create(admin, name="a", size=service.settings.limits.upload + 1)
    usage = namedtuple("usage", "total used free")
    monkeypatch.setattr(shutil, "disk_usage", lambda _: usage(0, 0, 100 * 2**20))
    with pytest.raises(StorageFull):
        service.uploads.create(admin, name="a", size=1)


def test_a_key_of_a_project_sees_its_uploads_alone(service: Service, admin: Principal) -> None:
    project = Project(name="p", language="en-US")
    with service.database.session() as session:
        session.add(project)
    mine = Principal("k", "k", Scope.MANAGE, project.id)
    theirs = service.uploads.create(admin, name="a", size=1)
    with pytest.raises(NotFound):
        service.uploads.get(mine, theirs.id)
    upload = service.uploads.create(mine, name="a", size=1)
    assert upload.project_id == project.id
    assert service.uploads.get(admin, upload.id).id == upload.id
    with pytest.raises(Forbidden):
        service.uploads.create(Principal("k", "k", Scope.RECOGNISE), name="a", size=1)


def test_uploads_are_cancelled_and_swept(service: Service, admin: Principal) -> None:
    folder = service.settings.data / "uploads"
    gone, old, fresh = (service.uploads.create(admin, name="a", size=9) for _ in range(3))
    for upload in (gone, old, fresh):
        send(service, admin, upload.id, 0, b"x")
    service.uploads.cancel(admin, gone.id)
    with service.database.session() as session:
        session.execute(
            update(Upload).where(Upload.id == old.id).values(changed=now() - timedelta(days=3))
        )
    (folder / "stray").write_bytes(b"")
    service.uploads.sweep()
    assert os.listdir(folder) == [fresh.id]
    for upload in (gone, old):
        with pytest.raises(NotFound):
            service.uploads.get(admin, upload.id)
