from __future__ import annotations

import io
import os
import stat
import struct
import warnings
import zipfile
from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from attune.data import Manifest, import_data
from attune.data.archive import ArchiveLimits, ZipAudio
from attune.errors import InputError

Tone = Callable[..., Path]
Write = Callable[[Path, str | bytes], Path]
MakeZip = Callable[..., Path]


@pytest.fixture
def make_zip(tmp_path: Path, tone: Tone) -> MakeZip:
    """Writes a zip; a None stands for a recording."""

    def make(name: str, entries: dict[str, str | bytes | None]) -> Path:
        path = tmp_path / name
        with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
            for entry, content in entries.items():
                recording = tone(tmp_path / "recording.wav").read_bytes()
                archive.writestr(entry, recording if content is None else content)
        return path

    return make


def texts(out: Path) -> dict[str, str]:
    return {
        str(row.path.relative_to(out / "audio")): row.text for row in Manifest(out / "manifest.tsv")
    }


def test_transcript_inside(tmp_path: Path, make_zip: MakeZip) -> None:
    archive = make_zip(
        "set.zip",
        {
            "audio1.wav": None,
            "Audio2.WAV": None,
            "audio3.wav": None,
            "extra.wav": None,
            "notes.doc": "x",
            "__MACOSX/._audio1.wav": "x",
            ".DS_Store": "x",
            "trans.txt": "\ufeffaudio1.wav\tOne, two.\r\naudio2.wav\tThree\u00a0\r\n"
            "audio3.wav no tab\r\ngone.wav\tFour\r\n\r\naudio1.wav\tAgain",
        },
    )
    report = import_data(archive, tmp_path / "out")
    assert texts(tmp_path / "out") == {"audio1.wav": "One, two.", "Audio2.WAV": "Three"}
    assert report.layout == "azure-zip"
    assert report.seconds == 2.0
    assert {
        item.reason.value: [example.where.removeprefix(f"{archive}/") for example in item.examples]
        for item in report.dropped
    } == {
        "malformed line": ["trans.txt:3"],
        "no audio file": ["trans.txt:4"],
        "listed before": ["trans.txt:6"],
        "audio without transcript": ["audio3.wav", "extra.wav"],
    }
    assert [example.where for example in report.warnings[0].examples] == [f"{archive}/notes.doc"]
    assert sorted(os.listdir(tmp_path / "out/audio")) == ["Audio2.WAV", "audio1.wav"]


@pytest.mark.parametrize("table", ["set.txt", "trans.txt"])
def test_transcript_beside(table: str, tmp_path: Path, make_zip: MakeZip, write: Write) -> None:
    archive = make_zip("set.zip", {"a.wav": None})
    write(tmp_path / table, "a.wav\tone\n")
    import_data(archive, tmp_path / "out")
    assert texts(tmp_path / "out") == {"a.wav": "one"}


def test_a_folder_with_one_zip(tmp_path: Path, make_zip: MakeZip) -> None:
    make_zip("set.zip", {"a.wav": None, "trans.txt": "a.wav\tone\n"})
    (tmp_path / "recording.wav").unlink()
    import_data(tmp_path, tmp_path / "out")
    assert texts(tmp_path / "out") == {"a.wav": "one"}
    make_zip("more.zip", {})
    with pytest.raises(InputError, match=r"several archives \(more\.zip, set\.zip\)"):
        import_data(tmp_path, tmp_path / "again")


def test_folders_inside_the_zip(tmp_path: Path, make_zip: MakeZip) -> None:
    archive = make_zip(
        "set.zip",
        {
            "top/": "",
            "top/trans.txt": "a.wav\tone\nsub\\b.wav\ttwo\nc.wav\tthree\nd.wav\tfour\n",
            "top/a.wav": None,
            "top/sub/b.wav": None,
            "top/sub/c.wav": None,
            "x/d.wav": None,
            "y/d.wav": None,
        },
    )
    report = import_data(archive, tmp_path / "out")
    assert texts(tmp_path / "out") == {
        "top/a.wav": "one",
        "top/sub/b.wav": "two",
        "top/sub/c.wav": "three",
    }
    assert report.dropped[0].reason.value == "audio without transcript"


