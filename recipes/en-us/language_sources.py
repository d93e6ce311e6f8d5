"""The text behind the base language model: which files, in which groups, without the dev sets."""

from __future__ import annotations

import csv
import os
import re
import string
import zlib
from collections.abc import Collection, Iterator, Sequence
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from spelled_text import spelled_lines

from attune.errors import InputError
from attune.language import Vocabulary, encode_text, read_lines
from attune.text import normalize

__all__ = [
    "FOLDS",
    "HELD_OUT_SETS",
    "TRANSCRIPT_GROUPS",
    "choose_vocabulary",
    "fold_of",
    "overlapping",
    "prepare_texts",
    "read_transcripts",
]

SPOKEN_GROUPS = {
    "commonvoice": "commonvoice tatoeba",
    "commands": (
        "clinc_oos nlu_evaluation_data snips polyai home_assistant_intents query_wellformedness "
        "natural_questions_open webquestions simplequestions disfl_qa recognizers_text "
        "rasa_nlu_training_data mycroft"
    ),
    "dialogue": (
        "schema_guided_dialogue taskmaster multidogo woz2 topical_chat synthetic_persona_chat"
    ),
    "meetings": (
        "qmsum_ami_icsi qmsum_committee masc nasa_spacelog ud_english_ewt irc_ubuntu "
        "state_union_inaugural"
    ),
}
"""spoken.txt's sources, grouped by kind."""

TRANSCRIPT_GROUPS = {
    "read": ("librispeech", "ljspeech", "reader", "vctk", "commonvoice1"),
    "an4": ("an4",),
    "speechocean": ("speechocean",),
}
"""Training sets whose transcripts make one model each."""

HELD_OUT_SETS = ("librispeech", "commonvoice1", "an4", "speechocean")
"""Training sets that stand for the styles of the dev sets when weights are tuned."""

FOLDS = 10
_RUN = 8
_SPELLED_LINES = 60_000
_WORD = re.compile(r"[a-z]+(?:'[a-z]+)*")
# What is left of "couldn't" in text with a broken apostrophe, and the endings alone.
_BROKEN = "ain aren couldn didn doesn hadn hasn isn mustn needn shouldn wasn weren wouldn ll ve n't"
_FRAGMENTS = frozenset(_BROKEN.split())


def prepare_texts(corpus: Path, work: Path) -> dict[str, Path]:
    """Normalised text of each source but the transcripts, a sentence a line; made once."""
    work.mkdir(parents=True, exist_ok=True)
    paths = {name: work / f"{name}.txt" for name in ("books", *SPOKEN_GROUPS, "spelled")}
    if not paths["books"].exists():
        _write(paths["books"], _normalized(read_lines(corpus / "text" / "books.txt.xz")))
    if not all(paths[name].exists() for name in SPOKEN_GROUPS):
        lines = list(_normalized(read_lines(corpus / "text" / "spoken.txt.xz")))
        ranges = _spoken_ranges(corpus / "text" / "spoken_index.tsv")
        for name, sources in SPOKEN_GROUPS.items():
            spans = [ranges[source] for source in sources.split()]
            _write(paths[name], (line for first, last in spans for line in lines[first - 1 : last]))
    if not paths["spelled"].exists():
        words = [word for word, _ in _counted_words(corpus)[:60_000] if len(word) > 2]
        _write(paths["spelled"], spelled_lines(words, _SPELLED_LINES))
    return paths


def _normalized(lines: Iterator[str]) -> Iterator[str]:
    return (normalize(line) for line in lines)


def _write(path: Path, lines: Iterator[str]) -> None:
    partial = path.with_suffix(".part")
    with open(partial, "w", encoding="utf-8") as file:
        file.writelines(f"{line}\n" for line in lines if line)
    os.replace(partial, path)


def _spoken_ranges(index: Path) -> dict[str, tuple[int, int]]:
    with open(index, encoding="utf-8", newline="") as file:
        rows = csv.DictReader(file, delimiter="\t")
        return {row["source"]: (int(row["first_line"]), int(row["last_line"])) for row in rows}


