"""How numbers, times and sizes are written for people."""

from __future__ import annotations

import re
from datetime import UTC, datetime

from markupsafe import Markup

from attune.service.jobs.queue import CANCELLED

__all__ = [
    "FILTERS",
    "ago",
    "amount",
    "duration",
    "linked",
    "percent",
    "size",
    "status_class",
    "status_word",
]

_MINUTE, _HOUR, _DAY = 60, 3600, 86_400
_DOCUMENT = re.compile(r"docs/([a-z-]+)\.md")


def amount(value: float | None) -> str:
    """A count with its thousands set apart; a dash for none."""
    return "–" if value is None else f"{value:,.0f}"


def percent(value: float | None, digits: int = 1) -> str:
    """A share as per cent; a dash for none."""
    return "–" if value is None else f"{100 * value:.{digits}f} %"


def size(count: float | None) -> str:
    """Bytes in the unit that suits them."""
    if count is None:
        return "–"
    for unit in ("bytes", "KB", "MB"):
        if count < 1000:
            return (
                f"{count:.0f} {unit}" if unit == "bytes" or count >= 10 else f"{count:.1f} {unit}"
            )
        count /= 1000
    return f"{count:.1f} GB"


def duration(seconds: float | None) -> str:
    """Seconds as people say them: 4.2 s, 3 min 05 s, 2 h 10 min, 3 days."""
    if seconds is None:
        return "–"
    if seconds < 10:
        return f"{seconds:.1f} s"
    if seconds < _MINUTE:
        return f"{seconds:.0f} s"
    if seconds < _HOUR:
        return f"{seconds // _MINUTE:.0f} min {seconds % _MINUTE:02.0f} s"
    if seconds < 2 * _DAY:
        return f"{seconds // _HOUR:.0f} h {seconds % _HOUR // _MINUTE:02.0f} min"
    return f"{seconds / _DAY:.0f} days"


def ago(time: datetime | None) -> Markup:
    """How long ago, with the time itself for machines and on pointing."""
    if time is None:
        return Markup("–")
    passed = (datetime.now(UTC) - time).total_seconds()
    if passed < -_MINUTE:
        words = f"in {_span(-passed)}"
    elif passed < 5:
        words = "just now"
    elif passed < 30 * _DAY:
        words = f"{_span(passed)} ago"
    else:
        words = f"{time:%d %B %Y}".lstrip("0")
    exact = time.astimezone(UTC)
    return Markup('<time datetime="{}" title="{}">{}</time>').format(
        exact.isoformat(timespec="seconds"), f"{exact:%Y-%m-%d %H:%M:%S} UTC", words
    )


def _span(seconds: float) -> str:
    for length, unit in ((_DAY, "day"), (_HOUR, "hour"), (_MINUTE, "minute"), (1, "second")):
        if seconds >= length:
            count = int(seconds // length)
            return f"{count} {unit}{'' if count == 1 else 's'}"
    return "a moment"


def status_word(status: str, reason: str = "") -> str:
    """A status as Azure's portal words it; what somebody cancelled did not fail for people."""
    if reason == CANCELLED:
        return "Cancelled"
    return {"NotStarted": "Waiting", "Running": "Processing"}.get(str(status), str(status))


def status_class(status: str, reason: str = "") -> str:
    """The class of a status' pill."""
    if reason == CANCELLED:
        return "cancelled"
    return {"NotStarted": "waiting", "Running": "running"}.get(str(status), str(status).lower())


def linked(text: str) -> Markup:
    """A text in which the documents that it names are links to where the portal has them."""
    parts = _DOCUMENT.split(text)
    link = Markup('<a href="/help/{}">{}</a>')
    return Markup("").join(
        link.format(part, part.replace("-", " ")) if place % 2 else part
        for place, part in enumerate(parts)
    )


FILTERS = {
    "linked": linked,
    "ago": ago,
    "amount": amount,
    "duration": duration,
    "percent": percent,
    "size": size,
    "status_class": status_class,
    "status_word": status_word,
}
