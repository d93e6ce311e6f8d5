"""`attune keyword`: phrases judged, said, made into bundles and listened for."""

from __future__ import annotations

import json
import signal
import subprocess
import sys
import wave
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest
from typer.testing import Result

from attune import keyword
from attune.audio import write_wav
from attune.bundle import Bundle
from attune.errors import InputError
from attune.keyword import CreationReport, Detection, KeywordPhrase
from attune.train.synthesis import available_voices, synthesize, synthesize_phones

Run = Callable[..., Result]
Tone = Callable[..., Path]


def has_keyword_base() -> bool:
    try:
        keyword.base_bundle()
    except InputError:
        return False
    return True


needs_base = pytest.mark.skipif(not has_keyword_base(), reason="no keyword base is shipped")
needs_voice = pytest.mark.skipif(not available_voices(), reason="no speech synthesiser installed")


@pytest.fixture
def made(monkeypatch: pytest.MonkeyPatch) -> list[dict[str, Any]]:
    """Creation that makes nothing; returns what it was asked for."""
    calls: list[dict[str, Any]] = []

    def create_basic(
        phrases: Sequence[KeywordPhrase], out: Path, **settings: Any
    ) -> CreationReport:
        calls.append({"phrases": list(phrases), "out": out, **settings})
        settings["report"]("calibrating")
        count = len(phrases)
        return CreationReport(
            out, tuple(phrases), (0.5,) * count, (0.93,) * count, (4.0,) * count, 1.25
        )

    monkeypatch.setattr(keyword, "create_basic", create_basic)
    return calls


def test_a_keyword_is_made_of_the_likeliest_pronunciations(
    attune_here: Run, made: list[dict[str, Any]], tmp_path: Path
) -> None:
    result = attune_here("keyword", "create", "Hey Atlas", "--out", tmp_path / "hey")
    assert result.exit_code == 0
    phrase = made[0]["phrases"][0]
    assert phrase.text == "hey atlas"
    assert phrase.pronunciations[0] == ("HH", "EY", "AE", "T", "L", "AH", "S")
    assert 1 <= len(phrase.pronunciations) <= 3
    assert made[0]["replace"] is False and "sensitivity" not in made[0]
    assert "hey atlas: expected to be heard 93 times of 100" in result.stdout
    assert "0.5 times in an hour of speech" in result.stdout
    assert "attune keyword listen" in result.stdout
    assert "attune: hey atlas: 3 syllables, about 0.6 s: HH EY | AE T L AH S" in result.stderr


def test_what_is_asked_for_reaches_creation(
    attune_here: Run, made: list[dict[str, Any]], tmp_path: Path
) -> None:
    out = tmp_path / "hey.zip"
    result = attune_here(
        *("keyword", "create", "hey atlas", "okay garden", "--out", out, "--overwrite"),
        *("--sensitivity", "0.7", "--name", "two", "--json"),
        *("--pronunciation", "hey atlas=2", "-p", "hey atlas=HH EY | AE T L AH S"),
    )
    assert result.exit_code == 0
    asked = made[0]
    assert (asked["sensitivity"], asked["name"], asked["replace"], asked["form"]) == (
        *(0.7, "two", True, "zip"),
    )
    assert [phrase.text for phrase in asked["phrases"]] == ["hey atlas", "okay garden"]
    assert len(asked["phrases"][0].pronunciations) == 2
    document = json.loads(result.stdout)
    assert document["kind"] == "basic" and document["path"] == str(out)
    assert document["keywords"][1]["keyword"] == "okay garden"
    assert document["keywords"][1]["correct_accept_rate"] == 0.93
    assert document["phrases"][0]["words"] == ["hey", "atlas"]


REFUSED = [
    (("",), "the phrase is empty: give it words"),
    (("a",), "'a' is one letter"),
    (("x" * 60,), "the phrase has 60 characters, more than 40"),
    (("hey 🙂",), "leave it out: 'hey'"),
    (("привет",), "holds letters of another script"),
    (("509",), "write them as they are said: 'five hundred nine'"),
    (("R.E.I.",), "write the letters apart ('R E I')"),
    (("20 + cats",), "'twenty plus cats'"),
    (("hey atlas", "hey alice"), "'hey atlas' and 'hey alice' sound alike"),
    (("hey atlas", "hey atlas"), "'hey atlas' is given twice"),
    (("hey atlas", "-p", "99"), "there is no pronunciation 99"),
    (("hey atlas", "-p", "HH QQ"), "'QQ' is not a UPS phone"),
    (("hey atlas", "-p", "AH"), "fewer than 2 phones"),
    (
        ("hey atlas", "okay garden", "-p", "1"),
        "belongs to none of the phrases: write 'hey atlas=1'",
    ),
    (("hey atlas", "--base", "nowhere"), "nowhere"),
    (("hey atlas", "--model", "nowhere"), "nowhere"),
    (("hey atlas", "--sensitivity", "nan"), "sensitivity"),
    (("hey atlas", "--sensitivity", "1.5"), "sensitivity"),
    (("hey atlas", "--kind", "expert"), "expert"),
]


