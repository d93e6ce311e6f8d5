"""The portal's small parts: numbers for people, charts, static files, documents, code to copy."""

from __future__ import annotations

import gzip
import os
import re
import shutil
import subprocess
import sys
from datetime import UTC, datetime, timedelta
from pathlib import Path
from xml.etree import ElementTree

import httpx
import pytest
from browsing import Course
from running import RunningServer

from attune.portal.charts import Bar, Series, bars, curve, det, spark
from attune.portal.pages.evaluations import bars_of
from attune.portal.pages.help import DOCS, anchor, document
from attune.portal.pages.models import curves_of
from attune.portal.shown import (
    ago,
    amount,
    duration,
    linked,
    percent,
    size,
    status_class,
    status_word,
)
from attune.portal.snippets import snippets
from attune.service.errors import NotFound
from attune.service.tables import Endpoint, Evaluation, JobEvent

SAMPLES = Path(__file__).parents[2] / "samples"


@pytest.mark.parametrize(
    ("shown", "words"),
    [
        (duration(0.04), "0.0 s"),
        (duration(4.25), "4.2 s"),
        (duration(59.2), "59 s"),
        (duration(185), "3 min 05 s"),
        (duration(7800), "2 h 10 min"),
        (duration(3 * 86_400), "3 days"),
        (duration(None), "–"),
        (size(999), "999 bytes"),
        (size(1500), "1.5 KB"),
        (size(2_147_483_648), "2.1 GB"),
        (percent(0.4157), "41.6 %"),
        (percent(None), "–"),
        (amount(12_345), "12,345"),
        (amount(None), "–"),
    ],
)
def test_numbers_are_for_people(shown: str, words: str) -> None:
    assert shown == words


@pytest.mark.parametrize(
    ("seconds", "words"),
    [(1, "just now"), (61, "1 minute ago"), (7300, "2 hours ago"), (-7300, "in 2 hours")],
)
def test_times_are_told_from_now(seconds: float, words: str) -> None:
    told = ago(datetime.now(UTC) - timedelta(seconds=seconds))
    assert f">{words}</time>" in told


def test_documents_are_linked_where_they_are_named() -> None:
    told = linked("<b>: write it as docs/data-formats.md shows")
    assert told == ('&lt;b&gt;: write it as <a href="/help/data-formats">data formats</a> shows')


def test_charts_are_pictures_with_a_name_and_without_styles() -> None:
    nasty = "<b>'\""
    line = Series(nasty, [(1, 3.0), (2, 2.0), (3, 1.5)])
    for chart in (
        curve([line, line], title=nasty, x_name="step"),
        det([Series("x", [(0.1, 0.2), (1.0, 0.1)])], title=nasty, here=(0.5, 0.1)),
        spark([0, 1, 5, 2], title=nasty),
        bars([Bar(nasty, 0.4, 0.3, 0.5, (("s", 0.3), ("d", 0.1)))], title=nasty),
    ):
        root = ElementTree.fromstring(chart)
        named = [each for each in root.iter() if each.get("role") == "img"]
        assert all(nasty in str(each.get("aria-label")) for each in named)
        assert named
        assert " style=" not in chart


@pytest.mark.parametrize("values", [[], [(1.0, 2.0)], [(1.0, 0.0), (2.0, 0.0)]])
def test_curves_of_little_are_drawn_too(values: list[tuple[float, float]]) -> None:
    chart = curve([Series("loss", values)], title="loss", x_name="step")
    assert ("<svg" in chart) == bool(values)
    assert "nan" not in chart


def test_static_files_are_kept_for_good_and_packed(portal_server: RunningServer) -> None:
    page = httpx.get(f"{portal_server.url}/sign-in").text
    address = re.search(r'href="(/static/\w+/attune\.css)"', page)
    assert address is not None
    answer = httpx.get(portal_server.url + address[1], headers={"Accept-Encoding": "gzip"})
    assert "immutable" in answer.headers["cache-control"]
    assert answer.headers["content-encoding"] == "gzip"
    plain = httpx.get(portal_server.url + address[1], headers={"Accept-Encoding": "identity"})
    assert plain.text == answer.text
    assert len(gzip.compress(plain.content)) < 10_000
    for name in ("other/attune.css", "x/..%2fvisits.py", "x/../../visits.py", "x/nothing.js"):
        other = httpx.get(f"{portal_server.url}/static/{name}")
        assert "immutable" not in other.headers.get("cache-control", "")
        assert other.status_code == (200 if name.endswith("attune.css") else 404)


