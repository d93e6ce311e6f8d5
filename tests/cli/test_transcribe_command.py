"""`attune transcribe`, with a recogniser that is scripted and audio that is read for real."""

from __future__ import annotations

import json
import os
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from scripted_model import ScriptedModel
from typer.testing import Result

from attune.recognize import Phrase

Run = Callable[..., Result]
Tone = Callable[..., Path]
SENTENCE = ScriptedModel.SENTENCE


@pytest.mark.usefixtures("scripted")
def test_text_is_a_line_for_each_utterance(attune_here: Run, tone: Tone) -> None:
    result = attune_here("transcribe", tone("a.wav", 2.0))
    assert (result.exit_code, result.stderr) == (0, "")
    assert result.stdout == f"{SENTENCE}\n{SENTENCE}\n"


@pytest.mark.usefixtures("scripted")
def test_lines_of_several_recordings_begin_with_their_names(attune_here: Run, tone: Tone) -> None:
    one, two = tone("a.wav"), tone("b.wav")
    result = attune_here("transcribe", one, two)
    assert result.stdout == f"{one}: {SENTENCE}\n{two}: {SENTENCE}\n"


@pytest.mark.usefixtures("scripted")
def test_silence_is_told_apart_from_text(attune_here: Run, tone: Tone) -> None:
    path = tone("quiet.wav", level=0.0)
    result = attune_here("transcribe", path)
    assert (result.exit_code, result.stdout) == (0, "")
    assert result.stderr == f"attune: {path}: no speech was recognised\n"


@pytest.mark.usefixtures("scripted")
def test_words_and_alternatives(attune_here: Run, tone: Tone) -> None:
    result = attune_here("transcribe", tone("a.wav"), "--words", "--alternatives", "2")
    assert result.stdout.splitlines() == [
        SENTENCE,
        "   1  0.90     -10.00  Turn on the lights.",
        "   2  0.10     -12.50  Something else.",
        "     start       end  confidence  word",
        "      0.00      0.40        0.90  turn",
        "      0.40      0.80        0.90  on",
        "      0.80      1.20        0.90  the",
        "      1.20      1.60        0.90  lights",
        "",
    ]


@pytest.mark.usefixtures("scripted")
def test_lexical(attune_here: Run, tone: Tone) -> None:
    assert attune_here("transcribe", tone("a.wav"), "--lexical").stdout == "turn on the lights\n"


@pytest.mark.parametrize("arguments", [["--json"], ["--format", "json"], ["-f", "json", "--json"]])
def test_json_is_one_document(
    attune_here: Run, tone: Tone, scripted: ScriptedModel, arguments: list[str]
) -> None:
    path = tone("a.wav")
    result = attune_here("transcribe", path, "gone.wav", *arguments)
    document = json.loads(result.stdout)
    assert result.exit_code == 2
    assert document["model"]["hash"] == scripted.bundle.hash
    assert document["errors"] == [
        {"path": "gone.wav", "error": "gone.wav: there is no such file. Check the path."}
    ]
    (recording,) = document["recordings"]
    assert list(recording) == [
        *("path", "seconds", "text", "lexical", "confidence", "words", "utterances")
    ]
    assert (recording["path"], recording["seconds"]) == (str(path), 1.0)
    assert (recording["text"], recording["lexical"]) == (SENTENCE, "turn on the lights")
    assert recording["confidence"] == 0.9
    assert recording["words"][1] == {"text": "on", "start": 0.4, "end": 0.8, "confidence": 0.9}
    (utterance,) = recording["utterances"]
    assert utterance["words"] == recording["words"]
    assert utterance["alternatives"][1] == {
        "text": "Something else.",
        "lexical": "something else",
        "score": -12.5,
        "confidence": 0.1,
    }


@pytest.mark.usefixtures("scripted")
@pytest.mark.parametrize(
    ("format", "expected"),
    [
        ("srt", f"1\n00:00:00,000 --> 00:00:01,600\n{SENTENCE}\n"),
        ("vtt", f"WEBVTT\n\n00:00:00.000 --> 00:00:01.600\n{SENTENCE}\n"),
    ],
)
def test_subtitles(attune_here: Run, tone: Tone, format: str, expected: str) -> None:
    assert attune_here("transcribe", tone("a.wav"), "-f", format).stdout == expected


