"""Work spread over threads, with the results in the order of the items."""

from __future__ import annotations

import os
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from typing import TypeVar

__all__ = ["map_in_order"]

Item = TypeVar("Item")
Result = TypeVar("Result")

WORKERS = 4
WAITING_PER_WORKER = 4


def map_in_order(
    function: Callable[[Item], Result], items: Iterable[Item], workers: int | None = None
) -> Iterator[tuple[Item, Result]]:
    """Yield (item, `function(item)`) in the order of `items`, however long each takes.

    `items` is iterated in this thread, a bounded number ahead of what was yielded; `function` is
    called in threads, by default one for each core up to `WORKERS`. What it raises is raised here,
    in its place.
    """
    workers = workers or min(os.cpu_count() or 1, WORKERS)
    if workers == 1:
        yield from ((item, function(item)) for item in items)
        return
    with ThreadPoolExecutor(workers) as pool:
        waiting: deque[tuple[Item, Future[Result]]] = deque()
        try:
            for item in items:
                waiting.append((item, pool.submit(function, item)))
                if len(waiting) >= WAITING_PER_WORKER * workers:
                    first, result = waiting.popleft()
                    yield first, result.result()
            for item, result in waiting:
                yield item, result.result()
        finally:
            pool.shutdown(wait=False, cancel_futures=True)
