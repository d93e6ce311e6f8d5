"""Models: what they are made of, where they come from, who needs them."""

from __future__ import annotations

import pytest
from domain_rows import bound, dataset, end_jobs, endpoint, model, on_sqlite, project

from attune.bundle import shipped_keyword_base_path
from attune.errors import InputError
from attune.service import Service, activity, endpoints, models
from attune.service.access import Principal
from attune.service.errors import Conflict, Forbidden, NotFound, TooLarge
from attune.service.tables import JobEvent, Model, Project, Status


@pytest.fixture
def kitchen(service: Service, admin: Principal) -> Project:
    return project(service, admin)


@pytest.fixture
def base(service: Service) -> Model:
    return model(service, None, name="base")


def test_a_model_is_made_of_data_and_text(
    service: Service, admin: Principal, kitchen: Project, base: Model
) -> None:
    heard = dataset(service, kitchen)
    made = models.create(
        service,
        admin,
        kitchen.id,
        name="Kitchen words",
        dataset_ids=[heard.id, heard.id],
        text="stir the soup",
        method="Adapters",
    )
    assert (made.base_id, made.status, made.language) == (base.id, "NotStarted", "en-US")
    assert made.settings == {"text": "stir the soup", "method": "adapters", "unsupervised": False}
    assert [one.dataset_id for one in models.get(service, admin, made.id).datasets] == [heard.id]
    job = activity.job_of(service, admin, made.id)
    assert job is not None and (job.kind, job.cores) == ("adapt", service.settings.workers)
    with service.database.session() as session:
        session.add(JobEvent(job_id=job.id, name="stage", data={"stage": "hearing"}))
        session.add(JobEvent(job_id=job.id, name="curve", data={"step": 1, "loss": 2.5}))
    assert [one.data for one in models.curve(service, admin, made.id)] == [{"step": 1, "loss": 2.5}]
    assert models.listing(service, bound(kitchen), kind="recognizer").total == 1
    assert models.listing(service, admin, kind="keyword").total == 0
    assert models.base_models(service, bound(kitchen)).total == 1


@on_sqlite
@pytest.mark.parametrize(
    ("fields", "error", "told"),
    [
        ({}, InputError, "made of something"),
        ({"text": " "}, InputError, "made of something"),
        ({"text": "x" * 500_001}, TooLarge, "make a data set"),
        ({"text": "x", "method": "magic"}, InputError, "method"),
        ({"text": "x", "unsupervised": True}, InputError, "needs recordings"),
        ({"text": "x", "language": "zh-CN"}, InputError, "the project is for en-US"),
        ({"dataset_ids": ["nothing"]}, NotFound, "no dataset"),
        ({"dataset_ids": ["audio"]}, InputError, "teach nothing by themselves"),
        ({"dataset_ids": ["other"]}, InputError, "another project"),
        ({"dataset_ids": ["failed"]}, Conflict, "failed"),
        ({"dataset_ids": ["audio"] * 51}, InputError, "at most 50"),
        ({"text": "x", "base_id": "keyword"}, InputError, "is no base of a recognizer"),
        ({"text": "x", "base_id": "german"}, InputError, "is for de-DE"),
        ({"text": "x", "base_id": "theirs"}, InputError, "another project"),
        ({"text": "x", "base_id": "waiting"}, Conflict, "not ready"),
    ],
)
def test_what_does_not_fit_is_refused(
    service: Service,
    admin: Principal,
    kitchen: Project,
    base: Model,
    fields: dict[str, object],
    error: type[Exception],
    told: str,
) -> None:
    garage = project(service, admin, "Garage")
    failed = dataset(service, kitchen)
    with service.database.session() as session:
        failed.status = Status.FAILED
        session.merge(failed)
    known = {
        "audio": dataset(service, kitchen, "Audio").id,
        "other": dataset(service, garage).id,
        "failed": failed.id,
        "keyword": model(service, None, kind="keyword").id,
        "german": model(service, None, language="de-DE").id,
        "theirs": model(service, garage).id,
        "waiting": model(service, kitchen, status=Status.RUNNING).id,
    }
    given = dict(fields)
    if "dataset_ids" in given:
        given["dataset_ids"] = [known.get(name, name) for name in fields["dataset_ids"]]  # type: ignore[attr-defined]
    if "base_id" in given:
        given["base_id"] = known[str(given["base_id"])]
    with pytest.raises(error, match=told):
        models.create(service, admin, kitchen.id, name="x", **given)  # type: ignore[arg-type]
    assert base.status == Status.SUCCEEDED


def test_unsupervised_learning_takes_recordings_alone(
    service: Service, admin: Principal, kitchen: Project, base: Model
) -> None:
    alone = dataset(service, kitchen, "Audio")
    made = models.create(
        service, admin, kitchen.id, name="x", dataset_ids=[alone.id], unsupervised=True
    )
    assert made.settings["unsupervised"] is True and made.base_id == base.id


def test_what_is_needed_is_not_deleted(
    service: Service, admin: Principal, kitchen: Project, base: Model
) -> None:
    child = models.create(service, admin, kitchen.id, name="child", text="a word")
    with pytest.raises(Conflict, match="a job is at work"):
        models.delete(service, admin, child.id)
    with service.database.session() as session:
        child.status = Status.SUCCEEDED
        session.merge(child)
    end_jobs(service)
    grandchild = models.create(
        service, admin, kitchen.id, name="grandchild", text="a word", base_id=child.id
    )
    end_jobs(service)
    assert [one.id for one in models.lineage(service, admin, grandchild.id)] == [
        child.id,
        base.id,
    ]
    assert [one.id for one in models.children(service, admin, child.id)] == [grandchild.id]
    with pytest.raises(Conflict, match="the model 'grandchild' needs"):
        models.delete(service, admin, child.id)
    models.delete(service, admin, grandchild.id)
    deployed = endpoint(service, kitchen, {child.id: 1.0})
    with pytest.raises(Conflict, match="the endpoint 'endpoint' needs"):
        models.delete(service, admin, child.id)
    endpoints.delete(service, admin, deployed.id)
    models.delete(service, admin, child.id)
    with pytest.raises(Forbidden, match="belong to the service"):
        models.delete(service, admin, base.id)
    with pytest.raises(Forbidden, match="belong to the service"):
        models.update(service, admin, base.id, name="mine")


@on_sqlite
def test_bundles_are_described_and_taken_away(
    service: Service, admin: Principal, kitchen: Project
) -> None:
    bundle = service.store.put_folder(shipped_keyword_base_path())
    made = model(service, kitchen, kind="keyword", bundle_hash=bundle)
    assert "encoder" in {one.role for one in models.bundle_files(service, admin, made.id)}
    assert models.manifest(service, admin, made.id)["kind"] == "keyword"
    sent = models.download(service, admin, made.id)
    assert sent.name == "model.attune.zip"
    assert b"".join(sent.chunks())[:2] == b"PK"
    waiting = model(service, kitchen, bundle_hash=None, status=Status.RUNNING)
    with pytest.raises(Conflict, match="not ready"):
        models.download(service, admin, waiting.id)
