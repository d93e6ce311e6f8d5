"""Files and folders that appear whole or not at all."""

from __future__ import annotations

import contextlib
import errno
import os
import secrets
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import BinaryIO

from attune.errors import AttuneError, InputError

__all__ = [
    "copy_synced",
    "growing_file",
    "link_or_copy",
    "name_beside",
    "new_file",
    "new_folder",
    "replace_file",
    "write_errors",
    "write_synced",
]


@contextlib.contextmanager
def write_errors(target: Path, advice: str = "choose another place") -> Iterator[None]:
    """Turn OSError while writing `target` into AttuneError (disk full) or InputError (the rest)."""
    try:
        yield
    except OSError as error:
        if error.errno in (errno.ENOSPC, errno.EDQUOT):
            raise AttuneError(
                f"{target}: the disk is full: free some space and try again"
            ) from error
        raise InputError(
            f"{target} cannot be written ({error.strerror or error}): {advice}"
        ) from error


def growing_file(path: Path) -> tuple[bytes, BinaryIO]:
    """The whole lines of a file that grows line by line, and the file, open for the next ones.

    A last line that was cut off is dropped; the file is made where there is none. Raises OSError.
    """
    content = path.read_bytes() if path.exists() else b""
    whole = content[: content.rfind(b"\n") + 1]
    file = path.open("r+b" if path.exists() else "xb")
    file.truncate(len(whole))
    file.seek(len(whole))
    return whole, file


def name_beside(path: Path) -> Path:
    """A fresh hidden name in the folder of `path`."""
    return path.with_name(f".{path.name}.{secrets.token_hex(6)}")


@contextlib.contextmanager
def new_file(path: Path) -> Iterator[Path]:
    """A temporary path beside `path`; its file replaces `path` when the block ends well.

    The block creates the file. On any exception it is removed and `path` stays as it was.
    """
    temporary = name_beside(path)
    try:
        yield temporary
        with temporary.open("rb+") as file:
            os.fsync(file.fileno())
        os.replace(temporary, path)
    except BaseException:
        temporary.unlink(missing_ok=True)
        raise


def replace_file(path: Path, content: bytes) -> None:
    """Write `path` by way of a temporary file: readers see the old content or the new one."""
    with new_file(path) as temporary:
        temporary.write_bytes(content)


@contextlib.contextmanager
def new_folder(path: Path, *, replace: bool = False) -> Iterator[Path]:
    """A temporary folder beside `path` that takes its name when the block ends well.

    On any exception it is removed and `path` stays as it was. With `replace` a folder at `path` is
    moved aside first and removed last. Raises OSError when `path` exists with content otherwise.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    folder = name_beside(path)
    folder.mkdir()
    try:
        yield folder
        if replace and path.exists():
            _swap(folder, path)
        else:
            os.rename(folder, path)
    except BaseException:
        shutil.rmtree(folder, ignore_errors=True)
        raise


def _swap(folder: Path, path: Path) -> None:
    aside = name_beside(path)
    os.rename(path, aside)
    try:
        os.rename(folder, path)
    except BaseException:
        os.rename(aside, path)
        raise
    shutil.rmtree(aside, ignore_errors=True)


def write_synced(path: Path, content: bytes) -> None:
    """Write a new file and wait until it is on the disk; raises OSError when it exists."""
    with path.open("xb") as file:
        file.write(content)
        file.flush()
        os.fsync(file.fileno())


def link_or_copy(source: Path, target: Path) -> None:
    """Make `target` the same file as `source`, or its copy where links are not possible."""
    try:
        os.link(source.resolve(), target)
    except OSError:
        copy_synced(source, target)


def copy_synced(source: Path, target: Path) -> None:
    """Copy a file's bytes and wait until they are on the disk."""
    shutil.copyfile(source, target)
    with target.open("rb+") as file:
        os.fsync(file.fileno())
