"""How the spotter's settings and encoders bear on misses: the same audio, scored in several ways.

    python benchmarks/keyword_settings.py [--model exp/keyword/models/all] [--encoder large]
        [--closer bundle|none|large|FILE.onnx ...] [--every 8] [--hours 14]
        [--settings phone_minimum=-10,mid_speech=-2,pause_rows=6 ...] [--pause 0 ...]
        [--looks 1000 ...]

Prints the mean misses of the phrases and of the words at some rates of false accepts, clean, in
noise at 10 dB, and where somebody goes on without a pause (rows of other speech are put after the
keyword's), with the bundle's settings and with each of --settings on top of them, with each
--pause as what a phrase's score falls by where speech goes on, and with each of --looks closer
looks an hour for each phrase. Every n-th recording of the words is heard, and the given hours of
synthesised negatives beside the recorded ones. Posteriors are kept in exp/keyword/settings: another
call with the same encoders takes a minute. `large` is the recogniser's encoder; --encoder says
which one listens, each --closer which one looks closer (default: the bundle's own). A local maximum
of the score counts as a false accept, without a refractory time, so figures are a little higher
than those of benchmarks/keywords.py. Needs the corpus (ATTUNE_CORPUS, default ../shared/corpus).
"""

from __future__ import annotations

import argparse
import pickle
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, fields, replace
from functools import cache
from itertools import cycle, product
from multiprocessing import Pool
from pathlib import Path

import keyword_sets as sets
import numpy as np

import attune
from attune.audio import read_audio
from attune.bundle import file_sha256
from attune.data import Manifest, Utterance
from attune.decode import SpotOptions
from attune.errors import InputError
from attune.keyword import EncodedRows, KeywordModel, load_keyword
from attune.keyword.bank import NegativeBank
from attune.keyword.base import base_with_bank
from attune.keyword.closer_look import CloserEncoder, heard_candidates, look_scores
from attune.keyword.closer_network import read_closer_network
from attune.keyword.encoded_rows import joined_rows
from attune.keyword.keyword_graph import KeywordGraph
from attune.keyword.look_budget import graph_with_looks

KEPT = Path("exp/keyword/settings")
RATES = (0.2, 0.5, 1.0, 2.0, 5.0)
GROUPS = {"phrases": sets.PHRASES, "words": sets.WORDS}
_PAD = 8000  # samples of silence around a positive
_LOWEST = -99.0
_FEWEST_WORDS = 3  # of what follows a keyword
_FOLLOWING = 50  # rows of it


@dataclass(frozen=True)
class Heard:
    """A recording's text, its seconds and its log posteriors float16 [rows, symbols]; `kind` is
    clean or noise (of a keyword), or negative."""

    kind: str
    text: str
    seconds: float
    rows: np.ndarray


class Ear:
    """Hears recordings in a process of its own, with an encoder: "bundle" (the one that listens),
    "closer", "large", or the path of an ONNX file that looks closer."""

    hears: Callable[[np.ndarray], np.ndarray]

    @classmethod
    def open(cls, path: Path, encoder: str) -> None:
        """Begin a process."""
        if encoder == "large":
            cls.hears = attune.load().posteriors
            return
        model = load_keyword(path)
        if encoder == "bundle":
            model.encoder.closer = None
            cls.hears = model.posteriors
            return
        if encoder != "closer":
            network = read_closer_network(Path(encoder))
            if network is None:
                raise InputError(f"{encoder}: not an encoder that looks closer")
            model.encoder.closer = CloserEncoder(network)
        if model.encoder.closer is None:
            raise InputError(f"{path} has no encoder that looks closer")

        def hears(samples: np.ndarray) -> np.ndarray:
            rows = model.rows(samples).closer
            assert rows is not None
            return rows

        cls.hears = hears

    @classmethod
    def hear(cls, task: tuple[str, Utterance]) -> Heard:
        """The rows of a recording."""
        kind, row = task
        samples = np.asarray(read_audio(row.path), np.float32)
        if kind != "negative":
            samples = np.pad(samples, (_PAD, _PAD))
        rows = cls.hears(samples).astype(np.float16)
        return Heard(kind, (row.text or "").lower(), len(samples) / 16000, rows)


