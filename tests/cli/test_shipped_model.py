"""The commands with the bundle that comes with Attune, each in a process of its own."""

from __future__ import annotations

import contextlib
import json
import os
import pty
import shutil
import signal
import subprocess
import time
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from processes import ATTUNE, environment

from attune.audio import read_audio, write_wav
from attune.bundle import shipped_bundle_path, shipped_languages
from attune.data import Utterance
from attune.evaluate import align_words
from attune.text import normalize

Process = Callable[..., "subprocess.CompletedProcess[str]"]
Samples = tuple[Utterance, ...]

BUNDLE = os.environ.get("ATTUNE_TEST_BUNDLE")
"""Another bundle to run these tests with, before it is shipped."""

pytestmark = pytest.mark.skipif(
    not (BUNDLE or "en-US" in shipped_languages()),
    reason="no en-US bundle is in src/attune/models",
)
MODEL = ["--model", BUNDLE] if BUNDLE else []


def sample(samples: Samples, name: str) -> Utterance:
    return next(row for row in samples if row.path.name == name)


def words_right(reference: str, hypothesis: str) -> float:
    """Share of the reference's words that were recognised."""
    counts = align_words(normalize(reference).split(), normalize(hypothesis).split()).counts
    return counts.correct / counts.words


def test_samples_are_mostly_understood(attune_process: Process, samples: Samples) -> None:
    folder = samples[0].path.parent
    done = attune_process("transcribe", folder, "--json", *MODEL)
    document = json.loads(done.stdout)
    assert (done.returncode, done.stderr) == (0, "")
    heard = {Path(item["path"]).name: item for item in document["recordings"]}
    assert heard.keys() == {row.path.name for row in samples}
    for row in samples:
        recording = heard[row.path.name]
        assert recording["seconds"] == pytest.approx(row.seconds, abs=0.1)
        times = [time for word in recording["words"] for time in (word["start"], word["end"])]
        assert times == sorted(times)
        assert all(0 <= word["confidence"] <= 1 for word in recording["words"])
    if not BUNDLE:
        right = [words_right(row.text, heard[row.path.name]["lexical"]) for row in samples]
        assert np.mean(right) > 0.7


@pytest.mark.parametrize("mode", [[], ["--stream"]])
def test_text_from_a_file_and_from_a_pipe(
    attune_process: Process, samples: Samples, mode: list[str]
) -> None:
    path = sample(samples, "message.wav").path
    from_file = attune_process("transcribe", path, *mode, *MODEL)
    from_pipe = attune_process("transcribe", "-", *mode, *MODEL, stdin=path.read_bytes())
    assert from_file.returncode == 0
    assert from_file.stdout.strip()
    assert (from_pipe.returncode, from_pipe.stdout) == (0, from_file.stdout)
    assert ("... " in from_file.stderr) == bool(mode)


def test_subtitles_of_a_folder(attune_process: Process, samples: Samples, tmp_path: Path) -> None:
    folder = samples[0].path.parent
    arguments = ["transcribe", folder, "--out", tmp_path, "--format", "vtt", "--resume", *MODEL]
    first = attune_process(*arguments, "--jobs", "2", "--json")
    assert len(json.loads(first.stdout)["written"]) == len(samples)
    for row in samples:
        assert (tmp_path / f"{row.path.stem}.vtt").read_text().startswith("WEBVTT\n")
    again = attune_process(*arguments, "--json")
    assert len(json.loads(again.stdout)["kept"]) == len(samples)


def test_bad_recordings_among_good_ones(
    attune_process: Process, samples: Samples, tmp_path: Path
) -> None:
    good = sample(samples, "weather.wav").path
    cut, text, empty = tmp_path / "cut.wav", tmp_path / "text.wav", tmp_path / "empty.wav"
    cut.write_bytes(good.read_bytes()[:20_000])
    text.write_text("This is no recording.\n")
    empty.touch()
    done = attune_process("transcribe", cut, text, good, empty, "gone.wav", *MODEL)
    assert done.returncode == 2
    assert done.stdout.startswith(f"{good}: ")
    assert "Traceback" not in done.stderr
    errors = done.stderr.splitlines()
    assert len(errors) == 5
    for line, name in zip(errors, (cut, text, empty, "gone.wav"), strict=False):
        assert line.startswith(f"attune: error: {name}: ")
    assert errors[-1] == "attune: 4 of 5 could not be transcribed"


