"""Keyword models in the running server."""

from __future__ import annotations

from datetime import timedelta

import pytest
from household import ATLAS, FRONT_DOOR, Household
from running import RunningServer

from attune.keyword import create_basic
from attune.service.tables import Endpoint, EndpointModel, Model, Project, Status, now


@pytest.fixture(scope="session")
def household(server: RunningServer, tmp_path_factory: pytest.TempPathFactory) -> Household:
    made = tmp_path_factory.mktemp("keywords") / "two"
    create_basic([ATLAS, FRONT_DOOR], made, sensitivity=0.8)
    bundle = server.service.store.put_folder(made)
    with server.service.database.session() as session:
        base = session.query(Model).filter_by(kind="recognizer", project_id=None).one()
        projects = [Project(name=name, language="en-US") for name in ("home", "next door")]
        session.add_all(projects)
        session.flush()

        keywords = [
            Model(
                name="Keywords",
                kind="keyword",
                language="en-US",
                project_id=project.id,
                bundle_hash=bundle,
                status=Status.SUCCEEDED,
                created=now() + timedelta(seconds=place),
            )
            for place, project in enumerate(projects)
        ]
        session.add_all(keywords)
        session.add(
            Model(name="half made", kind="keyword", language="en-US", project_id=projects[0].id)
        )
        endpoint = Endpoint(
            name="home", project_id=projects[0].id, language="en-US", status=Status.SUCCEEDED
        )
        session.add(endpoint)
        session.flush()
        session.add(EndpointModel(endpoint_id=endpoint.id, model_id=base.id))
        return Household(
            projects[0].id, endpoint.id, keywords[0].id, projects[1].id, keywords[1].id
        )