def recordings(every: int, hours: float) -> Iterator[tuple[str, Utterance]]:
    """What is heard: positives, positives in noise, negatives."""
    counts: dict[str, int] = {}
    chosen = set()
    for row in Manifest(sets.positives()):
        counts[row.text] = counts.get(row.text, 0) + 1
        if row.text in sets.PHRASES or counts[row.text] % every == 0:
            chosen.add(row.path.stem)
            yield "clean", row
    yield from (("noise", r) for r in Manifest(sets.noisy_positives()) if r.path.stem in chosen)
    recorded = 1 + len(sets.NEGATIVE_SETS)
    manifests = sets.negatives()
    for path in manifests[:recorded]:
        yield from (("negative", row) for row in Manifest(path))
    for path in manifests[recorded:]:
        left = hours * 3600 / max(1, len(manifests) - recorded)
        for row in Manifest(path):
            if left <= 0:
                break
            left -= row.seconds
            yield "negative", row


def posteriors(model: KeywordModel, encoder: str, every: int, hours: float) -> list[Heard]:
    """Everything heard by an encoder, kept from call to call."""
    if encoder == "large":
        name = encoder
    elif encoder in ("bundle", "closer"):
        role = "encoder" if encoder == "bundle" else "closer_encoder"
        name = model.bundle.description.parts[role].sha256[:24]
    else:
        name = file_sha256(Path(encoder))[:24]
    path = KEPT / f"{name}-{every}-{hours:g}.pickle"
    if path.exists():
        found: list[Heard] = pickle.loads(path.read_bytes())
        return found
    KEPT.mkdir(parents=True, exist_ok=True)
    tasks = list(recordings(every, hours))
    with Pool(initializer=Ear.open, initargs=(model.bundle.path, encoder)) as pool:
        found = list(pool.imap(Ear.hear, tasks, chunksize=50))
    path.write_bytes(pickle.dumps(found))
    return found


def misses(
    heard: Sequence[Heard],
    closer: Sequence[Heard] | None,
    graph: KeywordGraph,
) -> np.ndarray:
    """Shares [clean, noise or followed, rate] of the recordings of the graph's one
    phrase that are missed."""
    (phrase,) = graph.phrases
    spellings = (phrase.text, *sets.SPELLINGS.get(phrase.text, ()))
    best: dict[str, list[float]] = {"clean": [], "noise": [], "followed": []}
    speech = Following(heard, closer, spellings)
    false, seconds = [], 0.0
    for place, one in enumerate(heard):
        own = one.kind != "negative" and one.text == phrase.text
        holds = any(f" {spelling} " in f" {one.text} " for spelling in spellings)
        if not own and (holds or one.kind == "noise"):
            continue
        rows = both(one, None if closer is None else closer[place])
        peaks = [peak for peak, _ in heard_candidates(rows, graph)]
        found = [peak.total for peak in peaks]
        if not own:
            false += found
            seconds += one.seconds
            continue
        best[one.kind].append(max(found, default=_LOWEST))
        if one.kind == "clean":
            end = max(peaks, key=lambda peak: peak.score).end if peaks else len(rows.log_posteriors)
            rows = speech.after(rows, end)
            peaks = [peak for peak, _ in heard_candidates(rows, graph)]
            best["followed"].append(max((peak.total for peak in peaks), default=_LOWEST))
    falling = np.sort(false)[::-1]
    places = [int(rate * seconds / 3600) for rate in RATES]
    thresholds = [falling[place] if place < len(falling) else _LOWEST for place in places]
    return np.array(
        [[np.mean(np.array(values) <= t) for t in thresholds] for values in best.values()]
    )


class Following:
    """What else people say, to be put right after keywords: each time another recording."""

    def __init__(
        self, heard: Sequence[Heard], closer: Sequence[Heard] | None, spellings: Sequence[str]
    ) -> None:
        self._heard, self._closer = heard, closer
        without = (
            place
            for place, one in enumerate(heard)
            if one.kind == "negative" and len(one.text.split()) > _FEWEST_WORDS
            if not any(f" {spelling} " in f" {one.text} " for spelling in spellings)
        )
        self._places = cycle(without)

    def after(self, rows: EncodedRows, end: int) -> EncodedRows:
        """The first `end` rows, and then speech."""
        place = next(self._places)
        other = both(self._heard[place], None if self._closer is None else self._closer[place])
        first = int(other.log_posteriors.argmax(1).astype(bool).argmax())
        other = other.part(slice(first, first + _FOLLOWING))
        rows = rows.part(slice(None, end))
        closer = None
        if rows.closer is not None and other.closer is not None:
            closer = np.concatenate([rows.closer, other.closer])
        return replace(joined_rows([rows, other]), closer=closer)


