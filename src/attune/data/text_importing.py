"""Importing text: plain, pronunciations, structured, display rules; with a report of each."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

from attune.data.atomic import atomic_text
from attune.data.lines import decodable
from attune.data.pronunciation_entries import (
    PRONUNCIATION_HEADER,
    EntryCheck,
    PronunciationEntry,
    write_pronunciations,
)
from attune.data.reasons import Problem, Reason
from attune.data.report import ImportReport, ImportTally
from attune.data.report_files import deliver_report
from attune.data.structured_parsing import parse_structured
from attune.data.text_file import TextFile, megabytes, open_text_file
from attune.data.text_kinds import TEXT_KINDS, detect_text_kind, named_text_kind
from attune.data.text_lines import LineCheck
from attune.errors import InputError
from attune.text import DisplayRules, Formatter, normalize, read_display_rules

__all__ = ["import_text"]

_PRONUNCIATIONS_PER_WORD = 10
_TOLD_EVERY = 1_000

Lines = Iterator[tuple[int, str]]


@dataclass(frozen=True, slots=True)
class TextImport:
    """One import under way: what is read, where to, and what is counted."""

    file: TextFile
    output: Path
    language: str
    tally: ImportTally
    progress: Callable[[int], None] | None

    def lines(self) -> Lines:
        """The lines of the file, counted as they are read."""
        for number, line in self.file.lines():
            yield number, line
            if self.progress is not None and number % _TOLD_EVERY == 0:
                self.progress(number)

    def where(self, number: int) -> str:
        """The name of a line in reports."""
        return f"{self.file.path}:{number}"

    def mended(self, number: int, what: str) -> None:
        """Count something that was mended in a line."""
        self.tally.note(Problem(Reason.MENDED, self.where(number), what))


def import_text(
    source: str | Path,
    out: str | Path,
    kind: str | None = None,
    *,
    language: str = "en-US",
    overwrite: bool = False,
    progress: Callable[[int], None] | None = None,
) -> ImportReport:
    """Import the text file `source` into the folder `out`, with the report as text, JSON and HTML.

    `kind` is one of `TEXT_KINDS`: "language" writes `text.txt`, "pronunciation"
    `pronunciations.tsv`, "structured" `structured.md`, "display" `display.txt`; by default it is
    found out by looking. What is wrong is left out and told with its line; what can be mended
    safely is mended and told. `progress` is called with the number of lines read so far.

    Raises InputError for what is not a text file or too large, for a language without rules, when
    the output is there already (unless `overwrite`), and when nothing could be kept; the report is
    written even then.
    """
    source, out = Path(source), Path(out)
    normalize("", language)  # InputError for a language without rules.
    most_bytes = max(one.bytes for one in TEXT_KINDS)
    file = open_text_file(source, most_bytes if kind is None else named_text_kind(kind).bytes)
    chosen = detect_text_kind(file) if kind is None else named_text_kind(kind)
    if file.bytes > chosen.bytes:
        raise InputError(
            f"{source}: {megabytes(file.bytes)} MB, at most {megabytes(chosen.bytes)} MB of "
            f"{chosen.name} data: divide it, or name another kind"
        )
    output = out / chosen.output
    if output.exists() and not overwrite:
        raise InputError(f"{output} exists: choose another folder, or ask to overwrite it")
    work = TextImport(file, output, language, ImportTally(), progress)
    notes = READERS[chosen.name](work)
    report = work.tally.report(
        source,
        chosen.name,
        output if work.tally.kept else None,
        ((file.note,) if file.note else ()) + notes,
        unit=chosen.unit,
    )
    return deliver_report(report, out)


def import_language(work: TextImport) -> tuple[str, ...]:
    """Plain text, line by line: memory does not grow with the file."""
    kept = usable_lines(work)
    first = next(kept, None)
    if first is not None:
        with atomic_text(work.output) as stream:
            stream.writelines(f"{line}\n" for line in itertools.chain((first,), kept))
    return ()


def usable_lines(work: TextImport) -> Iterator[str]:
    """Yield the lines that can be used; blank ones are passed over."""
    check = LineCheck(work.language)
    for number, text in work.lines():
        if not text or text.isspace():
            continue
        line = check(text, work.where(number))
        if isinstance(line, Problem):
            work.tally.note(line)
            continue
        for what in line.mended:
            work.mended(number, what)
        work.tally.keep()
        yield line.text


def import_pronunciations(work: TextImport) -> tuple[str, ...]:
    """Pronunciations of either form, or the table that an import wrote."""
    check = EntryCheck(work.language, _PRONUNCIATIONS_PER_WORD)
    entries: list[PronunciationEntry] = []
    for number, line in work.lines():
        text = line.strip()
        if not text or text.startswith("//") or (number == 1 and text == PRONUNCIATION_HEADER):
            continue
        entry = check.read(line, work.where(number))
        if isinstance(entry, Problem):
            work.tally.note(entry)
            continue
        if check.mended:
            work.mended(number, check.mended)
        work.tally.keep()
        entries.append(entry)
    if entries:
        write_pronunciations(work.output, entries)
    return ()


def import_structured(work: TextImport) -> tuple[str, ...]:
    """Structured text, parsed and written in its canonical form."""
    text, problems = parse_structured(work.lines(), str(work.file.path), work.language)
    for problem in problems:
        work.tally.note(problem)
    if not text.sentences and not text.pronunciations:
        return ("it holds no sentence that can be used, and no pronunciation",)
    items = sum(len(one.items) for one in text.lists)
    for _ in range(items + len(text.sentences) + len(text.pronunciations)):
        work.tally.keep()
    with atomic_text(work.output) as stream:
        text.write(stream)
    return (
        f"sentences: {len(text.sentences):,}, lists: {len(text.lists):,} with {items:,} items, "
        f"pronunciations: {len(text.pronunciations):,}; they stand for {text.count:,} sentences",
    )


def import_display(work: TextImport) -> tuple[str, ...]:
    """Display rules, tried on the examples that come with them."""
    rules, faults = read_display_rules(decodable_lines(work), work.language)
    reasons = {
        "malformed": Reason.SYNTAX,
        "repeated": Reason.SAME_ENTRY,
        "limit": Reason.LIMIT,
    }
    for fault in faults:
        work.tally.note(Problem(reasons[fault.kind], work.where(fault.line), fault.detail))
    for _ in range(len(rules.patterns) + len(rules.rewritings) + len(rules.profanity)):
        work.tally.keep()
    if not work.tally.kept:
        return ("it holds no rule that can be used",)
    with atomic_text(work.output) as stream:
        stream.write(rules.to_text())
    counts = (
        f"patterns: {len(rules.patterns):,}, rewritings: {len(rules.rewritings):,}, "
        f"words or phrases to mask: {len(rules.profanity):,}"
    )
    return (counts, *try_examples(rules, work))


def decodable_lines(work: TextImport) -> Iterator[str]:
    """The lines of the file, those that are not UTF-8 told and left empty."""
    for number, line in work.lines():
        if decodable(line) and "\ufffd" not in line:
            yield line
        else:
            detail = "the line holds bytes that are not UTF-8"
            work.tally.note(Problem(Reason.ENCODING, work.where(number), detail))
            yield ""


def try_examples(rules: DisplayRules, work: TextImport) -> tuple[str, ...]:
    """Tell the examples that come out otherwise, and how many there were."""
    if not rules.examples:
        return ()
    formatter = Formatter(language=work.language, rules=rules)
    alike = 0
    for example in rules.examples:
        try:
            text = formatter.format(example.spoken.lower().split(), final=False).text
        except InputError as error:
            return (f"the examples were not tried: {error}",)
        if text == example.display:
            alike += 1
            continue
        detail = f"{example.spoken!r} gives {text!r}, expected {example.display!r}"
        work.tally.note(Problem(Reason.UNLIKE, work.where(example.line), detail))
    return (f"{alike:,} of {len(rules.examples):,} examples come out as expected",)


READERS: dict[str, Callable[[TextImport], tuple[str, ...]]] = {
    "language": import_language,
    "pronunciation": import_pronunciations,
    "structured": import_structured,
    "display": import_display,
}
