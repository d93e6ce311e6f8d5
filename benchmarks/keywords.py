"""Keywords: misses at 0.5 and 0.1 false accepts an hour, clean and in noise, beside PocketSphinx.

    python benchmarks/keywords.py [--model basic=PATH] [--model advanced=FOLDER] [--workers N]
        [--json exp/keyword/keywords.json] [--plots docs]
        [--without-peer | --peer-every 4 --peer-hours 6]

A model is a keyword bundle or a folder of them; of each the keywords that the sets have are
measured: athena, amelia, hey savant, hey chatterbox (three and more syllables), and ten words of
one syllable. False accepts are those in all dev-* speech, noise, the other recordings of the
keyword sets (among them near misses) and synthesised speech (benchmarks/keyword_negatives.py). In
noise, a recording counts at the threshold that the keyword-free audio gave. PocketSphinx is slow:
it hears all phrases but only every n-th recording of the words, and as many hours of negatives as
asked for, the recorded ones first; Attune's figures over just these stand beside its own. What was
heard is kept in exp/keyword/journal: stopped and run again it goes on. A change of the scoring code
asks for a new one. Which words pyopen-wakeword and pymicro-wakeword ship is told when they are
installed. Needs the corpus (ATTUNE_CORPUS, default ../shared/corpus).
"""

from __future__ import annotations

import argparse
import datetime
import json
import os
import platform
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import keyword_sets as sets
import numpy as np
from keyword_peers import PocketSphinxModel, shipped_words

from attune.data import Manifest
from attune.errors import InputError
from attune.evaluate.keyword import (
    KeywordProgress,
    PhraseEvaluation,
    SpottingModel,
    Sweep,
    evaluate_keyword,
    keyword_evaluation_to_json,
)
from attune.evaluate.keyword.hearing import hear_all
from attune.evaluate.keyword.journal import open_journal
from attune.keyword import load_keyword

JOURNAL = Path("exp/keyword/journal")
GROUPS = {"three and more syllables": sets.PHRASES, "one and two syllables": sets.WORDS}
READY_MODELS = ("pyopen_wakeword", "pymicro_wakeword")
RATES = (0.5, 0.1)
CONDITIONS = ("clean", "noise")


@dataclass(frozen=True)
class Measured:
    """One keyword of one model: sweeps of the recordings as they are and in noise, with the same
    keyword-free audio."""

    system: str
    phrase: PhraseEvaluation
    clean: Sweep
    noise: Sweep

    def miss(self, condition: str, per_hour: float) -> float:
        sweep = self.clean if condition == "clean" else self.noise
        return 1 - (sweep.figure_at(per_hour).point.correct_accept_rate or 0.0)


def bundles(path: Path) -> list[Path]:
    """A bundle itself, or those in a folder."""
    if path.is_file() or (path / "bundle.json").exists():
        return [path]
    found = [
        one
        for one in sorted(path.iterdir())
        if one.suffix == ".attune" or (one / "bundle.json").exists()
    ]
    if not found:
        raise InputError(f"{path}: neither a keyword bundle nor a folder of them")
    return found


def show(progress: KeywordProgress) -> None:
    if progress.done % 2000 == 0 or progress.done == progress.total:
        print(
            f"  {progress.done} of {progress.total} recordings, "
            f"{progress.seconds / 3600:.2f} of {progress.total_seconds / 3600:.2f} h",
            flush=True,
        )


def measure(
    system: str,
    model: SpottingModel,
    positives: Path,
    negatives: Sequence[Path],
    workers: int,
) -> tuple[list[Measured], dict[str, Any]]:
    """Every keyword of a model, clean and in noise, and the document of the clean evaluation."""
    clean = evaluate_keyword(
        model,
        positives,
        negatives,
        name=system,
        spellings=sets.SPELLINGS,
        workers=workers,
        journal=JOURNAL,
        progress=show,
    )
    phrases = [one.keyword for one in clean.phrases]
    clean_names = {row.path.stem for row in Manifest(positives)}
    rows = [
        row
        for row in Manifest(sets.noisy_positives())
        if row.text in phrases and row.path.stem in clean_names
    ]
    with open_journal(JOURNAL, model.bundle.hash, phrases) as journal:
        paths = [row.path for row in rows]
        heard = list(hear_all(model, phrases, paths, workers=workers, journal=journal))
    found = []
    for place, one in enumerate(clean.phrases):
        own = [
            (result.firings[place].best, row.speaker)
            for result, row in zip(heard, rows, strict=True)
            if row.text == one.keyword
        ]
        noise = replace(
            one.sweep,
            best_scores=np.array([best for best, _ in own]),
            speakers=tuple(speaker for _, speaker in own),
        )
        found.append(Measured(system, one, one.sweep, noise))
    return found, keyword_evaluation_to_json(clean)


