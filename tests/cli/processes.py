"""Starting `attune` as a process."""

from __future__ import annotations

import os
import sys
from pathlib import Path

__all__ = ["ATTUNE", "environment"]

SOURCE = Path(__file__).parents[2] / "src"
ATTUNE = [sys.executable, "-m", "attune.cli"]


def environment(**changes: str) -> dict[str, str]:
    """This process's environment, in which `attune` is importable and nothing is coloured."""
    known = {name: value for name, value in os.environ.items() if name != "FORCE_COLOR"}
    return {**known, "PYTHONPATH": str(SOURCE), "OMP_NUM_THREADS": "1", **changes}
