"""Base bundle, last stages: export the encoder, put the parts together, tune and calibrate.

    python recipes/en-us/assemble.py --checkpoint exp/acoustic/last.pt --out exp/en-US

Search weights and confidence are fitted on every eighth utterance of the dev sets, which are among
the odd ones (the even ones stay unseen by this stage); the acoustic model has seen none of them.
"""

from __future__ import annotations

import argparse
import datetime
import json
import os
from dataclasses import asdict
from pathlib import Path
from typing import Any

from attune.bundle import (
    BundleWriter,
    DataSet,
    Lineage,
    ModelCard,
    NewPart,
    TrainingSet,
    file_sha256,
)
from attune.lexicon import PHONES
from attune.recognize import Calibration, Model, load
from attune.train.acoustic.export import export_encoder, load_encoder
from attune.train.tuning import (
    HeldOut,
    SettingScore,
    fit_calibration,
    hear,
    search_options,
    symbol_priors,
    write_json,
)

CORPUS = Path(os.environ.get("ATTUNE_CORPUS", "../shared/corpus"))
DEV = ("dev-librispeech", "dev-commonvoice1", "dev-an4", "dev-speechocean")
GRID = (
    ("lm_weight", (0.7, 1.1, 1.3)),
    ("blank_scale", (0.0, 0.3, 0.6)),
    ("word_score", (-0.75, 0.75, 1.5)),
    ("lm_weight", (0.8, 1.0, 1.2)),
)
# As wide as pays: 14 and 2000 cost four times the time and find no better words.
SEARCH = {"beam": 11.0, "max_active": 1000}
SCALES = (0.1, 0.25, 0.5, 1.0)


def main() -> None:
    """Run the stage."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--checkpoint", type=Path, required=True)
    parser.add_argument("--models", type=Path, default=Path("src/attune/models/en-US"))
    parser.add_argument("--language", type=Path, help="n-gram file (default: the one in --models)")
    parser.add_argument("--lexicon", type=Path, help="lexicon (default: the one in --models)")
    parser.add_argument("--card", type=Path, default=Path("recipes/en-us/card.json"))
    parser.add_argument("--every", type=int, default=8, help="use every n-th dev utterance (even)")
    parser.add_argument("--dev", nargs="+", default=DEV, help="dev sets to tune and calibrate on")
    parser.add_argument("--out", type=Path, required=True)
    arguments = parser.parse_args()
    encoder = arguments.out.with_suffix(".onnx")
    print(export_encoder(arguments.checkpoint, encoder), flush=True)
    model, features = load_encoder(arguments.checkpoint)
    parts = {
        "encoder": NewPart(encoder, "onnx", "encoder.onnx"),
        "symbols": NewPart("\n".join(["<blank>", *PHONES, ""]).encode(), "text", "symbols.txt"),
        "lexicon": NewPart(arguments.lexicon or arguments.models / "lexicon.bin", "lexicon"),
        "language_model": NewPart(
            arguments.language or arguments.models / "language.ngram", "ngram-trie"
        ),
        "g2p": NewPart(arguments.models / "g2p.bin", "graphone"),
        "formatter": NewPart(arguments.models / "formatter.npz", "npz"),
    }
    settings: dict[str, dict[str, Any]] = {
        "features": features.to_json(),
        "chunking": {
            "lookbehind": model.config.lookbehind,
            "lookahead": model.config.lookahead,
            "left_context": model.config.left_context,
        },
        "decoding": dict(SEARCH),
    }
    draft = write(arguments, parts, settings)
    held_out = [hear(draft, CORPUS / f"{name}.tsv", arguments.every) for name in arguments.dev]
    priors = Calibration(priors=symbol_priors(held_out))
    parts["calibration"] = NewPart(write_json(priors), "json", "calibration.json")
    found, tuned = tune(write(arguments, parts, settings), held_out)
    for name in ("lm_weight", "word_score", "blank_scale"):
        settings["decoding"][name] = getattr(found.options, name)
    parts["calibration"] = NewPart(tuned, "json", "calibration.json")
    write(arguments, parts, settings)
    print(
        json.dumps(
            {
                "options": asdict(found.options),
                "wer": dict(zip(arguments.dev, found.errors, strict=True)),
            }
        )
    )


def tune(model: Model, held_out: list[HeldOut]) -> tuple[SettingScore, bytes]:
    """Best search options, and the calibration for them."""

    def tell(score: SettingScore) -> None:
        o = score.options
        errors = " ".join(f"{e:.3f}" for e in score.errors)
        print(f"lm {o.lm_weight} word {o.word_score} blank {o.blank_scale}: {errors}", flush=True)

    best = search_options(model, held_out, GRID, tell)
    calibration = fit_calibration(model, held_out, best.options, SCALES)
    return best, write_json(calibration)


def write(
    arguments: argparse.Namespace, parts: dict[str, NewPart], settings: dict[str, dict[str, Any]]
) -> Model:
    """Write the bundle and load it."""
    card = json.loads(arguments.card.read_text("utf-8"))
    trained_on = tuple(TrainingSet(**row) for row in card.pop("trained_on"))
    data = tuple(DataSet(row.name, file_sha256(CORPUS / row.name), row.hours) for row in trained_on)
    writer = BundleWriter(
        kind="recognizer",
        language="en-US",
        name="en-US base",
        version="1",
        lineage=Lineage(
            command="recipes/en-us/assemble.py",
            date=datetime.datetime.now(datetime.UTC).date().isoformat(),
            data=data,
        ),
        model_card=ModelCard(
            description=card["description"],
            licence=card["licence"],
            trained_on=trained_on,
            limits=tuple(card["limits"]),
            serves_badly=tuple(card["serves_badly"]),
        ),
        settings=settings,
    )
    for role, part in parts.items():
        writer.add(role, part)
    writer.write(arguments.out, replace=True)
    return load(arguments.out)


if __name__ == "__main__":
    main()
