"""Projects: names, lists, keys of one project, deletion with all that is in one."""

from __future__ import annotations

import pytest
from domain_rows import bound, dataset, end_jobs, endpoint, model, on_sqlite, project, recognising

from attune.errors import InputError
from attune.service import Service, activity, audit, datasets, evaluations, projects
from attune.service.access import Principal, Scope
from attune.service.errors import Conflict, Forbidden, NotFound
from attune.service.tables import Job, LogEntry, Upload, new_id

UNKNOWN = "13a46ae0-52ad-426d-b368-e17f38d5f58f"


def test_a_project_is_made_and_changed(service: Service, admin: Principal) -> None:
    made = projects.create(
        service, admin, name="  Kitchen ", language="EN-us", custom={"team": "home"}
    )
    assert (made.name, made.language, made.custom) == ("Kitchen", "en-US", {"team": "home"})
    changed = projects.update(service, admin, made.id, description="Words of the kitchen.")
    assert (changed.name, changed.description) == ("Kitchen", "Words of the kitchen.")
    assert projects.get(service, admin, made.id.upper()).description == changed.description
    done = [entry.action for entry in activity.audit_entries(service, admin).values]
    assert done[:2] == ["update", "create"]


@on_sqlite
@pytest.mark.parametrize(
    ("fields", "told"),
    [
        ({"name": "  "}, "displayName is empty"),
        ({"name": "x" * 201}, "at most 200"),
        ({"name": "a\0b"}, "cannot be shown"),
        ({"name": "a\ud800b"}, "cannot be shown"),
        ({"language": "klingon"}, "locale"),
        ({"language": "fr-FR"}, "fr-FR"),
        ({"description": "x" * 4001}, "at most 4000"),
        ({"description": "\x1b[31m"}, "cannot be shown"),
        ({"custom": {"": "x"}}, "customProperties"),
        ({"custom": {"k": "x" * 1001}}, "customProperties"),
        ({"custom": {str(n): "" for n in range(51)}}, "at most 50"),
    ],
)
def test_what_cannot_be_is_refused(
    service: Service, admin: Principal, fields: dict[str, object], told: str
) -> None:
    given: dict[str, object] = {"name": "Kitchen", "language": "en-US", **fields}
    with pytest.raises(InputError, match=told):
        projects.create(service, admin, **given)  # type: ignore[arg-type]


@on_sqlite
@pytest.mark.parametrize("id", ["", "1", "../x", "' or 1=1", UNKNOWN, "\0", "x" * 10_000])
def test_what_is_no_id_finds_nothing(service: Service, admin: Principal, id: str) -> None:
    with pytest.raises(NotFound, match="there is no project with this id"):
        projects.get(service, admin, id)


def test_lists_are_filtered_ordered_and_paged(service: Service, admin: Principal) -> None:
    for name in ("b", "a", "it's", "c"):
        projects.create(service, admin, name=name, language="en-US")

    def names(**wanted: object) -> list[str]:
        found = projects.listing(service, admin, **wanted)  # type: ignore[arg-type]
        return [one.name for one in found.values]

    assert names() == ["c", "it's", "a", "b"]
    assert names(order="displayName") == ["a", "b", "c", "it's"]
    assert names(filter="displayName eq 'it''s'") == ["it's"]
    assert names(filter="not (displayName lt 'b' or displayName gt 'c')") == ["c", "b"]
    assert names(filter="createdDateTime gt 2999-01-01") == []
    assert names(filter="createdDateTime ge 2020-01-01T00:00:00Z and locale eq 'en-US'", top=1) == [
        "c"
    ]
    page = projects.listing(service, admin, skip=1, top=2)
    assert (page.total, page.next) == (4, 3)
    assert projects.listing(service, admin, skip=3).next is None


