"""Importing text of each kind: what is kept, mended and left out, and the reports."""

from __future__ import annotations

import json
import os
from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from attune.data import (
    TEXT_KINDS,
    ImportReport,
    Problem,
    PronunciationEntry,
    find_text_kind,
    import_text,
    read_pronunciations,
    read_structured_text,
)
from attune.data.pronunciation_entries import EntryCheck
from attune.data.text_lines import CheckedLine, LineCheck
from attune.errors import InputError
from attune.text import DisplayRules

Write = Callable[[Path, str | bytes], Path]
CORPUS = Path(os.environ.get("ATTUNE_CORPUS", "../shared/corpus"))
SAMPLES = CORPUS / "azure-customspeech-sample" / "en-US"


def problems(report: ImportReport) -> dict[str, list[str]]:
    """ "line" of every item left out or warned of, by reason."""
    return {
        item.reason.value: [example.where.rpartition(":")[2] for example in item.examples]
        for item in (*report.dropped, *report.warnings)
    }


def test_language(tmp_path: Path, write: Write) -> None:
    source = write(
        tmp_path / "t.txt",
        "Turn on  the lights.\nTurn on the lights.\n\nsee www.example.org\nwaaaaait\n"
        "a\ttab\nbell \x07\ncaf\\xe9 \N{GRINNING FACE}\nno no no no\nI said …\n",
    )
    seen: list[int] = []
    report = import_text(source, tmp_path / "out", progress=seen.append)
    assert (tmp_path / "out/text.txt").read_text("utf-8").split("\n") == [
        "Turn on the lights.",
        "Turn on the lights.",
        "a tab",
        "I said …",
        "",
    ]
    assert (report.layout, report.kept, report.unit, report.lost) == ("language", 4, "lines", 5)
    assert report.manifest == tmp_path / "out/text.txt"
    assert problems(report) == {
        "one character or phrase over and over": ["5", "9"],
        "web address": ["4"],
        "control characters": ["7"],
        "characters outside the symbol set": ["8"],
        "mended": ["6"],
    }
    document = json.loads((tmp_path / "out/report.json").read_text("utf-8"))
    assert (document["passed"], document["failed"]) == (4, 5)
    text = (tmp_path / "out/report.txt").read_text("utf-8")
    assert f"{source}:5: 'aaaaa' in 'waaaaait': at most 4 in a row" in text
    assert "web address: write what people say instead, or remove the line" in text
    assert (tmp_path / "out/report.html").is_file()


LINES: list[tuple[str, str | None, str]] = [
    ("It costs $3.14!", "It costs $3.14!", ""),
    ("  two   spaces ", "two spaces", ""),
    ("zero\u200bwidth", "zerowidth", "invisible characters were removed"),
    ("a\tb\tc", "a b c", "tabs became spaces"),
    ("wait......", "wait...", "long runs of a mark became three of it"),
    ("pokÃ©mon", "pokémon", "'pokÃ©mon' was read as UTF-8: 'pokémon'"),
    ("itâ€™s", "it’s", "'itâ€™s' was read as UTF-8: 'it’s'"),
    ("Acme® rules", "Acme rules", "signs that nobody says (®, ™, ©) were removed"),
    ("100000 dollars", "100000 dollars", ""),
    ("Mmmm good", "Mmmm good", ""),
    ("Mmmmm good", None, "'Mmmmm' in 'Mmmmm good': at most 4 in a row"),
    ("la la la", "la la la", ""),
    ("la la La la", None, "'la' more than 3 times on end"),
    ("go on go on go on go on now", None, "'go on' more than 3 times on end"),
    ("a b c d a b c d a b c d", "a b c d a b c d a b c d", ""),
    ("see HTTP://x.org", None, "HTTP://… in 'see HTTP://x.org'"),
    ("mail mailto:me", None, "mailto:… in"),
    ("visit example.com", "visit example.com", ""),
    ("bell \x07", None, "(U+0007)"),
    ("lost \ufffd", None, "the line is 'lost \ufffd'"),
    ("caf\udce9", None, "the line is 'caf\ufffd'"),
    ("?!", None, "'?!' holds no word"),
    ("你好", None, "'你' (U+4F60"),
    ("x" * 20_001, None, "over 20,000 characters"),
]


@pytest.mark.parametrize(("text", "kept", "told"), LINES)
def test_lines(text: str, kept: str | None, told: str) -> None:
    line = LineCheck("en-US")(text, "t:1")
    if isinstance(line, Problem):
        assert kept is None
        assert told in line.detail
    else:
        assert (line.text, "".join(line.mended)) == (kept, told)


