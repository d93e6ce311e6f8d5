"""Content logs: finding, correcting and forgetting entries, and learning from them."""

from __future__ import annotations

import io
import zipfile
from datetime import timedelta

import pytest
from domain_rows import bound, endpoint, model, project

from attune.errors import InputError
from attune.service import Service, activity, content_logs, datasets
from attune.service.access import Principal
from attune.service.errors import NotFound
from attune.service.tables import Endpoint, LogEntry, Project, now


@pytest.fixture
def kitchen(service: Service, admin: Principal) -> Project:
    return project(service, admin)


@pytest.fixture
def heard(service: Service, kitchen: Project) -> tuple[Endpoint, list[LogEntry]]:
    """An endpoint that heard two things a minute apart."""
    served = model(service, kitchen)
    deployed = endpoint(service, kitchen, {served.id: 1.0})
    entries = [
        LogEntry(
            endpoint_id=deployed.id,
            model_id=served.id,
            created=now() + timedelta(minutes=number),
            seconds=1.5,
            audio_hash=service.store.put_bytes(b"fLaC" + bytes([number])),
            text=text,
            lexical=text.lower(),
            confidence=confidence,
        )
        for number, (text, confidence) in enumerate((("Stir the soap.", 0.4), ("Good day.", 0.9)))
    ]
    with service.database.session() as session:
        session.add_all(entries)
    return deployed, entries


def test_entries_are_found_played_corrected_and_forgotten(
    service: Service, admin: Principal, heard: tuple[Endpoint, list[LogEntry]]
) -> None:
    deployed, (soap, day) = heard

    def found(**wanted: object) -> list[str]:
        page = content_logs.listing(service, admin, deployed.id, **wanted)  # type: ignore[arg-type]
        return [entry.id for entry in page.values]

    assert found() == [day.id, soap.id]
    assert found(text="SOAP") == [soap.id] == found(most_confidence=0.5)
    assert found(text="%") == []
    played = content_logs.audio(service, admin, soap.id)
    assert (played.media_type, b"".join(played.chunks())) == ("audio/flac", b"fLaC\0")
    assert content_logs.correct(service, admin, soap.id, " stir the  soup ").corrected == (
        "stir the soup"
    )
    assert found(corrected=True) == [soap.id] == found(text="soup")
    assert found(corrected=False) == [day.id]
    assert content_logs.correct(service, admin, soap.id, None).corrected is None
    for text in ("", "\N{PILE OF POO}", "x" * 5001):
        with pytest.raises(InputError):
            content_logs.correct(service, admin, soap.id, text)
    content_logs.delete(service, admin, soap.id)
    with pytest.raises(NotFound):
        content_logs.get(service, admin, soap.id)
    assert content_logs.delete_all(service, admin, deployed.id) == 1
    assert found() == []


def test_corrected_entries_become_a_data_set(
    service: Service, admin: Principal, heard: tuple[Endpoint, list[LogEntry]]
) -> None:
    deployed, (soap, day) = heard
    with pytest.raises(InputError, match="correct some"):
        content_logs.make_dataset(service, admin, deployed.id, name="Heard")
    content_logs.correct(service, admin, soap.id, "stir the soup")
    made = content_logs.make_dataset(service, admin, deployed.id, name="Heard")
    assert (made.kind, made.version, made.description) == ("Acoustic", 1, "what endpoint heard")
    assert activity.job_of(service, admin, made.id) is not None

    def transcripts(id: str) -> str:
        source = b"".join(datasets.source(service, admin, id).chunks())
        with zipfile.ZipFile(io.BytesIO(source)) as archive:
            return archive.read("trans.txt").decode()

    assert transcripts(made.id) == f"{soap.id}.flac\tstir the soup\n"
    more = content_logs.make_dataset(
        service, admin, deployed.id, series_id=made.series_id, uncorrected=True
    )
    assert more.version == 2
    assert transcripts(more.id).splitlines()[1] == f"{day.id}.flac\tGood day."
    chosen = content_logs.make_dataset(service, admin, deployed.id, name="One", ids=[day.id])
    assert transcripts(chosen.id) == f"{day.id}.flac\tGood day.\n"


def test_logs_of_others_are_not_there(
    service: Service, admin: Principal, heard: tuple[Endpoint, list[LogEntry]]
) -> None:
    deployed, (soap, _) = heard
    key = bound(project(service, admin, "Garage"))
    for ask in (
        lambda: content_logs.listing(service, key, deployed.id),
        lambda: content_logs.get(service, key, soap.id),
        lambda: content_logs.correct(service, key, soap.id, "x"),
        lambda: content_logs.delete_all(service, key, deployed.id),
    ):
        with pytest.raises(NotFound):
            ask()