def _counted_words(corpus: Path) -> list[tuple[str, int]]:
    """Words of a-z and apostrophes with their counts, most frequent first."""
    rows = (line.split("\t") for line in read_lines(corpus / "text" / "words.tsv.xz"))
    return [(word, int(count)) for word, count in rows if _WORD.fullmatch(word)]


def read_transcripts(corpus: Path, kind: str) -> dict[str, list[str]]:
    """Normalised transcripts of each set `<kind>-<name>.tsv` of the corpus, by name."""
    found = {}
    for path in sorted(corpus.glob(f"{kind}-*.tsv")):
        rows = (line.split("\t") for line in list(read_lines(path))[1:])
        name = path.stem.removeprefix(f"{kind}-")
        found[name] = [text for row in rows if (text := normalize(row[3]))]
    if not found:
        raise InputError(
            f"{corpus}: no {kind}-*.tsv in it; set ATTUNE_CORPUS to the corpus folder."
        )
    return found


def overlapping(sentences: Sequence[str], others: Collection[str]) -> set[str]:
    """Sentences that share a run of eight words with others, or are one of them (from four words).

    This is how the corpus was kept clear of the dev sets; transcripts need it too.
    """
    same = {text for text in others if len(text.split()) >= _RUN // 2}
    ids = encode_text([*sentences, *others]).vocabulary
    known = np.sort(_runs(others, ids)[0])
    hashes, owners = _runs(sentences, ids)
    at = np.minimum(np.searchsorted(known, hashes), max(len(known) - 1, 0))
    shared = owners[known[at] == hashes] if len(known) else owners[:0]
    return {sentences[i] for i in set(shared.tolist())} | same.intersection(sentences)


def _runs(
    sentences: Collection[str], vocabulary: Vocabulary
) -> tuple[NDArray[np.uint64], NDArray[np.int64]]:
    """A hash of every run of eight words and the number of its sentence."""
    lengths = np.array([len(text.split()) for text in sentences], np.int64)
    words = vocabulary.encode(word for text in sentences for word in text.split())
    owners = np.repeat(np.arange(len(lengths)), lengths)
    count = max(len(words) - _RUN + 1, 0)
    hashes = np.zeros(count, np.uint64)
    for i in range(_RUN):
        hashes = hashes * np.uint64(0x9E3779B97F4A7C15) + words[i : i + count] + np.uint64(1)
    within = owners[:count] == owners[len(owners) - count :]
    return hashes[within], owners[:count][within]


def fold_of(name: str, transcripts: Sequence[str]) -> list[int]:
    """The tenth in which each transcript is held out.

    Tenths are runs of the set's order, so that speakers and chapters stay together; Common Voice
    has sentences that several people read, which must not be parted.
    """
    if name == "commonvoice1":
        return [zlib.crc32(text.encode()) % FOLDS for text in transcripts]
    return [i * FOLDS // len(transcripts) for i in range(len(transcripts))]


def choose_vocabulary(corpus: Path, transcripts: Collection[str], size: int) -> Vocabulary:
    """The most frequent words that look like words, and all words of the transcripts."""
    counted = _counted_words(corpus)
    chosen = [word for word, count in counted if _is_plausible(word, count)][:size]
    heard = {word for text in transcripts for word in text.split() if _WORD.fullmatch(word)}
    made_up = {word for text in spelled_lines(["a"], 5000) for word in text.split()}
    return Vocabulary([*chosen, *heard, *made_up, *string.ascii_lowercase])


def _is_plausible(word: str, count: int) -> bool:
    """Whether it looks like a word; abbreviations must be frequent to pass."""
    if word in _FRAGMENTS or len(word) > 20 or re.search(r"(.)\1\1", word):
        return False
    if len(word) <= 2:
        return count >= 300
    return count >= 50 or re.search("[aeiouy]", word) is not None
