"""Text files, plain or compressed, read line by line in constant memory."""

from __future__ import annotations

import gzip
import lzma
import zlib
from collections.abc import Iterator
from pathlib import Path
from typing import IO

from attune.errors import InputError

__all__ = ["read_lines"]


def read_lines(path: str | Path) -> Iterator[str]:
    """Lines of a UTF-8 text file without their line ends; `.gz` and `.xz` are unpacked on the way.

    Raises InputError when the file is missing, damaged or not UTF-8, naming the line where it ends.
    """
    path = Path(path)
    number = 0
    try:
        with _open(path) as file:
            for line in file:
                number += 1
                yield line.rstrip("\r\n")
    except UnicodeDecodeError as error:
        raise InputError(
            f"{path}, after line {number}: not UTF-8 text ({error.reason}); convert it to UTF-8."
        ) from error
    except (EOFError, lzma.LZMAError, gzip.BadGzipFile, zlib.error) as error:
        raise InputError(
            f"{path}, after line {number}: the compressed file is damaged ({error}); copy it again."
        ) from error
    except OSError as error:
        raise InputError(f"{path}: cannot be read ({error.strerror or error}).") from error


def _open(path: Path) -> IO[str]:
    match path.suffix:
        case ".gz":
            return gzip.open(path, "rt", encoding="utf-8", newline="\n")
        case ".xz":
            return lzma.open(path, "rt", encoding="utf-8", newline="\n")
        case _:
            return open(path, encoding="utf-8", newline="\n")