def test_every_page_of_the_documentation_can_be_read() -> None:
    names = {path.stem for path in DOCS.glob("*.md")}
    assert {"keywords", "customise", "data-formats"} <= names
    for name in names:
        found = document(name)
        assert found.title
        for other, fragment in re.findall(r'href="/help/([\w-]+)(?:#([^"]*))?"', found.content):
            assert other in names, f"{name} leads to {other}"
            if fragment:
                assert f'id="{fragment}"' in document(other).content, f"{other}#{fragment}"
        for picture in re.findall(r'(?:src|href)="/help/files/([^"]*)"', found.content):
            assert (DOCS / picture).is_file()
        assert "<script" not in found.content


def test_documents_have_names_and_not_paths() -> None:
    for name in ("../README", "..", "", "no-such-page", "Keywords"):
        with pytest.raises(NotFound):
            document(name)


def test_anchors_are_those_of_github() -> None:
    assert anchor("`attune keyword create`: how?") == "attune-keyword-create-how"


@pytest.fixture(scope="module")
def endpoint(course: Course, portal_server: RunningServer) -> Endpoint:
    with portal_server.service.database.reading() as session:
        return session.get_one(Endpoint, course.endpoint)


@pytest.mark.slow
@pytest.mark.parametrize("kind", ["curl", "python", "azure", "openai"])
def test_code_to_copy_works(
    kind: str, endpoint: Endpoint, portal_server: RunningServer, tmp_path: Path
) -> None:
    shutil.copy(SAMPLES / "dictation.wav", tmp_path / "note.wav")
    code = next(each.code for each in snippets(portal_server.url, endpoint) if each.id == kind)
    if kind == "curl":
        if shutil.which("curl") is None:
            pytest.skip("curl is not installed")
        command = ["bash", "-c", code]
    else:
        command = [sys.executable, "-c", code.replace("YOUR_KEY", portal_server.key)]
    done = subprocess.run(
        command,
        cwd=tmp_path,
        env={**os.environ, "ATTUNE_KEY": portal_server.key},
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    assert "river" in done.stdout


def test_training_curves_are_the_figures_over_the_steps() -> None:
    points = [
        JobEvent(name="curve", data={"step": 10, "loss": 3.5, "seconds": 1.0, "stage": "adapt"}),
        JobEvent(name="curve", data={"step": 20, "loss": 2.5, "grad_norm": 0.3}),
        JobEvent(name="curve", data={"step": 20, "name": "held-out", "loss": 2.9}),
        JobEvent(name="curve", data={"step": 30, "loss": 2.0}),
    ]
    assert curves_of(points) == [
        Series("loss", [(10.0, 3.5), (20.0, 2.5), (30.0, 2.0)]),
        Series("grad norm", [(20.0, 0.3)]),
        Series("loss, held-out", [(20.0, 2.9)]),
    ]


def test_what_was_cancelled_has_not_failed() -> None:
    assert (status_word("Failed", "cancelled"), status_word("Failed", "no disk")) == (
        "Cancelled",
        "Failed",
    )
    assert status_class("Failed", "cancelled") == "cancelled"
    assert status_class("Running", "") == "running"


def test_bars_are_empty_before_a_test_is_done() -> None:
    test = Evaluation(model1_id="a", model2_id="b", figures={})
    assert bars_of(test, {"a": "base", "b": "own"}) == []
    test.figures = {
        "wordErrorRate1": 0.5,
        "wordCount1": 10,
        "wordErrorRateInterval1": {"low": 0.3, "high": 0.7, "level": 0.95},
        "wordSubstitutionCount1": 3,
        "wordDeletionCount1": 2,
        "wordInsertionCount1": 0,
    }
    parts = (("s", 0.3), ("d", 0.2), ("i", 0.0))
    assert bars_of(test, {"a": "base", "b": "own"}) == [Bar("base", 0.5, 0.3, 0.7, parts)]
