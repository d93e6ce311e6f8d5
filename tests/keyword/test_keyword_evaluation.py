"""Recordings whose candidates are known, measured: counts, roles, figures, curves, documents."""

from __future__ import annotations

import json
from itertools import pairwise
from xml.etree import ElementTree

import numpy as np
import pytest
from clicking import ClickModel, write_clicks
from hypothesis import given
from hypothesis import strategies as st
from rich.console import Console

from attune.data import Utterance, write_manifest
from attune.errors import InputError
from attune.evaluate.keyword import (
    Sweep,
    det_svg,
    evaluate_keyword,
    keyword_evaluation_to_json,
    render_keyword_evaluation,
)


@pytest.fixture
def table(tmp_path):
    """Writes a manifest of recordings: (text, seconds, [(time, score) ...][, keyword])."""

    def write(name, *rows, speakers=()):
        made = []
        for place, (text, seconds, clicks, *keyword) in enumerate(rows):
            path = write_clicks(tmp_path / f"{name}-{place}.wav", seconds, clicks, *keyword)
            speaker = speakers[place] if speakers else ""
            made.append(Utterance(path, seconds, speaker, text))
        write_manifest(tmp_path / f"{name}.tsv", made)
        return tmp_path / f"{name}.tsv"

    return write


@pytest.fixture
def usual(table):
    """Four positives, heard at 0.9, 0.8, 0.4 and never, and 10 s of negatives (1/360 h)."""
    positives = table(
        "positives",
        ("high", 2.0, [(0.5, 0.9)]),
        ("High", 2.0, [(0.5, 0.3), (1.0, 0.8)]),
        ("high", 2.0, [(0.5, 0.4)]),
        ("high", 2.0, []),
        speakers=("ann", "ann", "bob", "bob"),
    )
    negatives = table(
        "negatives",
        ("some other speech", 6.0, [(1.0, 0.6), (1.5, 0.7), (4.0, 0.2)]),
        ("", 4.0, [(0.0, 0.5), (1.0, 0.5)]),
    )
    return positives, negatives


def evaluated(usual, model=None, **settings):
    return evaluate_keyword(model or ClickModel(), *usual, **settings)


def points(sweep):
    return [(p.threshold, p.correct_accepts, p.false_accepts) for p in sweep.curve()]


@pytest.mark.parametrize(
    ("threshold", "accepted", "false_accepts"),
    [(0.95, 0, 0), (0.9, 1, 0), (0.8, 2, 0), (0.7, 2, 1), (0.6, 2, 1), (0.5, 2, 3), (0.2, 3, 4)],
)
def test_counts_at_a_threshold(usual, threshold, accepted, false_accepts):
    found = evaluated(usual).phrases[0].sweep.at(threshold)
    assert (found.correct_accepts, found.false_accepts) == (accepted, false_accepts)
    assert found.correct_accept_rate == accepted / 4
    assert found.false_accepts_per_hour == pytest.approx(false_accepts * 360)


def test_the_silence_around_recordings_does_not_count_as_heard(usual):
    assert evaluated(usual).pooled.hours == pytest.approx(10 / 3600)


def test_the_curve_goes_from_no_false_accept_to_all(usual):
    found = points(evaluated(usual).pooled)
    assert [(accepted, false) for _, accepted, false in found] == [(2, 0), (2, 1), (3, 3), (3, 4)]
    assert found[0][0] == pytest.approx(0.7) and found[0][0] > 0.7


@pytest.mark.parametrize(
    ("per_hour", "accepted", "false_accepts"), [(1, 2, 0), (360, 2, 1), (719, 2, 1), (1e4, 3, 4)]
)
def test_a_figure_has_no_more_false_accepts_than_asked_for(
    usual, per_hour, accepted, false_accepts
):
    point = evaluated(usual).pooled.figure_at(per_hour).point
    assert (point.correct_accepts, point.false_accepts) == (accepted, false_accepts)


