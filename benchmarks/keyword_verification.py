"""Verification: how many of a spotter's false accepts the second look removes, at which misses.

    python benchmarks/keyword_verification.py KEYWORDS [--sensitivity 1.0] [--part report|choose]
        [--every-word 10] [--every 1] [--alone] [--threshold T ...] [--json FILE]

KEYWORDS is a keyword bundle (benchmarks/keyword_models.py makes one of all fourteen keywords).
Recordings are heard one by one between two seconds of faint noise; every hit is looked at twice:
from its audio alone (`RecognizerVerifier.verify`), and in the stream that recognises what follows,
until there is a verdict. Thresholds were chosen on the part `choose`: every other positive,
train-librispeech and train-speechocean; `report` holds the other positives, all dev-* speech and
the other keywords' recordings. A positive counts as missed by verification when the spotter fired
at it and all its hits were rejected.

The report ends with both together ("end to end"): the misses of spotter and second look, and the
false accepts an hour and keyword that are left, at --sensitivity and stricter ones, beside those
of the spotter alone. At a stricter one those hits count whose score reaches its threshold.

--alone leaves out the network of keywords, --every N hears every N-th recording, for trying.
Needs the corpus (ATTUNE_CORPUS, default ../shared/corpus).
"""

from __future__ import annotations

import argparse
import json
from collections.abc import Collection, Iterable, Iterator, Sequence
from dataclasses import asdict, dataclass, field
from itertools import islice
from pathlib import Path

import keyword_sets as sets
import numpy as np
from numpy.typing import NDArray

import attune
from attune.audio import read_audio
from attune.data import Manifest, Utterance
from attune.keyword import (
    Accepted,
    Detection,
    KeywordListener,
    KeywordModel,
    RecognizerVerifier,
    Rejected,
    Verdict,
)
from attune.text import normalize

RATE = 16_000
BLOCK = 1280
CHOOSING = ("train-librispeech", "train-speechocean")
REPORTING = ("dev-an4", "dev-commonvoice", "dev-commonvoice1", "dev-librispeech", "dev-speechocean")
WAYS = ("from its audio", "in the stream")
SENSITIVITIES = (0.25, 0.5, 0.75, 0.9, 1.0)
GROUPS = {
    "three and more syllables": sets.PHRASES,
    "one syllable": sets.WORDS,
    "all": (*sets.PHRASES, *sets.WORDS),
}

Floats = NDArray[np.float32]


@dataclass(frozen=True)
class Hit:
    """What the spotter and both ways of looking again made of a place in a recording."""

    recording: int
    keyword: str
    said: bool
    spotted: float
    scores: tuple[float, float]
    accepted: tuple[bool, bool]
    seconds: tuple[float, float]


@dataclass
class Heard:
    """All hits; of each keyword how many recordings hold it, and the hours of those that do not."""

    hits: list[Hit] = field(default_factory=list)
    positives: dict[str, int] = field(default_factory=dict)
    hours: dict[str, float] = field(default_factory=dict)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("keywords", type=Path)
    parser.add_argument("--sensitivity", type=float, default=1.0)
    parser.add_argument("--part", choices=("choose", "report"), default="report")
    parser.add_argument("--every-word", type=int, default=10, metavar="N")
    parser.add_argument("--every", type=int, default=1, metavar="N")
    parser.add_argument("--alone", action="store_true")
    parser.add_argument("--threshold", type=float, nargs="*", default=[])
    parser.add_argument("--json", type=Path)
    arguments = parser.parse_args()
    model, recognizer = attune.load_keyword(arguments.keywords), attune.load()
    verifier = RecognizerVerifier(
        recognizer, model.phrases, keywords=None if arguments.alone else model
    )
    listener = KeywordListener(
        model, recognizer, verifier=verifier, sensitivity=arguments.sensitivity
    )
    recordings = _recordings(arguments.part, arguments.every_word)
    heard = _heard(listener, islice(recordings, 0, None, arguments.every))
    thresholds = arguments.threshold or [verifier.threshold]
    report = {
        "thresholds": [_report(heard, threshold) for threshold in thresholds],
        "end to end": _end_to_end(heard, model, arguments.sensitivity),
    }
    print(json.dumps(report, indent=1))
    if arguments.json:
        content = {**report, "hits": [asdict(hit) for hit in heard.hits]}
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


def _heard(listener: KeywordListener, recordings: Iterable[Utterance]) -> Heard:
    names = [phrase.text for phrase in listener.keywords.phrases]
    heard = Heard(positives=dict.fromkeys(names, 0), hours=dict.fromkeys(names, 0.0))
    for number, utterance in enumerate(recordings):
        said = " ".join(normalize(utterance.text).split())
        for keyword in names:
            heard.positives[keyword] += said == keyword
            heard.hours[keyword] += (said != keyword) * utterance.seconds / 3600
        samples = sets.between_noise(read_audio(utterance.path))
        for detection, fit, (one, other) in _hits(listener, samples):
            if said != detection.keyword and f" {detection.keyword} " in f" {said} ":
                continue
            heard.hits.append(
                Hit(
                    number,
                    detection.keyword,
                    said == detection.keyword,
                    fit,
                    (one.score, other.score),
                    (one.accepted, other.accepted),
                    (one.seconds, other.seconds),
                )
            )
    return heard


