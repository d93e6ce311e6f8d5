"""`attune data`: import, check, show."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import pytest
from typer.testing import Result

from attune.cli.data import KIND_NAMES, LAYOUT_NAMES, TEXT_KIND_NAMES
from attune.data import KINDS, LAYOUTS, TEXT_KINDS, Manifest

Run = Callable[..., Result]
Tone = Callable[..., Path]


def write_rows(path: Path, *rows: tuple[str, float, str, str]) -> Path:
    lines = ["path\tseconds\tspeaker\ttext"]
    lines += ["\t".join((name, str(seconds), who, text)) for name, seconds, who, text in rows]
    path.write_text("\n".join(lines) + "\n", encoding="utf-8")
    return path


@pytest.fixture
def deepspeech(tone: Tone, tmp_path: Path) -> Path:
    """A DeepSpeech table of two recordings, one of them gone."""
    tone("a.wav", 2.0)
    table = tmp_path / "train.csv"
    table.write_text(
        "wav_filename,wav_filesize,transcript\na.wav,1,turn on the lights\ngone.wav,1,hello\n"
    )
    return table


def test_import(attune_here: Run, deepspeech: Path, tmp_path: Path) -> None:
    result = attune_here("data", "import", deepspeech, "--out", tmp_path / "set")
    assert result.exit_code == 0
    assert "kept     1 utterances, 0.00 h" in result.stdout
    assert "1 no audio file: restore the file, or remove its line" in result.stdout
    assert [row.text for row in Manifest(tmp_path / "set" / "manifest.tsv")] == [
        "turn on the lights"
    ]


def test_import_as_json(attune_here: Run, deepspeech: Path, tmp_path: Path) -> None:
    arguments = ["data", "import", deepspeech, "--out", tmp_path / "set", "--json"]
    document = json.loads(attune_here(*arguments, "--format", "deepspeech").stdout)
    assert (document["layout"], document["kept"]["utterances"]) == ("deepspeech", 1)
    again = attune_here(*arguments)
    assert (again.exit_code, again.stdout) == (2, "")
    assert "manifest.tsv exists: choose another folder, or ask to overwrite it" in again.stderr
    assert attune_here(*arguments, "--overwrite").exit_code == 0


def test_import_of_an_unknown_layout(attune_here: Run, deepspeech: Path, tmp_path: Path) -> None:
    result = attune_here("data", "import", deepspeech, "--out", tmp_path, "--format", "htk")
    assert result.exit_code == 2
    assert "'htk' is not a layout: use one of manifest, kaldi," in result.stderr


def test_help_of_import_lists_every_layout_and_kind() -> None:
    assert tuple(layout.name for layout in LAYOUTS) == LAYOUT_NAMES
    assert KINDS == KIND_NAMES


def test_import_of_recordings_alone(attune_here: Run, tone: Tone, tmp_path: Path) -> None:
    tone("set/a.wav", 2.0)
    arguments = ["data", "import", tmp_path / "set", "--out", tmp_path / "out"]
    refused = attune_here(*arguments)
    assert refused.exit_code == 2
    assert "or import the recordings alone (--kind audio)" in refused.stderr
    done = attune_here(*arguments, "--kind", "audio")
    assert done.exit_code == 0
    assert "kept     1 recordings, 0.00 h" in done.stdout
    assert "note: recordings alone, without transcripts" in done.stdout
    for name in ("report.txt", "report.json", "report.html"):
        assert (tmp_path / "out" / name).is_file()


def test_import_for_a_purpose(attune_here: Run, tone: Tone, tmp_path: Path) -> None:
    tone("set/a.wav", 61.0)
    (tmp_path / "set/trans.txt").write_text("a.wav\thello\n")
    arguments = ["data", "import", tmp_path / "set", "--out", tmp_path / "out"]
    refused = attune_here(*arguments)
    assert (refused.exit_code, refused.stdout) == (2, "")
    assert "1 too long: cut it into utterances at pauses" in refused.stderr
    assert attune_here(*arguments, "--for", "testing").exit_code == 0
    assert "'fun' is not a purpose" in attune_here(*arguments, "--for", "fun").stderr


def test_check_of_a_good_manifest(attune_here: Run, tone: Tone, tmp_path: Path) -> None:
    tone("a.wav", 2.0)
    manifest = write_rows(tmp_path / "m.tsv", ("a.wav", 2.0, "anna", "Hello, it is 5 o'clock."))
    result = attune_here("data", "check", manifest, "--audio")
    assert (result.exit_code, result.stderr) == (0, "")
    assert result.stdout == f"{manifest}: 1 utterances, 0.00 h, 1 speakers\nno problems\n"


def test_check_reports_everything_at_once(attune_here: Run, tone: Tone, tmp_path: Path) -> None:
    tone("a.wav", 2.0)
    cut = tone("cut.wav", 2.0)
    cut.write_bytes(cut.read_bytes()[:20_000])
    manifest = write_rows(
        tmp_path / "m.tsv",
        ("a.wav", 3.0, "", "hello"),
        ("gone.wav", 1.0, "", "привет"),
        ("a.wav", 2.0, "", ""),
        ("cut.wav", 2.0, "", "hello"),
    )
    result = attune_here("data", "check", manifest, "--audio", "--json")
    document = json.loads(result.stdout)
    assert result.exit_code == 2
    assert (document["ok"], document["utterances"], document["empty_transcripts"]) == (False, 4, 1)
    assert [(item["reason"], item["where"]) for item in document["problems"]] == [
        ("no audio file", f"{manifest}:3"),
        ("characters outside the symbol set", f"{manifest}:3"),
        ("audio cannot be read", f"{manifest}:5"),
    ]
    assert [item["line"] for item in document["duplicates"]] == [4]
    assert [(item["line"], item["seconds"]) for item in document["wrong_durations"]] == [(2, 2.0)]
    text = attune_here("data", "check", manifest, "--audio")
    assert "1 characters outside the symbol set: spell the words out" in text.stdout
    assert text.stderr == (
        f"attune: error: {manifest}: 1 x no audio file, 1 x characters outside the symbol set, "
        "1 x audio cannot be read\n"
    )


def test_check_for_a_purpose(attune_here: Run, tone: Tone, tmp_path: Path) -> None:
    tone("a.wav", 61.0)
    manifest = write_rows(tmp_path / "m.tsv", ("a.wav", 61.0, "", "hello"))
    for audio in ([], ["--audio"]):
        command = ["data", "check", manifest, *audio]
        assert attune_here(*command).exit_code == 0
        assert attune_here(*command, "--for", "testing").exit_code == 0
        refused = attune_here(*command, "--for", "training")
        assert refused.exit_code == 2
        assert refused.stderr == f"attune: error: {manifest}: 1 x too long\n"


def test_check_of_how_recordings_sound(attune_here: Run, tone: Tone, tmp_path: Path) -> None:
    tone("a.wav", 2.0)
    tone("again.wav", 2.0)
    tone("faint.wav", 2.0, level=0.005)
    tone("silent.wav", 2.0, level=0.0)
    rows = [(f"{name}.wav", 2.0, "", "hello") for name in ("a", "again", "faint", "silent")]
    manifest = write_rows(tmp_path / "m.tsv", *rows, ("faint.wav", 2.0, "", "word " * 30))
    assert attune_here("data", "check", manifest).exit_code == 0
    result = attune_here("data", "check", manifest, "--audio", "--json")
    document = json.loads(result.stdout)
    assert result.exit_code == 2
    assert [(item["reason"], item["where"]) for item in document["problems"]] == [
        ("nothing but silence", f"{manifest}:5")
    ]
    assert [(item["reason"], item["where"]) for item in document["warnings"]] == [
        ("the same audio under another name", f"{manifest}:3"),
        ("very quiet", f"{manifest}:4"),
    ]
    text = attune_here("data", "check", manifest, "--audio").stdout
    assert "2 warnings, which need not be mended\n  1 the same audio under another name: " in text


# manifest -> what the message says
NO_MANIFESTS = [
    ("", "not a manifest: its first line must be"),
    ("path\tseconds\tspeaker\ttext\n", "the manifest has no rows: add at least one recording"),
    ("path\tseconds\tspeaker\ttext\na.wav\t1\n", ":2: 2 tab-separated fields, expected 4"),
    ("path\tseconds\tspeaker\ttext\na.wav\tlong\t\t\n", ":2: seconds is 'long'"),
]


@pytest.mark.parametrize(("content", "message"), NO_MANIFESTS)
@pytest.mark.parametrize("command", [["data", "check"], ["evaluate"]])
@pytest.mark.usefixtures("scripted")
def test_unusable_manifests(
    attune_here: Run, tmp_path: Path, command: list[str], content: str, message: str
) -> None:
    manifest = tmp_path / "m.tsv"
    manifest.write_text(content)
    result = attune_here(*command, manifest)
    assert (result.exit_code, result.stdout) == (2, "")
    assert message in result.stderr


def test_show_a_manifest(attune_here: Run, tone: Tone, tmp_path: Path) -> None:
    tone("a.wav", 2.0)
    rows = [(f"{i}.wav", 1.5, "anna", f"Take {i}% off.") for i in range(2, 5)]
    manifest = write_rows(tmp_path / "m.tsv", *rows)
    result = attune_here("data", "show", manifest, "--limit", "2", "--explain")
    assert result.stdout.splitlines() == [
        f"{manifest}: 3 utterances, 0.00 h, 1 speakers",
        f"2: {tmp_path}/2.wav (1.50 s, anna)",
        "  Take 2% off.",
        "  take two percent off",
        "    percent: '2%' -> 'two percent'",
        f"3: {tmp_path}/3.wav (1.50 s, anna)",
        "  Take 3% off.",
        "  take three percent off",
        "    percent: '3%' -> 'three percent'",
    ]
    assert result.stderr == "attune: 1 more rows: see --limit\n"


def test_show_a_text(attune_here: Run) -> None:
    result = attune_here("data", "show", "Take 2% off.", "--explain", "--json")
    assert json.loads(result.stdout) == {
        "rows": [
            {
                "text": "Take 2% off.",
                "normalized": "take two percent off",
                "changes": [{"rule": "percent", "before": "2%", "after": "two percent"}],
            }
        ]
    }


# language, text -> the lines that explain it
EXPLAINED = [
    (
        "en-US",
        "Dr. Wu paid $5",
        "doctor wu paid five dollars",
        "money: '$5' -> 'five dollars'",
        "word: 'dr' -> 'doctor'",
    ),
    (
        "de-de",
        "Am 3. Mai um 12:23Uhr",
        "am dritten mai um zwölf uhr drei und zwanzig uhr",
        "time: '12:23Uhr' -> 'zwölf uhr drei und zwanzig uhr'",
        "ordinal: '3.' -> 'dritten'",
    ),
    ("de-DE", "§ 5 gilt", "", "line_with_§: '§ 5 gilt' -> ''"),
    (
        "zh-CN",
        "下午5:00，ＯＫ",  # noqa: RUF001
        "下午 五点 OK",
        "characters: '下午5:00，ＯＫ' -> '下午5:00，OK'",  # noqa: RUF001
        "time: '5:00' -> '五点'",
    ),
]


@pytest.mark.parametrize("case", EXPLAINED, ids=lambda case: case[1])
def test_show_explains_every_language(attune_here: Run, case: tuple[str, ...]) -> None:
    language, text, spoken, *reasons = case
    result = attune_here("data", "show", text, "--language", language, "--explain")
    assert (result.exit_code, result.stderr) == (0, "")
    assert result.stdout.splitlines() == [spoken, *(f"    {reason}" for reason in reasons)]
    document = json.loads(
        attune_here("data", "show", text, "--language", language, "--explain", "--json").stdout
    )
    assert document["rows"][0]["normalized"] == spoken
    assert len(document["rows"][0]["changes"]) == len(reasons)


def test_show_lines_of_a_file_and_of_standard_input(attune_here: Run, tmp_path: Path) -> None:
    file = tmp_path / "lines.txt"
    file.write_text("Dr. Who?\nYes!\n")
    expected = "doctor who\nyes\n"
    assert attune_here("data", "show", file).stdout == expected
    assert attune_here("data", "show", "-", stdin=file.read_bytes()).stdout == expected


def test_show_does_not_take_a_mistyped_name_for_a_text(attune_here: Run) -> None:
    result = attune_here("data", "show", "corpus/manifset.tsv")
    assert result.exit_code == 2
    assert "corpus/manifset.tsv: there is no such file" in result.stderr


def test_language_without_rules(attune_here: Run) -> None:
    result = attune_here("data", "show", "bonjour", "--language", "fr-FR")
    assert result.exit_code == 2
    assert "no text normalisation for language 'fr-FR': use one of de-DE, en-US, zh-CN" in (
        result.stderr
    )


def test_import_of_text(attune_here: Run, tmp_path: Path) -> None:
    source = tmp_path / "t.txt"
    source.write_text("Turn on the lights.\nsee www.example.org\n", "utf-8")
    result = attune_here("data", "import", source, "--out", tmp_path / "set")
    assert result.exit_code == 0
    assert f"kept     1 lines -> {tmp_path / 'set' / 'text.txt'}" in result.stdout
    assert f"{source}:2: www.e… in 'see www.example.org'" in result.stdout
    assert (tmp_path / "set" / "text.txt").read_text("utf-8") == "Turn on the lights.\n"


def test_import_of_a_stated_kind_of_text(attune_here: Run, tmp_path: Path) -> None:
    source = tmp_path / "t.txt"
    source.write_text("IEEE\ti triple e\n", "utf-8")
    arguments = ["data", "import", source, "--out", tmp_path / "set", "--json", "--kind"]
    document = json.loads(attune_here(*arguments, "pronunciation").stdout)
    assert (document["layout"], document["kept"]["pronunciations"]) == ("pronunciation", 1)
    refused = attune_here(*arguments, "structured")
    assert (refused.exit_code, refused.stdout) == (2, "")
    assert "nothing could be kept" in refused.stderr
    unknown = attune_here(*arguments, "poetry")
    assert unknown.exit_code == 2
    assert "'poetry' is not a kind of data set: use one of acoustic, audio, lang" in unknown.stderr
    both = attune_here(*arguments, "language", "--for", "testing")
    assert "--kind language is text: leave out --format and --for" in both.stderr


def test_help_of_import_lists_every_kind_of_text(attune_here: Run) -> None:
    assert {kind.name for kind in TEXT_KINDS} == set(TEXT_KIND_NAMES)
    shown = " ".join(attune_here("data", "import", "--help").stdout.split())
    assert all(name in shown for name in TEXT_KIND_NAMES)
