"""The story of docs/customise.md, command by command, on synthesised recordings."""

from __future__ import annotations

import json
import re
import shlex
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

from attune.audio import write_wav
from attune.bundle import shipped_languages

PAGE = Path(__file__).parents[1] / "docs" / "customise.md"
COMMANDS = [
    line
    for block in re.findall(r"^```\n(.*?)^```", PAGE.read_text("utf-8"), re.DOTALL | re.MULTILINE)
    for line in block.splitlines()
]
SAID = (
    "the axolotl eats at night",
    "the agkistrodon needs water in the morning",
    "weigh the abelisaurus and the axolotl",
    "clean the terrarium of the agkistrodon",
)
NOTES = [
    f"{verb} {animal} {when}."
    for verb in ("Weigh", "Clean the terrarium of", "Feed", "Look after")
    for animal in ("the axolotl", "the agkistrodon", "the abelisaurus", "the axolotl and the gecko")
    for when in ("in the morning", "at night", "on Monday")
] + ["The axolotl eats at night.", "The agkistrodon needs water.", "The RTH is open."]

pytestmark = pytest.mark.skipif(
    "en-US" not in shipped_languages(), reason="no en-US bundle is in src/attune/models"
)


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with the files that the page starts from."""
    from attune.train.synthesis import SAMPLE_RATE, available_voices, synthesize

    voices = [voice for voice in available_voices() if voice.accent == "en-us"]
    if not voices:
        pytest.skip("no speech synthesiser is installed (apt install flite espeak-ng)")
    folder = tmp_path_factory.mktemp("story")
    with zipfile.ZipFile(folder / "recordings.zip", "w") as archive:
        for number, text in enumerate(SAID):
            samples = synthesize(text, voices[number % min(2, len(voices))])
            write_wav(folder / "spoken.wav", samples, SAMPLE_RATE)
            archive.write(folder / "spoken.wav", f"{number}.wav")
        archive.writestr("trans.txt", "".join(f"{n}.wav\t{t}\r\n" for n, t in enumerate(SAID)))
    (folder / "notes.txt").write_text("\n".join(NOTES) + "\n", "utf-8")
    (folder / "names.txt").write_text("RTH\tr t h\n", "utf-8")
    return folder


def run(folder: Path, *arguments: str) -> str:
    done = subprocess.run(
        [sys.executable, "-m", "attune.cli", *arguments],
        cwd=folder,
        capture_output=True,
        text=True,
        timeout=300,
        check=False,
    )
    assert done.returncode == 0, f"attune {' '.join(arguments)}: {done.stderr}"
    return done.stdout


def test_the_story_comes_true(folder: Path) -> None:
    said = {}
    for command in COMMANDS:
        name, *arguments = shlex.split(command)
        assert name == "attune"
        said[command] = run(folder, *arguments)
    assert len(said) == 9
    assert "agkistrodon: in the lexicon" in said[COMMANDS[5]]
    # The proof: with the keepers' words far fewer errors, in what the page's last comparison says.
    figures = json.loads(
        run(folder, "evaluate", "data/test/manifest.tsv", "--versus", "keeper", "--json")
    )
    before, after = (model["wer"] for model in figures["models"])
    assert after < 0.7 * before
    for page in ("before.html", "after.html"):
        assert "axolotl" in (folder / page).read_text("utf-8")
