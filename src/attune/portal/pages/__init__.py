"""The portal's pages, a module for each entry of its navigation."""

from attune.portal.pages.deploy import pages as deploy_pages
from attune.portal.pages.evaluations import pages as evaluations_pages
from attune.portal.pages.first_steps import pages as first_steps_pages
from attune.portal.pages.help import pages as help_pages
from attune.portal.pages.jobs import pages as jobs_pages
from attune.portal.pages.keys import pages as keys_pages
from attune.portal.pages.keywords import pages as keywords_pages
from attune.portal.pages.logs import pages as logs_pages
from attune.portal.pages.models import pages as models_pages
from attune.portal.pages.projects import pages as projects_pages
from attune.portal.pages.speech import pages as speech_pages
from attune.portal.pages.texts import pages as texts_pages
from attune.portal.pages.try_it import pages as try_it_pages
from attune.portal.pages.uploads import pages as uploads_pages

__all__ = ["PAGES"]

PAGES = (
    projects_pages,
    first_steps_pages,
    uploads_pages,
    speech_pages,
    texts_pages,
    models_pages,
    evaluations_pages,
    deploy_pages,
    try_it_pages,
    keywords_pages,
    logs_pages,
    jobs_pages,
    keys_pages,
    help_pages,
)
