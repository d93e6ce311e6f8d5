"""The blob store, in a folder and on S3."""

from __future__ import annotations

import hashlib
import os
import stat
import threading
import time
import zipfile
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest
from object_store import s3_bucket
from sqlalchemy import select

from attune.errors import InputError
from attune.service.blob_places import BlobFolder, storing
from attune.service.blobs import Store
from attune.service.database import Database
from attune.service.errors import NotFound, StorageFull, Unavailable
from attune.service.local_copies import LocalCopies
from attune.service.migrations import upgrade
from attune.service.tables import Blob, Upload, now
from attune.service.zipped_folders import pack, unpack

NOW = timedelta(seconds=-1)
"""With which a sweep removes also what has just come."""


@pytest.fixture(scope="session")
def bucket() -> Iterator[str]:
    with s3_bucket() as url:
        yield url


@pytest.fixture
def lite(tmp_path: Path) -> Iterator[Database]:
    database = Database(f"sqlite:///{tmp_path / 'attune.db'}")
    upgrade(database)
    yield database
    database.close()


@pytest.fixture(params=["folder", "s3"])
def store(request: pytest.FixtureRequest, tmp_path: Path, lite: Database) -> Store:
    url = str(tmp_path / "blobs")
    if request.param == "s3":
        url = f"{request.getfixturevalue('bucket')}/{tmp_path.name}"
    return Store(url, tmp_path / "cache", lite, cache=10**9)


def hashes(database: Database) -> set[str]:
    with database.reading() as session:
        return set(session.scalars(select(Blob.hash)))


def refer_to(database: Database, name: str) -> None:
    with database.session() as session:
        session.add(Upload(name="a", size=1, blob_hash=name))


def test_what_is_put_is_found_by_its_hash(store: Store, lite: Database, tmp_path: Path) -> None:
    name = store.put_bytes(b"sound")
    assert name == hashlib.sha256(b"sound").hexdigest()
    assert store.size(name) == 5
    assert store.path(name).read_bytes() == b"sound"
    with store.open(name) as file:
        assert file.read(2) == b"so"
    file_ = tmp_path / "same"
    file_.write_bytes(b"sound")
    assert store.put_file(file_) == name
    assert file_.exists()
    assert store.put_file(file_, move=True) == name
    assert not file_.exists()
    assert hashes(lite) == {name}


def test_an_empty_blob_is_one_too(store: Store) -> None:
    assert store.path(store.put_bytes(b"")).read_bytes() == b""


def test_what_is_not_there_is_not_found(store: Store) -> None:
    for name in ("0" * 64, "../attune.db", "", "/etc/passwd", "Z" * 64, "0\0"):
        for ask in (store.open, store.size, store.path, store.folder):
            with pytest.raises(NotFound):
                ask(name)


def test_a_folder_comes_back_read_only_and_alike(store: Store, tmp_path: Path) -> None:
    folder = tmp_path / "bundle"
    (folder / "deep").mkdir(parents=True)
    (folder / "bundle.json").write_text("{}")
    (folder / "deep" / "part.bin").write_bytes(bytes(range(256)))
    name = store.put_folder(folder)
    os.utime(folder / "bundle.json", (0, 0))
    assert store.put_folder(folder) == name
    unpacked = store.folder(name)
    assert (unpacked / "deep" / "part.bin").read_bytes() == bytes(range(256))
    assert stat.S_IMODE((unpacked / "bundle.json").stat().st_mode) == 0o444
    assert store.folder(name) == unpacked


