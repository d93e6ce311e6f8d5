"""Acoustic adaptation: word error before and after, on the speakers meant and in general.

    python benchmarks/acoustic_adaptation.py --base exp/ablation [--replay exp/replay.zip]
        [--only NAME ...] [--work exp/adaptation] [--method full]

Experiments, each `attune adapt acoustic` with its own defaults:

- nonnative-30m, nonnative-2h: speechocean's training speakers (Mandarin speakers, half of them
  children; the manifest does not tell ages), tested on other speakers, dev-speechocean. The base
  must not have heard speechocean: recipes/en-us/ablation-no-speechocean.yaml.
- nonnative-2h-unsupervised: the same without transcripts.
- reader, vctk: one speaker; every fifth sentence is kept for the test. The base must not have heard
  them. Many recordings of `reader` are not of their transcripts, on purpose: the test keeps those
  that the base can align.
- noise: half an hour of train-librispeech with the noise of a made-up machine at 0 to 10 dB, tested
  on dev-librispeech with another stretch of it.

General: every second utterance of dev-librispeech and dev-commonvoice1, together. Nothing that is
measured on is learnt, and adaptation sees neither the test nor the general set. A stopped run goes
on where it was; finished experiments are kept as JSON in the work folder. Needs the corpus
(ATTUNE_CORPUS, default ../shared/corpus) and the extra `train`.
"""

from __future__ import annotations

import argparse
import json
import os
import platform
import sys
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np

from attune.audio import read_audio, write_wav
from attune.bundle import Bundle
from attune.data import Manifest, Utterance, write_manifest
from attune.errors import AttuneError
from attune.evaluate import compare_evaluations
from attune.recognize import Model
from attune.text import normalize
from attune.train.adaptation import AcousticAdaptation, Method, Progress
from attune.train.adaptation.adapting import adapt_acoustic
from attune.train.adaptation.journal import Journal
from attune.train.adaptation.labels import PhoneReader, label_rows
from attune.train.adaptation.measuring import measure

CORPUS = Path(os.environ.get("ATTUNE_CORPUS", "../shared/corpus"))
GENERAL = ("dev-librispeech", "dev-commonvoice1")
RATE = 16_000


@dataclass(frozen=True)
class Experiment:
    """What is learnt from (up to `minutes` of it), and what it is tested on."""

    name: str
    source: str
    test: str
    minutes: float | None = None
    unsupervised: bool = False


EXPERIMENTS = (
    Experiment("nonnative-30m", "train-speechocean", "dev-speechocean", 30.0),
    Experiment("nonnative-2h", "train-speechocean", "dev-speechocean", 120.0),
    Experiment(
        "nonnative-2h-unsupervised",
        "train-speechocean",
        "dev-speechocean",
        120.0,
        unsupervised=True,
    ),
    Experiment("vctk", "train-vctk", "train-vctk"),
    Experiment("reader", "train-reader", "train-reader"),
    Experiment("noise", "train-librispeech", "dev-librispeech", 30.0),
)