@pytest.mark.parametrize(("arguments", "message"), REFUSED)
def test_what_cannot_be_made_is_refused_with_advice(
    attune_here: Run,
    made: list[dict[str, Any]],
    tmp_path: Path,
    arguments: tuple[str, ...],
    message: str,
) -> None:
    result = attune_here("keyword", "create", *arguments, "--out", tmp_path / "new")
    assert result.exit_code == 2
    assert result.stdout == "" and not made
    assert message in " ".join(result.stderr.replace("│", " ").split())


def test_a_common_word_is_made_with_a_warning(
    attune_here: Run, made: list[dict[str, Any]], tmp_path: Path
) -> None:
    result = attune_here("keyword", "create", "computer", "--out", tmp_path / "new")
    assert result.exit_code == 0 and len(made) == 1
    assert "warning: 'computer' is said about once in 3 hours of ordinary speech" in result.stderr


def test_a_phrase_within_another_is_made_with_a_warning(
    attune_here: Run, made: list[dict[str, Any]], tmp_path: Path
) -> None:
    result = attune_here("keyword", "create", "alexa", "hey alexa", "--out", tmp_path / "new")
    assert result.exit_code == 0 and len(made[0]["phrases"]) == 2
    assert "'alexa' is heard whenever somebody says 'hey alexa'" in result.stderr


def test_without_an_output_nothing_is_made(attune_here: Run, made: list[dict[str, Any]]) -> None:
    result = attune_here("keyword", "create", "hey atlas")
    assert (result.exit_code, result.stdout) == (2, "")
    assert "give --out BUNDLE" in result.stderr and not made


