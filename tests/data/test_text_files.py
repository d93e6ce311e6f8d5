"""Text files in whatever encoding: read, or refused with what to do."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from attune.data.text_file import LONGEST_LINE, open_text_file
from attune.errors import InputError

Write = Callable[[Path, str | bytes], Path]
MEGABYTE = 1_000_000

DECODED = [
    ("plain", b"one\ntwo\n", ["one", "two"], "utf-8"),
    ("no last line end", b"one\ntwo", ["one", "two"], "utf-8"),
    ("DOS", b"one\r\n\r\ntwo\r\n", ["one", "", "two"], "utf-8"),
    ("old Mac", b"one\rtwo\r", ["one", "two"], "utf-8"),
    ("UTF-8", "café\n".encode(), ["café"], "utf-8"),
    ("UTF-8 with a mark", "\ufeffcafé\n".encode(), ["café"], "utf-8"),
    ("UTF-16 LE", "\ufeffcafé\r\nx\r\n".encode("utf-16-le"), ["café", "x"], "utf-16-le"),
    ("UTF-16 BE", "\ufeffcafé\nx\n".encode("utf-16-be"), ["café", "x"], "utf-16-be"),
    ("UTF-16 LE, no mark", "hello there\n".encode("utf-16-le"), ["hello there"], "utf-16-le"),
    ("UTF-16 BE, no mark", "hello there\n".encode("utf-16-be"), ["hello there"], "utf-16-be"),
    ("Latin-1", "a café\n".encode("latin-1"), ["a café"], "cp1252"),
    ("Windows-1252", "it’s “good”\n".encode("cp1252"), ["it’s “good”"], "cp1252"),
    ("both", b"caf\xe9\ncaf\xc3\xa9\n", ["caf\udce9", "café"], "utf-8"),
    ("neither", b"caf\x81\n", ["caf\udc81"], "utf-8"),
    ("Windows-1251", "привет там\n".encode("cp1251"), None, "utf-8"),
]


@pytest.mark.parametrize(("content", "lines", "encoding"), [case[1:] for case in DECODED],
    ids=[case[0] for case in DECODED])  # fmt: skip
def test_encodings(
    content: bytes, lines: list[str] | None, encoding: str, tmp_path: Path, write: Write
) -> None:
    file = open_text_file(write(tmp_path / "t.txt", content), MEGABYTE)
    assert file.encoding == encoding
    assert bool(file.note) == (encoding != "utf-8")
    if lines is not None:
        assert list(file.lines()) == list(enumerate(lines, start=1))


REFUSED = [
    (b"", "the file is empty: name one that holds text"),
    (b"PK\x03\x04rest", r"a zip archive \(Word and Excel files are such\), not a text file"),
    (b"\x1f\x8b\x08", "compressed by gzip, not a text file"),
    (b"%PDF-1.7\n", "a PDF, not a text file: save its text as UTF-8"),
    (b"RIFF\x24\x00", "a recording, not a text file"),
    (bytes(range(256)), "holds binary data: name a text file"),
    (b"text\0text", "holds binary data"),
    (b"x" * (MEGABYTE + 1), "1 MB, at most 1 MB: divide it"),
]


@pytest.mark.parametrize(("content", "message"), REFUSED)
def test_what_is_not_text_is_refused(
    content: bytes, message: str, tmp_path: Path, write: Write
) -> None:
    with pytest.raises(InputError, match=rf"t\.txt: {message}"):
        open_text_file(write(tmp_path / "t.txt", content), MEGABYTE)


def test_what_is_not_a_plain_file_is_refused(tmp_path: Path, write: Write) -> None:
    with pytest.raises(InputError, match="cannot read: No such file"):
        open_text_file(tmp_path / "none", MEGABYTE)
    with pytest.raises(InputError, match="a folder: name one text file"):
        open_text_file(tmp_path, MEGABYTE)
    (tmp_path / "link").symlink_to(write(tmp_path / "t.txt", "text\n"))
    with pytest.raises(InputError, match="a symbolic link: name the file that it leads to"):
        open_text_file(tmp_path / "link", MEGABYTE)


def test_long_lines_are_cut_and_do_not_disturb_the_next(tmp_path: Path, write: Write) -> None:
    content = "x" * (3 * LONGEST_LINE) + "\n" + "y" * LONGEST_LINE + "\r\nz\n"
    lines = list(open_text_file(write(tmp_path / "t.txt", content), MEGABYTE).lines())
    assert [(number, len(line), line[:1]) for number, line in lines] == [
        (1, LONGEST_LINE + 1, "x"),
        (2, LONGEST_LINE, "y"),
        (3, 1, "z"),
    ]


@given(st.binary(max_size=200))
@settings(max_examples=300)
def test_any_bytes_are_read_or_refused(
    tmp_path_factory: pytest.TempPathFactory, content: bytes
) -> None:
    path = tmp_path_factory.getbasetemp() / "any.txt"
    path.write_bytes(content)
    try:
        file = open_text_file(path, MEGABYTE)
    except InputError:
        return
    assert [number for number, _ in file.lines()] == list(range(1, len(list(file.lines())) + 1))
