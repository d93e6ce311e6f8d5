from __future__ import annotations

import shutil
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from attune.audio import read_audio, write_wav
from attune.data import (
    ImportReport,
    Manifest,
    check_manifest,
    detect_layout,
    import_data,
)
from attune.errors import InputError

Tone = Callable[..., Path]
Write = Callable[[Path, str | bytes], Path]
Row = tuple[str, str, str]


def rows_of(report: ImportReport) -> list[Row]:
    """(file name, speaker, text) of every row of the manifest written."""
    return [(row.path.name, row.speaker, row.text) for row in written(report)]


def written(report: ImportReport) -> Manifest:
    """The manifest that an import wrote."""
    assert report.manifest is not None
    return Manifest(report.manifest)


def dropped(report: ImportReport) -> dict[str, list[str]]:
    """The name of the file, and line, of every example of what was left out."""
    return {
        item.reason.value: [Path(example.where).name for example in item.examples]
        for item in report.dropped
    }


def test_librispeech(tmp_path: Path, tone: Tone, write: Write) -> None:
    chapter = tmp_path / "LibriSpeech/dev/84/121123"
    for name in ("84-121123-0000", "84-121123-0001", "84-121123-0009"):
        tone(chapter / f"{name}.wav", 0.5)
    write(chapter / "84-121123-0001.wav", b"not audio")
    write(
        chapter / "84-121123.trans.txt",
        "84-121123-0000 GO  ON\n84-121123-0001 DO YOU SEE\n84-121123-0002 GONE\n\n"
        "84-121123-0000 AGAIN\n../up TEXT\n",
    )
    report = import_data(tmp_path / "LibriSpeech", tmp_path / "out")
    assert rows_of(report) == [("84-121123-0000.wav", "84", "GO ON")]
    assert (report.layout, report.kept, report.seconds, report.speakers) == (
        "librispeech",
        1,
        0.5,
        1,
    )
    assert dropped(report) == {
        "audio cannot be read": ["84-121123.trans.txt:2"],
        "no audio file": ["84-121123.trans.txt:3"],
        "listed before": ["84-121123.trans.txt:5"],
        "malformed line": ["84-121123.trans.txt:6"],
        "audio without transcript": ["84-121123-0009.wav"],
    }


CLIENT = "c" * 128
COMMON_VOICE_TABLES = {
    "first releases": (
        "client_id\tpath\tsentence\tup_votes\tdown_votes\tage\tgender\taccent\n"
        f"{CLIENT}\tclip_1\tHello there.\t2\t0\t\t\t\n"
        f"{CLIENT}\tclip_2\tWhat's up?\t2\t0\ttwenties\tmale\tus\n"
    ),
    "since release 17": (
        "client_id\tpath\tsentence_id\tsentence\tsentence_domain\tup_votes\tdown_votes\tage\t"
        "gender\taccents\tvariant\tlocale\tsegment\n"
        f"{CLIENT}\tclip_1.mp3\tid1\tHello there.\t\t2\t0\t\t\t\t\ten\t\n"
        f"{CLIENT}\tclip_2.mp3\tid2\tWhat's up?\tgeneral\t2\t0\ttwenties\tmale\t\t\ten\t\n"
    ),
}


@pytest.mark.parametrize("table", COMMON_VOICE_TABLES.values(), ids=COMMON_VOICE_TABLES)
@pytest.mark.parametrize("name", ["validated.tsv", "train.tsv"])
def test_common_voice(table: str, name: str, tmp_path: Path, tone: Tone, write: Write) -> None:
    # The clips are WAV in spite of their names: readers go by content.
    tone(tmp_path / "en/clips/clip_1.mp3", 1.0)
    tone(tmp_path / "en/clips/clip_2.mp3", 2.0)
    tone(tmp_path / "en/clips/clip_of_another_table.mp3")
    write(tmp_path / "en" / name, table)
    report = import_data(tmp_path / "en", tmp_path / "out")
    assert rows_of(report) == [
        ("clip_1.mp3", "c" * 16, "Hello there."),
        ("clip_2.mp3", "c" * 16, "What's up?"),
    ]
    assert (report.layout, report.dropped, report.seconds) == ("common-voice", (), 3.0)
    assert report.notes == (f"its table is {tmp_path / 'en' / name}",)


