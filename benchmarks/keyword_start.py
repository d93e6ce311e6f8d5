"""How soon a spotter listens and what memory it takes, in a fresh process on one thread.

    python benchmarks/keyword_start.py hey.attune [--runs 5]

Each run is a new Python: from its first line to a spotter that takes audio, then one minute of
faint noise through it. Seconds of wall clock and of processor, memory held when it listens and at
most (Linux: from /proc), modules loaded. The lowest of all runs.
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
from pathlib import Path

MEASURED = """
import time
wall, processor = time.perf_counter(), time.process_time()
import sys
from attune.keyword import load_keyword
spotter = load_keyword(sys.argv[1]).spotter()
wall, processor = time.perf_counter() - wall, time.process_time() - processor
def held(name):
    with open("/proc/self/status") as status:
        return next(int(line.split()[1]) / 1000 for line in status if line.startswith(name + ":"))
ready, modules = held("VmRSS"), len(sys.modules)
import numpy
random = numpy.random.default_rng(0)
for _ in range(750):
    spotter.accept(random.normal(0, 1e-3, 1280).astype(numpy.float32))
import json
print(json.dumps({
    "seconds until it listens": wall, "processor seconds": processor, "MB when it listens": ready,
    "MB at most": held("VmHWM"), "modules": modules,
}))
"""


def main() -> None:
    """Run the processes and print the lowest of each figure."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("bundle", type=Path)
    parser.add_argument("--runs", type=int, default=5)
    arguments = parser.parse_args()
    one_thread = {**os.environ, "OMP_NUM_THREADS": "1", "OPENBLAS_NUM_THREADS": "1"}
    found = []
    for _ in range(arguments.runs):
        command = [sys.executable, "-c", MEASURED, str(arguments.bundle)]
        done = subprocess.run(command, env=one_thread, stdout=subprocess.PIPE, check=True)
        found.append(json.loads(done.stdout))
    for name in found[0]:
        print(f"{name}: {min(run[name] for run in found):.4g}")


if __name__ == "__main__":
    main()