class Bench:
    """One base and the folder in which everything is kept."""

    def __init__(self, arguments: argparse.Namespace) -> None:
        self.arguments = arguments
        self.work: Path = arguments.work
        self.work.mkdir(parents=True, exist_ok=True)
        self.base = Bundle.open(arguments.base)
        self.model = Model(self.base)
        self.general = self._write("general.tsv", general_rows())

    def run(self, experiment: Experiment) -> dict[str, Any]:
        """The figures of an experiment, from the work folder if it was finished before."""
        kept = self.work / f"{experiment.name}{self._mark()}.json"
        if kept.exists():
            found: dict[str, Any] = json.loads(kept.read_text("utf-8"))
            return found
        began = time.monotonic()
        data, test = self.material(experiment)
        out = self.work / f"{experiment.name}{self._mark()}"
        report = adapt_acoustic(
            self.base,
            AcousticAdaptation(
                data=data,
                replay=self.arguments.replay,
                method=Method(self.arguments.method),
                unsupervised=experiment.unsupervised,
            ),
            out,
            work=out.with_name(f"{out.name}.work"),
            replace=True,
            report=Teller(experiment.name),
        ).to_json()
        seconds = time.monotonic() - began
        found = {
            "experiment": experiment.name,
            "report": report,
            "minutes": seconds / 60,
            "test": self._compared(out, test),
            "general": self._compared(out, self.general),
        }
        kept.write_text(json.dumps(found, indent=1) + "\n", "utf-8")
        return found

    def material(self, experiment: Experiment) -> tuple[Path, Path]:
        """Manifests of what is learnt and what is tested."""
        rows = list(Manifest(CORPUS / f"{experiment.source}.tsv"))
        if experiment.source == experiment.test:
            rows, test = rows_apart(rows)
            if experiment.source == "train-reader":
                test = self._true(test)
        else:
            test = list(Manifest(CORPUS / f"{experiment.test}.tsv"))
        if experiment.minutes is not None:
            rows = limited(rows, 60 * experiment.minutes)
        if experiment.name == "noise":
            rows = noisy(rows, self.work / "noisy-training", 1)
            test = noisy(test, self.work / "noisy-test", 2)
        return (
            self._write(f"{experiment.name}-data.tsv", rows),
            self._write(f"{experiment.name}-test.tsv", test),
        )

    def _true(self, rows: Sequence[Utterance]) -> list[Utterance]:
        """Rows whose transcript is what the base hears in them."""
        with Journal.open(self.work / "true.jsonl") as journal:
            labels = label_rows(self.model, rows, normalize, PhoneReader(self.model), journal)
        return [row for row, label in zip(rows, labels, strict=True) if label.phones]

    def _compared(self, adapted: Path, manifest: Path) -> dict[str, Any]:
        name = manifest.stem
        before = measure(self.model, manifest, "base", self.work / f"{name}.base.jsonl")
        model = Model(Bundle.open(adapted))
        after = measure(model, manifest, "adapted", self.work / f"{name}.{model.bundle.hash}.jsonl")
        found = compare_evaluations(before, after)
        calibrations = before.calibration, after.calibration
        return {
            "words": before.counts.words,
            "before": before.wer,
            "after": after.wer,
            "p_value": found.significance.p_value,
            "ece": [c.expected_error if c is not None else None for c in calibrations],
        }

    def _mark(self) -> str:
        return "" if self.arguments.method == "auto" else f"-{self.arguments.method}"

    def _write(self, name: str, rows: Sequence[Utterance]) -> Path:
        write_manifest(self.work / name, rows)
        return self.work / name


class Teller:
    """A line of progress a minute."""

    def __init__(self, name: str) -> None:
        self.name, self.spoke, self.stage = name, 0.0, ""

    def __call__(self, progress: Progress) -> None:
        now = time.monotonic()
        if progress.message.startswith("step") or (
            not progress.message and (now - self.spoke > 60 or progress.stage != self.stage)
        ):
            self.spoke, self.stage = now, progress.stage
            left = "" if progress.eta_seconds is None else f", {progress.eta_seconds:.0f} s left"
            said = progress.message or f"{progress.stage}, {progress.share:.0%}{left}"
            print(f"{self.name}: {said}", file=sys.stderr, flush=True)


def general_rows() -> list[Utterance]:
    """Every second utterance of the general sets."""
    return [row for name in GENERAL for row in list(Manifest(CORPUS / f"{name}.tsv"))[::2]]


def rows_apart(rows: Sequence[Utterance]) -> tuple[list[Utterance], list[Utterance]]:
    """All but every fifth row, and every fifth."""
    return [r for i, r in enumerate(rows) if i % 5], [r for i, r in enumerate(rows) if i % 5 == 0]


def limited(rows: Sequence[Utterance], seconds: float) -> list[Utterance]:
    """Rows of whole speakers, evenly spaced over all of them, up to `seconds`."""
    speakers: dict[str, list[Utterance]] = {}
    for row in rows:
        speakers.setdefault(row.speaker, []).append(row)
    total = sum(row.seconds for row in rows)
    found: list[Utterance] = []
    due = 0.0
    for own in speakers.values():
        due += seconds / total * sum(row.seconds for row in own)
        if sum(row.seconds for row in found) < due - 1e-9:
            room = seconds - sum(row.seconds for row in found)
            found += within(own, room)
    return found