def test_advanced_without_its_extra_says_what_to_install(
    attune_here: Run, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setitem(sys.modules, "attune.train.keyword", None)
    result = attune_here(
        "keyword", "create", "hey atlas", "--kind", "advanced", "--out", tmp_path / "new"
    )
    assert result.exit_code == 2
    assert "pip install 'attune[train]'" in result.stderr


def test_pronunciations_are_listed(attune_here: Run) -> None:
    result = attune_here("keyword", "create", "hey atlas", "--list-pronunciations")
    assert (result.exit_code, result.stderr) == (0, "")
    lines = result.stdout.splitlines()
    assert "  *  1  HH EY | AE T L AH S   1.00, lexicon" in lines
    assert any("he at last" in line for line in lines)


def test_one_json_document_from_a_process(
    attune_process: Callable[..., subprocess.CompletedProcess[str]],
) -> None:
    done = attune_process("keyword", "create", "okay garden", "--list-pronunciations", "--json")
    assert (done.returncode, done.stderr) == (0, "")
    (phrase,) = json.loads(done.stdout)["phrases"]
    assert phrase["usable"] and phrase["syllables"] == 4
    assert "K EY | G AA R D AH N" in [each["phones"] for each in phrase["pronunciations"]]


def test_refused_phrases_are_listed_too(attune_here: Run) -> None:
    result = attune_here("keyword", "create", "509", "hey atlas", "--list-pronunciations", "--json")
    assert result.exit_code == 2 and "digits" in result.stderr
    document = json.loads(result.stdout)
    assert [phrase["usable"] for phrase in document["phrases"]] == [False, True]


@needs_voice
def test_pronunciations_are_said_into_files(attune_here: Run, tmp_path: Path) -> None:
    result = attune_here("keyword", "say", "hey atlas", "--out", tmp_path / "said")
    assert result.exit_code == 0
    files = sorted((tmp_path / "said").iterdir())
    assert len(files) == len(result.stdout.splitlines()) > 1
    assert files[0].name == "hey-atlas-1.wav" and str(files[0]) in result.stdout
    with wave.open(str(files[0])) as audio:
        assert audio.getframerate() == 16_000
        assert 0.3 < audio.getnframes() / 16_000 < 3


@needs_voice
def test_chosen_and_typed_pronunciations_are_said(attune_here: Run, tmp_path: Path) -> None:
    voice = available_voices()[-1].name
    result = attune_here(
        *("keyword", "say", "hey atlas", "-p", "2", "-p", "HH AY AE T L AH S"),
        *("--voice", voice, "--out", tmp_path, "--json"),
    )
    document = json.loads(result.stdout)
    said = document["pronunciations"]
    assert [each["id"] for each in said] == ["2", "typed"]
    assert all(Path(each["file"]).is_file() and each["voice"] == voice for each in said)


@needs_voice
def test_a_player_plays_and_nothing_is_left(
    attune_here: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    played: list[Path] = []

    def which(name: str) -> str | None:
        return "/bin/aplay" if name == "aplay" else None

    def run(command: list[str], **_: Any) -> SimpleNamespace:
        played.append(Path(command[-1]))
        assert played[-1].is_file()
        return SimpleNamespace(returncode=0)

    monkeypatch.setattr("attune.cli.keyword_say.shutil.which", which)
    monkeypatch.setattr(
        "attune.cli.keyword_say.subprocess",
        SimpleNamespace(run=run, TimeoutExpired=subprocess.TimeoutExpired),
    )
    result = attune_here("keyword", "say", "hey atlas", "-p", "1", "-p", "2")
    assert result.exit_code == 0
    assert [path.name for path in played] == ["hey-atlas-1.wav", "hey-atlas-2.wav"]
    assert not played[0].exists()


@needs_voice
def test_without_a_player_the_files_are_named(
    attune_here: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("attune.cli.keyword_say._player", lambda: None)
    result = attune_here("keyword", "say", "hey atlas", "-p", "1")
    assert result.exit_code == 0
    folder = Path(result.stderr.split("listen to the files in ")[1].strip())
    assert [path.name for path in folder.iterdir()] == ["hey-atlas-1.wav"]


@needs_voice
def test_a_player_that_fails_leaves_the_files(
    attune_here: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("attune.cli.keyword_say._player", lambda: ["/nonexistent/player"])
    result = attune_here("keyword", "say", "hey atlas", "-p", "1")
    assert "nothing here plays sound: listen to the files in" in result.stderr


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (("509",), "write them as they are said"),
        (("",), "the phrase is empty"),
        (("hey atlas", "--voice", "nobody"), "no voice 'nobody'"),
        (("hey atlas", "-p", "99"), "there is no pronunciation 99"),
    ],
)
def test_what_cannot_be_said(attune_here: Run, arguments: tuple[str, ...], message: str) -> None:
    if "--voice" in arguments and not available_voices():
        message = "no speech synthesiser is installed"
    result = attune_here("keyword", "say", *arguments)
    assert result.exit_code == 2 and message in result.stderr


def test_saying_needs_a_synthesiser(attune_here: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("attune.train.synthesis.catalogue.available_voices", lambda: ())
    monkeypatch.setattr("attune.train.synthesis.available_voices", lambda: ())
    result = attune_here("keyword", "say", "hey atlas")
    assert result.exit_code == 2 and "apt install espeak-ng flite festival" in result.stderr


class ScriptedSpotter:
    """Hears the keyword at the end of every second of sound."""

    def __init__(self) -> None:
        self.seconds = 0.0

    def accept(self, samples: np.ndarray) -> list[Detection]:
        before = int(self.seconds)
        self.seconds += len(samples) / 16_000
        return [self._detection(second) for second in range(before, int(self.seconds))]

    def finish(self) -> list[Detection]:
        return []

    @staticmethod
    def _detection(second: int) -> Detection:
        audio = np.full(1600, 0.25, np.float32)
        return Detection("hey atlas", second + 0.25, second + 0.9, 4.5, second + 1.0, audio)


@pytest.fixture
def listening(monkeypatch: pytest.MonkeyPatch, small_bundle: Bundle) -> list[dict[str, Any]]:
    """Makes every keyword bundle a scripted one; returns how its spotters were asked for."""
    asked: list[dict[str, Any]] = []

    def spotter(**settings: Any) -> ScriptedSpotter:
        asked.append(settings)
        return ScriptedSpotter()

    phrase = KeywordPhrase("hey atlas", (("HH", "EY"),))
    model = SimpleNamespace(bundle=small_bundle, phrases=(phrase,), spotter=spotter)
    monkeypatch.setattr(keyword, "load_keyword", lambda path: model)
    return asked


def test_keywords_of_a_recording_are_told(
    attune_here: Run, listening: list[dict[str, Any]], tone: Tone
) -> None:
    result = attune_here(
        "keyword", "listen", "hey.zip", "--input", tone("a.wav", 2.5), "--sensitivity", "0.3"
    )
    assert (result.exit_code, result.stderr) == (0, "")
    assert result.stdout == "    0.25  hey atlas  4.50\n    1.25  hey atlas  4.50\n"
    assert listening == [{"sensitivity": 0.3}]


@pytest.mark.usefixtures("listening")
def test_detections_as_json(attune_here: Run, tone: Tone, small_bundle: Bundle) -> None:
    result = attune_here("keyword", "listen", "hey.zip", "--input", tone("a.wav", 1.5), "--json")
    assert json.loads(result.stdout) == {
        "bundle": str(small_bundle.path),
        "keywords": ["hey atlas"],
        "seconds": 1.5,
        "detections": [
            {"keyword": "hey atlas", "start": 0.25, "end": 0.9, "time": 1.0, "score": 4.5}
        ],
    }


@pytest.mark.usefixtures("listening")
def test_once_ends_with_the_first_and_saves_its_audio(
    attune_here: Run, tone: Tone, tmp_path: Path
) -> None:
    folder = tmp_path / "heard"
    result = attune_here(
        "keyword", "listen", "hey.zip", "--input", tone("a.wav", 3.5), "--once", "--save", folder
    )
    assert result.stdout.count("hey atlas") == 1
    with wave.open(str(folder / "0001-hey-atlas.wav")) as audio:
        assert audio.getnframes() == 1600


@pytest.mark.usefixtures("listening")
def test_silence_is_told_on_stderr(attune_here: Run, tone: Tone) -> None:
    result = attune_here("keyword", "listen", "hey.zip", "--input", tone("a.wav", 0.5))
    assert (result.exit_code, result.stdout) == (0, "")
    assert result.stderr == "attune: no keyword was heard in 0.5 s\n"


@pytest.mark.usefixtures("listening")
def test_audio_comes_through_a_pipe(attune_here: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    samples = np.zeros(int(1.2 * 8000), "<i2").tobytes()
    result = attune_here(
        *("keyword", "listen", "hey.zip", "--input", "-", "--raw-format", "s16le:8000"),
        stdin=samples,
    )
    assert result.exit_code == 0 and result.stdout.count("hey atlas") == 1


@pytest.mark.usefixtures("listening")
def test_the_microphone_is_listened_to_until_ctrl_c(
    attune_here: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: list[str | None] = []

    @contextmanager
    def microphone(device: str | None) -> Iterator[Iterator[np.ndarray]]:
        asked.append(device)
        yield blocks()

    def blocks() -> Iterator[np.ndarray]:
        yield np.zeros(17_000, np.float32)
        signal.raise_signal(signal.SIGINT)
        yield np.zeros(17_000, np.float32)

    monkeypatch.setattr("attune.cli.microphone.microphone_blocks", microphone)
    result = attune_here("keyword", "listen", "hey.zip", "--device", "usb")
    assert (result.exit_code, asked) == (0, ["usb"])
    assert result.stdout.count("hey atlas") == 1
    assert "stopped listening" in result.stderr


@pytest.mark.usefixtures("listening")
def test_a_recording_at_another_rate_is_heard(attune_here: Run, tmp_path: Path) -> None:
    path = tmp_path / "a.wav"
    write_wav(path, np.zeros(44_100 * 2 + 4410, np.float32), 44_100)
    result = attune_here("keyword", "listen", "hey.zip", "--input", path)
    assert result.stdout.count("hey atlas") == 2


@pytest.mark.usefixtures("listening")
def test_a_stream_that_stops_in_the_middle_is_told(
    attune_here: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(*_: Any, **__: Any) -> Iterator[np.ndarray]:
        yield np.zeros(20_000, np.float32)
        raise InputError("-: cut short or damaged: only the first 1.25 s can be read.")

    monkeypatch.setattr("attune.audio.stream_audio", broken)
    result = attune_here("keyword", "listen", "hey.zip", "--input", "-")
    assert result.exit_code == 2
    assert "cut short or damaged" in result.stderr
    assert "hey atlas" in result.stdout


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (("--channel", "1"), "give --input too"),
        (("--input", "a.wav", "--device", "1"), "exclude each other"),
        (("--input", "nowhere.wav"), "there is no such file"),
        (("--input", "-", "--raw-format", "mp3"), "give encoding, sample rate"),
        (("--sensitivity", "2"), "sensitivity"),
    ],
)
@pytest.mark.usefixtures("listening")
def test_what_cannot_be_listened_to(
    attune_here: Run, arguments: tuple[str, ...], message: str
) -> None:
    result = attune_here("keyword", "listen", "hey.zip", *arguments)
    assert result.exit_code == 2 and message in result.stderr


@pytest.mark.parametrize("command", ["listen", "evaluate"])
def test_what_is_no_keyword_bundle_is_refused(
    attune_here: Run, command: str, small_bundle: Bundle, tone: Tone, tmp_path: Path
) -> None:
    manifest = tmp_path / "manifest.tsv"
    manifest.write_text("path\tseconds\tspeaker\ttext\n")
    more = ("--positives", manifest) if command == "evaluate" else ("--input", tone("a.wav"))
    result = attune_here("keyword", command, small_bundle.path, *more)
    assert result.exit_code == 2
    assert "a keyword bundle is needed" in result.stderr


@pytest.mark.parametrize("spelling", ["no", "=know", "no="])
def test_spellings_are_pairs(attune_here: Run, spelling: str, tmp_path: Path) -> None:
    result = attune_here(
        "keyword", "evaluate", "hey.zip", "--positives", tmp_path, "--spelling", spelling
    )
    assert result.exit_code == 2
    assert "write PHRASE=TEXT, such as no=know" in result.stderr


@needs_base
@needs_voice
def test_from_nothing_to_a_listening_keyword(
    attune_process: Callable[..., subprocess.CompletedProcess[str]], tmp_path: Path
) -> None:
    """What docs/keywords.md shows: made, said by a synthesiser, heard; and other speech is not."""
    bundle = tmp_path / "hey"
    made = attune_process("keyword", "create", "hey chatterbox", "--out", bundle, "--json")
    assert made.returncode == 0, made.stderr
    (figures,) = json.loads(made.stdout)["keywords"]
    assert figures["keyword"] == "hey chatterbox" and 0 <= figures["correct_accept_rate"] <= 1
    assert sum(path.stat().st_size for path in bundle.iterdir()) <= 2_000_000
    voice = available_voices()[0]
    spoken = synthesize_phones([["HH", "EY"], ["CH", "AE", "T", "ER", "B", "AA", "K", "S"]], voice)
    other = synthesize("the weather will be fine tomorrow", voice)
    quiet = np.random.default_rng(1).normal(0, 1e-3, 16_000).astype(np.float32)
    recording = tmp_path / "said.wav"
    write_wav(recording, np.concatenate([quiet, other, quiet, spoken, quiet]), 16_000)
    heard = attune_process("keyword", "listen", bundle, "--input", recording, "--json")
    assert heard.returncode == 0, heard.stderr
    found = json.loads(heard.stdout)["detections"]
    assert [each["keyword"] for each in found] == ["hey chatterbox"]
    begin = (2 * quiet.size + other.size) / 16_000
    assert begin - 0.2 < found[0]["start"] < found[0]["end"] < begin + spoken.size / 16_000 + 0.2

    command = synthesize("turn on the light", voice)
    parts = [quiet, other, quiet, spoken, quiet[:4000], command, quiet, quiet]
    write_wav(recording, np.concatenate(parts), 16_000)
    heard = attune_process("listen", "--keyword", bundle, "--input", recording, "--json")
    assert heard.returncode == 0, heard.stderr
    document = json.loads(heard.stdout)
    assert [each["keyword"] for each in document["detections"]] == ["hey chatterbox"]
    (utterance,) = document["utterances"]
    assert utterance["lexical"].startswith("hey chatterbox ")
    assert "... hey chatterbox" in heard.stderr


@pytest.mark.parametrize(
    ("options", "message"),
    [
        (("--work", "work", "--out", "new"), "--work belongs to --kind advanced"),
        (("--recordings", "said.tsv", "--out", "new"), "--recordings belongs to --kind advanced"),
        (("--kind", "advanced", "--until", "adapt"), "name it with --work FOLDER"),
    ],
)
def test_options_of_advanced_keywords(
    attune_here: Run, options: tuple[str, ...], message: str
) -> None:
    result = attune_here("keyword", "create", "hey atlas", *options)
    assert (result.exit_code, result.stdout) == (2, "")
    assert message in result.stderr