@given(st.text())
@settings(max_examples=300)
def test_any_line_is_kept_or_told_and_stays_as_it_is_then(text: str) -> None:
    check = LineCheck("en-US")
    line = check(text, "t:1")
    if not isinstance(line, Problem):
        assert check(line.text, "t:1") == CheckedLine(line.text)


def test_other_encodings_are_told(tmp_path: Path, write: Write) -> None:
    report = import_text(write(tmp_path / "t.txt", "un café\n".encode("latin-1")), tmp_path / "o")
    assert report.notes == ("the file is not UTF-8: it was read as Windows-1252 (Latin-1)",)
    assert (tmp_path / "o/text.txt").read_bytes() == "un café\n".encode()
    mixed = write(tmp_path / "m.txt", b"caf\xe9\n" + "café\n".encode())
    report = import_text(mixed, tmp_path / "m")
    assert (report.kept, problems(report)) == (1, {"not UTF-8": ["1"]})


ENTRIES: list[tuple[str, str, str]] = [
    ("IEEE\ti triple e", "IEEE\ti triple e\t", ""),
    ("3CPO\tthree c p o", "3CPO\tthree c p o\t", ""),
    ("L8R\tLate  Are", "L8R\tlate are\t", "the spoken form 'Late  Are' became 'late are'"),
    ("C3PO\tc 3 p o", "C3PO\tc three p o\t", "the spoken form 'c 3 p o' became 'c three p o'"),
    ("double  space\tdouble space", "double space\tdouble space\t", ""),
    ("cntk/S IY1 EH N T IY K EY", "cntk\t\tS IY EH N T IY K EY", ""),
    ("hello/h ax l o", "hello\t\tHH AH L OW", ""),
    ("tcp/ip/T IY", "tcp/ip\t\tT IY", ""),
    ("IEEE\t\tAY", "IEEE\t\tAY", ""),
    ("IEEE\ti triple e\t", "IEEE\ti triple e\t", ""),
]


@pytest.mark.parametrize(("line", "row", "mended"), ENTRIES)
def test_pronunciation_entries(line: str, row: str, mended: str) -> None:
    check = EntryCheck("en-US", 2)
    entry = check.read(line, "p:1")
    assert isinstance(entry, PronunciationEntry)
    assert (entry.to_line(), check.mended) == (row, mended)


WRONG_ENTRIES = [
    ("no tab", "'no tab': expected: display form, a tab, spoken form; or word/P H O N E S"),
    ("a\tb\tc", "expected one tab, between display form and spoken form"),
    ("\tspoken", "expected one tab, between display form and spoken form"),
    ("word\t ", "expected one tab, between display form and spoken form"),
    ("a~b\ta b", "'a~b' holds '~' (U+007E TILDE): leave it out"),
    ("a^b\ta b", "'a^b' holds '^' (U+005E CIRCUMFLEX ACCENT): leave it out"),
    ("a\x07b\ta b", "holds (U+0007): leave it out"),
    ("--\ta b", "'--' holds neither letter nor digit"),
    ("a" * 101 + "\ta b", "has over 100 characters"),
    ("abc\t?!", "'?!' holds no word"),
    ("abc\t你", "'你' (U+4F60 CJK UNIFIED IDEOGRAPH-4F60)"),
    ("abc\t" + "a " * 151, "a spoken form of over 300 characters"),
    ("word/", "'word/': expected word/P H O N E S"),
    ("/W ER D", "'/W ER D': expected word/P H O N E S"),
    ("word/W QQ D", "'word': 'QQ' is not a UPS phone of en-US: use"),
    ("caf\udce9\tcafe", "the line holds bytes that are not UTF-8"),
]


@pytest.mark.parametrize(("line", "detail"), WRONG_ENTRIES)
def test_pronunciation_entries_that_cannot_be_used(line: str, detail: str) -> None:
    entry = EntryCheck("en-US", 2).read(line, "p:1")
    assert isinstance(entry, Problem)
    assert detail in entry.detail


@given(st.one_of(st.text(), st.text("ab/~1\tW ER'-", max_size=20)))
@settings(max_examples=300)
def test_any_entry_is_read_or_told_and_reads_back(line: str) -> None:
    entry = EntryCheck("en-US", 2).read(line, "p:1")
    if isinstance(entry, PronunciationEntry):
        assert EntryCheck("en-US", 2).read(entry.to_line(), "p:1") == entry