def test_many_ask_for_a_folder_at_once(store: Store, tmp_path: Path) -> None:
    (tmp_path / "f").mkdir()
    (tmp_path / "f" / "a").write_bytes(b"a" * 100_000)
    name = store.put_folder(tmp_path / "f")
    found: list[int] = []
    threads = [
        threading.Thread(target=lambda: found.append((store.folder(name) / "a").stat().st_size))
        for _ in range(8)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert found == [100_000] * 8


def test_a_sweep_removes_what_nothing_refers_to(store: Store, lite: Database) -> None:
    kept, unused = store.put_bytes(b"kept"), store.put_bytes(b"unused")
    refer_to(lite, kept)
    assert store.sweep() == 0  # All of it has just come.
    assert store.sweep(NOW) == 1
    assert hashes(lite) == {kept}
    assert store.size(kept) == 4
    with pytest.raises(NotFound):
        store.size(unused)
    assert store.put_bytes(b"unused") == unused
    assert store.size(unused) == 6


def test_a_sweep_finds_files_that_a_crash_left_without_a_row(store: Store, lite: Database) -> None:
    name = store.put_bytes(b"left")
    with lite.session() as session:
        session.delete(session.get_one(Blob, name))
    assert store.sweep() == 0
    assert store.sweep(NOW) == 1
    with pytest.raises(NotFound):
        store.size(name)


def test_what_comes_again_while_it_is_swept_stays(tmp_path: Path, lite: Database) -> None:
    store = Store(str(tmp_path / "blobs"), tmp_path / "cache", lite, cache=10**9)
    swept = 0
    for number in range(40):
        old = now() - timedelta(days=2)
        name = store.put_bytes(b"old")
        os.utime(store.path(name), (old.timestamp(),) * 2)
        with lite.session() as session:
            if number % 2:
                session.get_one(Blob, name).used = old
            else:  # As a crash leaves it.
                session.delete(session.get_one(Blob, name))
        together = threading.Barrier(2)

        def sweep(together: threading.Barrier = together) -> None:
            nonlocal swept
            together.wait()
            swept += store.sweep()

        sweeper = threading.Thread(target=sweep)
        sweeper.start()
        together.wait()
        time.sleep(number * 0.0005)
        store.put_bytes(b"old")
        sweeper.join()
        assert store.path(name).read_bytes() == b"old"
        assert hashes(lite) == {name}
    assert 0 < swept < 40, "they did not meet"


def test_a_damaged_copy_from_far_is_refused(bucket: str, tmp_path: Path, lite: Database) -> None:
    import s3fs

    store = Store(f"{bucket}/damaged", tmp_path / "cache", lite, cache=10**9)
    name = store.put_bytes(b"whole")
    s3fs.S3FileSystem().pipe_file(f"{bucket}/damaged/{name[:2]}/{name}", b"w*ole")
    with pytest.raises(Unavailable, match="damaged"):
        store.path(name)


def test_a_store_that_is_away_is_unavailable(
    bucket: str, tmp_path: Path, lite: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("AWS_ENDPOINT_URL", "http://127.0.0.1:9")
    monkeypatch.setenv("AWS_MAX_ATTEMPTS", "1")
    store = Store(f"{bucket}-away/x", tmp_path / "cache", lite, cache=10**9)
    with pytest.raises(Unavailable):
        store.check()
    with pytest.raises(Unavailable):
        store.put_bytes(b"sound")


def test_an_unknown_kind_of_store_is_refused(tmp_path: Path, lite: Database) -> None:
    with pytest.raises(InputError, match="name a folder or s3://BUCKET"):
        Store("nonsense://x", tmp_path, lite, cache=1)


def test_a_full_disk_leaves_nothing_half_written(tmp_path: Path, lite: Database) -> None:
    store = Store(str(tmp_path / "blobs"), tmp_path / "cache", lite, cache=10**9)
    import resource

    limits = resource.getrlimit(resource.RLIMIT_FSIZE)
    (tmp_path / "big").write_bytes(b"x" * 300_000)
    import signal

    before = signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
    try:
        # The kernel's limit for files says no as a full disk does.
        resource.setrlimit(resource.RLIMIT_FSIZE, (200_000, limits[1]))
        with pytest.raises(StorageFull):
            store.put_file(tmp_path / "big")
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, limits)
        signal.signal(signal.SIGXFSZ, before)
    assert not [path for path in (tmp_path / "blobs").rglob("*") if path.is_file()]
    assert hashes(lite) == set()


def test_copies_are_bounded_but_recent_ones_are_spared(tmp_path: Path) -> None:
    copies = LocalCopies(tmp_path, limit=250)
    made = []

    def make(path: Path) -> None:
        made.append(path)
        path.write_bytes(b"x" * 100)

    paths = [copies.file(name, make) for name in "abc"]
    copies.shrink()
    assert all(path.exists() for path in paths)
    for age, path in zip((7200, 9000, 8000), paths, strict=True):
        os.utime(path, (path.stat().st_mtime - age,) * 2)
    copies.shrink()
    assert [path.exists() for path in paths] == [True, False, True]
    copies.file("a", make)
    assert len(made) == 3
    copies.file("b", make)
    assert len(made) == 4


def test_a_copy_that_fails_leaves_nothing(tmp_path: Path) -> None:
    copies = LocalCopies(tmp_path, limit=250)

    def fail(path: Path) -> None:
        path.write_bytes(b"half")
        raise OSError("gone")

    with pytest.raises(OSError, match="gone"):
        copies.file("a", fail)
    assert not [path for path in tmp_path.rglob("*") if path.is_file()]


@pytest.mark.parametrize(
    "name", ["../out", "/out", "a/../../out", "a\\b", "c:/x", "./a", "a//b", "a/"]
)
def test_entries_that_lead_elsewhere_are_refused(tmp_path: Path, name: str) -> None:
    with zipfile.ZipFile(tmp_path / "bad.zip", "w") as archive:
        archive.writestr(name.rstrip("/"), b"x") if name != "a/" else archive.writestr("..", b"x")
    with pytest.raises(InputError):
        unpack(tmp_path / "bad.zip", tmp_path / "folder")
    assert not (tmp_path / "folder").exists()
    assert not (tmp_path / "out").exists()


def test_links_and_bombs_are_refused(tmp_path: Path) -> None:
    with zipfile.ZipFile(tmp_path / "link.zip", "w") as archive:
        entry = zipfile.ZipInfo("link")
        entry.external_attr = (stat.S_IFLNK | 0o777) << 16
        archive.writestr(entry, "/etc/passwd")
    with zipfile.ZipFile(tmp_path / "bomb.zip", "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("zeros", b"\0" * 1_000_000)
    (tmp_path / "none.zip").write_bytes(b"PK nonsense")
    for name in ("link.zip", "bomb.zip", "none.zip"):
        with pytest.raises(InputError):
            unpack(tmp_path / name, tmp_path / "folder")
    assert not (tmp_path / "folder").exists()


def test_a_link_is_not_packed(tmp_path: Path) -> None:
    (tmp_path / "f").mkdir()
    (tmp_path / "f" / "link").symlink_to("/etc/passwd")
    with pytest.raises(InputError, match="neither a file nor a folder"):
        pack(tmp_path / "f", tmp_path / "f.zip")


def test_blobs_of_a_folder_are_read_only(tmp_path: Path) -> None:
    place = BlobFolder(tmp_path)
    (tmp_path / "x").write_bytes(b"x")
    with storing("x"):
        place.add("ab" * 32, tmp_path / "x", move=False)
    assert stat.S_IMODE(place.path("ab" * 32).stat().st_mode) == 0o444
