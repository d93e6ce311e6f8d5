"""Training the grapheme-to-phoneme model from a pronouncing dictionary, and measuring it.

Three steps for each of two inventories of graphones: align letters and phones, estimate an n-gram
over the graphones, prune it. The words
of a tenth, chosen by their checksum and so the same for everybody, are held out: a twin trained
without them gives the figures, then the model that is kept learns from all words.
"""

from __future__ import annotations

import time
import zlib
from collections import defaultdict
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

import numpy as np

from attune.errors import InputError
from attune.lexicon import G2P, is_normalised, read_cmudict, strip_stress
from attune.lexicon.g2p_model import FIRST_UNIT, GraphoneModel, Order, write_models
from attune.train.graphone_ngram import estimate, prune
from attune.train.graphones import SHAPES, Shapes, align_dictionary

__all__ = ["G2PConfig", "G2PReport", "G2PScore", "is_held_out", "score_g2p", "train_g2p"]

Phones = tuple[str, ...]
Progress = Callable[[str, float], None]

_TOGETHER = 512  # words pronounced between two reports of progress


@dataclass(frozen=True)
class G2PConfig:
    """What to train from and how.

    `dictionary`: a file in CMUdict's format, with stress if it has it. `out`: where the model
    goes. `order`: graphones the n-gram spans. `iterations`: of the alignment. `prune_threshold`:
    entropy (nats) below which an n-gram is dropped. `measure`: train the twin and fill the score.
    """

    dictionary: Path
    out: Path
    order: int = 7
    iterations: int = 10
    prune_threshold: float = 2e-8
    measure: bool = True


@dataclass(frozen=True)
class G2PScore:
    """Errors on words that the model has not seen.

    A word is right when its first reading is a listed one (`word_error`), or the one listed first
    (`word_error_first`); `word_error_of_five` asks whether any of five readings is a listed one.
    Phone errors are the edit distance to the nearest listed reading, or to the first, over the
    number of its phones.
    """

    words: int
    word_error: float
    word_error_first: float
    word_error_of_five: float
    phone_error: float
    phone_error_first: float
    words_per_second: float


@dataclass(frozen=True)
class G2PReport:
    """What was trained: `words` and `pronunciations` used, `skipped` words and why not.

    `skipped` maps a reason to the words. `graphones` and `ngrams` (by order) are those of each of
    the models that are averaged. `score` is the twin's, None when nothing was measured.
    """

    words: int
    pronunciations: int
    skipped: dict[str, list[str]]
    graphones: list[int]
    ngrams: list[list[int]]
    bytes: int
    seconds: float
    score: G2PScore | None

    def to_dict(self) -> dict[str, object]:
        """The report as JSON types."""
        return asdict(self)


def is_held_out(word: str) -> bool:
    """Whether `word` belongs to the tenth that is kept for measuring."""
    return zlib.crc32(word.encode()) % 10 == 0


def train_g2p(config: G2PConfig, progress: Progress = lambda stage, done: None) -> G2PReport:
    """Train a G2P model and write it to `config.out`.

    `progress` is told the stage and how much of it is done (0 to 1). Raises InputError when the
    dictionary cannot be read or is too small, or a setting makes no sense.
    """
    _check(config)
    began = time.monotonic()
    entries, skipped = _read(config.dictionary)
    score = None
    if config.measure:
        seen = [entry for entry in entries if not is_held_out(entry[0])]
        held_out = [entry for entry in entries if is_held_out(entry[0])]
        twin, _ = _train(seen, config, lambda stage, done: progress(f"twin: {stage}", done))
        score = score_g2p(G2P(twin), held_out, lambda done: progress("measure", done))
    models, unaligned = _train(entries, config, progress)
    skipped["too many phones for its letters"] = unaligned
    write_models(models, config.out)
    return G2PReport(
        words=len({word for word, _ in entries} - set(unaligned)),
        pronunciations=len(entries) - len(unaligned),
        skipped=skipped,
        graphones=[len(model.units) for model in models],
        ngrams=[[len(order.symbol) for order in model.orders] for model in models],
        bytes=config.out.stat().st_size,
        seconds=time.monotonic() - began,
        score=score,
    )