def test_pronunciations(tmp_path: Path, write: Write) -> None:
    source = write(
        tmp_path / "p.txt",
        "\ufeffIEEE\ti triple e\r\nIEEE\teye e e e\r\n// a comment\r\nIEEE\ti triple e\r\n"
        "x^2\tx squared\r\ncntk/S IY EH N T IY K EY\r\nw/QQ\r\nNASA\tNASA\r\n",
    )
    report = import_text(source, tmp_path / "out")
    assert (report.layout, report.kept, report.lost) == ("pronunciation", 4, 3)
    assert problems(report) == {
        "the same entry again": ["4"],
        "characters outside the symbol set": ["5"],
        "unknown phones": ["7"],
        "mended": ["8"],
    }
    table = tmp_path / "out/pronunciations.tsv"
    assert table.read_text("utf-8") == (
        "display\tspoken\tphones\nIEEE\ti triple e\t\nIEEE\teye e e e\t\n"
        "cntk\t\tS IY EH N T IY K EY\nNASA\tnasa\t\n"
    )
    entries = read_pronunciations(table)
    assert entries[3] == PronunciationEntry("NASA", "nasa")
    again = import_text(table, tmp_path / "again", "pronunciation")
    assert (again.kept, again.lost) == (4, 0)
    assert read_pronunciations(tmp_path / "again/pronunciations.tsv") == entries


TABLES = [
    ("display\tspoken\n", "p.tsv:1: not a pronunciation table: import the file first"),
    ("display\tspoken\tphones\na\tb\tB\n", "p.tsv:2: expected display form, and spoken form or"),
    ("display\tspoken\tphones\na\t\tQQ\n", "p.tsv:2: 'QQ' is not a UPS phone"),
]


@pytest.mark.parametrize(("content", "message"), TABLES)
def test_tables_that_were_edited_badly(
    content: str, message: str, tmp_path: Path, write: Write
) -> None:
    with pytest.raises(InputError, match=message):
        read_pronunciations(write(tmp_path / "p.tsv", content))


def test_structured(tmp_path: Path, write: Write) -> None:
    source = write(
        tmp_path / "s.md",
        "@ list city =\n- Paris\n- Rome\n# s\n- to {@city}\n- to {@town}\n- {@city}\n",
    )
    report = import_text(source, tmp_path / "out")
    assert (report.layout, report.kept, report.lost) == ("structured", 4, 1)
    assert problems(report) == {"list that cannot be used": ["6"]}
    assert report.notes == (
        "sentences: 2, lists: 1 with 2 items, pronunciations: 0; they stand for 4 sentences",
    )
    text = read_structured_text(tmp_path / "out/structured.md")
    assert list(text.expand()) == ["to Paris", "to Rome", "Paris", "Rome"]


def test_display(tmp_path: Path, write: Write) -> None:
    source = write(
        tmp_path / "d.txt",
        "#itn\nJO:\\d00\n(\n#rewrite\nbig apple\tBig Apple\nx\n#profanity\nxyz\nxyz\n"
        "#test\nsee j o five hundred\tSee JO:500\nsay xyz\tSay nothing\n",
    )
    report = import_text(source, tmp_path / "out")
    assert (report.layout, report.kept, report.lost) == ("display", 3, 3)
    assert problems(report) == {
        "not understood": ["3", "6"],
        "the same entry again": ["9"],
        "example that comes out otherwise": ["12"],
    }
    assert report.notes == (
        "patterns: 1, rewritings: 1, words or phrases to mask: 1",
        "1 of 2 examples come out as expected",
    )
    rules = DisplayRules.load(tmp_path / "out/display.txt")
    assert [pattern.text for pattern in rules.patterns] == ["JO:\\d00"]


KINDS = [
    ("t.txt", "turn on the lights\nplease\n", "language"),
    ("t", "turn on the lights\n", "language"),
    ("t.txt", "IEEE\ti triple e\n", "pronunciation"),
    ("t.txt", "cntk/S IY EH\nhello/HH AH L OW\n", "pronunciation"),
    ("t.txt", "and/or\nhello there\n", "language"),
    ("t.txt", "display\tspoken\tphones\na\tb\t\n", "pronunciation"),
    ("t.txt", "// rules\n# ITN\nAB-\\d\n", "display"),
    ("t.txt", "@ list a =\n- x\n", "structured"),
    ("t.txt", "# s\n- play {@title}\n", "structured"),
    ("t.md", "# s\n- play it\n", "structured"),
    ("t.lu", "# s\n- play it\n", "structured"),
    ("t.txt", "a.wav\thello\nb.wav\tthere\n", None),
    ("t.csv", "turn on the lights\n", None),
]


