"""`attune serve` of a later version: it has other revisions, and is killed as in `killed_start`.

python newer_start.py FOLDER MOMENT serve ...
"""

from __future__ import annotations

import sys
from pathlib import Path

from killed_start import arm

from attune.cli import main
from attune.service.migrations import upgrading

if __name__ == "__main__":
    upgrading.FOLDER = Path(sys.argv.pop(1))
    arm(sys.argv.pop(1))
    main()
