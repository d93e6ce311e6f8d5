"""Pictures of figures as SVG, coloured by the page's style sheet in light and dark."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

from markupsafe import Markup, escape

__all__ = ["Bar", "Series", "bars", "curve", "det", "spark"]

_LEFT, _RIGHT, _TOP, _BOTTOM = 46, 14, 14, 34


@dataclass(frozen=True, slots=True)
class Series:
    """A line of a chart: its name and points (x, y) in order."""

    name: str
    points: Sequence[tuple[float, float]]


@dataclass(frozen=True, slots=True)
class Bar:
    """A rate with its 95 % interval (None: unknown) and the parts that it is made of."""

    name: str
    value: float
    low: float | None = None
    high: float | None = None
    parts: tuple[tuple[str, float], ...] = ()
    """(s, d or i; its share of the rate)."""


def curve(
    series: Sequence[Series],
    *,
    title: str,
    x_name: str,
    y_name: str = "",
    width: int = 640,
    height: int = 240,
    per_cent: bool = False,
) -> Markup:
    """Lines over numbers, from nought where that is near; the second line is dashed."""
    points = [point for one in series for point in one.points]
    if not points:
        return Markup("")
    x_low, x_high = _span([x for x, _ in points])
    y_values = [y for _, y in points]
    y_low, y_high = _span(y_values)
    if 0 <= min(y_values) < 0.5 * max(y_values):
        y_low = 0.0
    y_ticks = _ticks(y_low, y_high, 4)
    x_ticks = [tick for tick in _ticks(x_low, x_high, 6) if x_low <= tick <= x_high]
    y_low, y_high = min(y_low, y_ticks[0]), max(y_high, y_ticks[-1])

    def x(value: float) -> float:
        return _LEFT + (value - x_low) / (x_high - x_low) * (width - _LEFT - _RIGHT)

    def y(value: float) -> float:
        return height - _BOTTOM - (value - y_low) / (y_high - y_low) * (height - _TOP - _BOTTOM)

    parts = []
    for tick in y_ticks:
        label = f"{100 * tick:g} %" if per_cent else f"{tick:g}"
        parts.append(_line("grid", _LEFT, y(tick), width - _RIGHT, y(tick)))
        parts.append(_text(_LEFT - 8, y(tick) + 4, label, "end"))
    for tick in x_ticks:
        parts.append(_text(x(tick), height - _BOTTOM + 18, f"{tick:g}", "middle"))
    parts.append(_text(width - _RIGHT, height - 3, x_name, "end"))
    if y_name:
        parts.append(_text(_LEFT, 8, y_name, "start"))
    for place, one in enumerate(series):
        if not one.points:
            continue
        path = " ".join(f"{x(a):.1f},{y(b):.1f}" for a, b in one.points)
        kind = "line second" if place else "line"
        last_x, last_y = one.points[-1]
        parts.append(f'<polyline class="{kind}" points="{path}"/>')
        if not place:
            parts.append(f'<circle class="point" cx="{x(last_x):.1f}" cy="{y(last_y):.1f}" r="4"/>')
    return _chart(parts, width, height, title)


def bars(rows: Sequence[Bar], *, title: str) -> Markup:
    """A bar a row: the parts of a rate in their colours, its interval as a line below. Names and
    figures are text of the page, so that they can be read on a telephone too."""
    most = max([0.05, *(max(bar.value, bar.high or 0.0) for bar in rows)])
    shown = [
        _bar(bar, 1000 / most, "bar" if place == 0 else "bar second")
        for place, bar in enumerate(rows)
    ]
    return Markup('<div class="bars" role="group" aria-label="{}">{}</div>').format(
        title, Markup("").join(shown)
    )


def _bar(bar: Bar, scale: float, kind: str) -> Markup:
    parts = ['<rect class="track" width="1000" height="12"/>']
    start = 0.0
    for part, share in bar.parts or ((kind, bar.value),):
        parts.append(
            f'<rect class="{part}" x="{start:.1f}" width="{share * scale:.1f}" height="12"/>'
        )
        start += share * scale
    words = f"{bar.name}: {100 * bar.value:.1f} %"
    if bar.low is not None and bar.high is not None:
        low, high = bar.low * scale, bar.high * scale
        parts += [_line("whisker", low, 20, high, 20)]
        parts += [_line("whisker", end, 16, end, 24) for end in (low, high)]
        words += f", chance leaves it between {100 * bar.low:.1f} and {100 * bar.high:.1f} %"
    return Markup(
        '<div class="bar-name"><span>{}</span><b>{:.1f} %</b></div>'
        '<svg class="chart" viewBox="0 0 1000 26" preserveAspectRatio="none" role="img" '
        'aria-label="{}">{}</svg>'
    ).format(bar.name, 100 * bar.value, words, Markup("".join(parts)))


def det(
    series: Sequence[Series],
    *,
    title: str,
    here: tuple[float, float] | None = None,
    width: int = 560,
    height: int = 340,
) -> Markup:
    """Misses (y, a share) against false accepts an hour (x), both axes logarithmic; `here` marks
    where a keyword stands."""
    rates = (0.01, 0.03, 0.1, 0.3, 1.0, 3.0, 10.0)
    misses = (0.005, 0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1.0)

    def place(value: float, ticks: Sequence[float]) -> float:
        low, high = math.log(ticks[0]), math.log(ticks[-1])
        return (math.log(min(max(value, ticks[0]), ticks[-1])) - low) / (high - low)

    def x(rate: float) -> float:
        return _LEFT + place(rate, rates) * (width - _LEFT - _RIGHT)

    def y(miss: float) -> float:
        return height - _BOTTOM - 8 - place(miss, misses) * (height - _TOP - _BOTTOM - 8)

    parts = []
    for rate in rates:
        parts.append(_line("grid", x(rate), _TOP, x(rate), y(misses[0])))
        parts.append(_text(x(rate), y(misses[0]) + 17, f"{rate:g}", "middle"))
    for miss in misses:
        parts.append(_line("grid", _LEFT, y(miss), width - _RIGHT, y(miss)))
        parts.append(_text(_LEFT - 8, y(miss) + 4, f"{100 * miss:g} %", "end"))
    parts.append(_text(width - _RIGHT, height - 4, "false accepts an hour", "end"))
    parts.append(_text(_LEFT, 8, "misses", "start"))
    for number, one in enumerate(series):
        path = " ".join(f"{x(rate):.1f},{y(miss):.1f}" for rate, miss in one.points)
        kind = "line second" if number else "line"
        parts.append(f'<polyline class="{kind}" points="{path}"/>')
    if here is not None:
        parts.append(f'<circle class="point" cx="{x(here[0]):.1f}" cy="{y(here[1]):.1f}" r="5"/>')
    return _chart(parts, width, height, title)


def spark(values: Sequence[float], *, title: str, width: int = 220, height: int = 48) -> Markup:
    """A line without axes, for how something went of late."""
    if len(values) < 2:
        return Markup("")
    most = max(max(values), 1e-9)
    step = width / (len(values) - 1)
    points = [
        (place * step, height - 3 - v / most * (height - 6)) for place, v in enumerate(values)
    ]
    path = " ".join(f"{x:.1f},{y:.1f}" for x, y in points)
    area = f'<polygon class="area" points="0,{height} {path} {width},{height}"/>'
    return _chart([area, f'<polyline class="line" points="{path}"/>'], width, height, title)


def _chart(parts: Sequence[str], width: int, height: int, title: str) -> Markup:
    # Every part below is written here from numbers and escaped texts.
    body = Markup("".join(parts))
    return Markup(
        '<svg class="chart" viewBox="0 0 {} {}" role="img" aria-label="{}">{}</svg>'
    ).format(width, height, title, body)


def _text(x: float, y: float, words: str, anchor: str, kind: str = "") -> str:
    of_kind = f' class="{kind}"' if kind else ""
    return f'<text{of_kind} x="{x:.1f}" y="{y:.1f}" text-anchor="{anchor}">{escape(words)}</text>'


def _line(kind: str, x1: float, y1: float, x2: float, y2: float) -> str:
    return f'<line class="{kind}" x1="{x1:.1f}" y1="{y1:.1f}" x2="{x2:.1f}" y2="{y2:.1f}"/>'


def _span(values: Sequence[float]) -> tuple[float, float]:
    low, high = min(values), max(values)
    if high - low < 1e-9:
        return low, low + (abs(low) or 1.0)
    return low, high


def _ticks(low: float, high: float, count: int) -> list[float]:
    """About so many round numbers from below `low` to above `high`."""
    rough = (high - low) / count
    power = 10 ** math.floor(math.log10(rough))
    step = next(step * power for step in (1, 2, 5, 10) if step * power >= rough * 0.999)
    first = math.floor(low / step + 1e-9)
    last = math.ceil(high / step - 1e-9)
    return [round(number * step, 10) for number in range(first, last + 1)]