def cells(sweep: Sweep, per_hour: float) -> str:
    """Miss rate and its interval in per cent."""
    figure = sweep.figure_at(per_hour)
    interval = figure.correct_accept_interval
    if figure.point.correct_accept_rate is None or interval is None:
        return "-"
    low, high = 100 * (1 - interval.high), 100 * (1 - interval.low)
    return f"{100 * (1 - figure.point.correct_accept_rate):.1f} ({low:.0f}–{high:.0f})"


def print_keywords(found: Sequence[Measured]) -> None:
    """A table with a row for each keyword of each system."""
    print(
        "\n| keyword | system | positives | negatives h | miss % at 0.5 FA/h | in noise, 10 dB |",
        end="",
    )
    print(" at 0.1 FA/h | in noise, 10 dB | at default: miss %, FA/h (95 %) |")
    print("|---|---|---|---|---|---|---|---|---|")
    for one in found:
        default = one.phrase.at_default
        missed = 100 * (1 - (default.point.correct_accept_rate or 0.0))
        rate, interval = default.point.false_accepts_per_hour, default.false_accept_interval
        row = [
            one.phrase.keyword,
            one.system,
            f"{one.phrase.positives}",
            f"{one.clean.hours:.1f}",
            *(cells(sweep, r) for r in RATES for sweep in (one.clean, one.noise)),
            f"{missed:.1f}, {rate:.2f} ({interval.low:.2f}–{interval.high:.2f})",
        ]
        print("| " + " | ".join(row) + " |")


def group_figures(found: Sequence[Measured]) -> list[dict[str, Any]]:
    """Misses of each system and group: the mean over keywords, and over all recordings."""
    figures = []
    for system in dict.fromkeys(one.system for one in found):
        for group, members in GROUPS.items():
            chosen = [m for m in found if m.system == system and m.phrase.keyword in members]
            if not chosen:
                continue
            for per_hour in RATES:
                for condition in CONDITIONS:
                    misses = [one.miss(condition, per_hour) for one in chosen]
                    weights = [one.phrase.positives for one in chosen]
                    together = sum(m * w for m, w in zip(misses, weights, strict=True))
                    figures.append(
                        {
                            "system": system,
                            "group": group,
                            "keywords": len(chosen),
                            "condition": condition,
                            "false_accepts_per_hour": per_hour,
                            "miss_rate": round(sum(misses) / len(misses), 4),
                            "miss_rate_over_recordings": round(together / sum(weights), 4),
                        }
                    )
    return figures


def print_groups(figures: Sequence[dict[str, Any]]) -> None:
    print(
        "\n| group | system | FA/h | condition | miss %, mean of keywords | over all recordings |"
    )
    print("|---|---|---|---|---|---|")
    for one in figures:
        print(
            f"| {one['group']} ({one['keywords']}) | {one['system']} | "
            f"{one['false_accepts_per_hour']:g} | {one['condition']} | "
            f"{100 * one['miss_rate']:.1f} | {100 * one['miss_rate_over_recordings']:.1f} |"
        )


def print_false_accepts(found: Sequence[Measured]) -> None:
    """Where the false accepts at 0.5 an hour are."""
    print("\n| keyword | system | " + "false accepts at 0.5 FA/h, by manifest |")
    print("|---|---|---|")
    for one in found:
        threshold = one.clean.figure_at(RATES[0]).point.threshold
        where = [s for s in one.phrase.negative_sets(threshold) if s.false_accepts]
        shown = ", ".join(f"{s.name} {s.false_accepts} in {s.hours:.2f} h" for s in where)
        print(f"| {one.phrase.keyword} | {one.system} | {shown or 'none'} |")


