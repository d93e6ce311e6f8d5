"""Data sets: where they come from, versions, corrections, what they hold."""

from __future__ import annotations

import io
import zipfile

import pytest
from domain_rows import TEXTS, bound, dataset, end_jobs, model, on_sqlite, project

from attune.errors import InputError
from attune.service import Service, activity, datasets, evaluations
from attune.service.access import Principal
from attune.service.downloads import Download
from attune.service.errors import Conflict, NotFound, TooLarge
from attune.service.tables import Blob, Project


@pytest.fixture
def kitchen(service: Service, admin: Principal) -> Project:
    return project(service, admin)


def uploaded(service: Service, admin: Principal, name: str, content: bytes) -> str:
    upload = service.uploads.create(admin, name=name, size=len(content))
    with service.uploads.writing(admin, upload.id, 0) as writer:
        writer.write(content)
    return service.uploads.finish(admin, upload.id).id


def read(download: Download) -> bytes:
    return b"".join(download.chunks())


def test_text_becomes_a_data_set_and_versions_follow(
    service: Service, admin: Principal, kitchen: Project
) -> None:
    first = datasets.create(
        service, admin, kitchen.id, name="Recipes", kind="language", content=b"stir the soup\n"
    )
    assert (first.kind, first.version, first.source_name) == ("Language", 1, "sentences.txt")
    assert activity.job_of(service, admin, first.id) is not None
    second = datasets.create(
        service, admin, kitchen.id, series_id=first.series_id, content=b"stir the pot\n"
    )
    assert (second.name, second.version, second.series_id) == ("Recipes", 2, first.series_id)
    found = datasets.versions(service, admin, first.id)
    assert [one.version for one in found] == [2, 1]
    latest = datasets.listing(service, admin, project_id=kitchen.id, latest=True)
    assert [one.id for one in latest.values] == [second.id]
    assert datasets.listing(service, admin, project_id=kitchen.id).total == 2
    assert datasets.source_text(service, admin, second.id) == "stir the pot\n"
    assert read(datasets.source(service, admin, first.id)) == b"stir the soup\n"
    with pytest.raises(Conflict, match="not imported yet"):
        datasets.lines(service, admin, first.id)


def test_uploads_become_data_sets(service: Service, admin: Principal, kitchen: Project) -> None:
    archive = uploaded(service, admin, "r.zip", b"PK")
    table = uploaded(service, admin, "trans.txt", b"a.wav\thello\n")
    made = datasets.create(
        service,
        admin,
        kitchen.id,
        name="r",
        kind="Acoustic",
        upload_id=archive,
        transcript_upload_id=table,
    )
    assert made.source_name == "r.zip"
    assert read(datasets.source(service, admin, made.id, transcript=True)) == b"a.wav\thello\n"
    with pytest.raises(InputError, match="holds no text to edit"):
        datasets.source_text(service, admin, made.id)


def test_blocks_become_a_data_set(service: Service, admin: Principal, kitchen: Project) -> None:
    made = datasets.create(service, admin, kitchen.id, name="b", kind="Language", in_blocks=True)
    assert activity.job_of(service, admin, made.id) is None
    datasets.put_block(service, admin, made.id, "2", b"world\n")
    datasets.put_block(service, admin, made.id, "1", b"goodbye ")
    datasets.put_block(service, admin, made.id, "1", b"hello ")
    with pytest.raises(InputError, match="no block '3'"):
        datasets.commit_blocks(service, admin, made.id, ["1", "3"])
    assert {one.name: one.size for one in datasets.blocks(service, admin, made.id)} == {
        "1": 6,
        "2": 6,
    }
    datasets.commit_blocks(service, admin, made.id, ["1", "2"])
    assert datasets.source_text(service, admin, made.id) == "hello world\n"
    assert activity.job_of(service, admin, made.id) is not None
    with pytest.raises(Conflict, match="complete"):
        datasets.put_block(service, admin, made.id, "3", b"more")


@on_sqlite
@pytest.mark.parametrize(
    ("fields", "told"),
    [
        ({}, "give one of"),
        ({"content": b"x", "content_url": "http://example.com/x.txt"}, "give one of"),
        ({"content": b""}, "content is empty"),
        ({"content": b"x", "kind": "Videos"}, "kind 'Videos' is not known"),
        ({"content": b"x", "kind": None}, "needs displayName and kind"),
        ({"content": b"x", "series_id": "5a819ac8-1a97-4302-b7ff-149530cbc574"}, "no series"),
        ({"content": b"x", "kind": "Acoustic", "source_name": "a.wav"}, "one .zip"),
        ({"content": b"x", "source_name": "a.zip"}, "not a zip"),
        ({"content": b"x", "language": "de-DE"}, "the project is for en-US"),
        ({"content_url": "file:///etc/passwd"}, "no http or https address"),
        ({"content_url": "http://me:secret@example.com/"}, "no http or https address"),
        ({"content_url": "http://example.com:99999/"}, "no http or https address"),
    ],
)
def test_sources_that_cannot_be_are_refused(
    service: Service, admin: Principal, kitchen: Project, fields: dict[str, object], told: str
) -> None:
    given: dict[str, object] = {"name": "x", "kind": "Language", **fields}
    with pytest.raises(InputError, match=told):
        datasets.create(service, admin, kitchen.id, **given)  # type: ignore[arg-type]


