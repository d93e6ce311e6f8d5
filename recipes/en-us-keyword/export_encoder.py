"""Stage 4 of the keyword encoders: a checkpoint as ONNX, and the features that it hears.

python recipes/en-us-keyword/export_encoder.py [--checkpoint FILE] [--name encoder]
    [--out exp/keyword]
"""

from __future__ import annotations

import argparse
import json
from pathlib import Path

from attune.train.acoustic.checkpoint import load_checkpoint
from attune.train.keyword import export_keyword_encoder


def main() -> None:
    """Run the stage."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument(
        "--checkpoint", type=Path, default=Path("exp/keyword-encoder-rearranged/last.pt")
    )
    parser.add_argument("--name", default="encoder", help="of the ONNX file")
    parser.add_argument("--out", type=Path, default=Path("exp/keyword"))
    arguments = parser.parse_args()
    arguments.out.mkdir(parents=True, exist_ok=True)
    features = load_checkpoint(arguments.checkpoint)["features"]
    (arguments.out / "features.json").write_text(json.dumps(features, indent=1) + "\n", "utf-8")
    print(export_keyword_encoder(arguments.checkpoint, arguments.out / f"{arguments.name}.onnx"))


if __name__ == "__main__":
    main()
