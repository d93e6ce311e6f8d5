from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from attune.data import Manifest, Utterance, write_manifest
from attune.errors import InputError

HEADER = "path\tseconds\tspeaker\ttext\n"

Write = Callable[[Path, str | bytes], Path]


def test_a_manifest_streams_its_rows(tmp_path: Path, write: Write) -> None:
    path = write(
        tmp_path / "set.tsv",
        "\ufeff" + HEADER + 'a.wav\t1.50\tanne\t"Quoted", he said\r\n\n/b/c.opus\t2\t\t\n',
    )
    assert list(Manifest(path)) == [
        Utterance(tmp_path / "a.wav", 1.5, "anne", '"Quoted", he said', 2),
        Utterance(Path("/b/c.opus"), 2.0, "", "", 4),
    ]


def test_separators_of_unicode_do_not_end_a_row(tmp_path: Path, write: Write) -> None:
    path = write(tmp_path / "set.tsv", HEADER + "a.wav\t1\t\tone\u2028two\x0bthree\n")
    assert [row.text for row in Manifest(path)] == ["one\u2028two\x0bthree"]


WRONG_MANIFESTS = [
    (b"", "set.tsv:1: not a manifest"),
    (b"path,seconds,speaker,text\n", "set.tsv:1: not a manifest"),
    (HEADER.encode(), "set.tsv: the manifest has no rows"),
    (HEADER.encode() + b"\n\r\n", "set.tsv: the manifest has no rows"),
    (HEADER.encode() + b"a.wav\t1\tanne\n", "set.tsv:2: 3 tab-separated fields, expected 4"),
    (HEADER.encode() + b"a.wav\t1\t\tone\ttwo\n", "set.tsv:2: 5 tab-separated fields"),
    (HEADER.encode() + b"\t1\t\tone\n", "set.tsv:2: the path is empty"),
    (HEADER.encode() + b"a.wav\tlong\t\tone\n", "set.tsv:2: seconds is 'long'"),
    (HEADER.encode() + b"a.wav\tnan\t\tone\n", "set.tsv:2: seconds is 'nan'"),
    (HEADER.encode() + b"a.wav\t-1\t\tone\n", "set.tsv:2: seconds is '-1'"),
    (HEADER.encode() + b"a.wav\t1\t\tcaf\xe9\n", "set.tsv:2: the row is not UTF-8"),
    (HEADER.encode("utf-16"), "set.tsv: the manifest has no rows"),
    (HEADER.encode("utf-32"), "set.tsv:1: a NUL byte"),
    (HEADER.encode() + b"x" * (1 << 21), "set.tsv:2: a line of over 1 MiB"),
]


@pytest.mark.parametrize(("content", "message"), WRONG_MANIFESTS)
def test_what_is_wrong_is_named(content: bytes, message: str, tmp_path: Path, write: Write) -> None:
    path = write(tmp_path / "set.tsv", content)
    with pytest.raises(InputError) as error:
        Manifest(path)
    assert message in str(error.value)


def test_a_late_mistake_is_found_when_its_row_is_read(tmp_path: Path, write: Write) -> None:
    rows = "".join(f"{index}.wav\t1\t\tone\n" for index in range(5))
    manifest = Manifest(write(tmp_path / "set.tsv", HEADER + rows + "broken\n"))
    with pytest.raises(InputError, match=r"set\.tsv:7: 1 tab-separated fields"):
        list(manifest)


def test_a_manifest_that_is_not_there(tmp_path: Path) -> None:
    with pytest.raises(InputError, match=r"gone\.tsv: cannot read: No such file"):
        Manifest(tmp_path / "gone.tsv")
    with pytest.raises(InputError, match="Is a directory"):
        Manifest(tmp_path)


def test_check_counts_and_finds_missing_and_repeated_files(tmp_path: Path, write: Write) -> None:
    for name in ("a.wav", "b.wav"):
        write(tmp_path / name, b"RIFF")
    path = write(
        tmp_path / "set.tsv",
        HEADER
        + "a.wav\t1.5\tanne\tone\n"
        + "gone.wav\t2\tbob\ttwo\n"
        + "b.wav\t0.5\tanne\tthree\n"
        + "./a.wav\t1.5\t\tone again\n",
    )
    check = Manifest(path).check()
    assert (check.utterances, check.seconds, check.speakers) == (4, 5.5, 2)
    assert [row.line for row in check.missing] == [3]
    assert [(row.line, first) for row, first in check.duplicates] == [(5, 2)]
    with pytest.raises(InputError) as error:
        check.require()
    assert str(error.value) == (
        f"{path}:3: there is no file {tmp_path / 'gone.wav'}: restore the files or remove the rows"
    )
    write(tmp_path / "gone.wav", b"RIFF")
    assert Manifest(path).check().require().missing == ()
    with pytest.raises(InputError, match=r"set\.tsv:5: .* is listed before, on line 2"):
        Manifest(path).check().require(distinct=True)