@pytest.mark.parametrize(("name", "content", "kind"), KINDS)
def test_kinds_are_told_apart(
    name: str, content: str, kind: str | None, tmp_path: Path, write: Write
) -> None:
    found = find_text_kind(write(tmp_path / name, content))
    assert (found.name if found else None) == kind


def test_a_kind_can_be_forced(tmp_path: Path, write: Write) -> None:
    source = write(tmp_path / "t.csv", "IEEE\ti triple e\n")
    report = import_text(source, tmp_path / "out", "language")
    assert (tmp_path / "out/text.txt").read_text("utf-8") == "IEEE i triple e\n"
    assert report.layout == "language"
    with pytest.raises(InputError, match="'lists' is not a kind of text: use one of structured,"):
        import_text(source, tmp_path / "out", "lists")


REFUSED = [
    ("language", "?!\n\x07\n", "nothing could be kept"),
    ("pronunciation", "a b c\n", "nothing could be kept"),
    ("structured", "@ list a =\n- x\n", "nothing could be kept"),
    ("display", "#itn\n(\n", "nothing could be kept"),
    ("display", "#test\na\tb\n", "nothing could be kept"),
    ("pronunciation", "a\tb\n" * 300_000, r"1.2 MB, at most 1 MB: divide it"),
    ("language", "", "the file is empty"),
    ("language", b"\x7fELF\x02", "a program, not a text file"),
]


@pytest.mark.parametrize(("kind", "content", "message"), REFUSED)
def test_what_cannot_be_used_at_all(
    kind: str, content: str | bytes, message: str, tmp_path: Path, write: Write
) -> None:
    source = write(tmp_path / "t.txt", content)
    with pytest.raises(InputError, match=message):
        import_text(source, tmp_path / "out", kind)
    outputs = {one.output for one in TEXT_KINDS}
    written = {path.name for path in (tmp_path / "out").glob("*")}
    assert not written & outputs
    if message == "nothing could be kept":
        assert written == {"report.txt", "report.json", "report.html"}


def test_what_is_there_is_not_overwritten_unasked(tmp_path: Path, write: Write) -> None:
    source = write(tmp_path / "t.txt", "hello\n")
    import_text(source, tmp_path / "out")
    with pytest.raises(InputError, match=r"text\.txt exists: choose another folder"):
        import_text(source, tmp_path / "out")
    assert import_text(source, tmp_path / "out", overwrite=True).kept == 1
    with pytest.raises(InputError, match="no text normalisation for language 'xx'"):
        import_text(source, tmp_path / "other", language="xx")


PUBLISHED = [
    ("biology/training/plain-text.txt", "language", 116, 0),
    ("biology/training/pronunciation.txt", "pronunciation", 6, 0),
    ("display formatting/training/data_display format.txt", "display", 20, 0),
    ("display formatting/training/data_text.txt", "language", 4357, 0),
    ("general/training/pronunciation.txt", "pronunciation", 3, 0),
    ("general/training/related-text.txt", "language", 28, 0),
    ("general/training/structured-text.md", "structured", 11, 0),
    # Two sentences hold "bye bye bye bye bye" and "la la la la la …".
    ("media-entities/training/structured-text.md", "structured", 1798, 2),
]


@pytest.mark.corpus
@pytest.mark.parametrize(("name", "kind", "kept", "lost"), PUBLISHED)
def test_published_samples(name: str, kind: str, kept: int, lost: int, tmp_path: Path) -> None:
    source = SAMPLES / name
    if not source.is_file():
        pytest.skip(f"needs {source}: set ATTUNE_CORPUS to the corpus folder")
    found = find_text_kind(source)
    assert found is not None
    report = import_text(source, tmp_path)
    assert (found.name, report.layout, report.kept, report.lost) == (kind, kind, kept, lost)
    again = import_text(tmp_path / found.output, tmp_path / "again")
    assert (again.layout, again.kept, again.lost) == (kind, kept, 0)
    output = (tmp_path / "again" / found.output).read_bytes()
    assert output == (tmp_path / found.output).read_bytes()
