"""Word error of a bundle on every development set, beside PocketSphinx, in one run.

    python benchmarks/accuracy.py [--model BUNDLE] [--limit N] [--json FILE]

Both hear the same recordings and are scored by the same normaliser. Needs the corpus
(ATTUNE_CORPUS, default ../shared/corpus) and the `dev` extra (PocketSphinx with its en-US model).
"""

from __future__ import annotations

import argparse
import json
import os
import platform
import sys
import tempfile
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import numpy as np

import attune
from attune.audio import read_audio
from attune.data import Manifest, write_manifest
from attune.evaluate import Evaluation, Hypothesis, HypothesisWord, evaluate_manifest

CORPUS = Path(os.environ.get("ATTUNE_CORPUS", "../shared/corpus"))
SETS = ("dev-librispeech", "dev-commonvoice1", "dev-commonvoice", "dev-an4", "dev-speechocean")

Transcribe = Callable[[Path], Hypothesis]


@dataclass(frozen=True)
class Row:
    """One set: word errors (ratios) and real-time factors."""

    name: str
    whole: Evaluation
    streaming: Evaluation
    peer: Evaluation

    def text(self) -> str:
        """A row of a Markdown table."""
        whole, stream, peer = self.whole.wer, self.streaming.wer, self.peer.wer
        return (
            f"| {self.name} | {whole:.1%} | {stream:.1%} | {stream / whole - 1:+.0%} "
            f"| {peer:.1%} | {whole / peer:.2f} | {self.whole.rtf:.3f} | {self.peer.rtf:.3f} |"
        )


def recogniser(model: attune.Model, streaming: bool) -> Transcribe:
    """Attune, whole-file or streaming."""

    def transcribe(path: Path) -> Hypothesis:
        result = model.transcribe(path, streaming=streaming)
        return Hypothesis(
            result.lexical, tuple(HypothesisWord(w.text, w.confidence) for w in result.words)
        )

    return transcribe


def pocketsphinx() -> Transcribe:
    """PocketSphinx with its own model, defaults."""
    from pocketsphinx import Decoder

    decoder = Decoder(samprate=16000, loglevel="FATAL")

    def transcribe(path: Path) -> Hypothesis:
        samples = read_audio(path, sample_rate=16000)
        decoder.start_utt()
        pcm = np.clip(np.rint(samples * 32767), -32768, 32767).astype(np.int16)
        decoder.process_raw(pcm.tobytes(), full_utt=True)
        decoder.end_utt()
        found = decoder.hyp()
        return Hypothesis(found.hypstr if found else "")

    return transcribe


def limited(path: Path, limit: int, folder: Path) -> Path:
    """Every k-th utterance, so that about `limit` stay."""
    rows = list(Manifest(path))
    if not limit or len(rows) <= limit:
        return path
    out = folder / path.name
    write_manifest(out, rows[:: -(-len(rows) // limit)])
    return out


def main() -> int:
    """Print the table."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--model", type=Path)
    parser.add_argument("--limit", type=int, default=0, help="about so many utterances a set")
    parser.add_argument("--sets", nargs="*", default=SETS)
    parser.add_argument("--json", type=Path)
    arguments = parser.parse_args()
    if not CORPUS.is_dir():
        print(f"{CORPUS} is absent: set ATTUNE_CORPUS to the corpus folder", file=sys.stderr)
        return 2
    model, peer = attune.load(arguments.model), pocketsphinx()
    print(f"{platform.processor() or platform.machine()}, {os.cpu_count()} cores")
    print("| set | whole file | streaming | cost | PocketSphinx | ratio | RTF | PocketSphinx RTF |")
    print("|---|---|---|---|---|---|---|---|", flush=True)
    rows = []
    with tempfile.TemporaryDirectory() as folder:
        for name in arguments.sets:
            path = limited(CORPUS / f"{name}.tsv", arguments.limit, Path(folder))
            row = Row(
                name,
                evaluate_manifest(path, recogniser(model, False)),
                evaluate_manifest(path, recogniser(model, True)),
                evaluate_manifest(path, peer),
            )
            rows.append(row)
            print(row.text(), flush=True)
    if arguments.json:
        figures = {
            r.name: {"whole": r.whole.wer, "streaming": r.streaming.wer, "pocketsphinx": r.peer.wer}
            for r in rows
        }
        arguments.json.write_text(json.dumps(figures, indent=1) + "\n", "utf-8")
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
