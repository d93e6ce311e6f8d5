"""The base that keywords are made from: the encoder, and the negative bank that it hears.

    python recipes/en-us-keyword/build_base.py --encoder exp/keyword/encoder.onnx \
        --closer exp/keyword/closer.onnx --features exp/keyword/features.json \
        --every 2 --out src/attune/models/keyword-en-US

The bank is made of the training sets, of synthesised speech and of noise, never of dev-* or
keyword-*. Beside it go the scores of words and word sequences said in those recordings, of every
length: what to expect of a phrase that nobody has said yet.
"""

from __future__ import annotations

import argparse
import datetime
import json
import multiprocessing
import os
import sys
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np

from attune.audio import read_audio
from attune.bundle import (
    Bundle,
    BundleWriter,
    DataSet,
    Lineage,
    ModelCard,
    NewPart,
    TrainingSet,
    file_sha256,
    shipped_bundle_path,
)
from attune.data import Manifest
from attune.keyword import KeywordPhrase
from attune.keyword.bank import BankBuilder
from attune.keyword.closer_look import heard_candidates
from attune.keyword.encoded_rows import EncodedRows
from attune.keyword.encoder_stream import KeywordEncoder
from attune.keyword.hidden_bank import HiddenBankBuilder
from attune.keyword.keyword_graph import KeywordGraph, write_graph
from attune.keyword.scoring import LOWEST_SCORE
from attune.lexicon import PHONES, CompiledLexicon, Lexicon
from attune.text import normalize

CORPUS = Path(os.environ.get("ATTUNE_CORPUS", "../shared/corpus"))
SPEECH = (
    "train-librispeech",
    "train-commonvoice1",
    "train-speechocean",
    "train-an4",
    "train-ljspeech",
    "train-reader",
    "train-vctk",
)
NOISE = ("noise-esc10", "noise-speechcommands")
SYNTHESISED = (
    Path("exp/synthetic/manifest.tsv"),
    Path("exp/keyword/bank-speech/manifest.tsv"),
)
MEASURED = ("exp/keyword/negatives", "exp/keyword/negatives-fast")
"""Synthesised speech that keywords are measured on: none of its sentences is in the bank."""
CHUNKING = {"subsampling": 4, "delay": 2}