def plot(found: Sequence[Measured], members: Sequence[str], title: str, path: Path) -> None:
    """DET curves: each keyword's misses against its false accepts an hour; dashed in noise."""
    import matplotlib

    matplotlib.use("Agg")
    from matplotlib import pyplot

    figure, axes = pyplot.subplots(figsize=(8, 5))
    styles = {"clean": "-", "noise": "--"}
    chosen = [one for one in found if one.phrase.keyword in members]
    systems = list(dict.fromkeys(one.system for one in chosen))
    for one in chosen:
        for condition, sweep in (("clean", one.clean), ("noise", one.noise)):
            points = sweep.curve()
            axes.plot(
                [max(p.false_accepts_per_hour, 0.5 / sweep.hours) for p in points],
                [max(100 * (1 - (p.correct_accept_rate or 0.0)), 0.1) for p in points],
                styles[condition],
                drawstyle="steps-post",
                linewidth=0.6 + systems.index(one.system),
                color=f"C{list(members).index(one.phrase.keyword)}",
                label=f"{one.phrase.keyword}, {one.system}" if condition == "clean" else None,
            )
    for per_hour in RATES:
        axes.axvline(per_hour, color="grey", linestyle=":")
    axes.set(
        xscale="log",
        yscale="log",
        xlabel="false accepts an hour",
        ylabel="misses (%)",
        title=f"{title} (dashed: noise at 10 dB)",
        xlim=(0.02, 20),
        ylim=(0.2, 100),
    )
    axes.grid(True, which="major", alpha=0.3)
    axes.legend(fontsize="x-small")
    figure.tight_layout()
    figure.savefig(path, dpi=120)


def print_ready_models() -> None:
    """Which words the packages of ready models have, and whether a set has recordings of one."""
    for package in READY_MODELS:
        words = shipped_words(package)
        if words is None:
            print(f"{package}: not installed")
            continue
        both = sorted(set(words) & {*sets.PHRASES, *sets.WORDS})
        verdict = f"comparable: {', '.join(both)}" if both else "no set has any of them"
        print(f"{package} ships {', '.join(words)}: {verdict}")


def main() -> int:
    """Print the tables, and write the document and the pictures."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--model", action="append", metavar="NAME=PATH", default=[])
    parser.add_argument("--workers", type=int, default=1)
    parser.add_argument("--json", type=Path, default=Path("exp/keyword/keywords.json"))
    parser.add_argument("--plots", type=Path, default=Path("exp/keyword"))
    parser.add_argument("--without-peer", action="store_true")
    parser.add_argument("--peer-every", type=int, default=4, metavar="N")
    parser.add_argument("--peer-hours", type=float, default=6.0)
    arguments = parser.parse_args()
    print(
        f"{datetime.date.today()}, {platform.machine()}, {os.cpu_count()} cores: "
        "python benchmarks/keywords.py " + " ".join(f"--model {given}" for given in arguments.model)
    )
    negatives = sets.negatives()
    some = sets.some_positives(arguments.peer_every), sets.some_negatives(arguments.peer_hours)
    found: list[Measured] = []
    beside: list[Measured] = []
    documents = []
    for given in arguments.model:
        system, _, path = given.partition("=")
        for bundle in bundles(Path(path)):
            print(f"{system}: {bundle}", flush=True)
            model = load_keyword(bundle)
            measured, document = measure(
                system, model, sets.positives(), negatives, arguments.workers
            )
            found += measured
            documents.append(document)
            if not arguments.without_peer:
                beside += measure(system, model, *some, arguments.workers)[0]
    if not arguments.without_peer:
        print("PocketSphinx", flush=True)
        peer = PocketSphinxModel((*sets.PHRASES, *sets.WORDS))
        beside += measure("PocketSphinx", peer, *some, 1)[0]
    print_keywords(found)
    print_groups(group_figures(found))
    print_false_accepts(found)
    if beside:
        print("\nBeside PocketSphinx, over the negatives that both heard:")
        print_keywords(beside)
        print_groups(group_figures(beside))
    print_ready_models()
    result = {
        "date": str(datetime.date.today()),
        "evaluations": documents,
        "groups": group_figures(found),
        "beside_pocketsphinx": group_figures(beside),
    }
    arguments.json.write_text(json.dumps(result, indent=1) + "\n", "utf-8")
    for place, (group, members) in enumerate(GROUPS.items()):
        plot(
            [*found, *(one for one in beside if one.system == "PocketSphinx")],
            members,
            f"Keywords of {group}",
            arguments.plots / ("keywords-det.png", "keywords-det-words.png")[place],
        )
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