def test_a_folder_of_files(tmp_path: Path, tone: Tone, write: Write) -> None:
    tone(tmp_path / "set/a.wav")
    tone(tmp_path / "set/b.wav")
    write(tmp_path / "set/trans.txt", "a.wav\tone\n")
    for number, source in enumerate((tmp_path / "set", tmp_path / "set/trans.txt")):
        report = import_data(source, tmp_path / f"out{number}")
        assert report.layout == "azure-folder"
        assert report.manifest is not None
        assert [row.path for row in Manifest(report.manifest)] == [tmp_path / "set/a.wav"]
        assert report.dropped[0].reason.value == "audio without transcript"


def test_links_out_of_a_folder_are_not_followed(tmp_path: Path, tone: Tone, write: Write) -> None:
    folder = tmp_path / "set"
    tone(folder / "a.wav")
    tone(tmp_path / "secret.wav")
    (folder / "b.wav").symlink_to(tmp_path / "secret.wav")
    (folder / "c.wav").symlink_to("d.wav")
    tone(folder / "d.wav")
    (folder / "e.wav").symlink_to("e.wav")
    write(folder / "trans.txt", "a.wav\tone\nb.wav\ttwo\nc.wav\tthree\ne.wav\tfive\n")
    report = import_data(folder, tmp_path / "out")
    assert report.manifest is not None
    assert [row.text for row in Manifest(report.manifest)] == ["one", "three"]
    told = {item.reason.value: item.examples[0] for item in report.dropped}
    assert told["a file outside the folder"].where == f"{folder}/trans.txt:2"
    assert f"b.wav leads to {tmp_path}/secret.wav" in told["a file outside the folder"].detail
    assert told["no audio file"].where == f"{folder}/trans.txt:4"


def test_a_table_that_is_a_link_is_refused(tmp_path: Path, tone: Tone, write: Write) -> None:
    tone(tmp_path / "set/a.wav")
    secret = write(tmp_path / "secret.txt", "a.wav\tone\n")
    (tmp_path / "set/trans.txt").symlink_to(secret)
    with pytest.raises(
        InputError, match=r"trans\.txt: a link to .*secret\.txt: put the file itself"
    ):
        import_data(tmp_path / "set", tmp_path / "out")


TABLE = "a.wav\tGo, naïve café.\nb.wav\ttwo\n"
ENCODINGS = [
    TABLE.encode(),
    TABLE.encode("utf-8-sig"),
    TABLE.replace("\n", "\r\n").encode("utf-8-sig"),
    TABLE.encode("utf-16"),
    TABLE.replace("\n", "\r\n").encode("utf-16-be"),
]


@pytest.mark.parametrize("beside", [False, True], ids=["inside", "beside"])
@pytest.mark.parametrize("content", ENCODINGS)
def test_encodings_of_the_transcript(
    content: bytes, beside: bool, tmp_path: Path, make_zip: MakeZip
) -> None:
    entries: dict[str, str | bytes | None] = {"a.wav": None, "b.wav": None}
    archive = make_zip("set.zip", entries if beside else {**entries, "trans.txt": content})
    if beside:
        (tmp_path / "trans.txt").write_bytes(content)
    import_data(archive, tmp_path / "out")
    assert texts(tmp_path / "out") == {"a.wav": "Go, naïve café.", "b.wav": "two"}


def test_a_line_that_is_not_utf_8_costs_itself_alone(tmp_path: Path, make_zip: MakeZip) -> None:
    table = "a.wav\tcafé\n".encode("latin-1") + b"b.wav\ttwo\n"
    archive = make_zip("set.zip", {"a.wav": None, "b.wav": None, "trans.txt": table})
    report = import_data(archive, tmp_path / "out")
    assert texts(tmp_path / "out") == {"b.wav": "two"}
    assert [(item.reason.value, item.examples[0].where) for item in report.dropped] == [
        ("not UTF-8", f"{archive}/trans.txt:1")
    ]


def test_a_line_that_names_no_recording(tmp_path: Path, make_zip: MakeZip) -> None:
    table = "a.wav\tone\nb.m4a\ttwo\n"
    archive = make_zip("set.zip", {"a.wav": None, "b.m4a": "x", "trans.txt": table})
    report = import_data(archive, tmp_path / "out")
    assert [item.examples[0].detail for item in report.dropped] == [
        "'b.m4a' is no kind of recording"
    ]
    assert report.warnings == ()


