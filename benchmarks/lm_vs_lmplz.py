"""Language model estimation against KenLM's lmplz, in one run on the same text.

    python benchmarks/lm_vs_lmplz.py --kenlm DIR --text FILE --held-out FILE [--prune 0 0 1]

DIR holds `lmplz` and `query`, built from KenLM's source (the `kenlm` sdist: cmake, make). FILE is
plain text, one normalised sentence a line. Prints time, processor time and peak memory of both,
and compares counts, discounts and perplexity on the held-out text. lmplz writes its model as ARPA
text, Attune as an n-gram file; each perplexity is measured by the tool's own reader.
"""

from __future__ import annotations

import argparse
import json
import os
import re
import subprocess
import sys
import tempfile
import time
from dataclasses import asdict, dataclass
from pathlib import Path

from attune.language import (
    count_ngrams,
    encode_text,
    estimate,
    measure_perplexity,
    read_lines,
    write_trie_file,
)

_STATISTICS = re.compile(r"^(\d) (?:(\d+)/)?(\d+) D1=(\S+) D2=(\S+) D3\+=(\S+)$", re.MULTILINE)
_PERPLEXITY = re.compile(r"Perplexity including OOVs:\s+(\S+)")


@dataclass(frozen=True)
class Cost:
    """What a process took."""

    seconds: float
    cpu_seconds: float
    peak_megabytes: float


@dataclass(frozen=True)
class Figures:
    """What an estimator found; one entry an order."""

    counts: list[int]
    discounts: list[list[float]]
    perplexity: float


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--kenlm", type=Path, help="folder of lmplz and query")
    parser.add_argument("--text", type=Path, required=True)
    parser.add_argument("--held-out", type=Path, required=True)
    parser.add_argument("--order", type=int, default=4)
    parser.add_argument("--prune", type=int, nargs="*", default=[0])
    parser.add_argument("--memory", default="2G", help="lmplz's -S")
    parser.add_argument("--ours-into", type=Path, help=argparse.SUPPRESS)
    arguments = parser.parse_args()
    if arguments.ours_into is not None:
        print(json.dumps(asdict(our_figures(arguments))))
        return
    if arguments.kenlm is None:
        parser.error("--kenlm: say where lmplz and query are")
    with tempfile.TemporaryDirectory() as folder:
        arpa = Path(folder) / "lmplz.arpa"
        prune = [str(threshold) for threshold in arguments.prune]
        command = [arguments.kenlm / "lmplz", "-o", str(arguments.order), "-S", arguments.memory]
        command += ["-T", folder, "--discount_fallback", "--prune", *prune]
        command += ["--text", arguments.text, "--arpa", arpa]
        their_cost, log = measured(command, subprocess.PIPE)
        theirs = lmplz_figures(log, arguments.kenlm / "query", arpa, arguments.held_out)
        arpa.unlink()
        ours_file = Path(folder) / "ours.ngram"
        again = [sys.executable, __file__, *sys.argv[1:], "--ours-into", ours_file]
        our_cost, output = measured(again, subprocess.PIPE)
    ours = Figures(**json.loads(output.splitlines()[-1]))
    print(f"{'':12}{'seconds':>10}{'cpu s':>10}{'peak MB':>10}{'perplexity':>12}")
    for name, cost, figures in (("lmplz", their_cost, theirs), ("attune", our_cost, ours)):
        print(
            f"{name:12}{cost.seconds:10.1f}{cost.cpu_seconds:10.1f}{cost.peak_megabytes:10.0f}"
            f"{figures.perplexity:12.3f}"
        )
    print(
        f"{'ratio':12}{our_cost.seconds / their_cost.seconds:10.2f}"
        f"{our_cost.cpu_seconds / their_cost.cpu_seconds:10.2f}"
        f"{our_cost.peak_megabytes / their_cost.peak_megabytes:10.2f}"
        f"{ours.perplexity / theirs.perplexity:12.6f}"
    )
    print(f"counts      {'equal' if ours.counts == theirs.counts else 'DIFFER'}: {ours.counts}")
    differences = [
        abs(amount / other - 1)
        for row, other_row in zip(ours.discounts, theirs.discounts, strict=True)
        for amount, other in zip(row, other_row, strict=True)
    ]
    print(f"discounts   largest relative difference {max(differences):.2e}")


def our_figures(arguments: argparse.Namespace) -> Figures:
    text = encode_text(read_lines(arguments.text))
    counts = count_ngrams(text, arguments.order)
    del text
    result = estimate(counts, prune=arguments.prune)
    del counts
    write_trie_file(result.model, arguments.ours_into)
    score = measure_perplexity(result.model, read_lines(arguments.held_out))
    discounts = [[d.one, d.two, d.three] for d in result.discounts]
    return Figures(list(result.counts), discounts, score.perplexity)


def lmplz_figures(log: str, query: Path, arpa: Path, held_out: Path) -> Figures:
    rows = _STATISTICS.findall(log)
    with open(held_out, "rb") as text:
        answer = subprocess.run(
            [query, "-v", "summary", arpa], stdin=text, capture_output=True, text=True, check=True
        )
    found = _PERPLEXITY.search(answer.stdout + answer.stderr)
    if not rows or found is None:
        sys.exit(f"lmplz or query failed:\n{log}\n{answer.stderr}")
    discounts = [[float(amount) for amount in row[3:]] for row in rows]
    return Figures([int(row[2]) for row in rows], discounts, float(found[1]))


def measured(command: list[object], output: int) -> tuple[Cost, str]:
    """Run a command; its cost and what it said."""
    began = time.monotonic()
    process = subprocess.Popen(
        list(map(str, command)), stdout=output, stderr=subprocess.STDOUT, text=True
    )
    said = process.stdout.read() if process.stdout else ""
    _, status, usage = os.wait4(process.pid, 0)
    if status:
        sys.exit(f"{command[0]} failed:\n{said}")
    cpu = usage.ru_utime + usage.ru_stime
    return Cost(time.monotonic() - began, cpu, usage.ru_maxrss / 1000), said


if __name__ == "__main__":
    main()
