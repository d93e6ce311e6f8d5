"""Language customisation: how long it takes, and what it does to a general set.

    python benchmarks/language_adaptation.py [--megabytes 1 100] [--general dev-librispeech ...]
        [--domain FILE ...]

Times `attune.customize.adapt_language` on the first N megabytes of the corpus text (spoken text
first, then books), each in a process of its own, with its peak memory. Then adapts to each --domain
text and decodes the general sets with base and result: the encoder is the same, so posteriors are
computed once. Needs the corpus (ATTUNE_CORPUS, default ../shared/corpus); without --domain, the
published sample data of Azure Custom Speech in it.
"""

from __future__ import annotations

import argparse
import json
import lzma
import multiprocessing
import os
import resource
import tempfile
import time
from pathlib import Path
from typing import Any

from attune.bundle import Bundle, shipped_bundle_path
from attune.customize import LanguageAdaptation, LanguageAdaptationReport, adapt_language
from attune.recognize import load
from attune.train.tuning import hear, word_error

CORPUS = Path(os.environ.get("ATTUNE_CORPUS", "../shared/corpus"))
SAMPLES = ("biology/training/plain-text.txt", "general/training/related-text.txt")


def text_of(megabytes: float, out: Path) -> None:
    """The first megabytes of the corpus text."""
    left = int(megabytes * 1e6)
    with out.open("w", encoding="utf-8") as file:
        for name in ("spoken", "books"):
            with lzma.open(CORPUS / "text" / f"{name}.txt.xz", "rt", encoding="utf-8") as lines:
                for line in lines:
                    if left <= 0:
                        return
                    file.write(line)
                    left -= len(line.encode())


def adapt(text: Path, out: Path) -> LanguageAdaptationReport:
    base = Bundle.open(shipped_bundle_path("en-US"), verify="sizes")
    return adapt_language(base, LanguageAdaptation(texts=(text,)), out, replace=True)


def timed(megabytes: float, results: multiprocessing.Queue[dict[str, Any]]) -> None:
    with tempfile.TemporaryDirectory() as folder:
        text = Path(folder, "text.txt")
        text_of(megabytes, text)
        began = time.perf_counter()
        report = adapt(text, Path(folder, "bundle"))
        seconds = time.perf_counter() - began
    results.put(
        {
            "megabytes": megabytes,
            "seconds": round(seconds, 1),
            "words": report.words,
            "new_words": len(report.new_words),
            "language_model_mb": round(report.bytes / 1e6, 1),
            "peak_mb": round(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1e3),
        }
    )


def general(domains: list[Path], sets: list[str]) -> None:
    base = load()
    for name in sets:
        heard = hear(base, CORPUS / f"{name}.tsv")
        before = word_error(base, heard, base.options)
        for domain in domains:
            with tempfile.TemporaryDirectory() as folder:
                report = adapt(domain, Path(folder, "bundle"))
                after = word_error(load(Path(folder, "bundle")), heard, base.options)
            row = {
                "domain": domain.name,
                "new_words": len(report.new_words),
                "domain_perplexity": [round(report.domain_before), round(report.domain_after)],
                "general": name,
                "wer_before": round(before, 4),
                "wer_after": round(after, 4),
                "relative": round(after / before - 1, 4),
            }
            print(json.dumps(row), flush=True)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--megabytes", type=float, nargs="*", default=[1.0, 100.0])
    parser.add_argument("--general", nargs="*", default=["dev-librispeech", "dev-commonvoice1"])
    parser.add_argument("--domain", type=Path, nargs="*")
    arguments = parser.parse_args()
    context = multiprocessing.get_context("spawn")
    for megabytes in arguments.megabytes:
        results: multiprocessing.Queue[dict[str, Any]] = context.Queue()
        process = context.Process(target=timed, args=(megabytes, results))
        process.start()
        print(json.dumps(results.get()), flush=True)
        process.join()
    samples = CORPUS / "azure-customspeech-sample" / "en-US"
    general(arguments.domain or [samples / name for name in SAMPLES], arguments.general)


if __name__ == "__main__":
    main()
