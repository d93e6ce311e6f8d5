"""Recordings that are of no use are left out by an import, and the others are kept in order."""

from __future__ import annotations

import os
import zipfile
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
import soundfile

from attune.data import ImportReport, Manifest, check_manifest, import_data
from attune.errors import InputError

Tone = Callable[..., Path]
Write = Callable[[Path, str | bytes], Path]

CORPUS = Path(os.environ.get("ATTUNE_CORPUS", Path(__file__).parents[3] / "shared" / "corpus"))
SAMPLE = CORPUS / "azure-customspeech-sample" / "en-US" / "general"


def voice(seconds: float, seed: int = 0, level: float = 0.1) -> np.ndarray:
    """Noise that comes and goes four times a second, float [sample] at 16 kHz."""
    count = round(seconds * 16_000)
    gate = np.sin(2 * np.pi * 4 * np.arange(count) / 16_000) > 0
    return np.random.default_rng(seed).normal(0, level, count) * gate


def stereo(first: np.ndarray, second: np.ndarray) -> np.ndarray:
    return np.stack([first, second], axis=1)


TWO_WORDS = "hello there"
# what it is -> samples at 16 kHz, rate written, transcript, why it is left out
LEFT_OUT: dict[str, tuple[np.ndarray, int, str, str]] = {
    "a click": (voice(0.05), 16_000, TWO_WORDS, "too short"),
    "a lecture": (voice(61.0, level=0.05), 16_000, TWO_WORDS, "too long"),
    "digital silence": (np.zeros(16_000), 16_000, TWO_WORDS, "nothing but silence"),
    "an offset": (np.full(16_000, 0.2), 16_000, TWO_WORDS, "nothing but silence"),
    "a muted microphone": (voice(1.0, level=2e-5), 16_000, TWO_WORDS, "nothing but silence"),
    "channels that cancel": (
        stereo(voice(1.0), -voice(1.0)),
        16_000,
        TWO_WORDS,
        "nothing but silence",
    ),
    "overdriven": (np.clip(voice(1.0, level=20), -1, 1), 16_000, TWO_WORDS, "clipped throughout"),
    "a toy": (voice(1.0), 6_000, TWO_WORDS, "sample rate too low for speech"),
    "another's words": (voice(1.0), 16_000, "word " * 20, "more words than the time allows"),
    "emoji": (voice(1.0), 16_000, "so good \N{GRINNING FACE}", "characters outside the symbol set"),
    "nothing said": (voice(1.0), 16_000, "?!", "empty transcript"),
}

# what it is -> samples, rate written, warnings
WARNED: dict[str, tuple[np.ndarray, int, list[str]]] = {
    "good": (voice(2.0), 16_000, []),
    "telephone": (voice(2.0), 8_000, ["sample rate below 16 kHz"]),
    "studio": (voice(2.0), 44_100, ["sample rate above 16 kHz"]),
    "stereo": (stereo(voice(2.0), voice(2.0, seed=1)), 16_000, ["several channels"]),
    "a shout": (np.append(voice(2.0), np.ones(200)), 16_000, ["clipped in places"]),
    "faint": (voice(2.0, level=0.003), 16_000, ["very quiet"]),
}


def import_one(folder: Path, samples: np.ndarray, rate: int, text: str) -> ImportReport:
    """Import a good recording and the one given, in a folder with `trans.txt`."""
    soundfile.write(folder / "good.wav", voice(1.0, seed=9), 16_000)
    soundfile.write(folder / "other.wav", samples, rate)
    (folder / "trans.txt").write_text(f"good.wav\tgood\nother.wav\t{text}\n", "utf-8")
    return import_data(folder, folder / "out")


@pytest.mark.parametrize(("samples", "rate", "text", "reason"), LEFT_OUT.values(), ids=LEFT_OUT)
def test_what_is_left_out(
    samples: np.ndarray, rate: int, text: str, reason: str, tmp_path: Path
) -> None:
    report = import_one(tmp_path, samples, rate, text)
    assert [(item.reason.value, item.count) for item in report.dropped] == [(reason, 1)]
    assert report.dropped[0].examples[0].where == f"{tmp_path}/trans.txt:2"
    assert report.warnings == ()
    assert [row.text for row in Manifest(tmp_path / "out/manifest.tsv")] == ["good"]


@pytest.mark.parametrize(("samples", "rate", "warnings"), WARNED.values(), ids=WARNED)
def test_what_is_warned_of(
    samples: np.ndarray, rate: int, warnings: list[str], tmp_path: Path
) -> None:
    report = import_one(tmp_path, samples, rate, TWO_WORDS)
    assert (report.kept, report.dropped) == (2, ())
    assert [item.reason.value for item in report.warnings] == warnings
    assert all(f"{tmp_path}/trans.txt:2: " in report.to_text() for _ in warnings)
    assert sum(count for _, count in report.formats) == 2