def test_uploads_have_to_be_complete_near_and_small(
    service: Service, admin: Principal, kitchen: Project
) -> None:
    begun = service.uploads.create(admin, name="a.txt", size=10)
    with pytest.raises(Conflict, match="0 of 10 bytes"):
        datasets.create(service, admin, kitchen.id, name="x", kind="Language", upload_id=begun.id)
    big = uploaded(service, admin, "p.txt", b"x" * (2**20 + 1))
    with pytest.raises(TooLarge, match="divide"):
        datasets.create(service, admin, kitchen.id, name="x", kind="Pronunciation", upload_id=big)
    with pytest.raises(NotFound):
        # An upload that was made for no project is not a bound key's.
        datasets.create(
            service, bound(kitchen), kitchen.id, name="x", kind="Language", upload_id=big
        )


def test_recordings_are_listed_and_played(
    service: Service, admin: Principal, kitchen: Project
) -> None:
    made = dataset(service, kitchen)
    page = datasets.utterances(service, admin, made.id, top=2)
    assert [(one.number, one.name, one.text) for one in page.values] == [
        (1, "1.wav", TEXTS[0]),
        (2, "2.wav", TEXTS[1]),
    ]
    assert (page.total, page.next) == (3, 2)
    found = datasets.utterances(service, admin, made.id, text="TIME")
    assert [one.number for one in found.values] == [2]
    played = datasets.audio(service, admin, made.id, 3)
    assert (played.name, played.media_type) == ("3.wav", "audio/wav")
    assert len(read(played)) == played.size == 44 + 2 * 4800
    with pytest.raises(NotFound, match="no recording 4"):
        datasets.audio(service, admin, made.id, 4)
    with pytest.raises(InputError, match="holds no text"):
        datasets.lines(service, admin, made.id)
    with zipfile.ZipFile(io.BytesIO(read(datasets.download(service, admin, made.id)))) as whole:
        assert sorted(whole.namelist()) == [
            "audio/1.wav",
            "audio/2.wav",
            "audio/3.wav",
            "manifest.tsv",
        ]


def test_a_corrected_transcript_is_a_new_version_without_new_audio(
    service: Service, admin: Principal, kitchen: Project
) -> None:
    made = dataset(service, kitchen)
    with service.database.reading() as session:
        before = {blob.hash for blob in session.query(Blob)}
    corrected = datasets.correct(service, admin, made.id, {1: " turn  on the lamp ", 2: None})
    assert (corrected.version, corrected.status) == (2, "Succeeded")
    assert corrected.figures["passed"] == 2
    assert "made from version 1: recordings 1, 2 were corrected" in corrected.report["notes"]
    listed = datasets.utterances(service, admin, corrected.id).values
    assert [(one.name, one.text) for one in listed] == [
        ("1.wav", "turn on the lamp"),
        ("3.wav", TEXTS[2]),
    ]
    played = datasets.audio(service, admin, corrected.id, 2)
    assert (played.name, len(read(played))) == ("3.wav", played.size)
    again = datasets.correct(service, admin, corrected.id, {2: "good evening"})
    texts = [one.text for one in datasets.utterances(service, admin, again.id).values]
    assert (again.version, texts) == (3, ["turn on the lamp", "good evening"])
    assert datasets.utterances(service, admin, made.id).values[0].text == TEXTS[0]
    with service.database.reading() as session:
        new = [blob for blob in session.query(Blob) if blob.hash not in before]
    assert len(new) == 2 and all(blob.size < 200 for blob in new)
    whole = zipfile.ZipFile(io.BytesIO(read(datasets.download(service, admin, again.id))))
    assert b"good evening" in whole.read("manifest.tsv")


@on_sqlite
@pytest.mark.parametrize(
    ("corrections", "told"),
    [
        ({}, "give 1 to"),
        ({9: "hello"}, "no recording 9"),
        ({1: "   "}, "empty"),
        ({1: "\N{PILE OF POO}"}, "characters"),
        ({1: "x " * 3000}, "over 5000"),
        ({1: None, 2: None, 3: None}, "no rows"),
    ],
)
def test_corrections_that_cannot_be_are_refused(
    service: Service,
    admin: Principal,
    kitchen: Project,
    corrections: dict[int, str | None],
    told: str,
) -> None:
    made = dataset(service, kitchen)
    with pytest.raises(InputError, match=told):
        datasets.correct(service, admin, made.id, corrections)
    assert len(datasets.versions(service, admin, made.id)) == 1


def test_what_is_used_is_not_deleted(service: Service, admin: Principal, kitchen: Project) -> None:
    made = dataset(service, kitchen)
    base = model(service, None)
    test = evaluations.create(
        service, admin, kitchen.id, name="Test", dataset_id=made.id, model1_id=base.id
    )
    with pytest.raises(Conflict, match="evaluation 'Test'"):
        datasets.delete(service, admin, made.id)
    with pytest.raises(Conflict, match="a job is at work"):
        evaluations.delete(service, admin, test.id)
    end_jobs(service)
    evaluations.delete(service, admin, test.id)
    datasets.delete(service, admin, made.id)
    with pytest.raises(NotFound):
        datasets.get(service, admin, made.id)
