"""Recognition as it happens: partial results on stderr, finished utterances as they come."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterable, Iterator
from typing import TYPE_CHECKING

from attune.cli.console import is_terminal

if TYPE_CHECKING:
    import numpy as np
    import numpy.typing as npt

    from attune.recognize import Event, Result, Stream

__all__ = ["PartialLine", "recognize_blocks"]


class PartialLine:
    """Shows what an utterance looks like so far.

    On a terminal it is one line that is written over and over, its end where the line is too long;
    elsewhere each new state is a line of its own.
    """

    def __init__(self) -> None:
        self._terminal = is_terminal(sys.stderr)
        self._shown = ""

    def show(self, text: str) -> None:
        """Show a new state; what has not changed is not written again."""
        if text == self._shown:
            return
        self._shown = text
        if self._terminal:
            import shutil

            width = max(10, shutil.get_terminal_size().columns - 2)
            sys.stderr.write("\r\x1b[2K\x1b[2m" + text[-width:] + "\x1b[0m")
        else:
            sys.stderr.write(f"... {text}\n")
        sys.stderr.flush()

    def clear(self) -> None:
        """Make room for a result."""
        if self._terminal and self._shown:
            sys.stderr.write("\r\x1b[2K")
            sys.stderr.flush()
        self._shown = ""


def recognize_blocks(
    stream: Stream,
    blocks: Iterable[npt.NDArray[np.float32]],
    line: PartialLine,
    heard: Callable[[float], None] = lambda seconds: None,
) -> Iterator[Result]:
    """Feed 16 kHz `blocks` [sample] to `stream`; show partials, yield utterances as they end.

    `heard` is told the seconds of audio so far.
    """
    from attune.recognize import Final, Partial

    samples = 0

    def finals(events: list[Event]) -> Iterator[Result]:
        for event in events:
            if isinstance(event, Partial):
                line.show(event.text)
            elif isinstance(event, Final):
                line.clear()
                if event.result.text:
                    yield event.result

    for block in blocks:
        yield from finals(stream.accept(block))
        samples += len(block)
        heard(samples / 16_000)
    yield from finals(stream.finish())
    line.clear()
