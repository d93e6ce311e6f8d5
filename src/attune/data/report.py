"""What an import kept and what it left out, with the reason, the place and the remedy of each."""

from __future__ import annotations

import unicodedata
from collections import Counter
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from attune.data.reasons import Problem, Reason

__all__ = [
    "Dropped",
    "ImportReport",
    "ImportTally",
    "Problem",
    "Reason",
    "name_character",
    "visible",
]

SHOWN = 5
LISTED = 10_000
CHARACTERS_SHOWN = 50
USABLE_SHARE = 0.95


@dataclass(frozen=True, slots=True)
class Dropped:
    """All items with one reason: their number, and the first `LISTED` of them.

    Among the warnings of a report the reasons are advisory, and the items were not dropped.
    """

    reason: Reason
    count: int
    examples: tuple[Problem, ...]


@dataclass(frozen=True, slots=True)
class ImportReport:
    """The outcome of one import.

    `manifest` is the file written, None where nothing was; `kept` counts what it holds, each a
    `unit`; `seconds` is their duration, 0 for text. `dropped` and `warnings` are sorted by count;
    `characters` counts the transcripts lost to each character outside the symbol set; `formats`
    counts the recordings kept by container, encoding, rate and channels. `purpose` is what the set
    was checked for, if that matters.
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
    warnings: tuple[Dropped, ...] = ()
    formats: tuple[tuple[str, int], ...] = ()
    purpose: str = ""
    unit: str = "utterances"

    @property
    def hours(self) -> float:
        """Duration of what was kept, in hours."""
        return self.seconds / 3600

    @property
    def lost(self) -> int:
        """How many items were left out, for whatever reason."""
        return sum(item.count for item in self.dropped)

    @property
    def warned(self) -> int:
        """How many warnings there are; an item may have several."""
        return sum(item.count for item in self.warnings)

    @property
    def share(self) -> float:
        """The share of items that was kept, 0 to 1; 0 when there were none."""
        return self.kept / max(self.kept + self.lost, 1)

    @property
    def advice(self) -> str:
        """What to do before the set is used; empty when little or nothing was left out."""
        if self.share >= USABLE_SHARE:
            return ""
        return f"less than {USABLE_SHARE:.0%} passed: mend what was left out and import again"

    def to_json(self) -> dict[str, Any]:
        """The report as a JSON-ready dictionary."""
        return {
            "source": visible(str(self.source)),
            "layout": self.layout,
            "purpose": self.purpose or None,
            "manifest": None if self.manifest is None else visible(str(self.manifest)),
            "passed": self.kept,
            "failed": self.lost,
            "share": round(self.share, 4),
            "kept": {
                self.unit: self.kept,
                "seconds": round(self.seconds, 3),
                "hours": round(self.hours, 4),
                "speakers": self.speakers,
            },
            "dropped": [group_to_json(item) for item in self.dropped],
            "warnings": [group_to_json(item) for item in self.warnings],
            "characters": [
                {"character": visible(character), "name": name_character(character), "count": count}
                for character, count in self.characters
            ],
            "formats": [{"format": name, "count": count} for name, count in self.formats],
            "notes": [visible(note) for note in self.notes],
        }

    def to_text(self, shown: int | None = SHOWN) -> str:
        """The report for a terminal or a file, without colours.

        `shown` is the number of items told for each reason; None tells all that are known.
        """
        hours = f", {self.hours:.2f} h" if self.seconds else ""
        speakers = f", {self.speakers:,} speakers" if self.speakers else ""
        written = "" if self.manifest is None else f" -> {self.manifest}"
        purpose = f", for {self.purpose}" if self.purpose else ""
        lines = [
            f"read     {self.source} ({self.layout}{purpose})",
            f"kept     {self.kept:,} {self.unit}{hours}{speakers}{written}",
            f"passed   {self.share:.1%} of {self.kept + self.lost:,}",
            f"dropped  {self.lost:,}",
        ]
        for item in self.dropped:
            lines += group_lines(item, shown)
        if self.characters:
            lines.append("characters outside the symbol set")
            characters = self.characters[: None if shown is None else CHARACTERS_SHOWN]
            lines += [
                f"  {count:,} x {name_character(character)}" for character, count in characters
            ]
            if len(self.characters) > len(characters):
                lines.append(f"  and {len(self.characters) - len(characters):,} other characters")
        if self.warnings:
            lines.append(f"warnings {self.warned:,}, kept all the same")
        for item in self.warnings:
            lines += group_lines(item, shown)
        lines += [f"format   {name}: {count:,}" for name, count in self.formats]
        lines += [f"note: {note}" for note in self.notes]
        lines += [f"note: {self.advice}"] if self.advice else []
        return visible("\n".join(lines)) + "\n"


@dataclass(slots=True)
class ImportTally:
    """Counts an import as it runs; at most `LISTED` items are held for each reason.

    The names of speakers are kept, for they are to be counted.
    """

    kept: int = 0
    seconds: float = 0.0
    speakers: set[str] = field(default_factory=set)
    counts: Counter[Reason] = field(default_factory=Counter)
    examples: dict[Reason, list[Problem]] = field(default_factory=dict)
    characters: Counter[str] = field(default_factory=Counter)
    formats: Counter[str] = field(default_factory=Counter)

    def keep(self, seconds: float = 0.0, speaker: str = "", format: str = "") -> None:
        """Count one item that was kept, with its duration, speaker and format where it has them."""
        self.kept += 1
        self.seconds += seconds
        if speaker:
            self.speakers.add(speaker)
        if format:
            self.formats[format] += 1

    def note(self, problem: Problem) -> None:
        """Count one item that was left out, or a warning if the problem's reason is advisory."""
        self.counts[problem.reason] += 1
        self.characters.update(problem.characters)
        examples = self.examples.setdefault(problem.reason, [])
        if len(examples) < LISTED:
            examples.append(problem)

    def report(
        self,
        source: Path,
        layout: str,
        manifest: Path | None,
        notes: tuple[str, ...] = (),
        *,
        purpose: str = "",
        unit: str = "utterances",
    ) -> ImportReport:
        """The report of everything counted so far."""
        groups = [
            Dropped(reason, count, tuple(self.examples[reason]))
            for reason, count in self.counts.most_common()
        ]
        return ImportReport(
            source,
            layout,
            manifest,
            self.kept,
            self.seconds,
            len(self.speakers),
            tuple(item for item in groups if not item.reason.advisory),
            tuple(sorted(self.characters.items(), key=lambda item: (-item[1], item[0]))),
            notes,
            tuple(item for item in groups if item.reason.advisory),
            tuple(self.formats.most_common()),
            purpose,
            unit,
        )


def group_to_json(item: Dropped) -> dict[str, Any]:
    """One reason and its items as a JSON-ready dictionary."""
    return {
        "reason": item.reason.value,
        "count": item.count,
        "advice": item.reason.advice,
        "examples": [
            {"where": visible(example.where), "detail": visible(example.detail)}
            for example in item.examples
        ],
    }


def group_lines(item: Dropped, shown: int | None) -> list[str]:
    """One reason and its first `shown` items, as indented lines."""
    examples = item.examples[:shown]
    lines = [f"  {item.count:,} {item.reason.value}: {item.reason.advice}"]
    lines += [f"    {example.where}: {example.detail}" for example in examples]
    if item.count > len(examples):
        lines.append(f"    and {item.count - len(examples):,} more")
    return lines


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
