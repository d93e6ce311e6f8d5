"""`attune adapt acoustic` from the outside: wrong input, progress, stops, documents."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from typer.testing import Result

from attune.audio import write_wav
from attune.bundle import Bundle, shipped_languages
from attune.errors import AttuneError

pytest.importorskip("torch")

Here = Callable[..., Result]
HEADER = "path\tseconds\tspeaker\ttext\n"


@pytest.fixture
def files(tmp_path: Path) -> dict[str, str]:
    """Files by what is wrong with them."""
    write_wav(tmp_path / "a.wav", np.zeros(16_000, np.float32), 16_000)
    contents = {
        "good": HEADER + "a.wav\t1\t\thello there\n",
        "silent": HEADER + "a.wav\t1\t\t\n",
        "lost": HEADER + "gone.wav\t1\t\thello there\n",
        "broken": HEADER + "a.wav\tlong\t\thello\n",
        "text": "hello there\n",
        "empty": HEADER,
    }
    for name, content in contents.items():
        (tmp_path / f"{name}.tsv").write_text(content)
    (tmp_path / "thesis").mkdir()
    (tmp_path / "thesis" / "chapter").write_text("years of work")
    return {name: str(tmp_path / f"{name}.tsv") for name in contents} | {
        "gone": str(tmp_path / "gone.tsv"),
        "thesis": str(tmp_path / "thesis"),
    }


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("--data", "gone"), "--data {gone}: no such file"),
        (("--data", "thesis"), "--data {thesis}: no such file"),
        (("--data", "text"), "text.tsv:1: not a manifest"),
        (("--data", "empty"), "the manifest has no rows"),
        (("--data", "broken"), "broken.tsv:2: seconds is 'long'"),
        (("--data", "lost"), "lost.tsv:2: there is no file"),
        (("--data", "silent"), "no row has a transcript: fill the text column"),
        (("--data", "good", "--held-out", "gone"), "--held-out {gone}: no such file"),
        (
            ("--data", "good", "--held-out", "silent"),
            "--held-out {silent}: no row has a transcript",
        ),
        (("--data", "good", "--general", "text"), "text.tsv:1: not a manifest"),
        (("--data", "good", "--replay", "gone"), "--replay {gone}: no such file"),
        (("--data", "good", "--replay", "text"), "text.tsv:1: not a manifest"),
        (("--data", "good", "--work", "thesis"), "holds something else"),
        (("--data", "good", "--work", "text"), "cannot be written"),
        (("--data", "good", "--base", "thesis"), "is not an Attune bundle"),
        (("--data", "good", "--replay", "none"), "only 0 s of speech can be learnt from"),
        (("--data", "good", "--method", "magic"), "magic"),
        ((), "--data"),
    ],
    ids=lambda value: " ".join(value) if isinstance(value, tuple) else "",
)
@pytest.mark.skipif("en-US" not in shipped_languages(), reason="no en-US bundle is shipped")
def test_wrong_input_is_told(
    attune_here: Here,
    files: dict[str, str],
    tmp_path: Path,
    arguments: tuple[str, ...],
    said: str,
) -> None:
    given = [files.get(argument, argument) for argument in arguments]
    result = attune_here("adapt", "acoustic", *given, "--out", tmp_path / "new")
    assert result.exit_code == 2
    assert said.format(**files) in result.stderr
    assert "Traceback" not in result.stderr
    assert not (tmp_path / "new").exists()
    assert (tmp_path / "thesis" / "chapter").exists()


def test_a_folder_that_is_there_is_left_alone(
    attune_here: Here, files: dict[str, str], small_bundle: Bundle
) -> None:
    arguments = ("--data", files["good"], "--base", small_bundle.path, "--out", files["thesis"])
    for extra in ((), ("--overwrite",)):
        result = attune_here("adapt", "acoustic", *arguments, *extra)
        assert result.exit_code == 2
        assert "thesis" in result.stderr
    assert Path(files["thesis"], "chapter").exists()


class Scripted:
    """Stands in for the adaptation; remembers what was asked for."""

    def __init__(self, ending: BaseException | None = None) -> None:
        self.ending = ending
        self.asked: dict[str, object] = {}

    def __call__(self, base: Bundle, adaptation: object, out: Path, **options: object) -> object:
        from attune.train.adaptation import Progress

        self.asked = {"adaptation": adaptation, "out": out, **options}
        tell = options["report"]
        assert callable(tell)
        tell(Progress("listening", 0.0))
        tell(Progress("listening", 0.05))
        tell(Progress("listening", 0.08, message="left out: a.wav: silent"))
        tell(Progress("training", 0.5, eta_seconds=75.0))
        if self.ending is not None:
            raise self.ending
        return self

    def to_json(self) -> dict[str, object]:
        return {"path": "new"}

    def to_text(self) -> str:
        return "as people read it"


def adapting(monkeypatch: pytest.MonkeyPatch, scripted: Scripted) -> Scripted:
    from attune.train.adaptation import adapting as module

    monkeypatch.setattr(module, "adapt_acoustic", scripted)
    return scripted


def test_options_arrive_and_progress_is_told(
    attune_here: Here, small_bundle: Bundle, monkeypatch: pytest.MonkeyPatch
) -> None:
    from attune.train.adaptation import AcousticAdaptation, Method

    scripted = adapting(monkeypatch, Scripted())
    result = attune_here(
        *("adapt", "acoustic", "--data", "d.tsv", "--base", small_bundle.path, "--out", "new"),
        *("--held-out", "h.tsv", "--general", "g.tsv", "--replay", "none", "--method", "full"),
        *("--unsupervised", "--work", "w", "--name", "mine", "--overwrite"),
    )
    assert (result.exit_code, result.stdout) == (0, "as people read it\n")
    assert scripted.asked["adaptation"] == AcousticAdaptation(
        Path("d.tsv"), Path("h.tsv"), Path("g.tsv"), "none", Method.FULL, True, "mine"
    )
    assert (scripted.asked["work"], scripted.asked["replace"]) == (Path("w"), True)
    assert result.stderr.splitlines() == [
        "attune: listening, 0% of all",
        "attune: left out: a.wav: silent",
        "attune: training, 50% of all, 1:15 left",
    ]


def test_json_is_one_document(
    attune_here: Here, small_bundle: Bundle, monkeypatch: pytest.MonkeyPatch
) -> None:
    adapting(monkeypatch, Scripted())
    arguments = ("--data", "d.tsv", "--base", small_bundle.path, "--out", "new", "--json")
    result = attune_here("adapt", "acoustic", *arguments)
    assert json.loads(result.stdout) == {"path": "new"}


@pytest.mark.parametrize("stage", ["listening", "training"])
def test_ctrl_c_says_how_to_go_on(
    attune_here: Here, small_bundle: Bundle, monkeypatch: pytest.MonkeyPatch, stage: str
) -> None:
    ending: BaseException = KeyboardInterrupt()
    if stage == "training":
        ending = AttuneError("stopped at step 7; the same command resumes from new.work/last.pt")
        ending.__cause__ = KeyboardInterrupt()
    adapting(monkeypatch, Scripted(ending))
    arguments = ("--data", "d.tsv", "--base", small_bundle.path, "--out", "new")
    result = attune_here("adapt", "acoustic", *arguments)
    assert (result.exit_code, result.stdout) == (130, "")
    last = result.stderr.splitlines()[-1]
    assert last.startswith("attune: stopped") and "new.work" in last


@pytest.mark.parametrize("package", ["torch", "onnx"])
def test_what_training_lacks_is_named(
    attune_here: Here, small_bundle: Bundle, monkeypatch: pytest.MonkeyPatch, package: str
) -> None:
    adapting(monkeypatch, Scripted(ModuleNotFoundError(f"No module named {package}", name=package)))
    arguments = ("--data", "d.tsv", "--base", small_bundle.path, "--out", "new")
    result = attune_here("adapt", "acoustic", *arguments)
    assert result.exit_code == 2
    assert f"training needs {package}, which is not installed" in result.stderr
