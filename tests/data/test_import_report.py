"""The report of an import, as text, JSON and a page."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from html.parser import HTMLParser
from pathlib import Path

import pytest

from attune.data import ImportReport, Problem, Reason, import_data
from attune.data import report as report_module
from attune.data.report import ImportTally
from attune.data.report_page import report_page

Tone = Callable[..., Path]
Write = Callable[[Path, str | bytes], Path]


def test_the_report_in_its_forms(tmp_path: Path, tone: Tone, write: Write) -> None:
    tone(tmp_path / "a.wav", 36.0)
    lines = "".join(f"gone{number}.wav,one\n" for number in range(7))
    table = write(
        tmp_path / "t.csv",
        "wav_filename,transcript\na.wav,one\n" + lines + "a.wav,naïve \x1b[31m\n",
    )
    report = import_data(table, tmp_path / "out")
    text = report.to_text()
    for part in (
        f"read     {table} (deepspeech, for training)\n",
        "kept     1 utterances, 0.01 h -> ",
        "passed   11.1% of 9\n",
        "dropped  8\n  7 no audio file: restore the file, or remove its line\n",
        f"{table}:3: there is no file {tmp_path}/gone0.wav\n",
        "    and 2 more\n",
        "  1 listed before: keep one line for each recording\n",
        "format   wav s16le, 16000 Hz, mono: 1\n",
        "note: less than 95% passed: mend what was left out and import again\n",
    ):
        assert part in text
    written = (tmp_path / "out/report.txt").read_text()
    assert f"{table}:9: there is no file {tmp_path}/gone6.wav\n" in written
    assert "more\n" not in written
    stored = json.loads((tmp_path / "out/report.json").read_text())
    assert stored == report.to_json()
    assert stored["kept"] == {"utterances": 1, "seconds": 36.0, "hours": 0.01, "speakers": 0}
    assert (stored["passed"], stored["failed"], stored["share"]) == (1, 8, 0.1111)
    assert [(item["reason"], item["count"]) for item in stored["dropped"]] == [
        ("no audio file", 7),
        ("listed before", 1),
    ]
    assert len(stored["dropped"][0]["examples"]) == 7
    page = (tmp_path / "out/report.html").read_text()
    assert page == "".join(report_page(report))
    assert f"<td>{table}:9</td><td>there is no file {tmp_path}/gone6.wav</td>" in page


@pytest.mark.parametrize("reason", Reason)
def test_every_reason_has_its_advice(reason: Reason) -> None:
    assert reason.advice


def tallied(*problems: Problem, kept: int = 1) -> ImportReport:
    tally = ImportTally()
    for _ in range(kept):
        tally.keep(1800.0, "anna", "wav s16le, 16000 Hz, mono")
    for problem in problems:
        tally.note(problem)
    return tally.report(Path("set.zip"), "azure-zip", Path("out/manifest.tsv"), ("read twice",))


def test_warnings_are_no_failures() -> None:
    report = tallied(Problem(Reason.QUIET, "t:1", "-50 dB"), Problem(Reason.EMPTY, "t:2", "empty"))
    assert (report.kept, report.lost, report.warned, report.share) == (1, 1, 1, 0.5)
    assert report.to_text() == (
        "read     set.zip (azure-zip)\n"
        "kept     1 utterances, 0.50 h, 1 speakers -> out/manifest.tsv\n"
        "passed   50.0% of 2\n"
        "dropped  1\n"
        "  1 empty transcript: write what is said, or remove the line\n"
        "    t:2: empty\n"
        "warnings 1, kept all the same\n"
        "  1 very quiet: speak closer to the microphone or turn the level up when you record more\n"
        "    t:1: -50 dB\n"
        "format   wav s16le, 16000 Hz, mono: 1\n"
        "note: read twice\n"
        "note: less than 95% passed: mend what was left out and import again\n"
    )


SHARES = [(0, 0, 0.0, True), (1, 0, 1.0, False), (19, 1, 0.95, False), (18, 1, 18 / 19, True)]


@pytest.mark.parametrize(("kept", "lost", "share", "advised"), SHARES)
def test_the_share_that_passed(kept: int, lost: int, share: float, advised: bool) -> None:
    report = tallied(*[Problem(Reason.EMPTY, "t:1", "empty")] * lost, kept=kept)
    assert report.share == share
    assert bool(report.advice) is advised


def test_items_of_other_kinds() -> None:
    tally = ImportTally()
    tally.keep()
    report = tally.report(Path("words.txt"), "text", None, unit="lines")
    assert "kept     1 lines\n" in report.to_text()
    assert report.to_json()["kept"]["lines"] == 1
    assert "<dt>Lines kept</dt><dd>1</dd>" in "".join(report_page(report))


def test_endless_problems_are_counted_but_not_held(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(report_module, "LISTED", 3)
    report = tallied(*[Problem(Reason.EMPTY, f"t:{line}", "empty") for line in range(10)])
    assert (report.lost, len(report.dropped[0].examples)) == (10, 3)
    assert "    and 7 more\n" in report.to_text(shown=None)
    assert "<p>and 7 more</p>" in "".join(report_page(report))


class Tags(HTMLParser):
    """Collects the tags of a page and checks that they are closed in order."""

    VOID = ("meta", "link", "img", "br", "input")

    def __init__(self) -> None:
        super().__init__()
        self.names: list[str] = []
        self.attributes: list[tuple[str, str | None]] = []
        self.open: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.names.append(tag)
        self.attributes += attrs
        if tag not in self.VOID:
            self.open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag


EVIL = "<script>alert('x')</script>\"&\x1b[31m\x00\u202e\udcff"


def test_nothing_in_a_page_comes_from_outside() -> None:
    tally = ImportTally()
    tally.keep(1.0, EVIL, EVIL)
    tally.note(Problem(Reason.CHARACTERS, f"{EVIL}:1", EVIL, ("<", "\udcff")))
    tally.note(Problem(Reason.CLIPPED, EVIL, EVIL))
    report = tally.report(Path(EVIL), EVIL, Path(EVIL), (EVIL,), purpose=EVIL)
    page = "".join(report_page(report))
    page.encode("utf-8")
    tags = Tags()
    tags.feed(page)
    assert not tags.open
    assert not {"script", "img", "link", "iframe", "object", "form"} & set(tags.names)
    assert not {"src", "href", "onclick"} & {name for name, _ in tags.attributes}
    assert not re.search(r"url\(|@import|\x1b|\x00|\u202e", page)
    assert page.count("&lt;script&gt;alert(&#x27;x&#x27;)&lt;/script&gt;&quot;&amp;") >= 8