def both(one: Heard, closer: Heard | None) -> EncodedRows:
    """What two encoders hear in a recording; the last row is one's alone at times."""
    rows = one.rows.astype(np.float32)
    if closer is not None:
        rows = rows[: len(closer.rows)]
    more = None if closer is None else closer.rows[: len(rows)].astype(np.float32)
    return EncodedRows(rows, np.zeros((len(rows), 0), np.float32), more)


def one_phrase(
    model: KeywordModel,
    place: int,
    options: SpotOptions,
    pause: float | None,
    looks: float | None,
) -> KeywordGraph:
    """The graph of one of the model's phrases, with these looks an hour (None: its own)."""
    phrase = replace(model.phrases[place], pause=pause)
    if looks is None:
        return KeywordGraph((phrase,), options, look_scores(model.graph)[place : place + 1])
    return graph_with_looks(negative_bank(), [phrase], options, looks)


@cache
def negative_bank() -> NegativeBank:
    """The bank that comes with the package."""
    return NegativeBank.read(base_with_bank(None).part_path("negative_bank"))


def parse(text: str) -> dict[str, float]:
    """`name=value,…` as changes of SpotOptions; InputError for an unknown name."""
    known = {field.name for field in fields(SpotOptions)}
    changes = {}
    for part in filter(None, text.split(",")):
        name, _, value = part.partition("=")
        if name not in known:
            raise InputError(f"setting {name!r} is unknown: use {', '.join(sorted(known))}")
        changes[name] = float(value) if "." in value or "rows" not in name else int(value)
    return changes


def main() -> int:
    """Print the table."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--model", type=Path, default=Path("exp/keyword/models/all"))
    parser.add_argument("--encoder", choices=("bundle", "large"), default="bundle")
    parser.add_argument("--closer", action="append", default=[], metavar="WHICH")
    parser.add_argument("--every", type=int, default=8)
    parser.add_argument("--hours", type=float, default=14.0)
    parser.add_argument("--settings", action="append", default=[])
    parser.add_argument("--pause", action="append", type=float, default=[])
    parser.add_argument("--looks", action="append", type=float, default=[])
    arguments = parser.parse_args()
    model = load_keyword(arguments.model)
    heard = posteriors(model, arguments.encoder, arguments.every, arguments.hours)
    hours = sum(one.seconds for one in heard if one.kind == "negative") / 3600
    print(f"{len(heard)} recordings, {hours:.1f} hours of negatives")
    print("| closer | settings | group | " + " | ".join(f"{r:g} FA/h" for r in RATES) + " |")
    print("|---|---|---|" + "---|" * len(RATES))
    for look in arguments.closer or ["bundle" if model.encoder.closer else "none"]:
        which = "closer" if look == "bundle" else look
        closer = None
        if look != "none":
            closer = posteriors(model, which, arguments.every, arguments.hours)
        for given, pause, looks in product(
            ("", *arguments.settings), (None, *arguments.pause), (None, *arguments.looks)
        ):
            options = replace(model.graph.options, **parse(given))  # type: ignore[arg-type]
            graphs = [
                one_phrase(model, place, options, pause, looks)
                for place in range(len(model.phrases))
            ]
            for group, members in GROUPS.items():
                chosen = [graph for graph in graphs if graph.phrases[0].text in members]
                if not chosen:
                    continue
                found = [misses(heard, closer, graph) for graph in chosen]
                cells = [" / ".join(f"{100 * x:.1f}" for x in m) for m in np.mean(found, 0).T]
                said = given or "as they are"
                said += "" if pause is None else f", pause {pause:g}"
                said += "" if looks is None else f", {looks:g} looks"
                line = [look, said, group, *cells]
                print("| " + " | ".join(line) + " |", flush=True)
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
