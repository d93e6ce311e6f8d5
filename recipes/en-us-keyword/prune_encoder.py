"""Where the encoder that looks closer begins: the recogniser's, with most of it taken away.

    python recipes/en-us-keyword/prune_encoder.py [--model src/attune/models/en-US]
        [--layers 1 3] [--feedforward 3] [--out exp/keyword-closer/initial.pt]

With two of its six layers and three quarters of their units the recogniser still finds four of five
of its own best phones before it has learnt anything again. Tells how far its posteriors are from
the whole recogniser's, in recordings of the training sets.
"""

from __future__ import annotations

import argparse
import os
from dataclasses import asdict, replace
from pathlib import Path

import numpy as np
import torch
from torch import Tensor

from attune.audio import read_audio
from attune.data import Manifest
from attune.train.acoustic.batch_features import BatchFeatures
from attune.train.acoustic.checkpoint import save_checkpoint
from attune.train.acoustic.encoder import Encoder
from attune.train.acoustic.initial import read_start
from attune.train.acoustic.pruning import pruned_encoder

CORPUS = Path(os.environ.get("ATTUNE_CORPUS", "../shared/corpus"))
SETS = ("train-librispeech", "train-commonvoice1", "train-speechocean")
EVERY = 200
DROPOUT = 0.05


def main() -> None:
    """Run the stage."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--model", type=Path, default=Path("src/attune/models/en-US"))
    parser.add_argument("--layers", type=int, nargs="+", default=[1, 3])
    parser.add_argument("--feedforward", type=int, default=3)
    parser.add_argument("--out", type=Path, default=Path("exp/keyword-closer/initial.pt"))
    arguments = parser.parse_args()
    start = read_start(arguments.model)
    whole = Encoder(start.encoder).eval()
    whole.load_state_dict(start.weights, strict=False)
    frames, lengths = speech(BatchFeatures(start.features))
    small = pruned_encoder(whole, arguments.layers, arguments.feedforward, frames, lengths)
    state = {
        "model": small.state_dict(),
        "average": small.state_dict(),
        "encoder": asdict(replace(small.config, dropout=DROPOUT)),
        "features": start.features.to_json(),
    }
    save_checkpoint(arguments.out, state)
    count = sum(value.numel() for value in small.state_dict().values())
    print(f"{count / 1e6:.2f} million parameters, {apart(whole, small, frames, lengths)}")


def speech(features: BatchFeatures) -> tuple[Tensor, Tensor]:
    """Frames [utterance, time, bins] of some recordings, and their lengths."""
    rows = [row for name in SETS for row in list(Manifest(CORPUS / f"{name}.tsv"))[::EVERY]]
    heard = [features(np.asarray(read_audio(row.path), np.float32)) for row in rows]
    lengths = [len(one) for one in heard]
    frames = np.zeros((len(heard), max(lengths), heard[0].shape[1]), np.float32)
    for line, one in zip(frames, heard, strict=True):
        line[: len(one)] = one
    return torch.from_numpy(frames), torch.tensor(lengths)


def apart(whole: Encoder, small: Encoder, frames: Tensor, lengths: Tensor) -> str:
    """How the small one's posteriors differ from the whole one's."""
    with torch.no_grad():
        wanted, _, _, outputs = whole(frames, lengths)
        found = small(frames, lengths)[0]
    live = torch.arange(wanted.shape[1])[None] < outputs[:, None]
    divergence = (wanted.exp() * (wanted - found)).sum(-1)[live].mean()
    same = (wanted.argmax(-1) == found.argmax(-1))[live].float().mean()
    return f"divergence {divergence:.3f} a row, the same best symbol in {100 * same:.1f} % of rows"


if __name__ == "__main__":
    main()
