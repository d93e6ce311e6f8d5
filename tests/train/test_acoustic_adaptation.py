"""Adaptation as its user meets it: from whistles at another pitch to a bundle that hears them."""

from __future__ import annotations

import json
import os
import re
import shlex
import shutil
import signal
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest
from typer.testing import CliRunner

torch = pytest.importorskip("torch")
onnx = pytest.importorskip("onnx")
pytest.importorskip("onnxscript")

from whistlers import record, sentences, whistling_base  # noqa: E402

from attune.bundle import Bundle  # noqa: E402
from attune.cli import app  # noqa: E402
from attune.data import Manifest, write_manifest  # noqa: E402
from attune.errors import AttuneError, InputError  # noqa: E402
from attune.evaluate import Hypothesis, evaluate_manifest  # noqa: E402
from attune.recognize import Model  # noqa: E402
from attune.train.acoustic.checkpoint import load_checkpoint  # noqa: E402
from attune.train.acoustic.encoder import Encoder  # noqa: E402
from attune.train.acoustic.export import rounding_difference  # noqa: E402
from attune.train.acoustic.initial import read_start  # noqa: E402
from attune.train.acoustic.transplant import transplant  # noqa: E402
from attune.train.adaptation import AcousticAdaptation, Method, Progress  # noqa: E402
from attune.train.adaptation import plan as plans  # noqa: E402
from attune.train.adaptation.adapting import adapt_acoustic, work_beside  # noqa: E402

pytestmark = pytest.mark.slow
SOURCE = Path(__file__).parents[2] / "src"
PAGE = Path(__file__).parents[2] / "docs" / "customise.md"


@pytest.fixture(scope="module")
def base(tmp_path_factory: pytest.TempPathFactory) -> Bundle:
    return Bundle.open(whistling_base(tmp_path_factory.mktemp("base")))


@pytest.fixture
def replay(base: Bundle) -> str:
    return str(base.path.parent / "manifest.tsv")


