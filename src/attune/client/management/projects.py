"""Projects."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from attune.client.exchange import Exchange, Request, exchange, listing
from attune.client.management.reading import V3, Identified, given, id_of
from attune.client.management.records import Project

__all__ = ["ProjectCalls"]


class ProjectCalls:
    """What can be done with projects."""

    @exchange
    def create_project(
        self,
        name: str,
        language: str = "en-US",
        *,
        description: str = "",
        custom: Mapping[str, str] | None = None,
    ) -> Exchange[Project]:
        """Make a project."""
        document = given(
            display_name=name, locale=language, description=description, custom_properties=custom
        )
        answer = yield Request("POST", f"{V3}/projects", json=document, repeatable=False)
        return Project.read(answer.json())

    @listing
    def projects(
        self, *, filter: str | None = None, order: str | None = None
    ) -> tuple[Request, Callable[[Any], Project]]:
        """The projects that the key may see, newest first.

        `filter` is such as "displayName eq 'Kitchen'", `order` such as "displayName".
        """
        query = {"filter": filter, "orderby": order}
        return Request("GET", f"{V3}/projects", query=query), Project.read

    @exchange
    def project(self, project: Identified | str) -> Exchange[Project]:
        """One project, as it is now."""
        answer = yield Request("GET", f"{V3}/projects/{id_of(project)}")
        return Project.read(answer.json())

    @exchange
    def update_project(
        self,
        project: Identified | str,
        *,
        name: str | None = None,
        description: str | None = None,
        custom: Mapping[str, str] | None = None,
    ) -> Exchange[Project]:
        """Rename or describe a project; what is None stays as it is."""
        document = given(display_name=name, description=description, custom_properties=custom)
        answer = yield Request("PATCH", f"{V3}/projects/{id_of(project)}", json=document)
        return Project.read(answer.json())

    @exchange
    def delete_project(self, project: Identified | str) -> Exchange[None]:
        """Remove a project with all that it holds; RefusedError (409) while jobs work in it."""
        yield Request("DELETE", f"{V3}/projects/{id_of(project)}")