def test_at_default_is_at_the_models_threshold(usual):
    found = evaluated(usual, ClickModel(thresholds=[0.65])).at_default
    assert found.point.threshold == 0.65
    assert (found.point.correct_accepts, found.point.false_accepts) == (2, 1)
    assert found.target is None


def test_speakers_heard_least_come_first(usual):
    phrase = evaluated(usual).phrases[0]
    found = [(s.speaker, s.positives, s.correct_accepts) for s in phrase.speakers(0.4)]
    assert found == [("bob", 2, 1), ("ann", 2, 2)]


def test_false_accepts_are_told_by_manifest(usual, table):
    third = table("noise", ("", 5.0, [(1.0, 0.6)]))
    found = evaluated((usual[0], [usual[1], third])).phrases[0].negative_sets(0.6)
    assert [(one.name, one.recordings, one.false_accepts) for one in found] == [
        ("negatives.tsv", 2, 1),
        ("noise.tsv", 1, 1),
    ]


def test_manifests_of_one_name_are_told_apart(usual, tmp_path):
    (tmp_path / "more").mkdir()
    path = write_clicks(tmp_path / "more" / "a.wav", 3.0, [(1.0, 0.6)])
    write_manifest(tmp_path / "more" / "negatives.tsv", [Utterance(path, 3.0, "", "")])
    both = [usual[1], tmp_path / "more" / "negatives.tsv"]
    found = evaluated((usual[0], both)).phrases[0].negative_sets(0.6)
    assert [(one.name, one.false_accepts) for one in found] == [
        (str(both[0]), 1),
        (str(both[1]), 1),
    ]


@pytest.mark.parametrize(
    ("text", "spellings", "role"),
    [
        ("she was very high up", {}, "left out"),
        ("High's end", {}, "left out"),
        ("a highly rated hi", {}, "negative"),
        ("hi", {"high": ["hi"]}, "left out"),
        ("", {}, "negative"),
    ],
)
def test_recordings_that_hold_the_keyword_are_no_negatives(table, text, spellings, role):
    positives = table("positives", ("high", 1.0, [(0.5, 0.9)]))
    negatives = table("negatives", (text, 3.0, []), ("other", 2.0, []))
    found = evaluate_keyword(ClickModel(), positives, negatives, spellings=spellings)
    seconds = 2.0 if role == "left out" else 5.0
    assert found.pooled.hours * 3600 == pytest.approx(seconds)
    assert found.phrases[0].negatives[0].left_out == (role == "left out")


def test_rows_of_the_positives_without_the_keyword_are_negatives(table):
    positives = table(
        "positives", ("high", 1.0, [(0.5, 0.9)]), ("low", 1.0, [(0.5, 0.8)]), ("", 1.0, [])
    )
    found = evaluate_keyword(ClickModel(), positives)
    assert found.positives == 1
    assert found.pooled.hours * 3600 == pytest.approx(2.0)
    assert found.pooled.at(0.8).false_accepts == 1


def test_a_recording_listed_twice_counts_once(usual):
    both = evaluated((usual[0], [usual[1], usual[1], usual[0]]))
    assert points(both.pooled) == points(evaluated(usual).pooled)


def test_phrases_are_measured_each_and_together(table):
    positives = table(
        "positives",
        ("high", 1.0, [(0.5, 0.9)]),
        ("low", 1.0, [(0.5, 0.7)], "low"),
        ("low", 1.0, [(0.5, 0.6)]),  # heard as "high": a false accept of it
    )
    found = evaluate_keyword(ClickModel("high", "low", thresholds=[0.8, 0.5]), positives)
    high, low = found.phrases
    assert (high.positives, low.positives, found.positives) == (1, 2, 3)
    assert high.sweep.hours * 3600 == pytest.approx(2.0)
    assert low.sweep.hours * 3600 == pytest.approx(1.0)
    assert (high.sweep.at(0.6).false_accepts, low.sweep.at(0.0).false_accepts) == (1, 0)
    # Together: every recording is free of one of them.
    assert found.pooled.hours * 3600 == pytest.approx(3.0)
    assert (found.pooled.at(0.6).correct_accepts, found.pooled.at(0.6).false_accepts) == (2, 1)
    assert (found.at_default.point.correct_accepts, found.at_default.point.false_accepts) == (2, 0)


