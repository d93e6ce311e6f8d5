"""An exported keyword is heard by a page of C as it is by the spotter."""

from __future__ import annotations

import json
import os
import shlex
import shutil
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from closer_keywords import closer_encoder
from network_keywords import network_encoder
from tone_keywords import ANNA, KEN, said, silence, write_base
from typer.testing import CliRunner

from attune.bundle import Lineage, NewPart, derive
from attune.cli import app
from attune.errors import InputError
from attune.keyword import KeywordModel, KeywordPhrase, create_basic, load_keyword
from attune.keyword.exporting import export_keyword
from attune.keyword.network import KeywordNetwork
from attune.keyword.path_features import PATH_FEATURES
from attune.keyword.second_pass import PhraseClassifier, write_second_pass

ROOT = Path(__file__).resolve().parents[2]
REFERENCE = ROOT / "examples" / "keyword-c"
NATIVE = ROOT / "src" / "attune" / "decode" / "native"
COMPILER = shlex.split(os.environ.get("CC", "")) or ["cc"]

# two ways of saying it
TEAM = KeywordPhrase(
    "team  one dot", (("T", "IY", "M", "D", "AA", "T"), ("S", "IY", "D", "AA", "T"))
)


@pytest.fixture(scope="module")
def model(tmp_path_factory: pytest.TempPathFactory) -> KeywordModel:
    folder = tmp_path_factory.mktemp("exported")
    base = write_base(folder / "base", hours=0.1, network=network_encoder())
    create_basic([ANNA, KEN, TEAM], folder / "keywords", base=base)
    return load_keyword(folder / "keywords")


def test_the_description_has_one_value_a_line(model: KeywordModel, tmp_path: Path) -> None:
    assert isinstance(model.encoder.network, KeywordNetwork)
    done = export_keyword(model, tmp_path / "out", sensitivity=0.2)
    lines = (tmp_path / "out" / "keyword.txt").read_text("utf-8").splitlines()
    assert lines[0] == "attune-keyword 5"
    values = dict(line.split(" ", 1) for line in lines)
    assert values["frame_length"] == "400"
    assert values["dilations"] == "3 1 2 1"
    assert float(values["mid_speech"]) == model.graph.options.mid_speech
    assert [line for line in lines if line.startswith("keyword ")] == [
        "keyword bee dot moan",
        "keyword key sock knee",
        "keyword team one dot",
    ]
    assert [line.count(" ") for line in lines if line.startswith("phones ")] == [9, 8, 7, 6]
    thresholds = [float(line.split()[1]) for line in lines if line.startswith("threshold ")]
    assert thresholds == pytest.approx(model.thresholds(0.2))
    assert done.thresholds == model.thresholds(0.2)
    weights = np.fromfile(tmp_path / "out" / "weights.bin", "<f4")
    assert len(weights) == int(values["weights"])
    np.testing.assert_array_equal(weights, model.encoder.network.weights)
    assert done.bytes == sum(file.stat().st_size for file in done.path.iterdir())


def test_only_an_export_is_replaced(model: KeywordModel, tmp_path: Path) -> None:
    export_keyword(model, tmp_path / "out")
    with pytest.raises(InputError, match="already exists"):
        export_keyword(model, tmp_path / "out")
    export_keyword(model, tmp_path / "out", replace=True)
    (tmp_path / "mine").mkdir()
    (tmp_path / "mine" / "letter.txt").write_text("dear")
    with pytest.raises(InputError, match="not an exported keyword"):
        export_keyword(model, tmp_path / "mine", replace=True)
    assert [path.name for path in (tmp_path / "mine").iterdir()] == ["letter.txt"]


def test_the_command_says_what_it_wrote(model: KeywordModel, tmp_path: Path) -> None:
    command = ["keyword", "export", str(model.bundle.path), "--out", str(tmp_path / "out")]
    told = CliRunner().invoke(app, command)
    assert told.exit_code == 0
    assert "keyword.txt and weights.bin" in told.stdout
    told = CliRunner().invoke(app, [*command, "-s", "0.9", "--overwrite", "--json"])
    document = json.loads(told.stdout)
    assert document["path"] == str(tmp_path / "out")
    assert [one["keyword"] for one in document["keywords"]][:2] == [ANNA.text, KEN.text]
    assert [one["threshold"] for one in document["keywords"]] == list(model.thresholds(0.9))


def test_what_listens_loads_no_other_run_time(model: KeywordModel) -> None:
    code = (
        "import sys, numpy; from attune.keyword import load_keyword; "
        "spotter = load_keyword(sys.argv[1]).spotter(); "
        "spotter.accept(numpy.zeros(16000, numpy.float32)); spotter.finish(); print(*sys.modules)"
    )
    command = [sys.executable, "-c", code, str(model.bundle.path)]
    loaded = subprocess.run(command, capture_output=True, text=True, check=True).stdout.split()
    heavy = {"onnxruntime", "kaldi_native_fbank", "soundfile", "onnx", "typer", "yaml", "torch"}
    assert not heavy & {name.split(".")[0] for name in loaded}
    assert not {"attune.recognize", "attune.keyword.creation", "attune.cli"} & set(loaded)


def test_another_network_stays_onnx(tmp_path: Path) -> None:
    create_basic([ANNA], tmp_path / "keywords", base=write_base(tmp_path / "base", hours=0.05))
    with pytest.raises(InputError, match="take it from the bundle as ONNX"):
        export_keyword(load_keyword(tmp_path / "keywords"), tmp_path / "out")