@pytest.mark.usefixtures("scripted")
def test_one_bad_recording_does_not_stop_the_others(
    attune_here: Run, tone: Tone, tmp_path: Path
) -> None:
    good, later = tone("a.wav"), tone("c.wav")
    bad, cut = tmp_path / "b.wav", tmp_path / "cut.wav"
    bad.write_text("This is no recording.")
    cut.write_bytes(later.read_bytes()[:10_000])
    result = attune_here("transcribe", good, bad, cut, "gone.wav", later)
    assert result.exit_code == 2
    assert result.stdout.splitlines() == [f"{good}: {SENTENCE}", f"{later}: {SENTENCE}"]
    errors = result.stderr.splitlines()
    assert [line.split(": ")[2] for line in errors[:-1]] == [str(bad), str(cut), "gone.wav"]
    assert errors[-1] == "attune: 3 of 5 could not be transcribed"


def test_standard_input(attune_here: Run, tone: Tone, scripted: ScriptedModel) -> None:
    result = attune_here("transcribe", "-", stdin=tone("a.wav").read_bytes())
    assert (result.exit_code, result.stdout) == (0, f"{SENTENCE}\n")


def test_raw_samples_from_standard_input(attune_here: Run, scripted: ScriptedModel) -> None:
    samples = np.full(8_000 * 2, 9_000, "<i2").tobytes()
    result = attune_here("transcribe", "-", "--raw-format", "s16le:8000:2", "--json", stdin=samples)
    (recording,) = json.loads(result.stdout)["recordings"]
    assert (recording["path"], recording["seconds"]) == ("-", 1.0)


def test_choices_reach_the_recogniser(
    attune_here: Run, tone: Tone, tmp_path: Path, scripted: ScriptedModel
) -> None:
    phrases = tmp_path / "names.txt"
    phrases.write_text("Attune\n\nZoë Saint-Clair\t4.5\n", encoding="utf-8")
    arguments = [*("--phrase", "kettle"), *("--phrases-file", phrases), *("--channel", "0")]
    arguments += [*("--set", "beam=11"), *("--set", "end_silence=1.5"), *("--alternatives", "3")]
    assert attune_here("transcribe", tone("a.wav"), *arguments).exit_code == 0
    (call,) = scripted.calls
    assert call["phrases"] == ["kettle", "Attune", Phrase("Zoë Saint-Clair", 4.5)]
    assert call["channel"] == 0
    options = call["options"]
    assert (options.beam, options.end_silence, options.alternatives) == (11, 1.5, 3)


@pytest.mark.usefixtures("scripted")
def test_stream_shows_partial_results_beside_the_text(attune_here: Run, tone: Tone) -> None:
    result = attune_here("transcribe", "--stream", tone("a.wav"))
    assert (result.stdout, result.stderr) == (f"{SENTENCE}\n", "... turn on\n")


@pytest.mark.usefixtures("scripted")
def test_threads_give_the_same_in_the_same_order(attune_here: Run, tone: Tone) -> None:
    paths = [tone(f"{number:02d}.wav", 1.0 + number % 3) for number in range(12)]
    alone = attune_here("transcribe", *paths, "gone.wav")
    together = attune_here("transcribe", *paths, "gone.wav", "--jobs", "4")
    assert (together.stdout, together.stderr) == (alone.stdout, alone.stderr)
    assert together.exit_code == 2


@pytest.mark.usefixtures("scripted")
def test_folder_to_folder(attune_here: Run, tone: Tone, tmp_path: Path) -> None:
    tone("calls/a.wav")
    tone("calls/may/b.wav")
    (tmp_path / "calls" / "bad.wav").write_text("no")
    out = tmp_path / "out"
    arguments = ["transcribe", tmp_path / "calls", "--out", out, "--format", "srt"]
    result = attune_here(*arguments)
    assert (result.exit_code, result.stdout) == (2, "")
    assert f"attune: 2 written to {out}\n" in result.stderr
    assert "bad.wav" in result.stderr
    assert sorted(str(path.relative_to(out)) for path in out.rglob("*.*")) == [
        *(".attune-job.json", "a.srt", "may/b.srt")
    ]
    assert (out / "may" / "b.srt").read_text().startswith("1\n00:00:00,000 --> ")


