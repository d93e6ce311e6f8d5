"""Endpoints: deploying, swapping, sharing traffic."""

from __future__ import annotations

import pytest
from domain_rows import bound, model, on_sqlite, project, recognising

from attune.errors import InputError
from attune.service import Service, activity, endpoints
from attune.service.access import Principal, Scope
from attune.service.errors import Conflict, Forbidden, NotFound
from attune.service.tables import Project, Status


@pytest.fixture
def kitchen(service: Service, admin: Principal) -> Project:
    return project(service, admin)


def test_models_are_deployed_swapped_and_share_traffic(
    service: Service, admin: Principal, kitchen: Project
) -> None:
    old, new = model(service, None), model(service, kitchen)
    made = endpoints.create(service, admin, kitchen.id, name="Kitchen", shares={old.id: 1})
    assert (made.status, made.logging, made.max_streams) == ("Succeeded", False, 20)

    def behind() -> dict[str, float]:
        return {one.model_id: one.weight for one in endpoints.get(service, admin, made.id).models}

    assert behind() == {old.id: 1.0}
    endpoints.deploy(service, admin, made.id, {old.id: 90, new.id: 10})
    assert behind() == {old.id: 90.0, new.id: 10.0}
    endpoints.deploy(service, admin, made.id, {new.id: 1})
    assert behind() == {new.id: 1.0}
    entry = activity.audit_entries(service, admin, subject_id=made.id).values[0]
    assert entry.action == "deploy"
    assert entry.detail == {"before": {old.id: 90, new.id: 10}, "after": {new.id: 1}}
    changed = endpoints.update(
        service, admin, made.id, logging=True, retention_days=7, max_streams=3, name="K"
    )
    assert (changed.logging, changed.retention_days, changed.max_streams) == (True, 7, 3)
    assert endpoints.update(service, admin, made.id, logging=False).logging is False
    endpoints.delete(service, admin, made.id)
    with pytest.raises(NotFound):
        endpoints.get(service, admin, made.id)


def test_those_who_recognise_see_endpoints_and_change_nothing(
    service: Service, admin: Principal, kitchen: Project
) -> None:
    made = endpoints.create(
        service, admin, kitchen.id, name="Kitchen", shares={model(service, None).id: 1}
    )
    assert endpoints.listing(service, recognising()).total == 1
    assert endpoints.get(service, bound(kitchen, Scope.RECOGNISE), made.id).id == made.id
    with pytest.raises(Forbidden):
        endpoints.update(service, recognising(), made.id, logging=True)
    with pytest.raises(NotFound):
        endpoints.get(service, bound(project(service, admin, "Garage")), made.id)


@on_sqlite
@pytest.mark.parametrize(
    ("fields", "error", "told"),
    [
        ({"shares": {}}, InputError, "1 to 10"),
        ({"shares": {"fine": 0}}, InputError, "positive"),
        ({"shares": {"fine": float("nan")}}, InputError, "positive"),
        ({"shares": {"theirs": 1}}, InputError, "another project"),
        ({"shares": {"german": 1}}, InputError, "is for de-DE"),
        ({"shares": {"waiting": 1}}, Conflict, "not ready"),
        ({"shares": {"keyword base": 1}}, InputError, "make one first"),
        ({"shares": {"fine": 1, "keyword": 1}}, InputError, "do not share"),
        ({"shares": {"nothing": 1}}, NotFound, "no model"),
        ({"max_streams": 0}, InputError, "maxStreams"),
        ({"retention_days": 4000}, InputError, "retentionDays"),
    ],
)
def test_what_does_not_fit_is_refused(
    service: Service,
    admin: Principal,
    kitchen: Project,
    fields: dict[str, object],
    error: type[Exception],
    told: str,
) -> None:
    known = {
        "fine": model(service, None).id,
        "theirs": model(service, project(service, admin, "Garage")).id,
        "german": model(service, None, language="de-DE").id,
        "waiting": model(service, kitchen, status=Status.NOT_STARTED).id,
        "keyword base": model(service, None, kind="keyword").id,
        "keyword": model(service, kitchen, kind="keyword").id,
    }
    given: dict[str, object] = {"shares": {"fine": 1}, **fields}
    shares: dict[str, float] = given.pop("shares")  # type: ignore[assignment]
    with pytest.raises(error, match=told):
        endpoints.create(
            service,
            admin,
            kitchen.id,
            name="x",
            shares={known.get(name, name): weight for name, weight in shares.items()},
            **given,  # type: ignore[arg-type]
        )