@pytest.fixture(scope="module")
def high(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Somebody who whistles a semitone too high."""
    return record(tmp_path_factory.mktemp("high"), sentences(36, 1), pitch=1.06)


@pytest.fixture(autouse=True)
def few_passes(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(plans, "_MOST_PASSES", 8.0)
    monkeypatch.setenv("OMP_NUM_THREADS", "1")


def word_error(bundle: Path | Bundle, manifest: Path) -> float:
    model = Model(bundle if isinstance(bundle, Bundle) else Bundle.open(bundle))
    return evaluate_manifest(manifest, lambda p: Hypothesis(model.transcribe(p).lexical)).wer


def test_it_hears_the_user_better(base: Bundle, high: Path, replay: str, tmp_path: Path) -> None:
    told: list[Progress] = []
    rows = [row for row in Manifest(high)]
    wrong = [*rows[:3], *rows[3:]]
    (high.parent / "broken.wav").write_bytes(b"RIFF, but no more")
    data = tmp_path / "data.tsv"
    write_manifest(data, wrong)
    with data.open("a") as file:
        file.write(f"{high.parent / 'broken.wav'}\t2.0\t\tsee team\n")
    out = tmp_path / "new"
    report = adapt_acoustic(base, AcousticAdaptation(data, replay=replay), out, report=told.append)
    assert report.plan.method is Method.ADAPTERS
    assert [label.path.name for label in report.left_out] == ["broken.wav"]
    assert report.held_out is not None and report.general is not None
    assert report.held_out.second.wer < report.held_out.first.wer
    assert report.general.second.wer <= report.general.first.wer + 0.02
    # A test set of the same person that neither side has seen.
    test = record(tmp_path / "test", sentences(30, 7), pitch=1.06)
    assert word_error(out, test) < 0.6 * word_error(base, test)
    # What did not change is shared; the card says what happened.
    new = Bundle.open(out)
    for role in ("lexicon", "language_model", "symbols"):
        assert new.part(role) == base.part(role)
    assert new.part("encoder") != base.part("encoder")
    assert new.description.lineage.base == base.hash
    assert new.description.lineage.command == "attune adapt acoustic"
    assert [data.name for data in new.description.lineage.data] == ["data.tsv"]
    card = new.description.model_card
    figures = {(m.set, m.metric): m.value for m in card.measured}
    assert figures["held-out: a part of data.tsv", "wer_before"] == pytest.approx(
        report.held_out.first.wer, abs=1e-4
    )
    assert card.trained_on[-1].name == "data.tsv"
    assert not work_beside(out).exists()
    shares = [progress.share for progress in told if not progress.message]
    assert shares == sorted(shares) and shares[-1] == 1.0
    assert {p.stage for p in told} >= {"listening", "training", "choosing", "measuring the result"}
    assert report.to_json()["held_out"]["words"] == report.held_out.first.counts.words
    text = report.to_text()
    assert "broken.wav" in text and "held out by sentence: word error" in text


def test_the_commands_of_the_page(
    base: Bundle, high: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    # Section 7 of docs/customise.md; tests/test_customise_page.py runs the rest of the page.
    commands = re.findall(r"^```sh\n(.*?)^```", PAGE.read_text("utf-8"), re.DOTALL | re.MULTILINE)
    monkeypatch.chdir(tmp_path)
    shutil.copytree(base.path, "keeper-2")
    record(tmp_path / "data" / "test", sentences(30, 7), pitch=1.06)
    with zipfile.ZipFile("night-shift.zip", "w") as archive:
        rows = list(Manifest(high))
        for row in rows:
            archive.write(row.path, row.path.name)
        archive.writestr("trans.txt", "".join(f"{row.path.name}\t{row.text}\n" for row in rows))
    ran = []
    for command in "".join(commands).splitlines():
        name, *arguments = shlex.split(command)
        assert name == "attune"
        found = CliRunner().invoke(app, [*arguments, "--json"])
        assert found.exit_code == 0, found.output
        ran.append(json.loads(found.stdout))
    imported, adapted, compared = ran
    assert imported["passed"] == len(rows)
    assert adapted["held_out"]["after"] < adapted["held_out"]["before"]
    after, before = (model["wer"] for model in compared["models"])
    assert after < 0.6 * before


def test_it_learns_without_transcripts(
    base: Bundle, high: Path, replay: str, tmp_path: Path
) -> None:
    # A quarter tone: the base still makes out most words, so what it guesses can teach it.
    silent = record(tmp_path / "user", sentences(36, 2), pitch=1.03)
    silent.write_text(
        "".join(line.rpartition("\t")[0] + "\t\n" if i else line
                for i, line in enumerate(silent.read_text().splitlines(keepends=True)))
    )  # fmt: skip
    with pytest.raises(InputError, match="no row has a transcript: fill the text column"):
        adapt_acoustic(base, AcousticAdaptation(silent), tmp_path / "new")
    test = record(tmp_path / "test", sentences(20, 8), pitch=1.03)
    report = adapt_acoustic(
        base,
        AcousticAdaptation(
            silent, held_out=test, general=Path(replay), replay="none", unsupervised=True
        ),
        tmp_path / "new",
        work=tmp_path / "work",
    )
    assert report.held_out is not None and report.general is not None
    assert report.held_out_by == "manifest" and report.replay_seconds == 0
    assert report.held_out.second.wer <= report.held_out.first.wer
    assert report.general.second.wer <= report.general.first.wer + 0.02
    assert Bundle.open(tmp_path / "new").description.lineage.settings["unsupervised"] is True
    assert (tmp_path / "work").exists()


SCRIPT = """
import sys
from pathlib import Path
from attune.bundle import Bundle
from attune.errors import AttuneError
from attune.train.adaptation import AcousticAdaptation
from attune.train.adaptation import plan
from attune.train.adaptation.adapting import adapt_acoustic
base, data, replay, out, moment = sys.argv[1:]
plan._MOST_PASSES = 8.0

def report(progress):
    if progress.stage == moment:
        print(moment, flush=True)

adaptation = AcousticAdaptation(Path(data), replay=replay)
try:
    adapt_acoustic(Bundle.open(base), adaptation, out, report=report)
except AttuneError as error:
    print(error)
"""


def stopped(number: int, *arguments: object) -> str:
    """Run the script until it says that its last argument has come, send it a signal; its output.

    The signal goes to the whole group, as a terminal sends Ctrl-C.
    """
    process = subprocess.Popen(
        [sys.executable, "-c", SCRIPT, *map(str, arguments)],
        stdout=subprocess.PIPE,
        text=True,
        start_new_session=True,
        env={**os.environ, "PYTHONPATH": str(SOURCE)},
    )
    assert process.stdout is not None
    first = process.stdout.readline()
    os.killpg(process.pid, number)
    rest, _ = process.communicate(timeout=60)
    assert process.returncode == (-signal.SIGKILL if number == signal.SIGKILL else 0)
    return first + rest


def test_a_stopped_run_goes_on(base: Bundle, high: Path, replay: str, tmp_path: Path) -> None:
    out = tmp_path / "new"
    stopped(signal.SIGKILL, base.path, high, replay, out, "listening")
    stopped(signal.SIGKILL, base.path, high, replay, out, "training")
    said = stopped(signal.SIGINT, base.path, high, replay, out, "training")
    assert "the same command resumes" in said
    assert not out.exists()
    trained = load_checkpoint(work_beside(out) / "training" / "last.pt")["step"]
    assert trained > 0
    shares: list[float] = []
    adapt_acoustic(
        base,
        AcousticAdaptation(high, replay=replay),
        out,
        report=lambda p: shares.append(p.share) if p.stage == "training" else None,
    )
    assert out.exists() and not work_beside(out).exists()


def test_new_weights_in_an_old_graph(base: Bundle, tmp_path: Path) -> None:
    start = read_start(base.path)
    weights = {
        name: value + 0.1 * torch.randn(value.shape, generator=torch.Generator().manual_seed(1))
        for name, value in start.weights.items()
    }
    encoder = tmp_path / "encoder.onnx"
    assert transplant(base.part_path("encoder"), weights, start.encoder, encoder) < 0.05
    graph, new = onnx.load(base.part_path("encoder")), onnx.load(encoder)
    assert [n.op_type for n in graph.graph.node] == [n.op_type for n in new.graph.node]
    model = Encoder(start.encoder)
    model.load_state_dict(weights, strict=False)
    assert rounding_difference(model.eval(), base.part_path("encoder")) > 0.05
    assert os.listdir(tmp_path) == ["encoder.onnx"]


def test_a_base_of_another_maker_is_refused(tmp_path: Path, high: Path) -> None:
    import tones

    other = Bundle.open(tones.write_tone_bundle(tmp_path / "tones" / "base"))
    with pytest.raises(InputError, match="was not exported by `attune train`"):
        adapt_acoustic(other, AcousticAdaptation(high), tmp_path / "new")
    assert not work_beside(tmp_path / "new").exists()


def test_too_little_speech_leaves_nothing_behind(base: Bundle, tmp_path: Path) -> None:
    data = record(tmp_path / "user", sentences(5, 3))
    with pytest.raises(AttuneError, match=r"only \d+ s of speech can be learnt from"):
        adapt_acoustic(base, AcousticAdaptation(data, replay="none"), tmp_path / "new")
    assert not (tmp_path / "new").exists()