def _fits(model: KeywordModel, samples: Floats) -> dict[tuple[str, float, float], float]:
    """How well keywords fit in the end, pause included: a hit is told before it is seen whole."""
    stream = model.candidates()
    fits: dict[tuple[str, float, float], float] = {}
    for one in [*stream.accept(samples), *stream.finish()]:
        place = one.keyword, one.start, one.end
        fits[place] = max(one.score, fits.get(place, one.score))
    return fits


def _hits(
    listener: KeywordListener, samples: Floats
) -> Iterator[tuple[Detection, float, tuple[Verdict, Verdict]]]:
    """Every hit of the spotter, how well it fits in the end, and its verdicts, by the two ways."""
    spotter = listener.spotter()
    verifier = listener.verifier
    assert verifier is not None
    detections = [
        detection
        for first in range(0, len(samples), BLOCK)
        for detection in spotter.accept(samples[first : first + BLOCK])
    ]
    detections += spotter.finish()
    fits = _fits(listener.keywords, samples) if detections else {}
    for detection in detections:
        fit = fits[detection.keyword, detection.start, detection.end]
        verdicts = verifier.verify(detection), _in_stream(listener, detection, samples)
        yield detection, fit, verdicts


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


def _report(heard: Heard, threshold: float) -> dict[str, object]:
    return {
        "threshold": threshold,
        "keywords": {keyword: _row(heard, (keyword,), threshold) for keyword in heard.positives},
        "groups": {name: _row(heard, names, threshold) for name, names in GROUPS.items()},
    }


def _row(heard: Heard, names: Collection[str], threshold: float) -> dict[str, object]:
    """Of some keywords; a recording counts once, by its best hit."""
    hits = [hit for hit in heard.hits if hit.keyword in names]
    positives = sum(heard.positives[name] for name in heard.positives if name in names)
    said = _best([hit for hit in hits if hit.said])
    other = _best([hit for hit in hits if not hit.said])
    row: dict[str, object] = {
        "positives": positives,
        "spotted": len(said),
        "false accepts": len(other),
        "hours": round(sum(heard.hours[n] for n in heard.hours if n in names), 2),
    }
    for place, way in enumerate(WAYS):
        row[way] = {
            "more misses, points": _percent(_rejected(said, place, threshold), positives),
            "false accepts removed, %": _percent(_rejected(other, place, threshold), len(other)),
            "median seconds": round(float(np.median([hit.seconds[place] for hit in hits])), 3)
            if hits
            else None,
        }
    return row


def _best(hits: Sequence[Hit]) -> list[tuple[float, ...]]:
    """The best scores by each way, of each keyword in each recording."""
    best: dict[tuple[int, str], tuple[float, ...]] = {}
    for hit in hits:
        place = hit.recording, hit.keyword
        best[place] = tuple(map(max, best.get(place, hit.scores), hit.scores))
    return list(best.values())


def _end_to_end(heard: Heard, model: KeywordModel, most: float) -> list[dict[str, object]]:
    """Misses and false accepts an hour of spotter and second look together, in the stream."""
    rows: list[dict[str, object]] = []
    for sensitivity in (s for s in SENSITIVITIES if s <= most):
        needed = dict(zip(heard.positives, model.thresholds(sensitivity), strict=True))
        hits = [hit for hit in heard.hits if hit.spotted >= needed[hit.keyword]]
        row: dict[str, object] = {"sensitivity": sensitivity}
        for group, names in GROUPS.items():
            of_group = [hit for hit in hits if hit.keyword in names]
            row[group] = {
                "spotter alone": _together(heard, names, of_group),
                "and second look": _together(heard, names, [h for h in of_group if h.accepted[1]]),
            }
        rows.append(row)
    return rows


def _together(heard: Heard, names: Collection[str], told: Sequence[Hit]) -> dict[str, object]:
    positives = sum(heard.positives[name] for name in heard.positives if name in names)
    hours = sum(heard.hours[name] for name in heard.hours if name in names)
    found = len({(hit.recording, hit.keyword) for hit in told if hit.said})
    wrong = sum(not hit.said for hit in told)
    return {
        "misses, %": _percent(positives - found, positives),
        "false accepts an hour and keyword": round(wrong / hours, 3) if hours else None,
    }


def _rejected(scores: Sequence[tuple[float, ...]], place: int, threshold: float) -> int:
    return sum(pair[place] < threshold for pair in scores)


def _percent(count: int, of: int) -> float | None:
    return round(100 * count / of, 1) if of else None


if __name__ == "__main__":
    main()
