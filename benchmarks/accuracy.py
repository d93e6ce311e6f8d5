"""Word error of a bundle on every development set, beside PocketSphinx, in one run.

    python benchmarks/accuracy.py [--model BUNDLE] [--limit N] [--json FILE] [--peer FILE | --alone]
        [--plot docs/reliability.png]

Both hear the same recordings and are scored by the same normaliser. With --peer, what PocketSphinx
heard is kept in a file and read from there the next time (it is slow, and never changes); --alone
leaves it out. The
calibration error of word confidences is measured on every second utterance, those that the base
bundle's calibration was not fitted on. Needs
the corpus (ATTUNE_CORPUS, default ../shared/corpus) and the `dev` extra (PocketSphinx with its
en-US model).
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
    """One set: word errors and real-time factors; no `peer` when measured alone."""

    name: str
    whole: Evaluation
    streaming: Evaluation
    peer: Evaluation | None

    def text(self) -> str:
        """A row of a Markdown table."""
        whole, stream = self.whole.wer, self.streaming.wer
        peer = (
            "- | -" if self.peer is None else f"{self.peer.wer:.1%} | {whole / self.peer.wer:.2f}"
        )
        return (
            f"| {self.name} | {whole:.1%} | {stream:.1%} | {stream / whole - 1:+.0%} "
            f"| {peer} | {self.whole.rtf:.3f} "
            f"| {calibration_error(self.whole)} |"
        )


def calibration_error(evaluation: Evaluation) -> str:
    """Of the utterances that calibration was not fitted on."""
    found = unfitted(evaluation).calibration
    return "-" if found is None else f"{found.expected_error:.3f}"


def recogniser(model: attune.Model, streaming: bool) -> Transcribe:
    """Attune, whole-file or streaming."""

    def transcribe(path: Path) -> Hypothesis:
        result = model.transcribe(path, streaming=streaming)
        return Hypothesis(
            result.lexical, tuple(HypothesisWord(w.text, w.confidence) for w in result.words)
        )

    return transcribe


def pocketsphinx(kept: Path | None) -> Transcribe:
    """PocketSphinx with its own model, defaults; `kept` remembers what it heard."""
    from pocketsphinx import Decoder

    decoder = Decoder(samprate=16000, loglevel="FATAL")
    known: dict[str, str] = {}
    if kept is not None and kept.exists():
        known = dict(line.split("\t") for line in kept.read_text("utf-8").splitlines())

    def transcribe(path: Path) -> Hypothesis:
        name = os.path.relpath(path, CORPUS)
        if name not in known:
            known[name] = decode(path)
            if kept is not None:
                with kept.open("a", encoding="utf-8") as file:
                    file.write(f"{name}\t{known[name]}\n")
        return Hypothesis(known[name])

    def decode(path: Path) -> str:
        samples = read_audio(path, sample_rate=16000)
        decoder.start_utt()
        pcm = np.clip(np.rint(samples * 32767), -32768, 32767).astype(np.int16)
        decoder.process_raw(pcm.tobytes(), full_utt=True)
        decoder.end_utt()
        found = decoder.hyp()
        return found.hypstr if found else ""

    return transcribe


def unfitted(evaluation: Evaluation) -> Evaluation:
    """The utterances that `recipes/en-us/assemble.py` leaves alone."""
    return Evaluation(evaluation.model, evaluation.manifest, evaluation.utterances[1::2])


def plot(evaluations: list[Evaluation], path: Path) -> None:
    """Reliability of word confidences over all sets together, and how many words have which."""
    import matplotlib

    matplotlib.use("Agg")
    from matplotlib import pyplot

    together = Evaluation(
        "model", "all sets", tuple(score for e in evaluations for score in e.utterances)
    )
    found = together.calibration
    if found is None:
        return
    filled = [b for b in found.bins if b.words]
    confidence = [b.confidence or 0.0 for b in filled]
    accuracy = [b.accuracy or 0.0 for b in filled]
    figure, axes = pyplot.subplots(figsize=(5, 4.4))
    axes.plot([0, 1], [0, 1], color="grey", linestyle=":", label="perfect")
    axes.bar(
        [(b.low + b.high) / 2 for b in filled],
        [b.words / found.words for b in filled],
        width=0.08,
        color="lightsteelblue",
        label="share of the words",
    )
    axes.plot(confidence, accuracy, marker="o", label="measured")
    axes.set(
        xlabel="word confidence",
        ylabel="share of words that are right",
        title=f"expected calibration error {found.expected_error:.3f}, {found.words} words",
        xlim=(0, 1),
        ylim=(0, 1),
    )
    axes.legend(loc="upper left")
    figure.tight_layout()
    figure.savefig(path, dpi=120)


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
    parser.add_argument("--alone", action="store_true", help="without PocketSphinx")
    parser.add_argument("--plot", type=Path, help="PNG of the reliability of confidences")
    parser.add_argument("--peer", type=Path, help="what PocketSphinx heard, kept between runs")
    arguments = parser.parse_args()
    if not CORPUS.is_dir():
        print(f"{CORPUS} is absent: set ATTUNE_CORPUS to the corpus folder", file=sys.stderr)
        return 2
    model = attune.load(arguments.model)
    peer = None if arguments.alone else pocketsphinx(arguments.peer)
    print(f"{platform.processor() or platform.machine()}, {os.cpu_count()} cores")
    print("| set | whole file | streaming | cost | PocketSphinx | ratio | RTF | ECE |")
    print("|---|---|---|---|---|---|---|---|", flush=True)
    rows = []
    with tempfile.TemporaryDirectory() as folder:
        for name in arguments.sets:
            path = limited(CORPUS / f"{name}.tsv", arguments.limit, Path(folder))
            row = Row(
                name,
                evaluate_manifest(path, recogniser(model, False)),
                evaluate_manifest(path, recogniser(model, True)),
                None if peer is None else evaluate_manifest(path, peer),
            )
            rows.append(row)
            print(row.text(), flush=True)
    if arguments.plot:
        plot([unfitted(r.whole) for r in rows], arguments.plot)
    if arguments.json:
        figures = {
            r.name: {
                "whole": r.whole.wer,
                "streaming": r.streaming.wer,
                "pocketsphinx": r.peer.wer if r.peer else None,
            }
            for r in rows
        }
        arguments.json.write_text(json.dumps(figures, indent=1) + "\n", "utf-8")
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