def within(rows: Sequence[Utterance], seconds: float) -> Iterator[Utterance]:
    """The first rows, as many as there is room for."""
    for row in rows:
        seconds -= row.seconds
        if seconds < 0:
            return
        yield row


def noisy(rows: Sequence[Utterance], folder: Path, seed: int) -> list[Utterance]:
    """The recordings with a machine running beside them."""
    folder.mkdir(exist_ok=True)
    found = []
    for number, row in enumerate(rows):
        path = folder / f"{number}.wav"
        if not path.exists():
            random = np.random.default_rng([seed, number])
            samples = read_audio(row.path)
            noise = machine(len(samples), random)
            level = np.sqrt(np.mean(samples**2)) * 10 ** (-random.uniform(0, 10) / 20)
            mixed = samples + noise * level
            write_wav(path, mixed / max(1.0, float(np.abs(mixed).max())), RATE)
        found.append(replace(row, path=path))
    return found


def machine(count: int, random: np.random.Generator) -> np.ndarray:
    """A motor, its hum and its rattle: unit power, float32 [samples]."""
    time_axis = np.arange(count) / RATE
    speed = 97.0 + 3.0 * np.sin(2 * np.pi * random.uniform(0.1, 0.3) * time_axis)
    phase = 2 * np.pi * np.cumsum(speed) / RATE
    hum = sum(np.sin(k * phase + random.uniform(0, 6)) / k**0.7 for k in range(1, 30))
    rush = np.fft.irfft(
        np.fft.rfft(random.standard_normal(count))
        / np.maximum(np.fft.rfftfreq(count, 1 / RATE), 50.0) ** 0.5,
        count,
    )
    rattle = random.standard_normal(count) * (np.sin(phase / 4) > 0.93)
    parts = [part / (np.std(part) + 1e-9) for part in (hum, rush, rattle)]
    mixed = parts[0] + parts[1] + 0.5 * parts[2]
    return (mixed / np.std(mixed)).astype(np.float32)


def line(found: dict[str, Any]) -> str:
    """A row of the table."""
    report, test, general = found["report"], found["test"], found["general"]
    return (
        f"| {found['experiment']} | {report['speech_seconds'] / 60:.0f} min, "
        f"{report['method']}, {report['strength']:g} | {test['before']:.1%} | {test['after']:.1%} "
        f"| {test['after'] / test['before'] - 1:+.0%} | {general['before']:.1%} "
        f"| {general['after']:.1%} | {100 * (general['after'] - general['before']):+.1f} "
        f"| {found['minutes']:.0f} min |"
    )


def main() -> int:
    """Print the table."""
    names = [experiment.name for experiment in EXPERIMENTS]
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--base", type=Path, required=True)
    parser.add_argument("--replay", help="as of `attune adapt acoustic`")
    parser.add_argument("--only", nargs="*", choices=names, default=names)
    parser.add_argument("--method", choices=[m.value for m in Method], default="auto")
    parser.add_argument("--work", type=Path, default=Path("exp/adaptation"))
    arguments = parser.parse_args()
    if not CORPUS.is_dir():
        print(f"{CORPUS} is absent: set ATTUNE_CORPUS to the corpus folder", file=sys.stderr)
        return 2
    bench = Bench(arguments)
    print(f"{platform.processor() or platform.machine()}, {os.cpu_count()} cores")
    print("| experiment | learnt | before | after | change | general | after | points | took |")
    print("|---|---|---|---|---|---|---|---|---|", flush=True)
    for experiment in EXPERIMENTS:
        if experiment.name in arguments.only:
            try:
                print(line(bench.run(experiment)), flush=True)
            except AttuneError as error:
                print(f"{experiment.name}: {error}", file=sys.stderr)
                return 1
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