def score_g2p(
    g2p: G2P,
    entries: Sequence[tuple[str, Phones]],
    progress: Callable[[float], None] = lambda done: None,
) -> G2PScore:
    """Measure `g2p` on dictionary `entries`, one (word, phones) for each listed reading."""
    listed: dict[str, list[Phones]] = defaultdict(list)
    for word, phones in entries:
        listed[word].append(strip_stress(phones))
    wrong = wrong_first = wrong_five = 0
    errors = errors_first = phones_nearest = phones_first = 0
    spent, words = 0.0, list(listed)
    for begin in range(0, len(words), _TOGETHER):
        part = words[begin : begin + _TOGETHER]
        began = time.monotonic()
        pronounced = g2p.pronounce_all(part, n=5)
        spent += time.monotonic() - began
        for word, found in zip(part, pronounced, strict=True):
            references, readings = listed[word], [item.phones for item in found]
            distances = [_distance(reference, readings[0]) for reference in references]
            nearest = min(range(len(references)), key=distances.__getitem__)
            wrong += distances[nearest] > 0
            wrong_first += distances[0] > 0
            wrong_five += not set(readings) & set(references)
            errors += distances[nearest]
            errors_first += distances[0]
            phones_nearest += len(references[nearest])
            phones_first += len(references[0])
        progress(min(1.0, (begin + _TOGETHER) / len(words)))
    count = len(listed)
    return G2PScore(
        words=count,
        word_error=wrong / count,
        word_error_first=wrong_first / count,
        word_error_of_five=wrong_five / count,
        phone_error=errors / phones_nearest,
        phone_error_first=errors_first / phones_first,
        words_per_second=count / max(spent, 1e-9),
    )


def _check(config: G2PConfig) -> None:
    if not 2 <= config.order <= 10:
        raise InputError(f"order {config.order} is not usable: choose 2 to 10, best 6 to 8")
    if config.iterations < 1:
        raise InputError(f"{config.iterations} iterations align nothing: choose 1 or more")
    if not config.prune_threshold >= 0:
        raise InputError(f"prune_threshold {config.prune_threshold} is negative: choose 0 or more")
    if not config.out.parent.is_dir():
        raise InputError(f"{config.out.parent}: no such folder: make it or choose another output")


def _read(dictionary: Path) -> tuple[list[tuple[str, Phones]], dict[str, list[str]]]:
    entries: list[tuple[str, Phones]] = []
    other: dict[str, None] = {}
    for word, phones in read_cmudict(dictionary):
        if is_normalised(word):
            entries.append((word, phones))
        else:
            other[word] = None
    if not {is_held_out(word) for word, _ in entries} == {True, False}:
        raise InputError(f"{dictionary}: too few words to train on: use a whole dictionary")
    return entries, {"other characters than letters and inner apostrophes": list(other)}


def _train(
    entries: Sequence[tuple[str, Phones]], config: G2PConfig, progress: Progress
) -> tuple[list[GraphoneModel], list[str]]:
    """A model for each inventory of graphones, and the words that could not be aligned."""
    models: list[GraphoneModel] = []
    unaligned: list[str] = []
    for number, shapes in enumerate(SHAPES, start=1):

        def tell(stage: str, done: float, part: int = number) -> None:
            progress(f"model {part} of {len(SHAPES)}, {stage}", done)

        model, unaligned = _train_one(entries, shapes, config, tell)
        models.append(model)
    return models, unaligned


def _train_one(
    entries: Sequence[tuple[str, Phones]], shapes: Shapes, config: G2PConfig, progress: Progress
) -> tuple[GraphoneModel, list[str]]:
    alignment = align_dictionary(entries, shapes, config.iterations, progress)
    sequences, unaligned = [], []
    for (word, _), sequence in zip(entries, alignment.sequences, strict=True):
        if sequence is None:
            unaligned.append(word)
        else:
            sequences.append([unit + FIRST_UNIT for unit in sequence])
    progress("n-gram", 0.0)
    tables = estimate(sequences, len(alignment.units) + FIRST_UNIT, config.order)
    tables = prune(tables, config.prune_threshold)
    progress("n-gram", 1.0)
    orders = [
        Order(table.prefix, table.symbol, table.log_prob, table.log_backoff) for table in tables
    ]
    return GraphoneModel(alignment.units.astype(np.uint8), orders), unaligned


def _distance(reference: Phones, spoken: Phones) -> int:
    """Levenshtein distance in phones."""
    row = list(range(len(spoken) + 1))
    for i, expected in enumerate(reference, start=1):
        diagonal, row[0] = row[0], i
        for j, said in enumerate(spoken, start=1):
            diagonal, row[j] = (
                row[j],
                min(row[j] + 1, row[j - 1] + 1, diagonal + (expected != said)),
            )
    return row[-1]
