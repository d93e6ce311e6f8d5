"""Advanced keywords of whistling voices: made in stages, stopped, resumed, better informed."""

from __future__ import annotations

import json
import shutil
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray
from tone_keywords import ANNA, KEN, said, silence, write_base
from tones import TONES, whistle_phones

from attune.audio import write_wav
from attune.bundle import Bundle, show_bundle
from attune.data import Utterance, write_manifest
from attune.errors import InputError
from attune.keyword import KeywordPhrase, create_basic, load_keyword
from attune.keyword.calibration import KeywordCalibration
from attune.keyword.closer_look import heard_candidates
from attune.keyword.guidance import LanguageFacts
from attune.keyword.second_pass import read_second_pass, write_second_pass
from attune.train.keyword import (
    STAGES,
    AdvancedRequest,
    PromptCounts,
    create_advanced,
    run_stages,
    stages,
)
from attune.train.keyword.adapting import read_adapted
from attune.train.keyword.evaluating import said_scores, try_phrase
from attune.train.keyword.examples import OWN_POSITIVE, Unheard, phone_places
from attune.train.keyword.fitting import path_only
from attune.train.synthesis import Sex

FEW = PromptCounts(positives=12, near_misses=6, speech=3)


@dataclass
class Whistler:
    """A voice that whistles phones, those without a tone as hiss; it stops on demand."""

    name: str
    level: float
    engine: str = "whistle"
    accent: str = "en-us"
    sex: Sex = "child"
    spoken: list[int] = field(default_factory=list)
    stop_after: int = 1_000_000

    def speak(self, text: str, rate: float, pitch: float) -> NDArray[np.float32]:
        raise AssertionError("only phones are spoken")

    def speak_phones(
        self, words: Sequence[Sequence[str]], rate: float, pitch: float
    ) -> NDArray[np.float32]:
        if len(self.spoken) >= self.stop_after:
            raise KeyboardInterrupt
        self.spoken.append(len(words))
        random = np.random.default_rng(sum(map(len, words)))
        pieces = [np.zeros(800, np.float32)]
        for phone in (phone for word in words for phone in word):
            if phone in TONES:
                pieces.append(whistle_phones(phone, level=self.level))
            else:
                pieces.append(0.02 * random.standard_normal(2560).astype(np.float32))
        return np.concatenate([*pieces, np.zeros(800, np.float32)])


def voices() -> tuple[Whistler, ...]:
    return tuple(Whistler(f"whistle:{i}", 0.1 + 0.03 * i) for i in range(5))


@pytest.fixture(scope="module")
def base(tmp_path_factory: pytest.TempPathFactory) -> Bundle:
    return write_base(tmp_path_factory.mktemp("base") / "base", hours=0.1)


@pytest.fixture(scope="module")
def request_of(base: Bundle) -> AdvancedRequest:
    facts = LanguageFacts.open()
    return AdvancedRequest(base=base, facts=facts, counts=FEW, voices=voices(), workers=1)


@pytest.fixture(scope="module")
def work(tmp_path_factory: pytest.TempPathFactory, request_of: AdvancedRequest) -> Path:
    """The finished stages of ANNA."""
    folder = tmp_path_factory.mktemp("work") / "anna"
    run_stages([ANNA], folder, STAGES[-1], request=request_of)
    return folder


def calibration_of(bundle: Path) -> KeywordCalibration:
    return KeywordCalibration.read(Bundle.open(bundle).part_path("calibration"))


def heard(model_path: Path, phrase: KeywordPhrase) -> list[str]:
    spotter = load_keyword(model_path).spotter()
    samples = np.concatenate([silence(1), said(phrase), silence(1)])
    return [one.keyword for one in (*spotter.accept(samples), *spotter.finish())]


