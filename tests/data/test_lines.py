"""Lines of tables that other tools wrote: UTF-8 or UTF-16, bad bytes, binary files."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from attune.data import import_data
from attune.data.lines import LINE_LIMIT, decodable, read_lines
from attune.data.manifest import Manifest
from attune.errors import InputError

Tone = Callable[..., Path]
Write = Callable[[Path, str | bytes], Path]

TEXT = "a\tcafé\r\n\u2028b\u0a0a\tit’s\nlast"  # U+0A0A has the byte of a line end, twice.
LINES = [(1, "a\tcafé"), (2, "\u2028b\u0a0a\tit’s"), (3, "last")]
READ = {
    "UTF-8": TEXT.encode(),
    "UTF-8 with a mark": TEXT.encode("utf-8-sig"),
    "UTF-16 LE with a mark": b"\xff\xfe" + TEXT.encode("utf-16-le"),
    "UTF-16 BE with a mark": b"\xfe\xff" + TEXT.encode("utf-16-be"),
    "UTF-16 LE": TEXT.encode("utf-16-le"),
    "UTF-16 BE": TEXT.encode("utf-16-be"),
}


@pytest.mark.parametrize("content", READ.values(), ids=READ)
def test_the_same_lines_in_every_encoding(content: bytes, tmp_path: Path, write: Write) -> None:
    assert list(read_lines(write(tmp_path / "t.tsv", content))) == LINES


def test_what_cannot_be_decoded_costs_its_line_alone(tmp_path: Path, write: Write) -> None:
    lines = dict(read_lines(write(tmp_path / "t.tsv", b"caf\xe9\nok\n")))
    assert [decodable(line) for line in lines.values()] == [False, True]
    half = "one\ntwo\n".encode("utf-16") + b"x"
    assert dict(read_lines(write(tmp_path / "t.tsv", half))) == {1: "one", 2: "two", 3: "\ufffd"}


REFUSED = [
    (b"a\0b\nrest", r"t\.tsv:1: a NUL byte: the file is binary, .* save it as UTF-8 text"),
    ("one\ntwo\n".encode("utf-32"), r"t\.tsv:1: a NUL byte"),
    ("one\n\0two\n".encode("utf-16"), r"t\.tsv:2: a NUL byte"),
    (b"ok\n" + b"x" * (LINE_LIMIT + 1), r"t\.tsv:2: a line of over 1 MiB: is this a text file\?"),
    (("x" * (LINE_LIMIT + 1)).encode("utf-16"), r"t\.tsv:1: a line of over 1 MiB"),
]


@pytest.mark.parametrize(("content", "message"), REFUSED)
def test_what_is_no_text(content: bytes, message: str, tmp_path: Path, write: Write) -> None:
    with pytest.raises(InputError, match=message):
        list(read_lines(write(tmp_path / "t.tsv", content)))


# file -> content: tables of every kind, in the encoding that Excel calls "Unicode text"
TABLES = {
    "common-voice": {"test.tsv": "client_id\tpath\tsentence\nx\ta.wav\tA naïve café.\n"},
    "deepspeech": {"set.csv": "wav_filename,wav_filesize,transcript\na.wav,1,A naïve café.\n"},
    "azure-folder": {"trans.txt": "a.wav\tA naïve café.\r\n"},
    "kaldi": {"wav.scp": "x a.wav\n", "text": "x A naïve café.\n"},
    "manifest": {"set.tsv": "path\tseconds\tspeaker\ttext\na.wav\t1\t\tA naïve café.\n"},
}


@pytest.mark.parametrize("encoding", ["utf-16", "utf-16-be"])
@pytest.mark.parametrize(("layout", "files"), TABLES.items(), ids=TABLES)
def test_tables_in_utf_16_are_imported(
    layout: str, files: dict[str, str], encoding: str, tmp_path: Path, tone: Tone, write: Write
) -> None:
    folder = tmp_path / "set"
    tone(folder / "a.wav")
    for name, content in files.items():
        write(folder / name, content.encode(encoding))
    source = folder if layout in ("azure-folder", "kaldi") else folder / next(iter(files))
    report = import_data(source, tmp_path / "out")
    assert (report.layout, report.dropped) == (layout, ())
    assert report.manifest is not None
    assert report.manifest.read_bytes().isascii() is False
    assert [row.text for row in Manifest(report.manifest)] == ["A naïve café."]
