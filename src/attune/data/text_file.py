"""A text file from people one does not know: its encoding found out, its lines in constant memory.

UTF-8 is expected; UTF-16 and Windows-1252 (of which Latin-1 is a part) are decoded and told.
"""

from __future__ import annotations

import codecs
import os
import stat
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

from attune.data.lines import SNIFFED, utf16_of
from attune.errors import InputError

__all__ = ["LONGEST_LINE", "TextFile", "open_text_file"]

LONGEST_LINE = 20_000
"""Characters of a line that are read; `lines` cuts longer ones off one character after that."""

_BLOCK = 1 << 20
_MOST_CONTROLS = 8
_CONTROL_SHARE = 0.02
"""Control characters beyond both, in number and share, show that a file holds no text."""
_MAGIC = {
    b"PK\x03\x04": "a zip archive (Word and Excel files are such)",
    b"\x1f\x8b": "compressed by gzip",
    b"\xfd7zXZ": "compressed by xz",
    b"BZh": "compressed by bzip2",
    b"%PDF": "a PDF",
    b"{\\rtf": "an RTF document",
    b"\xd0\xcf\x11\xe0": "an old Word or Excel file",
    b"RIFF": "a recording",
    b"OggS": "a recording",
    b"fLaC": "a recording",
    b"ID3": "a recording",
    b"\x7fELF": "a program",
    b"\x89PNG": "a picture",
    b"\xff\xd8\xff": "a picture",
}
# Bytes that text does not hold, in any encoding that is read.
_CONTROLS = bytes(code for code in range(32) if code not in b"\t\n\v\f\r\x1b\x1a")
_UNDEFINED = b"\x81\x8d\x8f\x90\x9d"  # In Windows-1252.
_ASCII = bytes(range(128))
_NOT_LETTERS = bytes(code for code in range(256) if not bytes((code,)).isalpha())


@dataclass(frozen=True, slots=True)
class TextFile:
    """A text file whose bytes are `encoding` (Python's name for it), with lines that end at LF or
    CRLF, or at CR alone; `note` says what a person should know about that, "" for plain UTF-8."""

    path: Path
    bytes: int
    encoding: str
    newline: str
    note: str

    def lines(self) -> Iterator[tuple[int, str]]:
        """Yield (number from 1, line without its ending, at most `LONGEST_LINE` + 1 characters).

        What cannot be decoded becomes lone surrogates (UTF-8) or U+FFFD. InputError if the file
        cannot be read.
        """
        errors = "surrogateescape" if self.encoding == "utf-8" else "replace"
        try:
            with open(
                self.path, encoding=self.encoding, errors=errors, newline=self.newline
            ) as stream:
                number = 0
                while line := stream.readline(LONGEST_LINE + 2):
                    number += 1
                    rest = line
                    while not rest.endswith(self.newline) and rest:
                        rest = stream.readline(_BLOCK)
                    text = line.removesuffix(self.newline)
                    text = text.removesuffix("\r") if self.newline == "\n" else text
                    text = text.removeprefix("\ufeff") if number == 1 else text
                    yield number, text[: LONGEST_LINE + 1]
        except OSError as error:
            raise InputError(f"{self.path}: cannot read: {error.strerror or error}") from error


def open_text_file(path: Path, most_bytes: int) -> TextFile:
    """Look through the file at `path`, at most `most_bytes` large, and find its encoding out.

    InputError for what is not there, not a plain file, empty, too large, or not text.
    """
    try:
        status = os.lstat(path)
        refuse_kind(path, status.st_mode)
        if status.st_size == 0:
            raise InputError(f"{path}: the file is empty: name one that holds text")
        if status.st_size > most_bytes:
            raise InputError(
                f"{path}: {megabytes(status.st_size)} MB, at most {megabytes(most_bytes)} MB: "
                "divide it"
            )
        with open(path, "rb") as stream:
            encoding, note = find_encoding(path, stream)
            newline = find_newline(path, encoding)
    except OSError as error:
        raise InputError(f"{path}: cannot read: {error.strerror or error}") from error
    return TextFile(path, status.st_size, encoding, newline, note)


def refuse_kind(path: Path, mode: int) -> None:
    """Raise InputError for what is not a plain file."""
    if stat.S_ISLNK(mode):
        raise InputError(f"{path}: a symbolic link: name the file that it leads to")
    if stat.S_ISDIR(mode):
        raise InputError(f"{path}: a folder: name one text file")
    if not stat.S_ISREG(mode):
        raise InputError(f"{path}: not a plain file: name a text file")


def megabytes(size: int) -> str:
    """Bytes as megabytes for people: `1.5`, `200`."""
    return f"{size / 1e6:,.1f}".removesuffix(".0")


def find_encoding(path: Path, stream: BinaryIO) -> tuple[str, str]:
    """The encoding of an open file, and what to tell about it."""
    start = stream.read(SNIFFED)
    for magic, what in _MAGIC.items():
        if start.startswith(magic):
            raise InputError(f"{path}: {what}, not a text file: save its text as UTF-8")
    encoding = utf16_of(start)
    if encoding:
        marked = start.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE))
        how = "" if marked else " without a byte order mark,"
        return encoding, f"the file is UTF-16{how} and was read as such"
    controls = len(start) - len(start.translate(None, _CONTROLS))
    if b"\0" in start or controls > max(_MOST_CONTROLS, _CONTROL_SHARE * len(start)):
        raise InputError(f"{path}: holds binary data: name a text file, best in UTF-8")
    stream.seek(0)
    return eight_bit_encoding(stream)


def eight_bit_encoding(stream: BinaryIO) -> tuple[str, str]:
    """UTF-8, unless no line with other than ASCII is UTF-8 and all could be Windows-1252.

    In Western text letters without accents outnumber the others; where they do not, the file is in
    some other encoding, and its lines are better left out than read wrongly.
    """
    plain = accented = 0
    while block := stream.read(_BLOCK):
        block += stream.readline(_BLOCK)
        if is_utf8(block):
            if not block.removeprefix(codecs.BOM_UTF8).isascii():
                return "utf-8", ""
            continue
        for line in block.split(b"\n"):
            if line.isascii():
                continue
            if is_utf8(line) or len(line.translate(None, _UNDEFINED)) < len(line):
                return "utf-8", ""  # The lines that are not will be left out one by one.
            plain += len(line.translate(None, _NOT_LETTERS))  # bytes.isalpha knows ASCII alone.
            accented += len(line.translate(None, _ASCII))
    if not accented or accented > 0.5 * plain:
        return "utf-8", ""
    return "cp1252", "the file is not UTF-8: it was read as Windows-1252 (Latin-1)"


def is_utf8(data: bytes) -> bool:
    """Whether `data` can be decoded."""
    try:
        data.decode("utf-8")
    except UnicodeDecodeError:
        return False
    return True


def find_newline(path: Path, encoding: str) -> str:
    r"""`\n`, or `\r` for a file of old Macs, which has no other line end in its first block."""
    with open(path, encoding=encoding, errors="replace", newline="") as stream:
        start = stream.read(_BLOCK)
    return "\r" if "\r" in start.rstrip("\r") and "\n" not in start else "\n"
