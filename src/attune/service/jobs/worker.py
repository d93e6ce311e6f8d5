"""`python -m attune.service.jobs.worker`: the process of one attempt at one job.

It reads its order from standard input, a line, which its supervisor then holds open: a second line
asks it to stop, the end says that the supervisor is gone. What it prints goes into the job's log.
"""

from __future__ import annotations

import logging
import os
import shutil
import signal
import sys
import threading
import traceback
from collections.abc import Iterator
from pathlib import Path
from types import FrameType

from attune.errors import AttuneError
from attune.service.errors import Unavailable
from attune.service.jobs.context import JobContext, JobLost, Stopped
from attune.service.jobs.kinds import run_kind
from attune.service.jobs.orders import Order, work_folder
from attune.service.jobs.queue import Queue
from attune.service.jobs.reporting import Reporter
from attune.service.jobs.storable import storable
from attune.service.jobs.worker_names import WorkerName
from attune.service.service import Service
from attune.service.tables import Job, Status

__all__ = ["main"]

_NICE = 5
"""Those who speak to the service wait less well than those who train."""
_LONGEST_REASON = 2_000


def main() -> int:
    """Work on the job of the order; the exit status tells only of what the database cannot."""
    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(name)s: %(message)s")
    for noisy in ("alembic", "httpx"):
        logging.getLogger(noisy).setLevel(logging.WARNING)
    lines = _lines(0)
    order = Order.from_json(next(lines))
    if hasattr(os, "nice"):
        os.nice(_NICE)
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # The supervisor tells when to stop.
    signal.signal(signal.SIGTERM, _stop)
    service = Service.open_for_work(order.settings)
    try:
        return _attempt(service, order, lines)
    except Stopped:  # Before there was anything to stop.
        Queue(service.database).release(order.job_id, order.worker.token)
        return 0
    finally:
        service.close()


def _stop(number: int, frame: FrameType | None) -> None:
    raise Stopped


def _lines(file: int) -> Iterator[str]:
    """The lines that come in through a pipe. Not by `sys.stdin`, whose lock, held by a thread that
    waits, is fatal when Python ends."""
    held = b""
    while piece := os.read(file, 1 << 16):
        *lines, held = (held + piece).split(b"\n")
        yield from (line.decode() for line in lines)


def _attempt(service: Service, order: Order, lines: Iterator[str]) -> int:
    queue = Queue(service.database)
    worker = order.worker.begun()
    if not queue.begin(order.job_id, worker):
        return 0
    with service.database.reading() as session:
        job = session.get_one(Job, order.job_id)
    reporter = Reporter(service.database, job.id, worker, _ask_myself_to_stop)
    threading.Thread(target=_watch_supervisor, args=(order, lines, reporter), daemon=True).start()
    folder = work_folder(service.settings, job.id)
    folder.mkdir(parents=True, exist_ok=True)
    reporter.start()
    print(f"attempt {job.attempt} at {job.kind} {job.id}", flush=True)
    try:
        status, reason = _run(JobContext(service, job, worker.token, reporter, folder), reporter)
    finally:
        reporter.stop()
    return _close(queue, job, worker, status, reason, folder)


def _run(context: JobContext, reporter: Reporter) -> tuple[Status | None, str]:
    """The status that the job ends with, and why; None when it is to be gone on with."""
    try:
        run_kind(context)
        # What is done is done: a word to stop comes too late from here on.
        signal.signal(signal.SIGTERM, signal.SIG_IGN)
    except Stopped:
        return None, ""
    except JobLost:
        return None, ""
    except Unavailable:
        raise  # The supervisor has another attempt made.
    except AttuneError as error:
        if reporter.stopping:  # Training says so in its own words.
            return None, ""
        traceback.print_exc()
        return Status.FAILED, storable(str(error))[:_LONGEST_REASON]
    except MemoryError:
        traceback.print_exc()
        return Status.FAILED, "it needs more memory than this machine has"
    except Exception as error:
        traceback.print_exc()
        return Status.FAILED, _unexpected(error)
    return Status.SUCCEEDED, ""


def _unexpected(error: Exception) -> str:
    said = (storable(str(error)).strip() or "no further word").splitlines()[0]
    return (
        f"an error of Attune: {type(error).__name__}: {said[:300]}; the job's log tells where it "
        "came from"
    )


def _close(
    queue: Queue, job: Job, worker: WorkerName, status: Status | None, reason: str, folder: Path
) -> int:
    signal.signal(signal.SIGTERM, signal.SIG_IGN)
    if status is None:
        print("stopped", flush=True)
        ended = queue.release(job.id, worker.token) == Status.FAILED
    else:
        print(f"{status.value} {reason}".rstrip(), flush=True)
        ended = queue.finish(job.id, worker.token, status, reason)
    if ended:
        shutil.rmtree(folder, ignore_errors=True)
    return 0


def _ask_myself_to_stop() -> None:
    os.kill(os.getpid(), signal.SIGTERM)


def _watch_supervisor(order: Order, lines: Iterator[str], reporter: Reporter) -> None:
    for _ in lines:
        reporter.request_stop()
    if order.alone:
        reporter.orphaned = True
    else:
        reporter.request_stop()


if __name__ == "__main__":
    sys.exit(main())
