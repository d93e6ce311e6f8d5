"""Stage: an hour of the base's own kind of speech, for adaptation not to forget it.

    python recipes/en-us/build_replay.py [--out exp/replay.zip] [--mb 17] [--without SET ...]

`attune adapt acoustic` mixes training speech (`manifest.tsv`) into what it learns from, and
measures what is forgotten on speech that the base never learnt (`general.tsv`): what it learnt it
knows by heart, and that goes first. Utterances of 2 to 10 seconds come from every training set in
the shares below, from as many speakers as there are, and from every second row of two dev sets. The
zip holds the recordings as they are in the corpus (ATTUNE_CORPUS, default ../shared/corpus) and
`SOURCES.txt` with their origins and licences; it goes into a bundle as the part `replay`.
"""

from __future__ import annotations

import argparse
import hashlib
import json
import os
import zipfile
from collections.abc import Iterator
from itertools import zip_longest
from pathlib import Path

from attune.bundle.atomic import new_file
from attune.data import Manifest, Utterance

_ROOT = Path(__file__).resolve().parents[2]
_CORPUS = Path(os.environ.get("ATTUNE_CORPUS", _ROOT.parent / "shared" / "corpus"))
_CARD = _ROOT / "recipes" / "en-us" / "card.json"
# Shares of the bytes: many speakers and microphones before much of one.
_SHARES = {
    "train-librispeech": 0.3,
    "train-commonvoice1": 0.4,
    "train-speechocean": 0.14,
    "train-an4": 0.06,
    "train-ljspeech": 0.05,
    "train-vctk": 0.05,
}
_GENERAL = ("dev-librispeech", "dev-commonvoice1")
_GENERAL_SHARE = 0.35
_SHORTEST, _LONGEST = 2.0, 10.0
_OVERHEAD = 220  # bytes of the zip's directory and the manifest for each recording


def main() -> None:
    """Run the stage."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--out", type=Path, default=_ROOT / "exp" / "replay.zip")
    parser.add_argument("--mb", type=float, default=17.0)
    parser.add_argument("--without", nargs="*", default=(), help="sets that the base never heard")
    arguments = parser.parse_args()
    shares = {name: part for name, part in _SHARES.items() if name not in arguments.without}
    room = arguments.mb * 1e6 * (1 - _GENERAL_SHARE) / sum(shares.values())
    training = [(name, row) for name, part in shares.items() for row in chosen(name, room * part)]
    room = arguments.mb * 1e6 * _GENERAL_SHARE / len(_GENERAL)
    general = [(name, row) for name in _GENERAL for row in chosen(name, room, begin=1, step=2)]
    arguments.out.parent.mkdir(parents=True, exist_ok=True)
    with new_file(arguments.out) as temporary, zipfile.ZipFile(temporary, "x") as archive:
        add(archive, "manifest.tsv", training)
        add(archive, "general.tsv", general)
        names = {*shares, *(name.replace("dev-", "train-") for name in _GENERAL)}
        archive.writestr(zipfile.ZipInfo("SOURCES.txt"), sources(names))
    minutes = [sum(row.seconds for _, row in rows) / 60 for rows in (training, general)]
    size = arguments.out.stat().st_size / 1e6
    print(f"{arguments.out}: {minutes[0]:.1f} + {minutes[1]:.1f} min, {size:.2f} MB")


def add(archive: zipfile.ZipFile, manifest: str, rows: list[tuple[str, Utterance]]) -> None:
    """Put recordings and their manifest into the zip."""
    lines = ["path\tseconds\tspeaker\ttext"]
    for name, row in rows:
        place = f"{name}/{row.path.name}"
        # Stored: compressed audio does not get smaller. A fixed date: the same zip every time.
        archive.writestr(zipfile.ZipInfo(place), row.path.read_bytes())
        lines.append(f"{place}\t{row.seconds:.3f}\t{row.speaker}\t{row.text}")
    entry = zipfile.ZipInfo(manifest)
    entry.compress_type = zipfile.ZIP_DEFLATED
    archive.writestr(entry, "\n".join([*lines, ""]))


def chosen(name: str, room: float, *, begin: int = 0, step: int = 1) -> Iterator[Utterance]:
    """Utterances of a set in turns over its speakers, drawn by hash, up to `room` bytes.

    Of the set's rows only every `step`-th from `begin` on.
    """
    speakers: dict[str, list[Utterance]] = {}
    for row in sorted(list(Manifest(_CORPUS / f"{name}.tsv"))[begin::step], key=_drawn):
        if _SHORTEST <= row.seconds <= _LONGEST:
            speakers.setdefault(row.speaker, []).append(row)
    for round_of in zip_longest(*speakers.values()):
        for row in filter(None, round_of):
            room -= row.path.stat().st_size + _OVERHEAD
            if room < 0:
                return
            yield row


def _drawn(row: Utterance) -> bytes:
    return hashlib.sha256(row.path.name.encode()).digest()


def sources(names: set[str]) -> str:
    """Origins and licences of the sets, by the model card."""
    card = json.loads(_CARD.read_text("utf-8"))
    return "".join(
        f"{row['name'].removesuffix('.tsv')}: {row['source']}, {row['licence']}\n"
        for row in card["trained_on"]
        if row["name"].removesuffix(".tsv") in names
    )


if __name__ == "__main__":
    main()
