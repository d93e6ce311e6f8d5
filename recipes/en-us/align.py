"""Stage: first phone alignments of the training recordings, by PocketSphinx's acoustic model.

    python recipes/en-us/align.py [--hours 8] [--workers 2] [--out exp/alignments.tsv]

A network that starts from random weights learns from a known alignment several times faster than
from transcripts alone, and needs it for its first hours only. PocketSphinx (PyPI, BSD licence)
aligns our lexicon's pronunciations; its own words and language model are not used. Utterances that
it cannot align are left out: nothing depends on any one of them.

Reads exp/lexicon.tsv (build_lexicon.py) and the training manifests of the corpus (ATTUNE_CORPUS,
default ../shared/corpus), and writes what `attune.train.acoustic.frame_labels` reads. Lines are
appended as they are found: an interrupted run goes on where it was.
"""

from __future__ import annotations

import argparse
import os
import sys
import time
from collections.abc import Iterator
from multiprocessing import Pool
from pathlib import Path

import numpy as np
from pocketsphinx import Decoder, get_model_path

from attune.audio import read_audio
from attune.data import Manifest, Utterance
from attune.lexicon import Lexicon
from attune.text import normalize

_ROOT = Path(__file__).resolve().parents[2]
_CORPUS = Path(os.environ.get("ATTUNE_CORPUS", _ROOT.parent / "shared" / "corpus"))
_WORK = _ROOT / "exp"
# What each manifest contributes, in turn: the hard sets more than their share of the hours.
_MANIFESTS = (
    "train-librispeech",
    "train-commonvoice1",
    "train-speechocean",
    "train-an4",
    "train-vctk",
    "train-ljspeech",
)
_HOP = 0.01


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--hours", type=float, default=8.0)
    parser.add_argument("--workers", type=int, default=2)
    parser.add_argument("--lexicon", type=Path, default=_WORK / "lexicon.tsv")
    parser.add_argument("--out", type=Path, default=_WORK / "alignments.tsv")
    arguments = parser.parse_args()
    out: Path = arguments.out
    known = set()
    if out.exists():
        known = {line.split("\t")[0] for line in out.read_text("utf-8").splitlines()}
    else:
        out.parent.mkdir(parents=True, exist_ok=True)
        out.write_text("path\tphones\n", "utf-8")
    wanted = [row for row in chosen(arguments.hours * 3600) if str(row.path.resolve()) not in known]
    told, aligned = time.monotonic(), 0
    with (
        Pool(arguments.workers, _start, (arguments.lexicon,)) as pool,
        out.open("a", encoding="utf-8") as file,
    ):
        for done, line in enumerate(pool.imap_unordered(_align, wanted, chunksize=4), start=1):
            if line:
                aligned += 1
                file.write(line)
            if time.monotonic() - told > 15 or done == len(wanted):
                told = time.monotonic()
                file.flush()
                print(f"{done} of {len(wanted)}, {aligned} aligned", file=sys.stderr, flush=True)


def chosen(seconds: float) -> Iterator[Utterance]:
    """Training utterances in rounds over the manifests, up to `seconds`, in a fixed order."""
    queues = []
    for name in _MANIFESTS:
        rows = list(Manifest(_CORPUS / f"{name}.tsv"))
        order = np.random.default_rng(len(rows)).permutation(len(rows))
        queues.append(iter([rows[i] for i in order]))
    while queues:
        for queue in list(queues):
            row = next(queue, None)
            if row is None:
                queues.remove(queue)
                continue
            seconds -= row.seconds
            if seconds < 0:
                return
            yield row


_lexicon: Lexicon
_decoder: Decoder


def _start(lexicon: Path) -> None:
    """Prepare a worker."""
    global _lexicon, _decoder
    _lexicon = Lexicon.read(lexicon)
    model = Path(get_model_path()) / "en-us"
    _decoder = Decoder(
        hmm=str(model / "en-us"),
        dict=str(model / "cmudict-en-us.dict"),
        lm=None,
        bestpath=False,
        loglevel="FATAL",
    )


def _align(utterance: Utterance) -> str:
    """One line of the result; empty if the recording and its transcript do not fit together."""
    try:
        words = [_name(word) for word in normalize(utterance.text).split()]
        samples = read_audio(utterance.path)
        pcm = np.clip(np.rint(samples * 32767), -32768, 32767).astype(np.int16).tobytes()
        _decoder.set_align_text(" ".join(words))
        _listen(pcm)
        _decoder.set_alignment()
        _listen(pcm)
        phones = [phone for word in _decoder.get_alignment() for phone in word]
    except (RuntimeError, ValueError, KeyError, TypeError):
        return ""
    if not phones:
        return ""
    marks = " ".join(f"{phone.start * _HOP:.2f}:{_symbol(phone.name)}" for phone in phones)
    return f"{utterance.path.resolve()}\t{marks}\n"


def _listen(pcm: bytes) -> None:
    _decoder.start_utt()
    _decoder.process_raw(pcm, full_utt=True)
    _decoder.end_utt()


def _symbol(name: str) -> str:
    """Fillers such as breaths count as silence."""
    return "SIL" if name.startswith("+") else name


_names: dict[str, str] = {}


def _name(word: str) -> str:
    """The aligner's name of `word`, with our pronunciations. KeyError if there is none."""
    if word not in _names:
        entries = _lexicon.pronunciations(word)
        if not entries:
            raise KeyError(word)
        name = f"x_{word}"
        for number, entry in enumerate(entries, start=1):
            variant = name if number == 1 else f"{name}({number})"
            _decoder.add_word(variant, " ".join(entry.phones), number == len(entries))
        _names[word] = name
    return _names[word]


if __name__ == "__main__":
    main()
