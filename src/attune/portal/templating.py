"""The templates, and what all of them may use."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from jinja2 import Environment, PackageLoader, StrictUndefined
from markupsafe import Markup

from attune.portal import charts
from attune.portal.shown import FILTERS
from attune.portal.static_files import StaticFiles

__all__ = ["Templates"]


class Templates:
    """Templates by name. Everything put into a page is escaped, and what a template names and is
    not given is an error."""

    def __init__(self, static: StaticFiles) -> None:
        self._environment = Environment(
            loader=PackageLoader("attune.portal"),
            autoescape=True,
            undefined=StrictUndefined,
            trim_blocks=True,
            lstrip_blocks=True,
        )
        self._environment.filters.update(FILTERS)
        icons = static.address("icons.svg")

        def icon(name: str) -> Markup:
            return Markup('<svg class="icon" aria-hidden="true"><use href="{}#{}"/></svg>').format(
                icons, name
            )

        self._environment.globals.update(static=static.address, icon=icon, charts=charts)

    def render(self, name: str, values: Mapping[str, Any]) -> str:
        """The page or part of a page that a template makes of `values`."""
        return self._environment.get_template(name).render(values)
