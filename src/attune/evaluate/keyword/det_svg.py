"""The curve of an evaluation as SVG: misses against false accepts an hour."""

from __future__ import annotations

import math
from collections.abc import Iterable
from xml.sax.saxutils import escape

from attune.evaluate.keyword.evaluation import KeywordEvaluation
from attune.evaluate.keyword.sweep import Sweep

__all__ = ["det_svg"]

_WIDTH, _HEIGHT = 640, 420
_LEFT, _RIGHT, _TOP, _BOTTOM = 64, 190, 20, 52
_RATES = (0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1.0, 2.0, 5.0, 10.0, 20.0)
_MISSES = (0.005, 0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1.0)
_COLOURS = ("#0b6", "#06c", "#c40", "#90c", "#970", "#099", "#c06", "#555")


def det_svg(evaluation: KeywordEvaluation) -> str:
    """A picture of 640 by 420 with one curve a phrase, both axes logarithmic.

    Rates below what one event in the hours heard gives cannot be measured: the curve ends there.
    """
    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {_WIDTH} {_HEIGHT}" '
        f'width="{_WIDTH}" height="{_HEIGHT}" font-family="sans-serif" font-size="12">',
        f'<rect width="{_WIDTH}" height="{_HEIGHT}" fill="#fff"/>',
        *_grid(),
    ]
    for place, phrase in enumerate(evaluation.phrases):
        colour = _COLOURS[place % len(_COLOURS)]
        points = " ".join(f"{x:.1f},{y:.1f}" for x, y in _points(phrase.sweep))
        y = _TOP + 14 + 18 * place
        x = _WIDTH - _RIGHT + 14
        parts += [
            f'<polyline points="{points}" fill="none" stroke="{colour}" stroke-width="2"/>',
            f'<rect x="{x}" y="{y - 9}" width="12" height="4" fill="{colour}"/>',
            f'<text x="{x + 18}" y="{y}">{escape(phrase.keyword[:24])}</text>',
        ]
    return "\n".join([*parts, "</svg>", ""])


def _grid() -> Iterable[str]:
    bottom, right = _HEIGHT - _BOTTOM, _WIDTH - _RIGHT
    for rate in _RATES:
        x = _x(rate)
        yield f'<path d="M{x:.1f} {_TOP}V{bottom}" stroke="#ddd"/>'
        yield f'<text x="{x:.1f}" y="{bottom + 16}" text-anchor="middle">{rate:g}</text>'
    for miss in _MISSES:
        y = _y(miss)
        yield f'<path d="M{_LEFT} {y:.1f}H{right}" stroke="#ddd"/>'
        yield f'<text x="{_LEFT - 6}" y="{y + 4:.1f}" text-anchor="end">{100 * miss:g} %</text>'
    middle = (_LEFT + right) / 2
    yield f'<text x="{middle}" y="{_HEIGHT - 14}" text-anchor="middle">false accepts an hour</text>'
    yield f'<text transform="translate(14 {(_TOP + bottom) / 2}) rotate(-90)" '
    yield 'text-anchor="middle">misses</text>'


def _points(sweep: Sweep) -> Iterable[tuple[float, float]]:
    """The curve's corners in the picture, from rare false accepts to many."""
    before = None
    for point in sweep.curve():
        if point.correct_accept_rate is None:
            return
        x, y = _x(point.false_accepts_per_hour), _y(1 - point.correct_accept_rate)
        # Between two counts of false accepts nothing is gained: a step, not a slope.
        if before is not None:
            yield x, before
        yield x, y
        before = y


def _x(rate: float) -> float:
    share = _share(rate, _RATES[0], _RATES[-1])
    return _LEFT + share * (_WIDTH - _RIGHT - _LEFT)


def _y(miss: float) -> float:
    share = _share(miss, _MISSES[0], _MISSES[-1])
    return _HEIGHT - _BOTTOM - share * (_HEIGHT - _BOTTOM - _TOP)


def _share(value: float, low: float, high: float) -> float:
    held = min(max(value, low), high)
    return math.log(held / low) / math.log(high / low)