def test_what_is_missing_is_said(tmp_path: Path, make_zip: MakeZip) -> None:
    with pytest.raises(
        InputError, match=r"no transcript: put trans\.txt .* alone \(--kind audio\)"
    ):
        import_data(make_zip("set.zip", {"a.wav": None}), tmp_path / "out")
    with pytest.raises(InputError, match=r"several transcripts \(one\.txt, two\.txt\)"):
        import_data(make_zip("set.zip", {"one.txt": "", "two.txt": ""}), tmp_path / "out")


def test_recordings_without_a_usable_transcript_are_not_unpacked(
    tmp_path: Path, make_zip: MakeZip
) -> None:
    archive = make_zip("s.zip", {"a.wav": None, "b.wav": None, "trans.txt": "a.wav\t你\nb.wav\tb"})
    import_data(archive, tmp_path / "out")
    assert os.listdir(tmp_path / "out/audio") == ["b.wav"]


EVIL_NAMES = [
    ("../up.wav", "leaves the folder"),
    ("a/../../up.wav", "leaves the folder"),
    ("/etc/passwd", "leaves the folder"),
    ("C:/x.wav", "leaves the folder"),
    ("..\\up.wav", "leaves the folder"),
    ("a//b.wav", "no file's name"),
    ("./a.wav", "no file's name"),
    ("a\tb.wav", "no file's name"),
    ("a\x1b[31m.wav", "no file's name"),
    ("é" * 130 + ".wav", "over 240 bytes"),
]


@pytest.mark.parametrize(("name", "fault"), EVIL_NAMES)
def test_names_that_must_not_be_unpacked(
    name: str, fault: str, tmp_path: Path, make_zip: MakeZip
) -> None:
    archive = make_zip("set.zip", {name: None, "trans.txt": f"{name}\tone\n"})
    with pytest.raises(InputError, match=fault):
        import_data(archive, tmp_path / "out")
    assert not (tmp_path / "out").exists()
    assert not (tmp_path / "up.wav").exists()


def special_entry(kind: int) -> zipfile.ZipInfo:
    info = zipfile.ZipInfo("a.wav")
    info.create_system = 3
    info.external_attr = (kind | 0o777) << 16
    return info


@pytest.mark.parametrize("kind", [stat.S_IFLNK, stat.S_IFIFO, stat.S_IFCHR])
def test_links_and_devices_are_refused(kind: int, tmp_path: Path) -> None:
    with zipfile.ZipFile(tmp_path / "set.zip", "w") as archive:
        archive.writestr(special_entry(kind), "/etc/passwd")
        archive.writestr("trans.txt", "a.wav\tone\n")
    with pytest.raises(InputError, match="is a link or a device"):
        import_data(tmp_path / "set.zip", tmp_path / "out")


@pytest.mark.parametrize("name", ["more.zip", "sub/MORE.ZIP", "a.wav.gz", "a.tar", "a.7z"])
def test_archives_in_the_archive_are_refused(name: str, tmp_path: Path, make_zip: MakeZip) -> None:
    archive = make_zip("set.zip", {"a.wav": None, "trans.txt": "a.wav\tone\n", name: "PK"})
    with pytest.raises(InputError, match=rf"'{name}' is an archive itself: make the archive again"):
        import_data(archive, tmp_path / "out")
    assert not (tmp_path / "out").exists()


def test_an_archive_called_a_recording_is_not_unpacked(tmp_path: Path, make_zip: MakeZip) -> None:
    inner = make_zip("inner.zip", {"x.wav": None}).read_bytes()
    table = "a.wav\tone\nb.wav\ttwo\n"
    archive = make_zip("set.zip", {"a.wav": inner, "b.wav": None, "trans.txt": table})
    report = import_data(archive, tmp_path / "out")
    assert texts(tmp_path / "out") == {"b.wav": "two"}
    assert "is a zip archive" in report.dropped[0].examples[0].detail
    assert os.listdir(tmp_path / "out/audio") == ["b.wav"]


def test_encrypted_archives_are_refused(tmp_path: Path, make_zip: MakeZip) -> None:
    archive = make_zip("set.zip", {"a.wav": None})
    content = bytearray(archive.read_bytes())
    content[content.rfind(b"PK\x01\x02") + 8] |= 1
    archive.write_bytes(content)
    with pytest.raises(InputError, match=r"'a\.wav' is encrypted"):
        import_data(archive, tmp_path / "out")


