"""Keywords: guidance, hearing pronunciations, what makes a model."""

from __future__ import annotations

import io
import wave
from itertools import pairwise
from pathlib import Path

import pytest
from domain_rows import dataset, end_jobs, model, on_sqlite, project

from attune.bundle import NewPart
from attune.errors import InputError
from attune.keyword import KeywordPhrase
from attune.keyword.base import base_with_bank
from attune.keyword.calibration import KeywordCalibration, SaidBy, SaidScores, fit_curve
from attune.keyword.creation import keyword_writer
from attune.keyword.keyword_graph import KeywordGraph
from attune.service import Service, activity, keywords
from attune.service.access import Principal
from attune.service.errors import Conflict
from attune.service.keywords import Positives, WantedPhrase
from attune.service.tables import Project

pytestmark = on_sqlite


@pytest.fixture
def kitchen(service: Service, admin: Principal) -> Project:
    model(service, None, kind="keyword", name="keyword base")
    return project(service, admin)


def test_guidance_lists_pronunciations_with_ids(service: Service, admin: Principal) -> None:
    found = keywords.guidance(service, admin, "hey atlas")
    assert found.usable and found.pronunciations[0].id == "1"
    assert str(found.pronunciations[0]) == "HH EY | AE T L AH S"
    assert not keywords.guidance(service, admin, "509").usable
    with pytest.raises(InputError, match="at most"):
        keywords.guidance(service, admin, "a" * 500)
    with pytest.raises(InputError, match="'HH EY"):
        keywords.guidance(service, admin, "hey atlas", pronunciations=[""])
    with pytest.raises(InputError):
        keywords.guidance(service, admin, "hey atlas", language="de-DE")


def test_pronunciations_are_spoken(service: Service, admin: Principal) -> None:
    if not keywords.voices():
        with pytest.raises(Conflict, match="install espeak-ng"):
            keywords.say(service, admin, "hey atlas")
        return
    for wanted in ("1", "HH EY | AE T L AH S"):
        spoken = keywords.say(service, admin, "hey atlas", wanted)
        with wave.open(io.BytesIO(b"".join(spoken.chunks()))) as sound:
            assert 0.3 < sound.getnframes() / sound.getframerate() < 3.0
    with pytest.raises(InputError, match="no pronunciation 99"):
        keywords.say(service, admin, "hey atlas", "99")
    with pytest.raises(InputError, match="is not installed"):
        keywords.say(service, admin, "hey atlas", voice="../../etc/passwd")


def test_a_keyword_is_a_model_that_a_job_makes(
    service: Service, admin: Principal, kitchen: Project
) -> None:
    made = keywords.create(
        service,
        admin,
        kitchen.id,
        phrases=[WantedPhrase("Hey Atlas", ("1", "HH EY | AE T L IH S")), WantedPhrase("computer")],
        sensitivity=0.25,
    )
    assert (made.kind, made.name) == ("keyword", "hey atlas, computer")
    assert made.settings["phrases"][0] == {
        "text": "hey atlas",
        "pronunciations": ["HH EY | AE T L AH S", "HH EY | AE T L IH S"],
    }
    assert (made.settings["type"], made.settings["sensitivity"]) == ("basic", 0.25)
    job = activity.job_of(service, admin, made.id)
    assert job is not None and (job.kind, job.cores) == ("keyword", 1)
    with pytest.raises(Conflict, match="not ready"):
        keywords.curves(service, admin, made.id)


def test_advanced_keywords_take_recordings(
    service: Service, admin: Principal, kitchen: Project
) -> None:
    said, noise = dataset(service, kitchen), dataset(service, kitchen, "Audio")
    made = keywords.create(
        service,
        admin,
        kitchen.id,
        phrases=[WantedPhrase("hey atlas")],
        type="advanced",
        recording_ids=[said.id],
        negative_ids=[noise.id],
    )
    assert made.settings["negatives"] == [noise.id]
    job = activity.job_of(service, admin, made.id)
    assert job is not None and job.cores == service.settings.workers
    end_jobs(service)


def advanced_bundle(folder: Path, said: tuple[SaidScores, ...]) -> Path:
    """A bundle such as advanced creation makes, whose second pass nobody reads."""
    phrase = KeywordPhrase("hey atlas", (("HH", "EY", "AE", "T", "L", "AH", "S"),))
    base = base_with_bank(None)
    curve = fit_curve([-0.1 * step for step in range(300)], 10.0, -3.0)
    calibration = KeywordCalibration((curve,), 0.5, said)
    card = base.description.model_card
    writer = keyword_writer(base, KeywordGraph((phrase,)), calibration, card, None, "advanced")
    writer.add("second_pass", NewPart(b"{}", "json", "second_pass.json"))
    writer.write(folder, form="folder")
    return folder


@pytest.mark.parametrize("by", ["voices", "recordings"])
def test_an_advanced_keyword_has_the_curve_of_what_it_was_tried_on(
    service: Service, admin: Principal, kitchen: Project, tmp_path: Path, by: SaidBy
) -> None:
    scores = [-20.0, *(-0.05 * step for step in range(599))]
    path = advanced_bundle(tmp_path / "atlas", (SaidScores.of(by, scores),))
    blob = service.store.put_folder(path)
    made = model(service, kitchen, kind="keyword", bundle_hash=blob)
    (curve,) = keywords.curves(service, admin, made.id)
    assert curve.positives == Positives(by, 600)
    for point in curve.points:
        share = sum(score >= point.threshold for score in scores) / 600
        assert point.correct_accepts == pytest.approx(share, abs=1 / 400)
    heard = [point.correct_accepts or 0.0 for point in curve.points]
    assert all(a <= b for a, b in pairwise(heard)) and heard[0] < heard[-1] < 1.0


def test_of_an_older_advanced_keyword_nobody_knows_what_is_heard(
    service: Service, admin: Principal, kitchen: Project, tmp_path: Path
) -> None:
    blob = service.store.put_folder(advanced_bundle(tmp_path / "atlas", ()))
    made = model(service, kitchen, kind="keyword", bundle_hash=blob)
    (curve,) = keywords.curves(service, admin, made.id)
    assert curve.positives is None
    assert {point.correct_accepts for point in curve.points} == {None}


def test_what_makes_no_keyword_is_refused(
    service: Service, admin: Principal, kitchen: Project
) -> None:
    noise = dataset(service, kitchen, "Audio")

    def refused(told: str, *phrases: str, **fields: object) -> None:
        with pytest.raises(InputError, match=told):
            keywords.create(
                service,
                admin,
                kitchen.id,
                phrases=[WantedPhrase(phrase) for phrase in phrases],
                **fields,  # type: ignore[arg-type]
            )

    refused("give 1 to 64")
    refused("digits", "509")
    refused("twice", "hey atlas", "Hey Atlas")
    refused("sound alike", "hey write", "hey right")
    refused("sensitivity", "hey atlas", sensitivity=2.0)
    refused("type", "hey atlas", type="expert")
    refused("advanced", "hey atlas", negative_ids=[noise.id])
    refused("no transcripts", "hey atlas", type="advanced", recording_ids=[noise.id])