def test_a_click_counts_wherever_blocks_are_cut(table):
    positives = table("positives", ("high", 35.0, [(9.99999, 0.9), (20.0, 0.8)]))
    negatives = table("negatives", ("", 35.0, [(time, 0.5) for time in (0.0, 9.9, 10.9, 34.9)]))
    found = evaluate_keyword(ClickModel(), positives, negatives)
    assert found.pooled.at(0.9).correct_accepts == 1
    assert found.pooled.at(0.5).false_accepts == 4


def test_an_evaluation_goes_on_where_it_stopped(usual, tmp_path):
    model = ClickModel()
    whole = evaluated(usual, model, journal=tmp_path / "heard")
    assert model.opened == 6
    (journal,) = (tmp_path / "heard").iterdir()
    lines = journal.read_bytes().splitlines(keepends=True)
    journal.write_bytes(b"".join(lines[:4]) + lines[4][:20])
    again = evaluated(usual, model, journal=tmp_path / "heard")
    assert model.opened == 8
    assert keyword_evaluation_to_json(again) == keyword_evaluation_to_json(whole)


def test_a_recording_that_changed_is_heard_again(usual, tmp_path):
    model = ClickModel()
    evaluated(usual, model, journal=tmp_path / "heard")
    write_clicks(tmp_path / "positives-3.wav", 2.5, [(0.5, 0.9)])
    found = evaluated(usual, model, journal=tmp_path / "heard")
    assert model.opened == 7
    assert found.pooled.at(0.9).correct_accepts == 2


def test_a_damaged_journal_is_named(usual, tmp_path):
    evaluated(usual, journal=tmp_path / "heard")
    (journal,) = (tmp_path / "heard").iterdir()
    journal.write_bytes(b"{}\n" + journal.read_bytes())
    with pytest.raises(InputError, match=r"jsonl:1 is damaged: remove"):
        evaluated(usual, journal=tmp_path / "heard")


def test_progress_tells_recordings_and_seconds(usual):
    told = []
    evaluated(usual, progress=told.append)
    assert [one.done for one in told] == [1, 2, 3, 4, 5, 6]
    assert {(one.total, one.total_seconds) for one in told} == {(6, 18.0)}
    assert told[-1].seconds == 18.0


def test_the_document_has_the_shape_of_the_contract(usual):
    document = json.loads(json.dumps(keyword_evaluation_to_json(evaluated(usual)), allow_nan=False))
    assert document["positives"] == 4
    assert document["negative_hours"] == pytest.approx(10 / 3600, abs=1e-4)
    assert {"threshold", "correct_accept_rate", "false_accepts_per_hour"} == set(
        document["operating_points"][0]
    )
    default = document["at_default"]
    assert (default["threshold"], default["correct_accept_rate"]) == (0.5, 0.5)
    assert [one["target"] for one in document["at"]] == [0.5, 0.1]
    assert document["keywords"][0]["negatives"][0]["false_accepts_at_default"] == 3
    assert document["keywords"][0]["speakers"][0] == {
        "speaker": "bob",
        "positives": 2,
        "correct_accepts": 0,
        "correct_accepts_at_default": 0,
    }


def test_the_report_says_when_there_are_too_few_hours(usual):
    console = Console(width=120, record=True, file=None, quiet=False)
    with console.capture() as shown:
        console.print(render_keyword_evaluation(evaluated(usual)))
    text = shown.get()
    assert "high: 4 positives, 0.00 h without it" in text
    assert "give 10 h or more of keyword-free audio" in text
    assert "false accepts at sensitivity 0.5: negatives.tsv 3" in text
    assert "heard least: bob 0 of 2" in text


