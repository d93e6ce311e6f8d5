"""Pronunciation customisation: a bundle whose words are said as their users say them."""

from __future__ import annotations

import tempfile
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from attune.bundle import Bundle, NewPart, check_free
from attune.customize.adapted_bundle import write_adapted
from attune.customize.pronunciation_learning import Candidate, Recording, learn_pronunciation
from attune.customize.terms import Terms, display_parts, pronounced
from attune.data import Manifest, PronunciationEntry
from attune.errors import InputError
from attune.lexicon import (
    CompiledLexicon,
    Pronunciation,
    distinct_readings,
    word_reader,
    write_extended,
)
from attune.recognize import Model
from attune.text import normalize

__all__ = ["PronunciationAdaptation", "PronunciationReport", "adapt_pronunciations"]

Say = Callable[[str], None]


@dataclass(frozen=True)
class PronunciationAdaptation:
    """What to teach: `entries`, and `word` as it is said in `audio` (recordings or manifests)."""

    entries: tuple[PronunciationEntry, ...] = ()
    word: str | None = None
    audio: tuple[Path, ...] = ()
    name: str | None = None


@dataclass(frozen=True)
class PronunciationReport:
    """What was taught: the pronunciations of each word now, those that are new, and what was
    learned from `recordings` recordings."""

    path: Path
    words: dict[str, tuple[Pronunciation, ...]]
    new: dict[str, tuple[Pronunciation, ...]]
    candidates: tuple[Candidate, ...]
    recordings: int

    def to_json(self) -> dict[str, Any]:
        """As a JSON-ready dictionary."""
        return {
            "path": str(self.path),
            "words": [
                {
                    "word": word,
                    "pronunciations": [
                        {
                            "phones": str(reading),
                            "probability": round(reading.probability, 6),
                            "new": reading.phones in {r.phones for r in self.new[word]},
                        }
                        for reading in readings
                    ],
                }
                for word, readings in self.words.items()
            ],
            "candidates": [
                {
                    "phones": " ".join(candidate.phones),
                    "sources": list(candidate.sources),
                    "score": round(candidate.score, 4),
                    "best_in": candidate.best_in,
                }
                for candidate in self.candidates
            ],
            "recordings": self.recordings,
        }

    def to_text(self) -> str:
        """For people."""
        lines = [f"{self.path}: {len(self.words):,} words"]
        for word, readings in self.words.items():
            fresh = {reading.phones for reading in self.new[word]}
            for reading in readings:
                mark = "new" if reading.phones in fresh else "   "
                lines.append(f"  {mark} {word}  {reading.probability:.2f}  {reading}")
        if self.candidates:
            lines.append(f"candidates, best in N of {self.recordings} recordings:")
            for candidate in self.candidates:
                lines.append(
                    f"  {candidate.best_in:4d} {candidate.score:8.1f}  "
                    f"{' '.join(candidate.phones)}  ({', '.join(candidate.sources)})"
                )
        return "\n".join(lines)


def adapt_pronunciations(
    base: Bundle,
    adaptation: PronunciationAdaptation,
    out: str | Path,
    *,
    replace: bool = False,
    say: Say = lambda message: None,
) -> PronunciationReport:
    """Write a bundle with the pronunciations added to its lexicon.

    Words that the lexicon has keep what they had besides; what is given or learned counts as at
    least as likely. Raises InputError for spoken forms that cannot be pronounced, recordings that
    cannot be used, and when `out` is taken (unless `replace`).
    """
    out = Path(out)
    check_free(out, "folder", replace)
    language = base.description.language
    lexicon = CompiledLexicon.load(base.part_path("lexicon"))
    terms = Terms(adaptation.entries, lambda text: normalize(text, language))
    taught = pronounced(terms, base, lexicon, word_reader(base, lexicon))
    candidates: list[Candidate] = []
    recordings: list[Recording] = []
    if adaptation.word is not None:
        say("listening")
        word = terms.word(adaptation.word)
        recordings = _recordings(adaptation.audio, adaptation.word, word, terms)
        given = tuple(reading.phones for reading in taught.get(word, ()))
        candidates, chosen = learn_pronunciation(Model(base), word, recordings, given)
        taught[word] = distinct_readings([*chosen, *lexicon.pronunciations(word)])
    say("writing")
    with tempfile.TemporaryDirectory(prefix="attune-") as scratch:
        file = Path(scratch, "lexicon.bin")
        write_extended(lexicon, taught.items(), file)
        write_adapted(
            base,
            out,
            command="attune adapt pronunciation",
            data=adaptation.audio,
            settings={"words": ", ".join(sorted(taught))},
            parts={"lexicon": NewPart(file, "lexicon"), **display_parts(terms, base)},
            name=adaptation.name,
            replace=replace,
        )
    before = {word: {r.phones for r in lexicon.pronunciations(word)} for word in taught}
    new = {
        word: tuple(reading for reading in readings if reading.phones not in before[word])
        for word, readings in taught.items()
    }
    return PronunciationReport(out, taught, new, tuple(candidates), len(recordings))


def _recordings(audio: tuple[Path, ...], written: str, word: str, terms: Terms) -> list[Recording]:
    """Recordings of the word alone, and those of manifests whose transcript holds it."""
    found: list[Recording] = []
    whole = Terms((PronunciationEntry(written, spoken=written), *terms.entries), terms.normalize)
    for path in audio:
        if path.suffix != ".tsv":
            found.append(Recording(path, (word,)))
            continue
        rows = [(row.path, tuple(whole.normalize(row.text).split())) for row in Manifest(path)]
        holding = [Recording(place, words) for place, words in rows if word in words]
        if not holding:
            raise InputError(f"{path}: no transcript holds {written!r}")
        found += holding
    return found