def test_many_missing_files_are_summed_up(tmp_path: Path, write: Write) -> None:
    rows = "".join(f"{index}.wav\t1\t\tone\n" for index in range(10))
    check = Manifest(write(tmp_path / "set.tsv", HEADER + rows)).check()
    with pytest.raises(InputError, match=r"0\.wav; .*2\.wav; and 7 more: restore"):
        check.require()


def test_written_paths_are_relative_below_the_manifest(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    rows = [
        Utterance(Path("sets/audio/a.wav"), 1.23456, "anne", "one"),
        Utterance(Path("elsewhere/b.wav"), 2.0, "", ""),
    ]
    assert write_manifest("sets/manifest.tsv", rows) == 2
    assert (tmp_path / "sets/manifest.tsv").read_text() == (
        HEADER + f"audio/a.wav\t1.235\tanne\tone\n{tmp_path}/elsewhere/b.wav\t2.000\t\t\n"
    )
    mode = (tmp_path / "sets/manifest.tsv").stat().st_mode & 0o777
    umask = os.umask(0)
    os.umask(umask)
    assert mode == 0o666 & ~umask


WRONG_ROWS = [
    Utterance(Path("a.wav"), 1.0, "", "one\ttwo"),
    Utterance(Path("a.wav"), 1.0, "", "one\ntwo"),
    Utterance(Path("a.wav"), 1.0, "an\rne", "one"),
    Utterance(Path("a\tb.wav"), 1.0, "", "one"),
    Utterance(Path(os.fsdecode(b"caf\xe9.wav")), 1.0, "", "one"),
    Utterance(Path("a.wav"), float("nan"), "", "one"),
]


@pytest.mark.parametrize("row", WRONG_ROWS)
def test_a_row_that_no_manifest_can_hold_leaves_the_old_file(
    row: Utterance, tmp_path: Path, write: Write
) -> None:
    path = write(tmp_path / "set.tsv", "the old one")
    with pytest.raises(InputError):
        write_manifest(path, [Utterance(Path("b.wav"), 1.0, "", "fine"), row])
    assert path.read_text() == "the old one"
    assert os.listdir(tmp_path) == ["set.tsv"]


def test_an_interrupted_write_leaves_nothing(tmp_path: Path) -> None:
    def rows() -> Iterator[Utterance]:
        yield Utterance(Path("a.wav"), 1.0, "", "one")
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        write_manifest(tmp_path / "set.tsv", rows())
    assert os.listdir(tmp_path) == []


def test_an_empty_manifest_is_not_written(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="no rows to write"):
        write_manifest(tmp_path / "set.tsv", [])
    assert os.listdir(tmp_path) == []


NAMES = st.text(st.characters(exclude_categories=["Cs", "Cc"]), min_size=1).filter(
    lambda name: "/" not in name and name not in (".", "..")
)
FIELDS = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\t\r\n\0"))


@settings(max_examples=50)
@given(st.lists(st.tuples(NAMES, st.integers(0, 10**7), FIELDS, FIELDS), min_size=1))
def test_what_is_written_is_read_back(
    tmp_path_factory: pytest.TempPathFactory, rows: list[tuple[str, int, str, str]]
) -> None:
    folder = tmp_path_factory.mktemp("set")
    wanted = [
        Utterance(folder / name, milliseconds / 1000, speaker, text, line)
        for line, (name, milliseconds, speaker, text) in enumerate(rows, start=2)
    ]
    write_manifest(folder / "set.tsv", wanted)
    assert list(Manifest(folder / "set.tsv")) == wanted


@given(st.binary(), st.booleans())
def test_arbitrary_bytes_raise_input_error_or_nothing(
    tmp_path_factory: pytest.TempPathFactory, content: bytes, header: bool
) -> None:
    path = tmp_path_factory.mktemp("set") / "set.tsv"
    path.write_bytes(HEADER.encode() * header + content)
    try:
        Manifest(path).check().require(distinct=True)
    except InputError as error:
        assert str(path) in str(error)
