"""Progress on stderr: a bar with the time left where a person watches, nothing elsewhere."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from types import TracebackType
from typing import TYPE_CHECKING

from attune.cli.console import is_terminal, note

if TYPE_CHECKING:
    from rich.progress import Progress, TaskID

__all__ = ["ProgressBar", "clock"]


class ProgressBar:
    """A bar on stderr while its `with` block runs; without a terminal (or `shown`) it is silent.

    `total` is in any unit, None when it is not known. Rich is imported only to draw.
    """

    def __init__(self, label: str, total: float | None, *, shown: bool = True) -> None:
        self._label, self._total = label, total
        self._shown = shown and is_terminal(sys.stderr)
        self._bar: Progress | None = None
        self._task: TaskID | None = None

    def __enter__(self) -> ProgressBar:
        if self._shown:
            self._start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        if self._bar is not None:
            self._bar.stop()
            self._bar = None

    @property
    def visible(self) -> bool:
        """Whether there is a bar on the screen."""
        return self._bar is not None

    def update(self, done: float, text: str = "") -> None:
        """Show how much is done, in the unit of the total, and a few words about it."""
        if self._bar is not None and self._task is not None:
            self._bar.update(self._task, completed=done, text=text)

    @contextmanager
    def aside(self) -> Iterator[None]:
        """Take the bar away while results are written to the same terminal."""
        hide = self._bar is not None and is_terminal(sys.stdout)
        if hide and self._bar is not None:
            self._bar.stop()
        try:
            yield
        finally:
            if hide and self._bar is not None:
                self._bar.start()

    def stage(self, text: str) -> None:
        """Show what is being done now; without a bar, as a line of its own."""
        if self._bar is not None and self._task is not None:
            self._bar.update(self._task, text=text)
        else:
            note(text)

    def say(self, message: str) -> None:
        """Write a line on stderr that stays, above the bar."""
        if self._bar is not None:
            self._bar.console.print(f"attune: {message}", markup=False, highlight=False)
        else:
            note(message)

    def _start(self) -> None:
        from rich.console import Console
        from rich.progress import (
            BarColumn,
            Progress,
            TaskProgressColumn,
            TextColumn,
            TimeRemainingColumn,
        )

        self._bar = Progress(
            TextColumn("{task.description}", markup=False),
            BarColumn(),
            TaskProgressColumn(),
            TextColumn("{task.fields[text]}", markup=False),
            TimeRemainingColumn(elapsed_when_finished=True),
            console=Console(stderr=True),
            transient=True,
            # Results are written by `aside`: Rich would break their lines, and take those that go
            # to a file for the terminal's.
            redirect_stdout=False,
        )
        self._task = self._bar.add_task(self._label, total=self._total, text="")
        self._bar.start()


def clock(seconds: float) -> str:
    """A duration as people read it: `0:07`, `2:03:45`."""
    minutes, second = divmod(round(seconds), 60)
    hours, minute = divmod(minutes, 60)
    return f"{hours}:{minute:02d}:{second:02d}" if hours else f"{minute}:{second:02d}"
