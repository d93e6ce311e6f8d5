"""The encoders of keywords as ONNX, their weights in four bits, and the features that both hear.

    python recipes/en-us-keyword/export_encoder.py [--out exp/keyword]
        [--listening exp/keyword-encoder-rearranged/last.pt] [--closer exp/keyword-closer/last.pt]

Either may be given alone. --listening also takes a keyword bundle, such as the base of the package:
its encoder is rounded anew.
"""

from __future__ import annotations

import argparse
import json
from pathlib import Path

from attune.acoustic.rounded_weights import INT4
from attune.errors import InputError
from attune.train.acoustic.export import export_encoder
from attune.train.acoustic.initial import read_keyword_start, read_start
from attune.train.keyword import export_keyword_encoder


def main() -> None:
    """Run the stage."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--listening", type=Path)
    parser.add_argument("--closer", type=Path)
    parser.add_argument("--out", type=Path, default=Path("exp/keyword"))
    arguments = parser.parse_args()
    arguments.out.mkdir(parents=True, exist_ok=True)
    features = []
    if arguments.listening is not None:
        features.append(read_keyword_start(arguments.listening).features)
        print(export_keyword_encoder(arguments.listening, arguments.out / "encoder.onnx", INT4))
    if arguments.closer is not None:
        features.append(read_start(arguments.closer).features)
        print(export_encoder(arguments.closer, arguments.out / "closer.onnx", INT4))
    if not features or features[-1] != features[0]:
        raise InputError("give --listening, --closer or both, and such as hear the same features")
    text = json.dumps(features[0].to_json(), indent=1) + "\n"
    (arguments.out / "features.json").write_text(text, "utf-8")


if __name__ == "__main__":
    main()
