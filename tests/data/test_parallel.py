"""Work in threads gives its results in order."""

from __future__ import annotations

import time
from collections.abc import Iterator

import pytest

from attune.data.parallel import WAITING_PER_WORKER, map_in_order


def slow_at_first(item: int) -> int:
    time.sleep(0.02 if item % 5 == 0 else 0)
    return item * item


@pytest.mark.parametrize("workers", [1, 2, 4])
def test_results_come_in_order(workers: int) -> None:
    wanted = [(item, item * item) for item in range(50)]
    assert list(map_in_order(slow_at_first, range(50), workers)) == wanted


def test_items_are_taken_as_needed() -> None:
    taken: list[int] = []

    def items() -> Iterator[int]:
        for item in range(1000):
            taken.append(item)
            yield item

    results = map_in_order(slow_at_first, items(), 2)
    next(results)
    assert len(taken) == 2 * WAITING_PER_WORKER
    results.close()  # type: ignore[attr-defined]


@pytest.mark.parametrize("workers", [1, 3])
def test_what_is_raised_comes_in_its_place(workers: int) -> None:
    results = map_in_order(lambda item: 1 // (item - 3), range(9), workers)
    assert [next(results)[0] for _ in range(3)] == [0, 1, 2]
    with pytest.raises(ZeroDivisionError):
        next(results)
