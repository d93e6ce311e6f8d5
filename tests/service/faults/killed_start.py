"""`attune serve` that is killed when it is about to do a statement, or (COMMIT) to keep the first.

python killed_start.py 'CREATE TABLE jobs' serve ...
"""

from __future__ import annotations

import os
import signal
import sys

from sqlalchemy import Engine, event

from attune.cli import main


def arm(moment: str) -> None:
    """Have this process killed before the first statement that begins so."""

    def statement(_: object, __: object, words: str, *___: object) -> None:
        if words.strip().startswith(moment):
            os.kill(os.getpid(), signal.SIGKILL)

    def commit(_: object) -> None:
        if moment == "COMMIT":
            os.kill(os.getpid(), signal.SIGKILL)

    event.listen(Engine, "before_cursor_execute", statement)
    event.listen(Engine, "commit", commit)


if __name__ == "__main__":
    arm(sys.argv.pop(1))
    main()