def test_what_was_made_in_stages_listens(
    work: Path, request_of: AdvancedRequest, tmp_path: Path
) -> None:
    told: list[str] = []
    made = create_advanced(
        [ANNA], tmp_path / "anna", request=request_of, work=work, report=told.append
    )
    assert heard(made.path, ANNA) == [ANNA.text]
    assert heard(made.path, KEN) == []
    assert 0.5 <= made.correct_accepts[0] <= 1.0
    assert [line.split(":")[0] for line in told if line.endswith(" s")] == list(STAGES)
    description = show_bundle(made.path).description
    assert description.lineage.settings["mode"] == "advanced"
    assert "second_pass" in description.parts
    assert description.parts["second_pass"].bytes < 100_000
    metrics = {one.metric for one in description.model_card.measured}
    assert metrics == {"false_accepts_per_hour", "correct_accept_rate", "false_accept_rate"}
    # What is heard at any threshold is kept, and at the bundle's own it is what the card says.
    (said,) = calibration_of(made.path).said
    assert (said.said_by, said.count) == ("voices", 12 * 3)
    assert said.share(made.thresholds[0]) == made.correct_accepts[0]
    assert "every other threshold on voices" in description.model_card.description


def test_the_second_pass_scores_in_the_stream_as_in_training(
    work: Path, request_of: AdvancedRequest, base: Bundle, tmp_path: Path
) -> None:
    """Candidates of a stream have the score that the classifier gives to their rows."""
    made = create_advanced([ANNA], tmp_path / "anna", request=request_of, work=work)
    model = load_keyword(made.path)
    samples = np.concatenate([silence(1), said(ANNA), silence(1)])
    stream = model.candidates()
    found = [*stream.accept(samples), *stream.finish()]
    best = max(found, key=lambda one: one.score)
    rows = model.rows(samples)
    assert model.second_pass is not None
    again = [
        model.second_pass.score(peak, heard) + peak.pause
        for peak, heard in heard_candidates(rows, model.graph)
    ]
    assert best.score == pytest.approx(max(again), abs=1e-4)
    basic = create_basic([ANNA], tmp_path / "basic", base=base)
    assert load_keyword(basic.path).second_pass is None


