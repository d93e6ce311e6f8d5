"""Who is heard first."""

from __future__ import annotations

import threading
from concurrent.futures import CancelledError

import pytest

from attune.service.errors import Unavailable
from attune.service.recognition.workers import Workers


def test_live_pieces_come_in_order_and_before_recordings() -> None:
    workers = Workers(1)
    go = threading.Event()
    done: list[str] = []
    blocked = workers.submit(lambda: go.wait(10))
    pending = [workers.submit(lambda n=n: done.append(f"recording {n}"), live=False) for n in "12"]
    pending += [workers.submit(lambda n=n: done.append(f"live {n}")) for n in "123"]
    assert workers.waiting >= 5
    go.set()
    for future in (blocked, *pending):
        future.result(10)
    assert done == ["live 1", "live 2", "live 3", "recording 1", "recording 2"]
    workers.stop()


def test_recordings_leave_a_thread_to_live_streams() -> None:
    workers = Workers(2)
    go = threading.Event()
    recordings = [workers.submit(lambda: go.wait(10), live=False) for _ in range(4)]
    assert workers.submit(lambda: "live").result(5) == "live"
    go.set()
    assert all(future.result(10) for future in recordings)
    workers.stop()


def test_what_goes_wrong_is_told_and_ends_nothing() -> None:
    workers = Workers(1)

    def fail() -> None:
        raise ValueError("no")

    with pytest.raises(ValueError, match="no"):
        workers.submit(fail).result(5)
    assert workers.submit(lambda: 7).result(5) == 7
    workers.stop()


def test_what_is_cancelled_in_time_is_not_done() -> None:
    workers = Workers(1)
    go, done = threading.Event(), threading.Event()
    workers.submit(lambda: go.wait(10))
    future = workers.submit(done.set)
    assert future.cancel()
    go.set()
    workers.submit(lambda: None).result(5)
    assert not done.is_set()
    with pytest.raises(CancelledError):
        future.result(1)
    workers.stop()


def test_stopping_does_what_was_handed_in_and_no_more() -> None:
    workers = Workers(2)
    futures = [workers.submit(lambda n=n: n, live=n % 2 == 0) for n in range(20)]
    workers.stop()
    assert [future.result(0) for future in futures] == list(range(20))
    with pytest.raises(Unavailable):
        workers.submit(lambda: None)
