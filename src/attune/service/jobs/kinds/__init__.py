"""The kinds of jobs: what each does with its context, by name."""

from __future__ import annotations

from collections.abc import Callable
from importlib import import_module
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from attune.service.jobs.context import JobContext

__all__ = ["KINDS", "run_kind"]

KINDS = {
    "import": "importing",
    "adapt": "adapting",
    "evaluate": "evaluating",
    "keyword": "keyword_making",
    "transcribe": "transcribing",
}
"""Kind -> the module here whose `run` does it. They are imported by workers only: a server needs
neither what trains nor what synthesises."""


def run_kind(context: JobContext) -> None:
    """Do the job of a context."""
    module = import_module(f"attune.service.jobs.kinds.{KINDS[context.job.kind]}")
    run: Callable[[JobContext], None] = module.run
    run(context)