def test_what_is_too_long_for_training_can_be_tested_with(tmp_path: Path) -> None:
    soundfile.write(tmp_path / "a.wav", voice(61.0), 16_000)
    (tmp_path / "trans.txt").write_text("a.wav\tone\n")
    with pytest.raises(InputError, match=r"61\.0 s; at most 60 s for training, 7200 s for testing"):
        import_data(tmp_path, tmp_path / "out")
    report = import_data(tmp_path, tmp_path / "out", purpose="testing")
    assert (report.kept, report.purpose) == (1, "testing")
    manifest = tmp_path / "out/manifest.tsv"
    assert check_manifest(manifest).kept == 1
    assert check_manifest(manifest, purpose="training").dropped[0].reason.value == "too long"
    with pytest.raises(InputError, match="'fun' is not a purpose"):
        import_data(tmp_path, tmp_path / "again", purpose="fun")


def test_the_same_audio_under_two_names(tmp_path: Path) -> None:
    samples = np.rint(voice(1.0) * 32767) / 32768
    soundfile.write(tmp_path / "a.wav", samples, 16_000)
    soundfile.write(tmp_path / "b.flac", samples, 16_000)
    soundfile.write(tmp_path / "c.wav", voice(1.0, seed=1), 16_000)
    (tmp_path / "trans.txt").write_text("a.wav\tone\nb.flac\ttwo\nc.wav\tthree\n")
    report = import_data(tmp_path, tmp_path / "out")
    assert [row.text for row in Manifest(tmp_path / "out/manifest.tsv")] == ["one", "three"]
    (problem,) = report.dropped[0].examples
    assert problem.where == f"{tmp_path}/trans.txt:2"
    assert problem.detail == f"{tmp_path}/b.flac sounds as that of {tmp_path}/trans.txt:1"


def test_the_order_is_that_of_the_source(tmp_path: Path) -> None:
    # The first ones take longest to read.
    names = [f"{number:02d}.wav" for number in range(24)]
    for number, name in enumerate(names):
        seconds = 20.0 if number % 6 == 0 else 0.5
        soundfile.write(tmp_path / name, voice(seconds, seed=number), 16_000)
    soundfile.write(tmp_path / "12.wav", np.zeros(16_000), 16_000)
    (tmp_path / "trans.txt").write_text("".join(f"{name}\tone\n" for name in names))
    seen: list[int] = []
    import_data(tmp_path, tmp_path / "out", progress=seen.append)
    kept = [row.path.name for row in Manifest(tmp_path / "out/manifest.tsv")]
    assert kept == [name for name in names if name != "12.wav"]
    assert seen == list(range(1, 25))


def test_unpacked_recordings_of_no_use_are_deleted(tmp_path: Path, tone: Tone) -> None:
    archive = tmp_path / "set.zip"
    soundfile.write(tmp_path / "silent.wav", np.zeros(16_000), 16_000)
    with zipfile.ZipFile(archive, "w") as opened:
        opened.write(tone(tmp_path / "a.wav"), "a.wav")
        opened.write(tmp_path / "a.wav", "b.wav")
        opened.write(tmp_path / "silent.wav", "c.wav")
        opened.writestr("d.wav", b"RIFF")
        opened.writestr("trans.txt", "".join(f"{name}.wav\tone\n" for name in "abcd"))
    report = import_data(archive, tmp_path / "out")
    assert (report.kept, report.lost) == (1, 3)
    assert os.listdir(tmp_path / "out/audio") == ["a.wav"]
    # Nothing of another's is ever deleted: here the recordings lie where an import unpacks to.
    (tmp_path / "out/audio/a.wav").write_bytes(b"RIFF")
    tone(tmp_path / "out/audio/b.wav")
    rows = "path\tseconds\tspeaker\ttext\naudio/a.wav\t1\t\tone\naudio/b.wav\t1\t\ttwo\n"
    (tmp_path / "out/manifest.tsv").write_text(rows)
    assert import_data(tmp_path / "out/manifest.tsv", tmp_path / "out", overwrite=True).kept == 1
    assert sorted(os.listdir(tmp_path / "out/audio")) == ["a.wav", "b.wav"]


def test_names_and_links_that_lead_out_of_a_tree(tmp_path: Path, tone: Tone, write: Write) -> None:
    secret = tone(tmp_path / "secret.wav")
    tone(tmp_path / "cv/clips/a.mp3")
    table = f"path\tsentence\na.mp3\tone\n../../secret.wav\ttwo\n{secret}\tthree\n"
    report = import_data(write(tmp_path / "cv/test.tsv", table), tmp_path / "out")
    assert [(item.reason.value, item.count) for item in report.dropped] == [
        ("a file outside the folder", 2)
    ]
    tone(tmp_path / "ls/1-2-0.wav")
    (tmp_path / "ls/1-2-1.wav").symlink_to(secret)
    write(tmp_path / "ls/1-2.trans.txt", "1-2-0 ONE\n1-2-1 TWO\n")
    report = import_data(tmp_path / "ls", tmp_path / "again")
    assert [(item.reason.value, item.count) for item in report.dropped] == [
        ("a file outside the folder", 1)
    ]