def test_resume_does_what_is_left(
    attune_here: Run, tone: Tone, tmp_path: Path, scripted: ScriptedModel
) -> None:
    tone("calls/a.wav")
    tone("calls/b.wav")
    arguments = ["transcribe", tmp_path / "calls", "--out", tmp_path / "out", "--resume", "--json"]
    first = json.loads(attune_here(*arguments).stdout)
    assert [len(first[name]) for name in ("written", "kept", "errors")] == [2, 0, 0]
    changed = tone("calls/b.wav")
    os.utime(changed, (later := changed.stat().st_mtime + 5, later))
    tone("calls/c.wav")
    scripted.calls.clear()
    second = json.loads(attune_here(*arguments).stdout)
    assert [Path(item["path"]).name for item in second["written"]] == ["b.wav", "c.wav"]
    assert [Path(item["output"]).name for item in second["kept"]] == ["a.txt"]
    assert [Path(call["source"]).name for call in scripted.calls] == ["b.wav", "c.wav"]
    third = attune_here(*arguments, "--lexical")
    assert third.exit_code == 2
    assert "begun with other settings (options)" in third.stderr


def test_interrupted_folder_job_says_how_to_go_on(
    attune_here: Run,
    tone: Tone,
    tmp_path: Path,
    scripted: ScriptedModel,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    tone("calls/a.wav")
    tone("calls/b.wav")
    work = ScriptedModel.transcribe_utterances

    def until_second(self: ScriptedModel, source: str, **call: object) -> object:
        if Path(source).name == "b.wav":
            raise KeyboardInterrupt
        return work(self, source, **call)  # type: ignore[arg-type]

    out = tmp_path / "out"
    arguments = ["transcribe", tmp_path / "calls", "--out", out, "--resume"]
    with monkeypatch.context() as patch:
        patch.setattr(ScriptedModel, "transcribe_utterances", until_second)
        result = attune_here(*arguments)
    assert result.exit_code == 130
    assert result.stderr == (
        f"attune: stopped: 1 written to {out}; the same command with --resume goes on from there\n"
    )
    assert sorted(path.name for path in out.glob("*.txt")) == ["a.txt"]
    scripted.calls.clear()
    assert attune_here(*arguments).exit_code == 0
    assert [Path(call["source"]).name for call in scripted.calls] == ["b.wav"]


# arguments -> what the message says
REFUSED = [
    (["a.wav", "--json", "-f", "srt"], "--json and --format srt exclude each other"),
    (["a.wav", "--resume"], "--resume needs --out"),
    (["a.wav", "--stream", "--jobs", "2"], "--stream shows one recording at a time"),
    (["a.wav", "b.wav", "-f", "vtt"], "subtitles of several recordings need --out"),
    (["a.wav", "--phrase", " "], "--phrase is empty"),
    # What is wrong with phrases is said once, not for each recording.
    (["a.wav", "b.wav", "--phrase", "!!!"], "a phrase has no words\n"),
    (["a.wav", "--phrases-file", "gone.txt"], "gone.txt: cannot be read (No such file"),
    (["a.wav", "--set", "beam"], "--set 'beam': give a name and a value"),
    (["a.wav", "--set", "bean=3"], "--set bean: there is no such setting; there are alternatives"),
    (["a.wav", "--set", "beam=wide"], "option beam: 'wide' is not a number"),
    (["a.wav", "--set", "max_active=50.5"], "option max_active: 50.5 is not a whole number"),
    (["a.wav", "--set", "formatting=maybe"], "option formatting: 'maybe' is not true or false"),
    (["a.wav", "--raw-format", "s16le"], "--raw-format 's16le': give encoding, sample rate"),
    (["a.wav", "--raw-format", "s17le:16000"], "raw format: unknown encoding 's17le'"),
]


@pytest.mark.usefixtures("scripted")
@pytest.mark.parametrize(("arguments", "message"), REFUSED)
def test_refused(attune_here: Run, arguments: list[str], message: str) -> None:
    result = attune_here("transcribe", *arguments)
    assert (result.exit_code, result.stdout) == (2, "")
    assert result.stderr.startswith(f"attune: error: {message}")


@pytest.mark.usefixtures("scripted")
@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"caf\xe9\n", "not UTF-8 text: save it as UTF-8"),
        (b"\n \n", "no phrase in it: write one a line"),
        (b"kettle\nteapot\tmuch\n", ":2: the boost 'much' is not a number"),
    ],
)
def test_refused_phrases_file(
    attune_here: Run, tmp_path: Path, content: bytes, message: str
) -> None:
    file = tmp_path / "phrases.txt"
    file.write_bytes(content)
    result = attune_here("transcribe", "a.wav", "--phrases-file", file)
    assert result.exit_code == 2
    assert message in result.stderr