@pytest.mark.parametrize("seconds", [0.01, 2.0])
def test_silence_is_no_error(attune_process: Process, tmp_path: Path, seconds: float) -> None:
    path = tmp_path / "silence.wav"
    write_wav(path, np.zeros(int(seconds * 16_000), np.int16), 16_000)
    for mode in ([], ["--stream"]):
        done = attune_process("transcribe", path, *mode, *MODEL)
        assert (done.returncode, done.stdout) == (0, "")
        assert done.stderr == f"attune: {path}: no speech was recognised\n"


def test_a_flipped_byte_is_found(attune_process: Process, samples: Samples, tmp_path: Path) -> None:
    bundle = tmp_path / "damaged"
    shutil.copytree(BUNDLE or shipped_bundle_path(), bundle)
    encoder = next(bundle.rglob("*.onnx"))
    content = bytearray(encoder.read_bytes())
    content[len(content) // 2] ^= 1
    encoder.write_bytes(content)
    done = attune_process("transcribe", samples[0].path, "--model", bundle)
    assert (done.returncode, done.stdout) == (2, "")
    assert f"{bundle}: part 'encoder' ({encoder.name}) is damaged" in done.stderr
    assert attune_process("model", "verify", bundle).returncode == 2


def test_evaluate_the_samples(attune_process: Process, samples: Samples, tmp_path: Path) -> None:
    manifest, report = samples[0].path.parent / "manifest.tsv", tmp_path / "report.html"
    done = attune_process("evaluate", manifest, "--json", "--html", report, *MODEL)
    document = json.loads(done.stdout)
    assert (done.returncode, document["utterances"]) == (0, len(samples))
    assert document["rtf"] > 0
    assert report.stat().st_size > 10_000
    if not BUNDLE:
        assert document["wer"] < 0.3


def test_listen_plays_a_file_in_real_time(attune_process: Process, samples: Samples) -> None:
    row = sample(samples, "weather.wav")
    begin = time.monotonic()
    done = attune_process("listen", "--input", row.path, "--json", *MODEL)
    assert time.monotonic() - begin >= row.seconds
    assert done.returncode == 0
    assert json.loads(done.stdout)["seconds"] == pytest.approx(row.seconds, abs=0.1)
    assert "... " in done.stderr


def test_ctrl_c_while_listening_finishes_what_was_heard(samples: Samples, tmp_path: Path) -> None:
    speech = read_audio(sample(samples, "weather.wav").path)
    path = tmp_path / "long.wav"
    write_wav(path, np.tile(speech, 40), 16_000)
    with subprocess.Popen(
        [*ATTUNE, "listen", "--input", str(path), "--json", *MODEL],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        env=environment(),
    ) as process:
        assert process.stdout is not None
        assert process.stderr is not None
        for _ in range(6):  # Partial results: by the last there are words.
            process.stderr.readline()
        process.send_signal(signal.SIGINT)
        output, errors = process.communicate(timeout=60)
    assert process.returncode == 0
    assert json.loads(output)["words"]
    assert b"stopped listening" in errors
    assert b"Traceback" not in errors


def test_a_long_recording_has_a_progress_bar(samples: Samples, tmp_path: Path) -> None:
    path = tmp_path / "long.wav"
    write_wav(path, np.tile(read_audio(sample(samples, "story.mp3").path), 4), 16_000)
    main, side = pty.openpty()
    with subprocess.Popen(
        [*ATTUNE, "transcribe", str(path), *MODEL],
        stdout=subprocess.PIPE,
        stderr=side,
        env=environment(TERM="xterm", COLUMNS="120"),
    ) as process:
        os.close(side)
        shown = b""
        with contextlib.suppress(OSError):  # What Linux says at the end of a terminal.
            while piece := os.read(main, 4096):
                shown += piece
        output, _ = process.communicate(timeout=60)
    os.close(main)
    assert process.returncode == 0
    assert b"\x1b" not in output
    assert b"transcribing" in shown
    assert b"100%" in shown


def test_ctrl_c_while_transcribing(samples: Samples, tmp_path: Path) -> None:
    speech = read_audio(sample(samples, "story.mp3").path)
    path = tmp_path / "long.wav"
    write_wav(path, np.tile(speech, 60), 16_000)
    with subprocess.Popen(
        [*ATTUNE, "transcribe", str(path), *MODEL],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        env=environment(),
    ) as process:
        assert process.stdout is not None
        process.stdout.readline()  # The first utterance.
        process.send_signal(signal.SIGINT)
        _, errors = process.communicate(timeout=60)
    assert process.returncode == 130
    assert errors == b"attune: stopped before the end\n"
