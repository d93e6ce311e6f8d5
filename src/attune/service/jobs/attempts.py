"""An attempt at a job as its supervisor sees it: it runs, or has ended in some way."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol

from attune.service.jobs.orders import Order

__all__ = ["Attempt", "Backend", "Ending"]


@dataclass(frozen=True, slots=True)
class Ending:
    """How a worker ended. `cause` is for people, "" when nothing was wrong with it."""

    cause: str = ""


class Attempt(Protocol):
    """A worker under way."""

    order: Order

    def poll(self) -> Ending | None:
        """How it ended; None while it runs."""

    def ask_to_stop(self) -> None:
        """Have it save what it has and end."""

    def kill(self) -> None:
        """End it at once."""


class Backend(Protocol):
    """Where workers run."""

    @property
    def machine(self) -> str:
        """The name under which claims are made."""

    @property
    def cores(self) -> int:
        """How many there are in all."""

    def free(self) -> int | None:
        """How many are left, where that is not to be told from the jobs in the database."""

    def start(self, order: Order) -> Attempt:
        """Begin an attempt."""

    def close(self) -> None:
        """Leave, after all attempts have ended."""
