"""Projects, and the overview of one."""

from __future__ import annotations

from starlette.responses import Response

from attune.portal.pages.evaluations import bars_of, model_names
from attune.portal.routing import Pages
from attune.portal.visits import Visit
from attune.service import activity, datasets, endpoints, evaluations, models, projects

__all__ = ["pages"]

pages = Pages()


@pages.get("/")
def home(visit: Visit) -> Response:
    """Newcomers begin with the first steps, all others with their projects."""
    found = projects.listing(visit.service, visit.principal, top=1)
    return visit.go("/projects" if found.total else "/start")


@pages.get("/projects")
def show_projects(visit: Visit) -> Response:
    """All projects, and the form for a new one."""
    found = projects.listing(visit.service, visit.principal, skip=visit.place(), top=50)
    counts = {
        one.id: projects.counts(visit.service, visit.principal, one.id) for one in found.values
    }
    bases = models.base_models(visit.service, visit.principal, kind="recognizer")
    return visit.page(
        "projects.html",
        section="projects",
        page=found,
        counts=counts,
        may_create=visit.principal.project_id is None,
        languages=sorted({base.language for base in bases.values}),
    )


@pages.post("/projects")
def create_project(visit: Visit) -> Response:
    """Make a project and go there."""
    made = projects.create(
        visit.service,
        visit.principal,
        name=visit.text("name"),
        language=visit.text("language"),
        description=visit.text("description"),
    )
    return visit.go(f"/projects/{made.id}", f"The project {made.name} is there.")


@pages.get("/projects/{project}")
def overview(visit: Visit) -> Response:
    """What a project holds, what goes on in it, and what to do next."""
    service, principal, id = visit.service, visit.principal, visit.project.id
    tests = evaluations.listing(service, principal, project_id=id, top=20)
    measured = next((test for test in tests.values if test.figures.get("wordCount1")), None)
    return visit.page(
        "overview.html",
        measured=measured,
        bars=bars_of(measured, model_names(visit, measured)) if measured else [],
        section="overview",
        datasets=datasets.listing(service, principal, project_id=id, latest=True, top=50),
        models=models.listing(service, principal, project_id=id, kind="recognizer", top=5),
        keywords=models.listing(service, principal, project_id=id, kind="keyword", top=5),
        evaluations=tests,
        endpoints=endpoints.listing(service, principal, project_id=id, top=5),
        jobs=activity.jobs(service, principal, project_id=id, top=6),
    )


@pages.get("/projects/{project}/lately")
def lately(visit: Visit) -> Response:
    """What goes on in a project, asked for again and again."""
    jobs = activity.jobs(visit.service, visit.principal, project_id=visit.project.id, top=6)
    return visit.part("parts/lately.html", jobs=jobs)


@pages.post("/projects/{project}")
def change_project(visit: Visit) -> Response:
    """Rename or describe a project anew."""
    changed = projects.update(
        visit.service,
        visit.principal,
        visit.project.id,
        name=visit.text("name"),
        description=visit.text("description"),
    )
    return visit.go(f"/projects/{changed.id}", "Saved.")


@pages.post("/projects/{project}/delete")
def delete_project(visit: Visit) -> Response:
    """Remove a project with all that it holds."""
    name = visit.project.name
    projects.delete(visit.service, visit.principal, visit.project.id)
    return visit.go("/projects", f"The project {name} is gone.")
