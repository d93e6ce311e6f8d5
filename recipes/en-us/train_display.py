"""Stage: train the capitalisation and punctuation model of the en-US bundle.

    python recipes/en-us/train_display.py [--force]

Reads `text/spoken.txt.xz` and `text/books.txt.xz` of the corpus folder (ATTUNE_CORPUS, default
../shared/corpus), writes src/attune/models/en-US/formatter.npz, and exp/en-us/display.json with its
F1 on held-out text. Does nothing when the model is there, unless forced.
"""

from __future__ import annotations

import argparse
import json
import os
import sys
import time
from dataclasses import asdict
from pathlib import Path

from attune.train.display import DisplayConfig, train_display

_ROOT = Path(__file__).resolve().parents[2]
_CORPUS = Path(os.environ.get("ATTUNE_CORPUS", _ROOT.parent / "shared" / "corpus"))
_MODEL = _ROOT / "src" / "attune" / "models" / "en-US" / "formatter.npz"
_SCORES = _ROOT / "exp" / "en-us" / "display.json"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--force", action="store_true", help="train even if the model exists")
    arguments = parser.parse_args()
    if _MODEL.exists() and not arguments.force:
        print(f"{_MODEL} exists: nothing to do", file=sys.stderr)
        return
    began, cpu = time.monotonic(), time.process_time()
    said = began

    def progress(stage: str, part: float) -> None:
        nonlocal said
        if part == 0.0 or time.monotonic() - said > 15:
            said = time.monotonic()
            print(f"{said - began:6.0f} s  {part:4.0%}  {stage}", file=sys.stderr, flush=True)

    # Conversation outweighs books, whose commas are those of another century.
    sources = ((_CORPUS / "text/spoken.txt.xz", 1.0), (_CORPUS / "text/books.txt.xz", 0.25))
    scores = train_display(DisplayConfig(sources=sources, out=_MODEL), progress)
    result = {
        "held_out": {name: asdict(score) for name, score in scores.items()},
        "bytes": _MODEL.stat().st_size,
        "seconds": round(time.monotonic() - began),
        "cpu_seconds": round(time.process_time() - cpu),
    }
    _SCORES.parent.mkdir(parents=True, exist_ok=True)
    _SCORES.write_text(json.dumps(result, indent=2) + "\n", encoding="utf-8")
    for name, score in scores.items():
        print(f"{name}: {score}")


if __name__ == "__main__":
    main()