def test_the_picture_is_svg_with_a_curve_a_phrase(usual, table):
    both = table("both", ("high", 1.0, []), ("low <&> high", 1.0, [(0.5, 0.3)], "low"))
    model = ClickModel("high", "low <&> high")
    root = ElementTree.fromstring(det_svg(evaluate_keyword(model, both, usual[1])))
    assert len(root.findall("{*}polyline")) == 2
    assert "low <&> high" in [text.text for text in root.findall("{*}text")]


@pytest.mark.parametrize(
    ("wrong", "message"),
    [
        ("nothing said", r"positives\.tsv: no row's text holds 'high' \(it has 'low' \(2\)\)"),
        ("no negatives", r"no keyword-free audio for 'high'"),
        ("missing file", r"negatives\.tsv:2: there is no file"),
        ("no manifest", r"not a manifest"),
        ("no file", r"nowhere\.tsv"),
        ("no audio", r"negatives-0\.wav"),
    ],
)
def test_wrong_input_says_what_to_do(table, tmp_path, wrong, message):
    positives = table("positives", ("high", 1.0, []), ("high", 1.0, []))
    negatives = table("negatives", ("", 1.0, []))
    if wrong == "nothing said":
        positives = table("positives", ("low", 1.0, []), ("low", 1.0, []))
    elif wrong == "no negatives":
        negatives = ()
    elif wrong == "missing file":
        (tmp_path / "negatives-0.wav").unlink()
    elif wrong == "no manifest":
        negatives = tmp_path / "notes.txt"
        negatives.write_text("a list of recordings\n")
    elif wrong == "no file":
        negatives = tmp_path / "nowhere.tsv"
    elif wrong == "no audio":
        (tmp_path / "negatives-0.wav").write_bytes(b"no sound")
    with pytest.raises(InputError, match=message):
        evaluate_keyword(ClickModel(), positives, negatives)


sweeps = st.builds(
    lambda best, false, hours: Sweep(
        np.array(best, np.float64),
        ("",) * len(best),
        np.sort(np.array(false, np.float64))[::-1],
        np.arange(len(false)),
        hours,
    ),
    st.lists(st.integers(-5, 20), min_size=1, max_size=30),
    st.lists(st.integers(-5, 20), max_size=60),
    st.floats(0.1, 30.0),
)


@given(sweeps)
def test_along_the_curve_both_rates_rise_as_the_threshold_falls(sweep):
    for one, lower in pairwise(sweep.curve()):
        assert lower.threshold < one.threshold
        assert lower.correct_accepts >= one.correct_accepts
        assert lower.false_accepts > one.false_accepts


@given(sweeps, st.sampled_from([0.1, 0.5, 2.0]))
def test_figures_keep_to_their_target_with_the_lowest_threshold_that_does(sweep, per_hour):
    found = sweep.figure_at(per_hour)
    assert found.point.false_accepts_per_hour <= per_hour
    below = sweep.at(float(np.nextafter(found.point.threshold, -np.inf)))
    assert (
        below.false_accepts_per_hour > per_hour
        or below.correct_accepts == found.point.correct_accepts
    )
    interval = found.correct_accept_interval
    assert interval.low <= found.point.correct_accept_rate <= interval.high


def test_intervals_narrow_with_more_speakers():
    random = np.random.default_rng(3)
    widths = []
    for speakers in (4, 100):
        best = random.normal(1.0, 1.0, 1000)
        names = tuple(f"s{place % speakers}" for place in range(1000))
        best += np.repeat(random.normal(0.0, 1.0, speakers)[None], 1000 // speakers, 0).ravel()
        sweep = Sweep(best, names, np.array([0.5, 0.4, 0.3]), np.arange(3), 6.0)
        interval = sweep.figure(0.5).correct_accept_interval
        assert (interval.unit, interval.blocks) == ("speaker", speakers)
        widths.append(interval.high - interval.low)
    assert widths[0] > 2 * widths[1]