def test_common_voice_prefers_validated_and_takes_the_table_named(
    tmp_path: Path, tone: Tone, write: Write
) -> None:
    for name in ("validated", "train", "dev"):
        tone(tmp_path / f"clips/{name}.mp3")
        write(tmp_path / f"{name}.tsv", f"client_id\tpath\tsentence\nx\t{name}.mp3\tHello\n")
    report = import_data(tmp_path, tmp_path / "out")
    assert rows_of(report) == [("validated.mp3", "x", "Hello")]
    report = import_data(tmp_path / "dev.tsv", tmp_path / "dev")
    assert rows_of(report) == [("dev.mp3", "x", "Hello")]


SENTENCES = [
    ('"""Yes"", he said."', '"Yes", he said.'),
    ('"Hello there."', "Hello there."),
    ('"Yes", he said, "no"', '"Yes", he said, "no"'),
    ('He said "yes"', 'He said "yes"'),
    ('"', '"'),
]


@pytest.mark.parametrize(("written", "meant"), SENTENCES)
def test_common_voice_quotation_marks(
    written: str, meant: str, tmp_path: Path, tone: Tone, write: Write
) -> None:
    tone(tmp_path / "clips/a.mp3")
    tone(tmp_path / "clips/b.mp3")
    table = f"path\tsentence\na.mp3\t{written}\nb.mp3\tlast\nc.mp3\n\tno path\n"
    report = import_data(write(tmp_path / "test.tsv", table), tmp_path / "out")
    kept = [("b.mp3", "", "last")]
    assert rows_of(report) == ([("a.mp3", "", meant)] if len(meant) > 1 else []) + kept
    assert dropped(report)["malformed line"] == ["test.tsv:4", "test.tsv:5"]


def test_deepspeech(tmp_path: Path, tone: Tone, write: Write) -> None:
    tone(tmp_path / "audio/a.wav")
    tone(tmp_path / "b.wav")
    table = write(
        tmp_path / "train.csv",
        "wav_filename,wav_filesize,transcript\r\n"
        "audio/a.wav,32044,one two\r\n"
        f'{tmp_path}/b.wav,32044,"well, ""three"" it is"\r\n'
        "a,b,c,d\r\n"
        ",1,no name\r\n"
        "gone.wav,1,four\r\n",
    )
    for source in (table, tmp_path):
        report = import_data(source, tmp_path / "out", overwrite=True)
        assert report.layout == "deepspeech"
        assert rows_of(report) == [("a.wav", "", "one two"), ("b.wav", "", 'well, "three" it is')]
        assert dropped(report) == {
            "malformed line": ["train.csv:4", "train.csv:5"],
            "no audio file": ["train.csv:6"],
        }
    write(tmp_path / "dev.csv", "wav_filename,wav_filesize,transcript\n")
    with pytest.raises(InputError, match=r"several tables \(dev\.csv, train\.csv\)"):
        import_data(tmp_path, tmp_path / "out", overwrite=True)


def test_kaldi_whole_recordings(tmp_path: Path, tone: Tone, write: Write) -> None:
    data = tmp_path / "s5/data/train"
    tone(tmp_path / "s5/audio/a.wav")
    tone(data / "b.wav")
    tone(data / "d.wav")
    write(
        data / "wav.scp",
        f"a audio/a.wav\nb  {data}/b.wav\nc sox c.wav -t wav - |\nd\td.wav\ne feats.ark:15\n"
        "f -\na audio/a.wav\n",
    )
    write(data / "text", "a one two\nb three\nc four\ng five\n")
    write(data / "utt2spk", "a anne\nb bob\n")
    report = import_data(data, tmp_path / "out")
    assert rows_of(report) == [("a.wav", "anne", "one two"), ("b.wav", "bob", "three")]
    assert dropped(report) == {
        "not a plain file": ["wav.scp:3", "wav.scp:5", "wav.scp:6"],
        "no audio file": ["text:3", "text:4"],
        "listed before": ["wav.scp:7"],
        "audio without transcript": ["wav.scp"],
    }
    command = report.dropped[0].examples[0]
    assert command.detail == "'sox c.wav -t wav - |' is a command; importing runs no programs"


def test_kaldi_with_commands_alone_is_refused(tmp_path: Path, write: Write) -> None:
    write(tmp_path / "wav.scp", "a touch pwned; cat a.wav |\n")
    write(tmp_path / "text", "a one\n")
    with pytest.raises(InputError, match="is a command; importing runs no programs"):
        import_data(tmp_path, tmp_path / "out")
    assert sorted(path.name for path in tmp_path.rglob("*") if path.is_file()) == [
        "report.html",
        "report.json",
        "report.txt",
        "text",
        "wav.scp",
    ]


