"""Lines of text files that other tools wrote, with their numbers, in constant memory."""

from __future__ import annotations

import codecs
from collections.abc import Iterator
from pathlib import Path
from typing import BinaryIO

from attune.errors import InputError

__all__ = ["decodable", "read_lines", "split_lines"]

LINE_LIMIT = 1 << 20
"""Longest line accepted, in bytes: longer means a binary file, or line ends that were lost."""


def read_lines(path: Path) -> Iterator[tuple[int, str]]:
    """Yield (line number from 1, line without its ending) of a UTF-8 text file, BOM or not.

    Lines end at LF or CRLF alone, so that other separators of Unicode stay inside a transcript.
    A byte that is not UTF-8 becomes a lone surrogate: `decodable` tells, so that one bad line need
    not cost the file. Raises InputError for a file that cannot be opened, is UTF-16 or binary, or
    has a line beyond `LINE_LIMIT`.
    """
    try:
        with open(path, "rb") as stream:
            yield from split_lines(stream, str(path))
    except OSError as error:
        raise InputError(f"{path}: cannot read: {error.strerror or error}") from error


def split_lines(stream: BinaryIO, name: str) -> Iterator[tuple[int, str]]:
    """`read_lines` of an open binary stream, called `name` in messages."""
    number = 0
    while raw := stream.readline(LINE_LIMIT + 1):
        number += 1
        if len(raw) > LINE_LIMIT:
            raise InputError(f"{name}:{number}: a line of over 1 MiB: is this a text file?")
        if number == 1:
            if raw.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
                raise InputError(f"{name}: the file is UTF-16: save it as UTF-8")
            raw = raw.removeprefix(codecs.BOM_UTF8)
        if b"\0" in raw:
            raise InputError(
                f"{name}:{number}: a NUL byte: the file is binary or UTF-16, save it as UTF-8 text"
            )
        line = raw.removesuffix(b"\n").removesuffix(b"\r")
        yield number, line.decode("utf-8", "surrogateescape")


def decodable(text: str) -> bool:
    """Whether `text` holds no byte that was not UTF-8, that is, no surrogate."""
    return not any("\ud800" <= character <= "\udfff" for character in text)