def test_two_entries_of_one_name_are_refused(tmp_path: Path) -> None:
    with warnings.catch_warnings(), zipfile.ZipFile(tmp_path / "set.zip", "w") as archive:
        warnings.simplefilter("ignore")
        archive.writestr("a.wav", "x")
        archive.writestr("a.wav", "y")
    with pytest.raises(InputError, match=r"two entries are named 'a\.wav'"):
        import_data(tmp_path / "set.zip", tmp_path / "out")


def test_bombs_are_refused(tmp_path: Path, make_zip: MakeZip) -> None:
    path = make_zip("bomb.zip", {"a.wav": None})
    content = bytearray(path.read_bytes())
    place = content.rfind(b"PK\x01\x02") + 24  # the unpacked size, as the directory declares it
    content[place : place + 4] = struct.pack("<I", 300 << 20)
    path.write_bytes(content)
    with pytest.raises(InputError, match="times its size: refused as a zip bomb"):
        import_data(path, tmp_path / "out")
    with pytest.raises(InputError, match="unpacks to 0 GiB, at most 0 GiB: split it"):
        ZipAudio(path, ArchiveLimits(total_bytes=1 << 20))
    with pytest.raises(InputError, match="1 entries, at most 0"):
        ZipAudio(path, ArchiveLimits(entries=0))
    with pytest.raises(InputError, match="a table of contents of"):
        ZipAudio(path, ArchiveLimits(directory_bytes=10))


def test_an_entry_never_unpacks_to_more_than_it_declares(tmp_path: Path, make_zip: MakeZip) -> None:
    path = make_zip("set.zip", {"a.wav": bytes(1 << 20), "trans.txt": "a.wav\tone\n"})
    content = bytearray(path.read_bytes())
    place = content.find(b"PK\x01\x02") + 24
    content[place : place + 4] = struct.pack("<I", 1000)
    path.write_bytes(content)
    with ZipAudio(path) as archive, pytest.raises(InputError, match=r"cannot unpack 'a\.wav'"):
        archive.extract("a.wav", tmp_path)
    assert not (tmp_path / "a.wav").exists()


def test_a_huge_table_of_contents_in_zip64_is_refused(tmp_path: Path, make_zip: MakeZip) -> None:
    archive = make_zip("set.zip", {"a.wav": None})
    content = archive.read_bytes()
    end = content.rfind(b"PK\x05\x06")
    record = b"PK\x06\x06" + struct.pack("<QHHIIQQQQ", 44, 45, 45, 0, 0, 1, 1, 1 << 40, 0)
    locator = b"PK\x06\x07" + struct.pack("<IQI", 0, end, 1)
    tail = bytearray(content[end:])
    tail[12:16] = b"\xff" * 4
    archive.write_bytes(content[:end] + record + locator + tail)
    with pytest.raises(InputError, match="a table of contents of 1,048,576 MiB"):
        ZipAudio(archive)


def test_one_damaged_entry_does_not_cost_the_others(tmp_path: Path, make_zip: MakeZip) -> None:
    archive = make_zip(
        "set.zip", {"a.wav": None, "b.wav": None, "trans.txt": "a.wav\tone\nb.wav\ttwo\n"}
    )
    content = bytearray(archive.read_bytes())
    content[content.find(b"a.wav") + 5 + 10] ^= 0xFF
    archive.write_bytes(content)
    report = import_data(archive, tmp_path / "out")
    assert texts(tmp_path / "out") == {"b.wav": "two"}
    assert report.dropped[0].reason.value == "damaged in the archive"
    assert "cannot unpack 'a.wav'" in report.dropped[0].examples[0].detail
    assert os.listdir(tmp_path / "out/audio") == ["b.wav"]


@given(st.data())
def test_damaged_archives_raise_input_error_or_nothing(
    tmp_path_factory: pytest.TempPathFactory, data: st.DataObject
) -> None:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("a.wav", b"RIFF" * 100)
        archive.writestr("trans.txt", "a.wav\tone\n")
    content = bytearray(buffer.getvalue())
    changes = data.draw(
        st.lists(st.tuples(st.integers(0, len(content) - 1), st.integers(0, 255)), max_size=8)
    )
    for place, value in changes:
        content[place] = value
    cut = data.draw(st.integers(0, len(content)) | st.just(len(content)))
    folder = tmp_path_factory.mktemp("zip")
    (folder / "set.zip").write_bytes(content[:cut])
    with pytest.raises(InputError, match=r"set\.zip"):
        import_data(folder / "set.zip", folder / "out")
