"""Keywords and commands as they are said: spotted on stderr, commands as they end."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING, Any

from attune.cli.console import note

if TYPE_CHECKING:
    import numpy as np
    import numpy.typing as npt

    from attune.cli.live import PartialLine
    from attune.keyword import Detection, KeywordEvent, ListenerStream, Recognized

__all__ = ["detection_to_json", "hear_commands"]


def hear_commands(
    stream: ListenerStream, blocks: Iterable[npt.NDArray[np.float32]], line: PartialLine
) -> Iterator[Recognized]:
    """Feed 16 kHz `blocks` [sample] to `stream`; show what begins with a keyword while it is said,
    yield it when it has ended. A keyword that the second look rejects is told on stderr."""
    from attune.keyword import Recognized, Recognizing, Rejected

    def ended(events: list[KeywordEvent]) -> Iterator[Recognized]:
        for event in events:
            if isinstance(event, Recognizing):
                line.show(event.text)
                continue
            if isinstance(event, Rejected):
                line.clear()
                spotted, verdict = event.detection, event.verdict
                note(
                    f"{spotted.start:.2f} s: sounded like {spotted.keyword!r}, but was not: "
                    f"{verdict.score:.2f} where {verdict.threshold:g} is needed"
                )
            elif isinstance(event, Recognized):
                line.clear()
                yield event

    for block in blocks:
        yield from ended(stream.accept(block))
    yield from ended(stream.finish())


def detection_to_json(detection: Detection) -> dict[str, Any]:
    """A detection as a JSON-ready dictionary; times in seconds of the stream."""
    return {
        "keyword": detection.keyword,
        "start": round(detection.start, 3),
        "end": round(detection.end, 3),
        "time": round(detection.time, 3),
        "score": round(detection.score, 4),
    }