def main() -> None:
    """Run the stage."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--encoder", type=Path, required=True)
    parser.add_argument("--closer", type=Path, help="the encoder of the closer look")
    parser.add_argument("--features", type=Path, required=True, help="JSON of the features")
    parser.add_argument("--card", type=Path, default=Path("recipes/en-us-keyword/card.json"))
    parser.add_argument("--every", type=int, default=1, help="use every n-th of the recorded ones")
    parser.add_argument("--out", type=Path, required=True)
    parser.add_argument(
        "--with-hidden",
        type=Path,
        metavar="OUT",
        help="the same with its hidden bank, too large for the package",
    )
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        draft = writer(arguments).write(Path(folder) / "draft")
        bank, hidden = fill(draft, arguments.every)
    whole = writer(arguments)
    whole.add("negative_bank", NewPart(bank, "negative-bank", "negative_bank.xz"))
    tell(whole.write(arguments.out, replace=True))
    if arguments.with_hidden is not None:
        whole.add("hidden_bank", NewPart(hidden, "hidden-bank", "hidden_bank.xz"))
        tell(whole.write(arguments.with_hidden, replace=True))


def tell(bundle: Bundle) -> None:
    """The sizes of its parts."""
    print(json.dumps({role: part.bytes for role, part in bundle.description.parts.items()}))


class Ear:
    """Hears recordings in a process of its own."""

    encoder: KeywordEncoder

    @classmethod
    def open(cls, draft: Path) -> None:
        """Begin a process."""
        cls.encoder = KeywordEncoder(Bundle.open(draft))

    @classmethod
    def hear(cls, path: Path) -> EncodedRows:
        """The rows of a recording."""
        return cls.encoder.whole(read_audio(path))


def fill(draft: Bundle, every: int) -> tuple[bytes, bytes]:
    """The contents of the bank and of its hidden activations."""
    lexicon = Lexicon.load_compiled(shipped_bundle_path() / "lexicon.bin")
    bank, hidden = BankBuilder(KeywordEncoder(draft).row_seconds), HiddenBankBuilder()
    spoken = []
    random = np.random.default_rng(0)
    measured = {
        row.text
        for path in (Path(folder) / "manifest.tsv" for folder in MEASURED)
        if path.exists()
        for row in Manifest(path)
    }
    told, hours = time.monotonic(), 0.0
    with multiprocessing.Pool(initializer=Ear.open, initargs=(draft.path,)) as pool:
        for path in manifests():
            name = "synthesised" if path in SYNTHESISED else path.stem
            chosen = list(Manifest(path))[:: 1 if path in SYNTHESISED else every]
            chosen = [row for row in chosen if not row.text or row.text not in measured]
            heard = pool.imap(Ear.hear, [row.path for row in chosen], chunksize=16)
            for row, rows in zip(chosen, heard, strict=True):
                words = normalize(row.text).split() if name not in NOISE else []
                bank.add(rows, words)
                hidden.add(rows)
                phrase = part_of(words if name in SPEECH else [], lexicon, random)
                if phrase is not None:
                    found = heard_candidates(rows, KeywordGraph((phrase,)))
                    best = max((peak.score for peak, _ in found), default=LOWEST_SCORE)
                    spoken.append((len(phrase.pronunciations[0]), best))
                hours += row.seconds / 3600
                if time.monotonic() - told > 15:
                    told = time.monotonic()
                    print(f"{name}: {hours:.2f} hours", file=sys.stderr, flush=True)
    return bank.content(spoken), hidden.content()


def part_of(
    words: Sequence[str], lexicon: CompiledLexicon, random: np.random.Generator
) -> KeywordPhrase | None:
    """One to four neighbouring words of a transcript, of 2 to 14 phones, with a pronunciation."""
    if not words:
        return None
    first, wanted = int(random.integers(len(words))), int(random.integers(2, 13))
    phones: list[str] = []
    for last in range(first, min(len(words), first + 4)):
        known = lexicon.pronunciations(words[last])
        if not known:
            return None
        phones += known[0].phones
        if wanted <= len(phones) <= 14:
            return KeywordPhrase(" ".join(words[first : last + 1]), (tuple(phones),))
    return None


def writer(arguments: argparse.Namespace) -> BundleWriter:
    """A writer of the base without its bank."""
    card = json.loads(arguments.card.read_text("utf-8"))
    features: dict[str, Any] = json.loads(arguments.features.read_text("utf-8"))
    made = BundleWriter(
        kind="keyword",
        language="en-US",
        name="en-US keyword base",
        version="1",
        lineage=Lineage(
            command="recipes/en-us-keyword/build_base.py",
            date=datetime.datetime.now(datetime.UTC).date().isoformat(),
            data=tuple(
                DataSet(
                    f"synthesised, {path.parent.name}" if path in SYNTHESISED else path.name,
                    file_sha256(path),
                    hours_of(path),
                )
                for path in manifests()
            ),
        ),
        model_card=ModelCard(
            description=card["description"],
            licence=card["licence"],
            trained_on=tuple(TrainingSet(**row) for row in card["trained_on"]),
            limits=tuple(card["limits"]),
            serves_badly=tuple(card["serves_badly"]),
        ),
        settings={"features": features, "chunking": CHUNKING},
    )
    made.add("encoder", NewPart(arguments.encoder, "onnx", "encoder.onnx"))
    if arguments.closer is not None:
        made.add("closer_encoder", NewPart(arguments.closer, "onnx", "closer_encoder.onnx"))
    made.add(
        "symbols", NewPart("\n".join(["<blank>", *PHONES, ""]).encode(), "text", "symbols.txt")
    )
    made.add("keyword_graph", NewPart(write_graph(KeywordGraph(())), "json", "keyword_graph.json"))
    return made


def manifests() -> tuple[Path, ...]:
    """Of everything in the bank."""
    recorded = [CORPUS / f"{name}.tsv" for name in (*SPEECH, *NOISE)]
    return (*recorded, *SYNTHESISED)


def hours_of(manifest: Path) -> float:
    return round(sum(row.seconds for row in Manifest(manifest)) / 3600, 2)


if __name__ == "__main__":
    main()
