"""Keywords: guidance, hearing pronunciations, what makes a model."""

from __future__ import annotations

import io
import wave

import pytest
from domain_rows import dataset, end_jobs, model, on_sqlite, project

from attune.errors import InputError
from attune.service import Service, activity, keywords
from attune.service.access import Principal
from attune.service.errors import Conflict
from attune.service.keywords import WantedPhrase
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
