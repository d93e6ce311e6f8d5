"""The portal's pages, a module for each entry of its navigation."""

from attune.portal.pages import (
    deploy,
    evaluations,
    first_steps,
    help,
    jobs,
    keys,
    keywords,
    logs,
    models,
    projects,
    speech,
    texts,
    try_it,
    uploads,
)

__all__ = ["PAGES"]

PAGES = (
    projects.pages,
    first_steps.pages,
    uploads.pages,
    speech.pages,
    texts.pages,
    models.pages,
    evaluations.pages,
    deploy.pages,
    try_it.pages,
    keywords.pages,
    logs.pages,
    jobs.pages,
    keys.pages,
    help.pages,
)