def test_a_stopped_run_goes_on_and_makes_the_same(
    work: Path, request_of: AdvancedRequest, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = tmp_path / "anna"
    tired = voices()
    for one in tired:
        one.stop_after = 2
    with pytest.raises(KeyboardInterrupt):
        run_stages([ANNA], folder, "evaluate", request=replace(request_of, voices=tired))
    before = sum(len(one.spoken) for one in tired)
    assert 2 < before <= 10
    fresh = voices()
    run_stages([ANNA], folder, "negatives", request=replace(request_of, voices=fresh))
    wanted = len(list(work.glob("*/*/*.flac")))
    assert sum(len(one.spoken) for one in fresh) <= wanted - before + 2

    def stop(*arguments: Any, **named: Any) -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr(stages, "adapt_phrase", stop)
        with pytest.raises(KeyboardInterrupt):
            run_stages([ANNA], folder, "evaluate", request=replace(request_of, voices=fresh))
    parts = {path: path.stat().st_mtime_ns for path in (folder / "augment").iterdir()}
    run_stages([ANNA], folder, "evaluate", request=replace(request_of, voices=fresh))
    assert {path: path.stat().st_mtime_ns for path in (folder / "augment").iterdir()} == parts
    for name in ("evaluate.json", "calibrate.json"):
        assert json.loads((folder / name).read_text()) == json.loads((work / name).read_text())


def test_a_folder_is_of_one_keyword(
    work: Path, request_of: AdvancedRequest, tmp_path: Path
) -> None:
    with pytest.raises(InputError, match="other phrases: choose a new folder"):
        run_stages([KEN], work, "positives", request=request_of)
    with pytest.raises(InputError, match="other seed"):
        run_stages([ANNA], work, "positives", request=replace(request_of, seed=1))
    (tmp_path / "notes.txt").write_text("mine")
    with pytest.raises(InputError, match="is not empty"):
        run_stages([ANNA], tmp_path, "positives", request=request_of)


def recorded(folder: Path, count: int, text: str) -> Path:
    rows = []
    for number in range(count):
        path = folder / f"{text[:3]}{number}.wav"
        write_wav(path, np.concatenate([silence(0.5), said(ANNA), silence(0.5)]), 16_000)
        rows.append(Utterance(path, 2.0, f"speaker {number}", text))
    write_manifest(folder / f"{text[:3]}.tsv", rows)
    return folder / f"{text[:3]}.tsv"


def test_recordings_of_people_count(request_of: AdvancedRequest, tmp_path: Path) -> None:
    request = replace(
        request_of,
        recordings=recorded(tmp_path, 4, ANNA.text),
        counts=PromptCounts(positives=3, near_misses=3, speech=1),
    )
    work = tmp_path / "work"
    made = create_advanced([ANNA], tmp_path / "anna", request=request, work=work)
    trial = json.loads((work / "evaluate.json").read_text())[0]
    assert trial["recordings"] >= 0.5
    (said,) = calibration_of(made.path).said
    assert (said.said_by, said.count) == ("recordings", 4 * 7)
    assert said.share(made.thresholds[0]) == trial["recordings"] == made.correct_accepts[0]


def test_a_copy_without_a_candidate_counts_where_it_was_said(
    work: Path, request_of: AdvancedRequest
) -> None:
    """A recording that nobody could hear made the voices look worse, and the recordings better."""
    (whole,) = read_adapted(work / "adapt.npz", 1)
    adapted = replace(
        whole,
        scores=np.array([-0.5, -0.5, -0.5]),
        said=np.array([True, True, True]),
        kinds=np.array(["positive", OWN_POSITIVE, OWN_POSITIVE]),
        unheard=Unheard(voices=3, recordings=2),
    )
    trial = try_phrase(adapted, -1.0)
    assert (trial.positives, trial.recordings) == (0.25, 0.5)
    assert said_scores(adapted).said_by == "recordings"
    assert said_scores(replace(adapted, kinds=np.array(["positive"] * 3))).share(-1.0) == 0.0


def test_work_of_an_older_version_is_taken_up(
    work: Path, request_of: AdvancedRequest, tmp_path: Path
) -> None:
    """It counted what it had not heard of voices and recordings together."""
    folder = tmp_path / "anna"
    shutil.copytree(work, folder)
    for path in (folder / "augment").iterdir():
        with np.load(path) as held:
            np.savez(path, **{**held, "missed": held["missed"].sum(1)})
    (folder / "adapt.npz").unlink()
    run_stages([ANNA], folder, "evaluate", request=request_of)
    with np.load(folder / "adapt.npz") as held:
        np.savez(folder / "adapt.npz", **{**held, "0.unheard": held["0.unheard"].sum()})
    run_stages([ANNA], folder, "evaluate", request=request_of)
    for name in ("evaluate.json", "calibrate.json"):
        assert json.loads((folder / name).read_text()) == json.loads((work / name).read_text())


@pytest.mark.parametrize(
    ("count", "text", "message"),
    [
        (2, "bee dot moan", "2 recordings .* too little of a voice: give 3 or more"),
        (3, "something else", "no row's text holds 'bee dot moan'"),
    ],
)
def test_recordings_that_say_too_little(
    request_of: AdvancedRequest, tmp_path: Path, count: int, text: str, message: str
) -> None:
    request = replace(request_of, recordings=recorded(tmp_path, count, text))
    with pytest.raises(InputError, match=message):
        run_stages([ANNA], tmp_path / "work", "positives", request=request)


def test_without_voices_it_says_what_to_install(
    request_of: AdvancedRequest, tmp_path: Path
) -> None:
    with pytest.raises(InputError, match="install espeak-ng, flite or festival"):
        run_stages([ANNA], tmp_path / "work", "positives", request=replace(request_of, voices=()))


@pytest.mark.parametrize(
    "damage",
    [
        {"path_features": []},
        {"phrases": []},
        {"phrases": [{"gate": None}]},
        {"phrases": [{"places": [[0, 1, 2, 3, 4, 5, 6, 99]]}]},
        {"phrases": [{"bias": "much"}]},
        {"phrases": [{"hidden": [[1.0, 2.0]] * 8}]},
        {"phrases": [{"path": [1.0]}]},
    ],
)
def test_a_damaged_second_pass_is_named(tmp_path: Path, damage: dict[str, Any]) -> None:
    path = tmp_path / "second_pass.json"
    path.write_bytes(write_second_pass([path_only(-3.0, phone_places(ANNA))]))
    assert read_second_pass(path, [ANNA], 8)[0].gate == -3.0
    whole = json.loads(path.read_bytes())
    if damage.get("phrases"):
        damage = {"phrases": [whole["phrases"][0] | damage["phrases"][0]]}
    path.write_text(json.dumps(whole | damage))
    with pytest.raises(InputError, match="make them again"):
        read_second_pass(path, [ANNA], 8)
