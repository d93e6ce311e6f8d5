"""What an import kept and what it left out, with the reason, the place and the remedy of each."""

from __future__ import annotations

import unicodedata
from collections import Counter
from dataclasses import dataclass, field
from enum import StrEnum
from pathlib import Path
from typing import Any

__all__ = ["Dropped", "ImportReport", "ImportTally", "Problem", "Reason", "name_character"]

EXAMPLES = 5
CHARACTERS_SHOWN = 50


class Reason(StrEnum):
    """Why something was left out; the value is its name in reports."""

    NO_FILE = "no audio file"
    UNREADABLE = "audio cannot be read"
    NO_TRANSCRIPT = "audio without transcript"
    EMPTY = "empty transcript"
    CHARACTERS = "characters outside the symbol set"
    ENCODING = "not UTF-8"
    MALFORMED = "malformed line"
    REPEATED = "listed before"
    COMMAND = "not a plain file"
    SEGMENT = "segment outside its recording"
    ARCHIVE = "damaged in the archive"
    OTHER_FILE = "neither audio nor transcript"

    @property
    def advice(self) -> str:
        """What to do about it, as an imperative."""
        return ADVICE[self]


ADVICE = {
    Reason.NO_FILE: "restore the file, or remove its line",
    Reason.UNREADABLE: "replace it with a WAV, FLAC, Ogg, Opus or MP3 recording that plays",
    Reason.NO_TRANSCRIPT: "add a line with what is said, or remove the file",
    Reason.EMPTY: "write what is said, or remove the line",
    Reason.CHARACTERS: "spell the words out with the letters of the language",
    Reason.ENCODING: "save the file as UTF-8",
    Reason.MALFORMED: "give the line the fields that its format asks for",
    Reason.REPEATED: "keep one line for each recording",
    Reason.COMMAND: "run the command once and name the audio file that it writes",
    Reason.SEGMENT: "correct the start and end times",
    Reason.ARCHIVE: "make the archive again",
    Reason.OTHER_FILE: "leave it out of the archive; nothing was lost",
}


@dataclass(frozen=True, slots=True)
class Problem:
    """One item left out: why, where its source names it (`file:line`, or the file), the detail."""

    reason: Reason
    where: str
    detail: str
    characters: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Dropped:
    """All items left out for one reason: their number, and the first few of them."""

    reason: Reason
    count: int
    examples: tuple[Problem, ...]


@dataclass(frozen=True, slots=True)
class ImportReport:
    """The outcome of one import.

    `manifest` is the one written, None where nothing was; `seconds` is the duration of what was
    kept; `dropped` is sorted by count; `characters` counts the transcripts lost to each character
    outside the symbol set.
    """

    source: Path
    layout: str
    manifest: Path | None
    kept: int
    seconds: float
    speakers: int
    dropped: tuple[Dropped, ...]
    characters: tuple[tuple[str, int], ...]
    notes: tuple[str, ...]

    @property
    def hours(self) -> float:
        """Duration of what was kept, in hours."""
        return self.seconds / 3600

    @property
    def lost(self) -> int:
        """How many items were left out, for whatever reason."""
        return sum(item.count for item in self.dropped)

    def to_json(self) -> dict[str, Any]:
        """The report as a JSON-ready dictionary."""
        return {
            "source": visible(str(self.source)),
            "layout": self.layout,
            "manifest": None if self.manifest is None else visible(str(self.manifest)),
            "kept": {
                "utterances": self.kept,
                "seconds": round(self.seconds, 3),
                "hours": round(self.hours, 4),
                "speakers": self.speakers,
            },
            "dropped": [
                {
                    "reason": item.reason.value,
                    "count": item.count,
                    "advice": item.reason.advice,
                    "examples": [
                        {"where": visible(example.where), "detail": visible(example.detail)}
                        for example in item.examples
                    ],
                }
                for item in self.dropped
            ],
            "characters": [
                {"character": visible(character), "name": name_character(character), "count": count}
                for character, count in self.characters
            ],
            "notes": [visible(note) for note in self.notes],
        }

    def to_text(self) -> str:
        """The report for a terminal or a file, without colours."""
        speakers = f", {self.speakers:,} speakers" if self.speakers else ""
        written = "" if self.manifest is None else f" -> {self.manifest}"
        lines = [
            f"read     {self.source} ({self.layout})",
            f"kept     {self.kept:,} utterances, {self.hours:.2f} h{speakers}{written}",
            f"dropped  {self.lost:,}",
        ]
        for item in self.dropped:
            lines.append(f"  {item.count:,} {item.reason.value}: {item.reason.advice}")
            lines += [f"    {example.where}: {example.detail}" for example in item.examples]
            if item.count > len(item.examples):
                lines.append(f"    and {item.count - len(item.examples):,} more")
        if self.characters:
            lines.append("characters outside the symbol set")
            shown = self.characters[:CHARACTERS_SHOWN]
            lines += [f"  {count:,} x {name_character(character)}" for character, count in shown]
            if len(self.characters) > len(shown):
                lines.append(f"  and {len(self.characters) - len(shown):,} other characters")
        lines += [f"note: {note}" for note in self.notes]
        return visible("\n".join(lines)) + "\n"


@dataclass(slots=True)
class ImportTally:
    """Counts an import as it runs; memory grows with the kinds of problem, not with their number.

    The names of speakers are kept, for they are to be counted.
    """

    kept: int = 0
    seconds: float = 0.0
    speakers: set[str] = field(default_factory=set)
    counts: Counter[Reason] = field(default_factory=Counter)
    examples: dict[Reason, list[Problem]] = field(default_factory=dict)
    characters: Counter[str] = field(default_factory=Counter)

    def keep(self, seconds: float, speaker: str) -> None:
        """Count one utterance that was kept."""
        self.kept += 1
        self.seconds += seconds
        if speaker:
            self.speakers.add(speaker)

    def drop(self, problem: Problem) -> None:
        """Count one item that was left out."""
        self.counts[problem.reason] += 1
        self.characters.update(problem.characters)
        examples = self.examples.setdefault(problem.reason, [])
        if len(examples) < EXAMPLES:
            examples.append(problem)

    def report(
        self, source: Path, layout: str, manifest: Path | None, notes: tuple[str, ...] = ()
    ) -> ImportReport:
        """The report of everything counted so far."""
        return ImportReport(
            source,
            layout,
            manifest,
            self.kept,
            self.seconds,
            len(self.speakers),
            tuple(
                Dropped(reason, count, tuple(self.examples[reason]))
                for reason, count in self.counts.most_common()
            ),
            tuple(sorted(self.characters.items(), key=lambda item: (-item[1], item[0]))),
            notes,
        )


def name_character(character: str) -> str:
    """`'é' (U+00E9 LATIN SMALL LETTER E WITH ACUTE)`, or the number alone for a nameless one."""
    name = unicodedata.name(character, "")
    number = f"U+{ord(character):04X}"
    return f"{character!r} ({number} {name})" if name else f"({number})"


def visible(text: str) -> str:
    """`text` safe to print and to store: no terminal controls, no byte that was not UTF-8."""
    return "".join(
        character if character.isprintable() or character == "\n" else "\N{REPLACEMENT CHARACTER}"
        for character in text
    )
