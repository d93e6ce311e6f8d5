"""Batches: where recordings come from, what is asked for, results."""

from __future__ import annotations

import pytest
from domain_rows import bound, end_jobs, model, on_sqlite, project

from attune.errors import AttuneError, InputError
from attune.service import Service, activity, transcriptions
from attune.service.access import Principal
from attune.service.errors import Conflict, NotFound
from attune.service.tables import Model, TranscriptionFile, TranscriptionSource
from attune.service.transcriptions import Output


@pytest.fixture
def base(service: Service) -> Model:
    return model(service, None)


def test_a_batch_keeps_its_uploads_and_has_files(
    service: Service, admin: Principal, base: Model
) -> None:
    upload = service.uploads.create(admin, name="a.wav", size=4)
    with service.uploads.writing(admin, upload.id, 0) as writer:
        writer.write(b"RIFF")
    upload = service.uploads.finish(admin, upload.id)
    made = transcriptions.create(
        service,
        admin,
        name="Monday",
        language="en-us",
        content_urls=["https://example.com/b.wav"],
        container_urls=["https://example.com/calls?sig=x"],
        upload_ids=[upload.id, upload.id],
        output=Output(word_times=True, channels=(1,), profanity="removed", time_to_live=3600),
    )
    assert (made.model_id, made.language) == (base.id, "en-US")
    source = {"upload": upload.id, "hash": upload.blob_hash, "name": "a.wav"}
    assert made.sources == [
        {"url": "https://example.com/b.wav"},
        {"container": "https://example.com/calls?sig=x"},
        source,
        source,
    ]
    assert made.settings == {
        "wordLevelTimestampsEnabled": True,
        "displayFormWordLevelTimestampsEnabled": False,
        "channels": [1],
        "punctuationMode": "DictatedAndAutomatic",
        "profanityFilterMode": "Removed",
        "timeToLive": "PT3600S",
    }
    with service.database.session() as session:
        assert session.query(TranscriptionSource).one().blob_hash == upload.blob_hash
        file = TranscriptionFile(
            transcription_id=made.id,
            kind="Transcription",
            name="contenturl_0.json",
            source="a.wav",
            blob_hash=upload.blob_hash or "",
            size=4,
        )
        session.add(file)
    assert transcriptions.files(service, admin, made.id).values[0].id == file.id
    assert b"".join(transcriptions.download(service, admin, made.id, file.id).chunks()) == b"RIFF"
    with pytest.raises(NotFound, match="no file"):
        transcriptions.file(service, admin, made.id, made.id)
    with pytest.raises(Conflict, match="a job is at work"):
        transcriptions.delete(service, admin, made.id)
    job = activity.job_of(service, admin, made.id)
    assert job is not None and job.kind == "transcribe"
    end_jobs(service)
    assert transcriptions.update(service, admin, made.id, name="Tuesday").name == "Tuesday"
    transcriptions.delete(service, admin, made.id)
    assert transcriptions.listing(service, admin).total == 0


def test_a_key_of_one_project_makes_batches_there(
    service: Service, admin: Principal, base: Model
) -> None:
    kitchen = project(service, admin)
    urls = ["http://example.com/a.wav"]
    own = transcriptions.create(service, bound(kitchen), name="x", content_urls=urls)
    assert own.project_id == kitchen.id and own.model_id == base.id
    free = transcriptions.create(service, admin, name="x", language="en-US", content_urls=urls)
    assert transcriptions.listing(service, bound(kitchen)).total == 1
    with pytest.raises(NotFound):
        transcriptions.get(service, bound(kitchen), free.id)


@on_sqlite
@pytest.mark.parametrize(
    ("fields", "told"),
    [
        ({"content_urls": []}, "give 1 to 1000"),
        ({"content_urls": ["http://example.com/a.wav"] * 1001}, "give 1 to 1000"),
        ({"content_urls": ["file:///etc/passwd"]}, "no http or https"),
        ({"content_urls": ["http://"]}, "no http or https"),
        ({"container_urls": ["ftp://example.com/"]}, "no http or https"),
        ({"language": None}, "locale is missing"),
        ({"language": "zh-CN"}, "no base model for zh-CN"),
        ({"model_id": "keyword"}, "is a keyword"),
        ({"output": Output(punctuation="Many")}, "punctuationMode"),
        ({"output": Output(profanity="Much")}, "profanityFilterMode"),
        ({"output": Output(channels=(0, 0))}, "channels"),
        ({"output": Output(channels=(9,))}, "channels"),
        ({"output": Output(time_to_live=1)}, "timeToLive"),
        ({"upload_ids": ["x"]}, "no upload"),
    ],
)
def test_what_cannot_be_is_refused(
    service: Service, admin: Principal, base: Model, fields: dict[str, object], told: str
) -> None:
    if fields.get("model_id") == "keyword":
        fields = {"model_id": model(service, None, kind="keyword").id}
    given: dict[str, object] = {
        "language": "en-US",
        "content_urls": ["http://example.com/a.wav"],
        **fields,
    }
    with pytest.raises(AttuneError, match=told) as refused:
        transcriptions.create(service, admin, name="x", **given)  # type: ignore[arg-type]
    assert isinstance(refused.value, InputError | NotFound)
