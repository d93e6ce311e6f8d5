"""`attune adapt` and `attune lexicon` as their users meet them, wrong input first."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import pytest
from typer.testing import Result

from attune.bundle import Bundle, shipped_languages

Here = Callable[..., Result]

needs_bundle = pytest.mark.skipif(
    "en-US" not in shipped_languages(), reason="no en-US bundle is in src/attune/models"
)


@pytest.fixture
def files(tmp_path: Path) -> dict[str, str]:
    """Files by what is wrong with them."""
    contents = {
        "text": b"the axolotl sleeps\n",
        "empty": b"",
        "signs": b"... !!!\n",
        "table": b"display\tspoken\tphones\nRTH\tr t h\t\n",
        "raw-table": b"RTH\tr t h\n",
        "bad-phones": b"display\tspoken\tphones\nRTH\t\tR QX\n",
        "lists": b"@ list animal =\n- axolotl\n\n# s\n- feed {@animal}\n",
        "no-list": b"# s\n- feed {@animal}\n",
    }
    for name, content in contents.items():
        (tmp_path / name).write_bytes(content)
    return {name: str(tmp_path / name) for name in contents} | {"gone": str(tmp_path / "gone")}


@pytest.mark.parametrize(
    ("command", "arguments", "said"),
    [
        ("language", (), "give --text, --structured or both"),
        ("language", ("--text", "gone"), "no such file"),
        ("language", ("--text", "empty"), "no words in it"),
        ("language", ("--text", "signs"), "no words in it"),
        ("language", ("--text", "text", "--pronunciations", "raw-table"), "import the file first"),
        (
            "language",
            ("--text", "text", "--pronunciations", "bad-phones"),
            "'QX' is not a UPS phone",
        ),
        ("language", ("--structured", "no-list"), "animal"),
        ("pronunciation", (), "give --file, or --word"),
        ("pronunciation", ("--word", "axolotl"), "--word needs --say, --phones or --audio"),
        ("pronunciation", ("--say", "a b"), "they need --word"),
        ("pronunciation", ("--word", "axolotl", "--phones", "A QX"), "is not a UPS phone"),
        ("pronunciation", ("--word", "axolotl", "--say", "4 2"), "'axolotl'"),
        ("pronunciation", ("--word", "axolotl", "--audio", "gone"), "gone"),
        ("pronunciation", ("--word", "axolotl", "--audio", "text"), "text"),
        ("pronunciation", ("--file", "raw-table"), "import the file first"),
    ],
    ids=lambda value: " ".join(value) if isinstance(value, tuple) else value[:20],
)
@needs_bundle
def test_wrong_input_is_told(
    attune_here: Here,
    files: dict[str, str],
    tmp_path: Path,
    command: str,
    arguments: tuple[str, ...],
    said: str,
) -> None:
    given = [files.get(argument, argument) for argument in arguments]
    result = attune_here("adapt", command, *given, "--out", tmp_path / "new")
    assert result.exit_code == 2
    assert said in result.stderr
    assert not (tmp_path / "new").exists()


@needs_bundle
def test_a_folder_that_is_there_is_left_alone(
    attune_here: Here, files: dict[str, str], tmp_path: Path
) -> None:
    out = tmp_path / "mine"
    out.mkdir()
    (out / "thesis.txt").write_text("years of work")
    for extra in ((), ("--overwrite",)):
        result = attune_here("adapt", "language", "--text", files["text"], "--out", out, *extra)
        assert result.exit_code == 2
    assert (out / "thesis.txt").read_text() == "years of work"


@needs_bundle
def test_a_word_is_taught_and_shown(attune_here: Here, tmp_path: Path) -> None:
    out = tmp_path / "new"
    taught = ("--word", "IEEE", "--say", "i triple e", "--phones", "AY IY IY IY")
    done = attune_here("adapt", "pronunciation", *taught, "--out", out, "--json")
    assert done.exit_code == 0, done.stderr
    document = json.loads(done.stdout)
    assert [item["word"] for item in document["words"]] == ["ieee"]
    assert Bundle.open(out).description.lineage.command == "attune adapt pronunciation"
    shown = attune_here("lexicon", "show", "IEEE", "--model", out, "--json")
    (entry,) = json.loads(shown.stdout)["words"]
    phones = [item["phones"] for item in entry["pronunciations"]]
    assert {"AY T R IH P AH L IY", "AY IY IY IY"} <= set(phones)
    assert entry["source"] == "listed"


@pytest.mark.parametrize(
    ("word", "said"),
    [
        ("tomato", "tomato: in the lexicon"),
        ("agkistrodont", "agkistrodont: not in the lexicon"),
        ("15", "fifteen: in the lexicon"),
        ("#", "#: not in the lexicon, and cannot be pronounced"),
    ],
)
@needs_bundle
def test_words_are_looked_up(attune_here: Here, word: str, said: str) -> None:
    result = attune_here("lexicon", "show", word)
    assert result.exit_code == 0
    assert said in result.stdout


def test_bundle_of_another_kind_is_refused(attune_here: Here, tmp_path: Path) -> None:
    (tmp_path / "text").write_text("hello there\n")
    result = attune_here(
        "adapt",
        "language",
        "--text",
        tmp_path / "text",
        "--base",
        tmp_path,
        "--out",
        tmp_path / "n",
    )
    assert result.exit_code == 2
