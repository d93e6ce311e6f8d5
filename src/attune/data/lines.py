"""Lines of text files that other tools wrote, with their numbers, in constant memory."""

from __future__ import annotations

import codecs
import os
from collections.abc import Iterator
from pathlib import Path
from typing import BinaryIO

from attune.errors import InputError

__all__ = ["SNIFFED", "decodable", "read_lines", "split_lines", "utf16_of"]

LINE_LIMIT = 1 << 20
"""Longest line accepted, in bytes: longer means a binary file, or line ends that were lost."""

SNIFFED = 1 << 16
"""Bytes at a file's start that tell its encoding."""


def read_lines(path: Path) -> Iterator[tuple[int, str]]:
    """Yield (line number from 1, line without its ending) of a UTF-8 or UTF-16 text file.

    Lines end at LF or CRLF alone, so that other separators of Unicode stay inside a transcript.
    A byte order mark is left out. A byte that is not UTF-8 becomes a lone surrogate: `decodable`
    tells, so that one bad line need not cost the file; what is not UTF-16 becomes U+FFFD. Raises
    InputError for a file that cannot be opened, is binary, or has a line beyond `LINE_LIMIT`.
    """
    try:
        with open(path, "rb") as stream:
            yield from split_lines(stream, str(path))
    except OSError as error:
        raise InputError(f"{path}: cannot read: {error.strerror or error}") from error


def split_lines(stream: BinaryIO, name: str) -> Iterator[tuple[int, str]]:
    """`read_lines` of an open binary stream that can seek, called `name` in messages."""
    start = stream.read(SNIFFED)
    stream.seek(-len(start), os.SEEK_CUR)
    encoding = utf16_of(start)
    lines = _utf16_lines(stream, encoding) if encoding else _utf8_lines(stream)
    for number, (line, length) in enumerate(lines, start=1):
        if length > LINE_LIMIT:
            raise InputError(f"{name}:{number}: a line of over 1 MiB: is this a text file?")
        if "\0" in line:
            raise InputError(
                f"{name}:{number}: a NUL byte: the file is binary, or its encoding is not known: "
                "save it as UTF-8 text"
            )
        if number == 1:
            line = line.removeprefix("\ufeff")
        yield number, line.removesuffix("\n").removesuffix("\r")


def _utf8_lines(stream: BinaryIO) -> Iterator[tuple[str, int]]:
    """Lines with their endings, and how long they are in bytes."""
    while raw := stream.readline(LINE_LIMIT + 1):
        yield raw.decode("utf-8", "surrogateescape"), len(raw)


def _utf16_lines(stream: BinaryIO, encoding: str) -> Iterator[tuple[str, int]]:
    """Lines with their endings, and how long they are in characters."""
    decoder = codecs.getincrementaldecoder(encoding)("replace")
    rest = ""
    while block := stream.read(SNIFFED):
        *whole, rest = (rest + decoder.decode(block)).split("\n")
        yield from ((line + "\n", len(line)) for line in whole)
        if len(rest) > LINE_LIMIT:
            break
    rest += decoder.decode(b"", final=True)
    if rest:
        yield rest, len(rest)


def utf16_of(start: bytes) -> str:
    """The name of the UTF-16 that a file with this `start` is in, "" if it is in none.

    Told by its byte order mark, or by the zeros in every other byte: that is how the letters,
    digits and spaces of European languages are written in it.
    """
    if start.startswith(codecs.BOM_UTF16_LE):
        return "utf-16-le"
    if start.startswith(codecs.BOM_UTF16_BE):
        return "utf-16-be"
    pairs = len(start) // 2
    low_zeros, high_zeros = start[0::2].count(0), start[1::2].count(0)
    if pairs and high_zeros > 0.3 * pairs and low_zeros == 0:
        return "utf-16-le"
    if pairs and low_zeros > 0.3 * pairs and high_zeros == 0:
        return "utf-16-be"
    return ""


def decodable(text: str) -> bool:
    """Whether `text` holds no byte that was not UTF-8, that is, no surrogate."""
    return not any("\ud800" <= character <= "\udfff" for character in text)
