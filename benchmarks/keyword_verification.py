"""Verification: how many of a spotter's false accepts the second look removes, at which misses.

    python benchmarks/keyword_verification.py KEYWORDS [--sensitivity 1.0] [--part report|choose]
        [--every-word 10] [--threshold T ...] [--json FILE]

KEYWORDS is a keyword bundle (benchmarks/keyword_models.py makes one of all fourteen keywords).
Recordings are heard one by one between two seconds of faint noise; every hit is looked at twice:
from its audio alone (`RecognizerVerifier.verify`), and in the stream that recognises what follows,
until there is a verdict. Thresholds were chosen on the part `choose`: every other positive, and
train-librispeech; `report` holds the other positives, all dev-* speech and the other keywords'
recordings. A positive counts as missed by verification when the spotter fired at it and all its
hits were rejected. Needs the corpus (ATTUNE_CORPUS, default ../shared/corpus).
"""

from __future__ import annotations

import argparse
import json
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import keyword_sets as sets
import numpy as np
from numpy.typing import NDArray

import attune
from attune.audio import read_audio
from attune.data import Manifest, Utterance
from attune.keyword import Accepted, Detection, KeywordListener, Rejected, Verdict
from attune.text import normalize

RATE = 16_000
BLOCK = 1280
CHOOSING = ("train-librispeech",)
REPORTING = ("dev-an4", "dev-commonvoice", "dev-commonvoice1", "dev-librispeech", "dev-speechocean")
WAYS = ("from its audio", "in the stream")

Floats = NDArray[np.float32]


Scores = tuple[float, float, float]
"""Of a hit: by both ways, and the spotter's."""


@dataclass
class Hits:
    """Best scores of the recordings of one keyword in which the spotter fired."""

    positives: int = 0
    said: list[Scores] = field(default_factory=list)
    other: list[Scores] = field(default_factory=list)
    seconds: list[tuple[float, float]] = field(default_factory=list)
    """What verdicts took, said or not."""


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("keywords", type=Path)
    parser.add_argument("--sensitivity", type=float, default=1.0)
    parser.add_argument("--part", choices=("choose", "report"), default="report")
    parser.add_argument("--every-word", type=int, default=10, metavar="N")
    parser.add_argument("--threshold", type=float, nargs="*", default=[])
    parser.add_argument("--json", type=Path)
    arguments = parser.parse_args()
    model = attune.load_keyword(arguments.keywords)
    listener = KeywordListener(model, attune.load(), sensitivity=arguments.sensitivity)
    assert listener.verifier is not None
    found = {phrase.text: Hits() for phrase in model.phrases}
    hours = {phrase.text: 0.0 for phrase in model.phrases}
    for utterance in _recordings(arguments.part, arguments.every_word):
        said = " ".join(normalize(utterance.text).split())
        for keyword, hits in found.items():
            hits.positives += said == keyword
            hours[keyword] += (said != keyword) * utterance.seconds / 3600
        best: dict[str, Scores] = {}
        for detection, verdicts in _hits(listener, sets.between_noise(read_audio(utterance.path))):
            if said != detection.keyword and f" {detection.keyword} " in f" {said} ":
                continue
            scores = (verdicts[0].score, verdicts[1].score, detection.score)
            before = best.get(detection.keyword, scores)
            best[detection.keyword] = tuple(map(max, before, scores))  # type: ignore[assignment]
            found[detection.keyword].seconds.append((verdicts[0].seconds, verdicts[1].seconds))
        for keyword, scores in best.items():
            hits = found[keyword]
            (hits.said if said == keyword else hits.other).append(scores)
    thresholds = arguments.threshold or [listener.verifier.threshold]
    report = [_report(found, hours, threshold) for threshold in thresholds]
    print(json.dumps(report, indent=1))
    if arguments.json:
        heard = {k: {"said": hits.said, "other": hits.other} for k, hits in found.items()}
        content = {"thresholds": report, "scores": heard}
        arguments.json.write_text(json.dumps(content, indent=1) + "\n", "utf-8")


def _recordings(part: str, every_word: int) -> Iterator[Utterance]:
    """Positives of one half, and what else this part holds."""
    half = ("choose", "report").index(part)
    positives = [
        *(row for row in _rows(sets.KEYWORD_SETS) if row.text in sets.PHRASES),
        *[row for row in _rows(sets.KEYWORD_SETS) if row.text in sets.WORDS][::every_word],
    ]
    yield from positives[half::2]
    yield from _rows(REPORTING if half else CHOOSING)
    if half:
        known = {*sets.PHRASES, *sets.WORDS}
        yield from (row for row in _rows(sets.KEYWORD_SETS) if row.text not in known)


def _rows(names: Iterable[str]) -> Iterator[Utterance]:
    for name in names:
        yield from Manifest(sets.CORPUS / f"{name}.tsv")


def _hits(
    listener: KeywordListener, samples: Floats
) -> Iterator[tuple[Detection, tuple[Verdict, Verdict]]]:
    """Every hit of the spotter and its verdicts, by the two ways."""
    spotter = listener.spotter()
    verifier = listener.verifier
    assert verifier is not None
    detections = [
        detection
        for first in range(0, len(samples), BLOCK)
        for detection in spotter.accept(samples[first : first + BLOCK])
    ]
    for detection in [*detections, *spotter.finish()]:
        yield detection, (verifier.verify(detection), _in_stream(listener, detection, samples))


def _in_stream(listener: KeywordListener, detection: Detection, samples: Floats) -> Verdict:
    command = listener.command(detection)
    assert command is not None
    heard = round(detection.time * RATE)
    events = command.accept(detection.audio)
    for first in range(heard, len(samples), BLOCK):
        if any(isinstance(event, Accepted | Rejected) for event in events):
            break
        events = command.accept(samples[first : first + BLOCK])
    else:
        events = [*events, *command.finish()]
    return next(e.verdict for e in events if isinstance(e, Accepted | Rejected))


def _report(found: dict[str, Hits], hours: dict[str, float], threshold: float) -> dict[str, object]:
    rows = {keyword: _row(hits, hours[keyword], threshold) for keyword, hits in found.items()}
    groups = {
        name: _row(_together(found[k] for k in names if k in found), 0.0, threshold)
        for name, names in (
            ("three and more syllables", sets.PHRASES),
            ("one syllable", sets.WORDS),
            ("all", (*sets.PHRASES, *sets.WORDS)),
        )
    }
    return {"threshold": threshold, "keywords": rows, "groups": groups}


def _together(parts: Iterable[Hits]) -> Hits:
    total = Hits()
    for one in parts:
        total.positives += one.positives
        total.said += one.said
        total.other += one.other
        total.seconds += one.seconds
    return total


def _row(hits: Hits, hours: float, threshold: float) -> dict[str, object]:
    row: dict[str, object] = {
        "positives": hits.positives,
        "spotted": len(hits.said),
        "false accepts": len(hits.other),
        "hours": round(hours, 2),
    }
    for place, way in enumerate(WAYS):
        row[way] = {
            "more misses, points": _percent(_rejected(hits.said, place, threshold), hits.positives),
            "false accepts removed, %": _percent(
                _rejected(hits.other, place, threshold), len(hits.other)
            ),
            "median seconds": round(float(np.median([s[place] for s in hits.seconds])), 3)
            if hits.seconds
            else None,
        }
    return row


def _rejected(scores: Sequence[Scores], place: int, threshold: float) -> int:
    return sum(pair[place] < threshold for pair in scores)


def _percent(count: int, of: int) -> float | None:
    return round(100 * count / of, 1) if of else None


if __name__ == "__main__":
    main()