def test_recordings_alone_in_a_folder(tmp_path: Path, tone: Tone, write: Write) -> None:
    folder = tmp_path / "set"
    for name in ("b.wav", "sub/a.wav", "sub/._a.wav"):
        tone(folder / name)
    write(folder / "broken.mp3", b"ID3")
    write(folder / "notes.doc", b"x")
    write(folder / "trans.doc/x.txt", b"x")
    (folder / "far").symlink_to(tmp_path)
    (folder / "far.wav").symlink_to(tone(tmp_path / "secret.wav"))
    with pytest.raises(InputError, match=r"holds recordings, but no transcript .*--kind audio"):
        import_data(folder, tmp_path / "out")
    report = import_data(folder, tmp_path / "out", kind="audio")
    rows = list(Manifest(tmp_path / "out/manifest.tsv"))
    assert [(row.path.relative_to(folder).as_posix(), row.text) for row in rows] == [
        ("b.wav", ""),
        ("sub/a.wav", ""),
    ]
    assert (report.layout, report.purpose, report.unit) == ("audio-folder", "testing", "recordings")
    assert "recordings alone, without transcripts" in report.to_text()
    assert {item.reason.value: item.count for item in report.dropped} == {
        "audio cannot be read": 1,
        "a file outside the folder": 2,
    }
    assert {item.reason.value: item.count for item in report.warnings} == {
        "neither audio nor transcript": 2
    }
    with pytest.raises(InputError, match="without transcripts cannot be trained on"):
        import_data(folder, tmp_path / "again", kind="audio", purpose="training")


def test_recordings_alone_in_a_zip(tmp_path: Path, tone: Tone) -> None:
    archive = tmp_path / "set.zip"
    with zipfile.ZipFile(archive, "w") as opened:
        opened.write(tone(tmp_path / "a.wav"), "a.wav")
        opened.writestr("silent.wav", b"RIFF")
        opened.writestr("trans.txt", "a.wav\tone\n")
    for number, how in enumerate(({"kind": "audio"}, {"layout": "audio-zip"})):
        report = import_data(archive, tmp_path / f"out{number}", **how)
        assert (report.layout, report.kept, report.lost) == ("audio-zip", 1, 1)
        (warning,) = report.warnings[0].examples
        assert warning.detail == "a transcript, not used: it is with the kind acoustic"
        (row,) = Manifest(tmp_path / f"out{number}/manifest.tsv")
        assert (row.path, row.text) == (tmp_path / f"out{number}/audio/a.wav", "")


def test_a_set_without_any_recording(tmp_path: Path, write: Write) -> None:
    write(tmp_path / "set/notes.txt", "x")
    with pytest.raises(InputError, match=r"not data that can be imported\. Expected audio-zip"):
        import_data(tmp_path / "set", tmp_path / "out", kind="audio")
    with zipfile.ZipFile(tmp_path / "set.zip", "w") as opened:
        opened.writestr("notes.doc", "x")
    with pytest.raises(InputError, match="nothing could be kept"):
        import_data(tmp_path / "set.zip", tmp_path / "out", kind="audio")
    assert (tmp_path / "out/report.html").is_file()


# archive, kind -> first words of each recording
REAL = [
    ("training/audio-and-trans.zip", None, ["Content like data,", "Custom Speech provides"]),
    ("testing/audio-and-trans.zip", None, ["Once the test"]),
    ("testing/audio.zip", "audio", ["", ""]),
]


@pytest.mark.corpus
@pytest.mark.skipif(not SAMPLE.is_dir(), reason=f"{SAMPLE} is not there: see ATTUNE_CORPUS")
@pytest.mark.parametrize(("name", "kind", "starts"), REAL)
def test_real_archives(name: str, kind: str | None, starts: list[str], tmp_path: Path) -> None:
    report = import_data(SAMPLE / name, tmp_path / "out", kind=kind)
    assert report.manifest is not None
    rows = list(Manifest(report.manifest))
    assert [" ".join(row.text.split()[:3]) for row in rows] == starts
    assert (report.kept, report.lost, report.share) == (len(starts), 0, 1.0)
    assert report.formats == (("wav s16le, 16000 Hz, mono", len(starts)),)
    assert 20 < rows[0].seconds < 60
    assert check_manifest(report.manifest).lost == (len(starts) if kind == "audio" else 0)


@pytest.mark.corpus
@pytest.mark.skipif(not SAMPLE.is_dir(), reason=f"{SAMPLE} is not there: see ATTUNE_CORPUS")
def test_a_real_archive_without_a_transcript_has_to_be_asked_for(tmp_path: Path) -> None:
    with pytest.raises(InputError, match=r"no transcript: .*\(--kind audio\)"):
        import_data(SAMPLE / "testing/audio.zip", tmp_path / "out")