def test_kaldi_segments(tmp_path: Path, write: Write) -> None:
    # A ramp: every sample says where it was.
    ramp = np.arange(5 * 16_000, dtype=np.float32) / np.float32(90_000)
    write_wav(tmp_path / "rec.wav", ramp, 16_000)
    write(tmp_path / "wav.scp", "rec rec.wav\ngone gone.wav\nother rec.wav\n")
    write(
        tmp_path / "segments",
        "u2 rec 1.5 2.75\nu1 rec 0 1.0\nu3 rec 2.5 -1\nu4 rec 4.5 9\nu5 rec 5 6\n"
        "u6 gone 0 1\nu7 rec 2 1\nu8 rec x y\nu9 nowhere 0 1\nu/10 other 0.25 0.5\nu11 rec 0 1\n"
        "u12 rec 0 1e300\nu13 rec 1e300 1e301\n",
    )
    write(
        tmp_path / "text",
        "".join(f"u{number} text of {number}\n" for number in [1, 2, 3, 4, 5, 6, 7, 8, 9, 12, 13])
        + "u/10 ten\nu14 more\n",
    )
    write(tmp_path / "utt2spk", "u1 anne\n")
    report = import_data(tmp_path, tmp_path / "out")
    got = {row.path.name: row for row in written(report)}
    spans = {
        "u1.wav": (0.0, 1.0),
        "u2.wav": (1.5, 2.75),
        "u3.wav": (2.5, 5.0),
        "u4.wav": (4.5, 5.0),
        "u%2F10.wav": (0.25, 0.5),
        "u12.wav": (0.0, 5.0),
    }
    assert set(got) == set(spans)
    for name, (start, end) in spans.items():
        assert got[name].path.parent == tmp_path / "out/audio"
        assert got[name].seconds == end - start
        wanted = ramp[round(start * 16_000) : round(end * 16_000)]
        np.testing.assert_allclose(read_audio(got[name].path), wanted, atol=1 / 32_768)
    assert got["u1.wav"].speaker == "anne"
    assert dropped(report) == {
        "segment outside its recording": ["segments:7", "text:5", "text:11"],
        "no audio file": ["text:7", "text:8", "text:9", "text:13", "text:6"],
        "malformed line": ["segments:8"],
        "audio without transcript": ["segments"],
    }