@pytest.fixture(scope="module")
def advanced(model: KeywordModel, tmp_path_factory: pytest.TempPathFactory) -> KeywordModel:
    """The same keywords with second passes that weigh everything, somehow."""
    random, classifiers = np.random.default_rng(0), []
    for phrase in model.phrases:
        lengths = [len(phones) for phones in phrase.pronunciations]
        places = np.full((len(lengths), max(lengths) + 1), -1)
        for row, length in zip(places, lengths, strict=True):
            row[:length] = np.arange(length)
        count, width = places.shape[1], model.encoder.width if phrase != KEN else 0
        shapes = [(len(PATH_FEATURES),), (count, 2), (count, width), (count, 2)]
        weights = [random.normal(0, 0.2, shape).astype(np.float32) for shape in shapes]
        classifiers.append(PhraseClassifier(-2.0, places, *weights, 1.0))
    out = tmp_path_factory.mktemp("advanced") / "keywords"
    content = write_second_pass(classifiers)
    parts = {"second_pass": NewPart(content, "json", "second_pass.json")}
    derive(model.bundle, out, name="x", lineage=Lineage("test", "2026-01-01"), parts=parts)
    return load_keyword(out)


@pytest.fixture(scope="module")
def program(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The compiled reference."""
    if shutil.which(COMPILER[0]) is None:
        pytest.skip(f"no C compiler ({COMPILER[0]}) on this machine")
    path = tmp_path_factory.mktemp("reference") / "spot"
    sources = [*sorted(REFERENCE.glob("*.c")), NATIVE / "logmel.c", NATIVE / "conformer.c"]
    command = [*COMPILER, "-std=c99", "-O2", "-Wall", "-Wextra", "-Werror", *map(str, sources)]
    subprocess.run([*command, "-I", str(NATIVE), "-lm", "-o", str(path)], check=True)
    return path


def stream() -> np.ndarray:
    """int16: keywords after silence, in chatter, twice in a row, half of one, and at the end."""
    random = np.random.default_rng(0)
    chatter = [said(random.choice([ANNA, KEN, TEAM]))[: random.integers(3000, 16000)]  # type: ignore[arg-type]
               for _ in range(6)]  # fmt: skip
    scenes = [silence(1.0), said(ANNA), said(ANNA), silence(0.7), said(KEN), *chatter, said(TEAM)]
    scenes += [silence(2.0), said(KEN)[:9000], silence(1.0), *chatter, said(ANNA, level=0.02)]
    audio = np.concatenate([*scenes, silence(0.3), said(KEN)[:-500]])
    return np.rint(audio * 32767).astype(np.int16)


def assert_c_hears_the_same(model: KeywordModel, program: Path, out: Path) -> set[str]:
    """Returns the keywords that were heard."""
    samples, spotter = stream(), model.spotter(sensitivity=1.0)
    blocks = [samples[i : i + 1280] for i in range(0, len(samples), 1280)]
    expected = [found for block in blocks for found in spotter.accept(block)] + spotter.finish()
    export_keyword(model, out, sensitivity=1.0)
    done = subprocess.run(
        [str(program), str(out)], input=samples.tobytes(), capture_output=True, check=True
    )
    heard = [line.split(" ", 3) for line in done.stdout.decode("utf-8").splitlines()]
    assert [(name, start, end) for start, end, _, name in heard] == [
        (" ".join(found.keyword.split()), f"{found.start:.2f}", f"{found.end:.2f}")
        for found in expected
    ]
    scores = [float(score) for _, _, score, _ in heard]
    assert scores == pytest.approx([found.score for found in expected], abs=2e-3)
    return {found.keyword for found in expected}


def test_c_hears_what_the_spotter_hears(model: KeywordModel, program: Path, tmp_path: Path) -> None:
    assert assert_c_hears_the_same(model, program, tmp_path / "out") >= {ANNA.text, KEN.text}


def test_c_looks_again_as_the_spotter_does(
    advanced: KeywordModel, program: Path, tmp_path: Path
) -> None:
    assert advanced.second_pass is not None
    assert len(assert_c_hears_the_same(advanced, program, tmp_path / "out")) >= 2


@pytest.mark.parametrize("advanced_too", [False, True])
def test_c_looks_closer_as_the_spotter_does(
    program: Path, tmp_path: Path, advanced: KeywordModel, advanced_too: bool
) -> None:
    base = write_base(
        tmp_path / "base", hours=0.1, network=network_encoder(), closer=closer_encoder()
    )
    create_basic([ANNA, KEN, TEAM], tmp_path / "keywords", base=base)
    model = load_keyword(tmp_path / "keywords")
    if advanced_too:
        assert advanced.second_pass is not None
        content = write_second_pass(advanced.second_pass.classifiers)
        parts = {"second_pass": NewPart(content, "json", "second_pass.json")}
        lineage = Lineage("test", "2026-01-01")
        derive(model.bundle, tmp_path / "advanced", name="x", lineage=lineage, parts=parts)
        model = load_keyword(tmp_path / "advanced")
    assert model.encoder.closer is not None
    assert len(assert_c_hears_the_same(model, program, tmp_path / "out")) >= 2


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (("attune-keyword 5", "attune-keyword 4"), b"of another version"),
        (("bins 80", "bands 80"), b"no bins"),
        (("weights ", "weights 9"), b"weights.bin: cut short"),
    ],
)
def test_c_says_what_it_cannot_read(
    model: KeywordModel, program: Path, tmp_path: Path, change: tuple[str, str], message: bytes
) -> None:
    export_keyword(model, tmp_path / "out")
    path = tmp_path / "out" / "keyword.txt"
    path.write_text(path.read_text("utf-8").replace(*change), "utf-8")
    done = subprocess.run([str(program), str(tmp_path / "out")], input=b"", capture_output=True)
    assert done.returncode != 0
    assert message in done.stderr