@on_sqlite
@pytest.mark.parametrize(
    "wanted",
    [
        {"top": 0},
        {"top": 1001},
        {"skip": -1},
        {"filter": "displayName"},
        {"filter": "displayName eq 'x"},
        {"filter": "displayName eq 'x' displayName"},
        {"filter": "hash eq 'x'"},
        {"filter": "displayName like 'x'"},
        {"filter": "createdDateTime gt 'soon'"},
        {"filter": "((((((((((((((((((((((locale eq 'x'"},
        {"filter": "x" * 1001},
        {"order": "hash"},
        {"order": "displayName sideways"},
    ],
)
def test_lists_that_cannot_be_are_refused(
    service: Service, admin: Principal, wanted: dict[str, object]
) -> None:
    with pytest.raises(InputError):
        projects.listing(service, admin, **wanted)  # type: ignore[arg-type]


def test_a_key_of_one_project_sees_that_alone(service: Service, admin: Principal) -> None:
    own, other = project(service, admin), project(service, admin, "Garage")
    key = bound(own)
    assert [one.id for one in projects.listing(service, key).values] == [own.id]
    with pytest.raises(NotFound):
        projects.get(service, key, other.id)
    with pytest.raises(NotFound):
        datasets.listing(service, key, project_id=other.id)
    with pytest.raises(Forbidden):
        projects.create(service, key, name="x", language="en-US")
    with pytest.raises(Forbidden):
        projects.get(service, recognising(), own.id)
    with pytest.raises(Forbidden, match="all projects"):
        activity.audit_entries(service, bound(own, Scope.ADMIN))


def test_a_project_goes_with_all_that_it_holds(service: Service, admin: Principal) -> None:
    own, other = project(service, admin), project(service, admin, "Garage")
    base = model(service, None)
    child = model(service, own, base_id=base.id)
    grandchild = model(service, own, base_id=child.id)
    tested = dataset(service, own)
    evaluations.create(
        service, admin, own.id, name="test", dataset_id=tested.id, model1_id=grandchild.id
    )
    deployed = endpoint(service, own, {child.id: 1, grandchild.id: 2})
    with service.database.session() as session:
        session.add(
            LogEntry(
                endpoint_id=deployed.id,
                model_id=child.id,
                seconds=1.0,
                audio_hash=tested.content_hash or "",
                text="x",
                lexical="x",
                confidence=0.5,
            )
        )
        session.add(Upload(project_id=own.id, name="a.zip", size=1))
    model(service, own, kind="keyword")
    model(service, other, kind="keyword")
    assert projects.counts(service, admin, own.id) == {
        "datasets": 1,
        "models": 2,
        "keywords": 1,
        "evaluations": 1,
        "endpoints": 1,
        "transcriptions": 0,
    }
    with pytest.raises(Conflict, match="1 jobs are at work"):
        projects.delete(service, admin, own.id)
    end_jobs(service)
    projects.delete(service, admin, own.id)
    assert [one.id for one in projects.listing(service, admin).values] == [other.id]
    with service.database.reading() as session:
        assert session.query(Job).count() == 0
        assert session.query(LogEntry).count() == 0


def test_jobs_are_listed_cancelled_and_told(service: Service, admin: Principal) -> None:
    own = project(service, admin)
    made = datasets.create(service, admin, own.id, name="t", kind="Language", content=b"good day")
    job = activity.job_of(service, admin, made.id)
    assert job is not None and (job.kind, job.subject_kind) == ("import", "dataset")
    assert activity.jobs(service, bound(own)).total == 1
    assert activity.events(service, admin, job.id) == ()
    assert activity.cancel(service, admin, job.id).reason == "cancelled"
    failed = datasets.get(service, admin, made.id)
    assert (failed.status, failed.reason) == ("Failed", "cancelled")
    with pytest.raises(Conflict, match="ended"):
        activity.cancel(service, admin, job.id)
    with pytest.raises(NotFound):
        activity.job(service, bound(project(service, admin, "Garage")), job.id)


def test_the_service_itself_is_an_actor(service: Service, admin: Principal) -> None:
    with service.database.session() as session:
        audit.record(session, None, "sweep", "log", new_id(), entries=3)
    entry = activity.audit_entries(service, admin, top=1).values[0]
    assert (entry.actor, entry.detail) == ("attune", {"entries": 3})