def test_a_segment_of_hours_is_refused(
    tmp_path: Path, tone: Tone, write: Write, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("attune.data.segments.LONGEST", 3.0)
    tone(tmp_path / "rec.wav", 5.0)
    write(tmp_path / "wav.scp", "rec rec.wav\n")
    write(tmp_path / "segments", "a rec 1 4\nb rec 1 4.5\nc rec 2 -1\nd rec 1 -1\n")
    write(tmp_path / "text", "a one\nb two\nc three\nd four\n")
    report = import_data(tmp_path, tmp_path / "out")
    assert [row.path.name for row in written(report)] == ["a.wav", "c.wav"]
    assert [example.detail for example in report.dropped[0].examples] == [
        "longer than 0.05 minutes",
        "longer than 0.05 minutes",
    ]


def test_what_is_no_layout(tmp_path: Path, write: Write) -> None:
    with pytest.raises(InputError, match="no such file or folder"):
        import_data(tmp_path / "gone", tmp_path / "out")
    with pytest.raises(
        InputError, match=r"not data that can be imported\. Expected manifest: a manifest; kaldi: "
    ):
        import_data(tmp_path, tmp_path / "out")
    with pytest.raises(InputError, match=r"Expected deepspeech: a CSV"):
        import_data(tmp_path, tmp_path / "out", layout="deepspeech")
    with pytest.raises(InputError, match="'cobol' is not a layout: use one of manifest, kaldi"):
        import_data(tmp_path, tmp_path / "out", layout="cobol")
    with pytest.raises(InputError, match="'film' is not a kind of data set: use one of acoustic, "):
        import_data(tmp_path, tmp_path / "out", kind="film")
    with pytest.raises(InputError, match="'kaldi' is of the kind 'acoustic', not 'audio'"):
        import_data(tmp_path, tmp_path / "out", layout="kaldi", kind="audio")


def test_a_manifest_is_not_overwritten_unasked(tmp_path: Path, tone: Tone, write: Write) -> None:
    tone(tmp_path / "a.wav")
    table = write(tmp_path / "a.csv", "wav_filename,transcript\na.wav,one\n")
    import_data(table, tmp_path / "out")
    with pytest.raises(InputError, match=r"manifest\.tsv exists"):
        import_data(table, tmp_path / "out")
    assert import_data(table, tmp_path / "out", overwrite=True).kept == 1


def test_progress_counts_what_was_kept_and_what_was_not(
    tmp_path: Path, tone: Tone, write: Write
) -> None:
    tone(tmp_path / "a.wav")
    table = write(tmp_path / "a.csv", "wav_filename,transcript\na.wav,one\nb.wav,two\n")
    seen: list[int] = []
    import_data(table, tmp_path / "out", progress=seen.append)
    assert seen == [1, 2]


TABLES = {
    "kaldi": ("wav.scp", "text", "segments", "utt2spk"),
    "librispeech": ("1-2.trans.txt",),
    "common-voice": ("validated.tsv",),
    "deepspeech": ("train.csv",),
    "azure-folder": ("trans.txt",),
    "azure-zip": ("audio.zip", "audio.txt"),
}
HEADERS = {"common-voice": b"path\tsentence\n", "deepspeech": b"wav_filename,transcript\n"}
NAMES = st.sampled_from([b"a.wav", b"a", b"1-2-3", b"..", b"/", b"x" * 300, b"\xff", b"a.wav |"])
CELLS = st.lists(st.one_of(NAMES, st.binary(max_size=20)), max_size=6)
CONTENT = st.one_of(
    st.binary(max_size=200),
    st.lists(st.builds(lambda c, s: s.join(c), CELLS, st.sampled_from([b"\t", b" ", b","]))).map(
        b"\n".join
    ),
)


@pytest.mark.parametrize("layout", TABLES)
@settings(max_examples=40)
@given(data=st.data())
def test_arbitrary_bytes_raise_input_error_or_nothing(
    layout: str, tmp_path_factory: pytest.TempPathFactory, data: st.DataObject
) -> None:
    source = tmp_path_factory.mktemp("source")
    (source / "a.wav").write_bytes(b"RIFF")
    for name in TABLES[layout]:
        content = data.draw(CONTENT, label=name)
        (source / name).write_bytes(HEADERS.get(layout, b"") + content)
    try:
        import_data(source, source / "out", layout=layout)
    except InputError as error:
        assert str(source) in str(error)
    finally:
        shutil.rmtree(source)


def test_detection_can_be_asked_for_alone(tmp_path: Path, write: Write) -> None:
    write(tmp_path / "wav.scp", "")
    write(tmp_path / "text", "")
    layout, place = detect_layout(tmp_path)
    assert (layout.name, place) == ("kaldi", tmp_path)


def test_a_manifest_is_checked_and_cleaned(tmp_path: Path, tone: Tone, write: Write) -> None:
    tone(tmp_path / "a.wav", 0.5)
    write(tmp_path / "b.wav", b"not audio")
    tone(tmp_path / "c.wav")
    rows = "a.wav\t9\tanne\tone\nb.wav\t1\t\ttwo\nc.wav\t1\t\t好你好\na.wav\t1\t\tagain\n"
    rows += "d.wav\t1\t\tx\n"
    path = write(tmp_path / "set.tsv", "path\tseconds\tspeaker\ttext\n" + rows)
    wanted = {
        "audio cannot be read": ["set.tsv:3"],
        "characters outside the symbol set": ["set.tsv:4"],
        "listed before": ["set.tsv:5"],
        "no audio file": ["set.tsv:6"],
    }
    report = check_manifest(path)
    assert dropped(report) == wanted
    assert (report.kept, report.manifest, report.to_json()["manifest"]) == (1, None, None)
    assert report.characters == (("你", 1), ("好", 1))
    assert "kept     1 utterances, 0.00 h, 1 speakers\n" in report.to_text()
    report = import_data(path, tmp_path / "out")
    assert (report.layout, dropped(report)) == ("manifest", wanted)
    # The length is the recording's own, not the one the row told.
    assert [(row.seconds, row.text) for row in written(report)] == [(0.5, "one")]
    with pytest.raises(InputError, match=r"a\.wav.*(not a manifest|NUL)"):
        check_manifest(tmp_path / "a.wav")
