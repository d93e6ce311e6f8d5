"""Keywords in a stream: found wherever they are said, and nowhere else."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tone_keywords import ANNA, KEN, keyword_encoder, said, silence
from tones import TONES, whistle_phones

from attune.bundle import Bundle, derive
from attune.bundle.description import Lineage
from attune.bundle.writing import NewPart
from attune.errors import InputError
from attune.keyword import KeywordModel, KeywordPhrase, Spotter, create_basic, load_keyword
from attune.keyword.closer_look import heard_candidates


@pytest.fixture(scope="module")
def model(tone_base: Bundle, tmp_path_factory: pytest.TempPathFactory) -> KeywordModel:
    out = tmp_path_factory.mktemp("model") / "keywords"
    create_basic([ANNA, KEN], out, base=tone_base)
    return load_keyword(out)


def heard(spotter: Spotter, audio: np.ndarray, block: int = 640) -> list[tuple[str, float, float]]:
    found = [d for i in range(0, len(audio), block) for d in spotter.accept(audio[i : i + block])]
    return [(d.keyword, d.start, d.end) for d in found + spotter.finish()]


CHATTER = whistle_phones("S OW N AA T IY M B OW")

# what is heard, and which keywords are to be found in it
SCENES = [
    ([silence(1), said(ANNA), silence(1)], [ANNA]),
    ([said(ANNA)], [ANNA]),  # the stream begins with it, and ends with it
    ([silence(1), CHATTER, said(ANNA), CHATTER], [ANNA]),  # in mid-sentence
    ([silence(1), said(KEN), silence(0.3), said(ANNA), silence(1)], [KEN, ANNA]),
    ([silence(1), said(ANNA), silence(0.6), said(ANNA), silence(1)], [ANNA, ANNA]),
    ([silence(1), said(ANNA)[:-8000], silence(1)], []),  # its beginning alone
    ([silence(1), said(ANNA)[6400:], silence(1)], []),  # its end alone
    ([silence(1), CHATTER, CHATTER, silence(1)], []),
    ([silence(3)], []),
]


@pytest.mark.parametrize(("scene", "phrases"), SCENES)
def test_keywords_are_found_where_they_are_said(
    model: KeywordModel, scene: list[np.ndarray], phrases: list[KeywordPhrase]
) -> None:
    found = heard(model.spotter(), np.concatenate(scene))
    assert [keyword for keyword, _, _ in found] == [phrase.text for phrase in phrases]


def test_a_detection_says_where_and_brings_the_audio(model: KeywordModel) -> None:
    audio = np.concatenate([silence(2), said(ANNA), silence(2)])
    spotter = model.spotter(pre_roll=0.5)
    (one,) = [d for i in range(0, len(audio), 320) for d in spotter.accept(audio[i : i + 320])]
    assert one.keyword == ANNA.text
    assert one.start == pytest.approx(2.0, abs=0.08)
    assert one.end == pytest.approx(2.0 + len(said(ANNA)) / 16000, abs=0.12)
    assert one.time - (2.0 + len(said(ANNA)) / 16000) <= 0.1
    assert one.score >= model.thresholds()[0]
    begin, end = round((one.start - 0.5) * 16000), round(one.time * 16000)
    assert np.array_equal(one.audio, audio[begin:end])


def test_the_course_of_the_scores_passes_the_threshold_where_a_keyword_is_told(
    model: KeywordModel,
) -> None:
    audio = np.concatenate([silence(2), said(ANNA), silence(2)])
    spotter = model.spotter()
    course: list[tuple[float, tuple[float | None, ...]]] = []
    found = []
    for first in range(0, len(audio), 1280):
        found += spotter.accept(audio[first : first + 1280])
        course.append((spotter.seconds, spotter.scores()))
    (one,) = found
    anna = [(time, scores[0]) for time, scores in course if scores[0] is not None]
    # It was told as soon as its score was high enough, and then a pause showed.
    assert max(score for _, score in anna) > one.score >= spotter.thresholds[0]
    above = [time for time, score in anna if score >= spotter.thresholds[0]]
    assert one.end <= min(above) <= one.time
    assert not [time for time, _ in anna if time < 2.0]
    assert all(scores[1] is None or scores[1] < one.score for _, scores in course)


@settings(max_examples=15, deadline=None)
@given(st.lists(st.integers(1, 5000), min_size=1, max_size=8), st.booleans())
def test_blocks_of_any_size_bring_the_same(
    model: KeywordModel, blocks: list[int], integers: bool
) -> None:
    audio = np.concatenate([silence(0.5), said(KEN), silence(0.4), said(ANNA), silence(0.5)])
    if integers:
        audio = np.round(audio * 32767).astype(np.int16)
    wanted = [(d.keyword, d.start, d.end, d.score) for d in _all(model.spotter(), [audio])]
    assert len(wanted) == 2
    cuts = np.cumsum(blocks * 20)
    found = _all(model.spotter(), np.split(audio, cuts[cuts < len(audio)]))
    assert [(d.keyword, d.start, d.end, d.score) for d in found] == wanted


def _all(spotter: Spotter, parts: list[np.ndarray]) -> list:
    return [d for part in parts for d in spotter.accept(part)] + spotter.finish()


def test_the_posteriors_of_a_stream_are_those_of_the_whole(model: KeywordModel) -> None:
    audio = np.concatenate([silence(0.3), said(KEN), silence(0.31)])
    whole = model.rows(audio)
    stream = model.encoder.stream()
    parts = [stream.accept(audio[i : i + 777]) for i in range(0, len(audio), 777)]
    parts.append(stream.finish())
    assert np.allclose(whole.log_posteriors, np.concatenate([p.log_posteriors for p in parts]))
    assert len(whole.hidden) == len(whole.log_posteriors)
    frames = (len(audio) - 400) // 160 + 1
    assert len(whole.hidden) == -(-frames // 4)


def test_a_keyword_counts_once_a_second(model: KeywordModel) -> None:
    audio = np.concatenate([silence(1), said(ANNA), silence(1)])
    (once,) = heard(model.spotter(sensitivity=1.0), audio)
    assert once[0] == ANNA.text


def test_candidates_are_those_that_a_threshold_chooses_from(model: KeywordModel) -> None:
    audio = np.concatenate([silence(1), CHATTER, said(KEN), silence(1), said(ANNA), silence(1)])
    stream = model.candidates()
    candidates = stream.accept(audio) + stream.finish()
    thresholds = model.thresholds()
    chosen = [(c.keyword, c.start, c.end) for c in candidates if c.score >= thresholds[c.place]]
    # The pause makes some of them better, row by row: each is told once.
    assert list(dict.fromkeys(chosen)) == heard(model.spotter(), audio)


def test_a_candidate_gets_better_with_each_row_of_its_pause_and_ends_as_in_the_whole(
    model: KeywordModel,
) -> None:
    audio = np.concatenate([silence(1), said(KEN), silence(1), CHATTER, said(ANNA), CHATTER])
    stream = model.candidates()
    courses: dict[tuple[str, float, float], list[float]] = {}
    for one in stream.accept(audio) + stream.finish():
        courses.setdefault((one.keyword, one.start, one.end), []).append(one.score)
    assert all(course == sorted(set(course)) for course in courses.values())
    whole = {}
    for peak, _ in heard_candidates(model.rows(audio), model.graph):
        start, end = (round(row * model.row_seconds, 3) for row in (peak.start, peak.end))
        whole[model.phrases[peak.keyword].text, start, end] = peak.total
    assert {where: course[-1] for where, course in courses.items()} == pytest.approx(whole)
    assert any(len(course) > 1 for course in courses.values())


def test_reset_forgets_everything(model: KeywordModel) -> None:
    audio = np.concatenate([silence(1), said(ANNA), silence(1)])
    spotter = model.spotter()
    first = heard(spotter, audio)
    with pytest.raises(InputError, match=r"call reset\(\)"):
        spotter.accept(audio)
    spotter.reset()
    assert heard(spotter, audio) == first
    spotter.reset()
    spotter.accept(audio[: 16000 + len(said(ANNA)) // 2])
    spotter.reset()
    assert heard(spotter, audio[16000 + len(said(ANNA)) // 2 :]) == []


WRONG = [
    (np.zeros((2, 100), np.float32), "one channel"),
    (np.zeros(100, np.int32), "give int16"),
    (np.full(100, np.nan, np.float32), "NaN"),
    (np.full(100, np.inf, np.float64), "NaN"),
    (np.zeros(100, complex), "give int16"),
]


@pytest.mark.parametrize(("samples", "message"), WRONG)
def test_samples_that_cannot_be_used(
    model: KeywordModel, samples: np.ndarray, message: str
) -> None:
    spotter = model.spotter()
    with pytest.raises(InputError, match=message):
        spotter.accept(samples)
    with pytest.raises(InputError, match=message):
        model.posteriors(samples)
    assert spotter.accept(np.zeros(0, np.float32)) == []
    assert len(heard(spotter, np.concatenate([silence(1), said(ANNA), silence(1)]))) == 1


@pytest.mark.parametrize("pre_roll", [-1.0, 31.0, float("nan")])
def test_pre_roll_has_limits(model: KeywordModel, pre_roll: float) -> None:
    with pytest.raises(InputError, match="pre-roll"):
        model.spotter(pre_roll=pre_roll)


def test_sixteen_keywords_at_once(tone_base: Bundle, tmp_path: object) -> None:
    random, names = np.random.default_rng(5), sorted(TONES)
    phrases = []
    for place in range(16):
        phones = tuple(names[i] for i in random.permutation(len(names))[:8])
        phrases.append(KeywordPhrase(f"keyword {place}", (phones,)))
    create_basic(phrases, tmp_path / "sixteen", base=tone_base)
    scene = [piece for phrase in phrases for piece in (silence(0.5), said(phrase))]
    found = heard(load_keyword(tmp_path / "sixteen").spotter(), np.concatenate(scene), 3200)
    assert [keyword for keyword, _, _ in found] == [phrase.text for phrase in phrases]


@pytest.mark.slow
def test_an_hour_of_silence_brings_nothing_and_costs_no_memory(model: KeywordModel) -> None:
    resource = pytest.importorskip("resource")
    spotter, minute = model.spotter(sensitivity=1.0), silence(60)
    assert spotter.accept(minute) == []
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    for _ in range(60):
        assert spotter.accept(minute) == []
    assert resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before < 4096  # KiB
    assert spotter.seconds == 61 * 60
    found = heard(spotter, np.concatenate([said(ANNA), silence(1)]))
    assert found[0][0] == ANNA.text
    assert found[0][1] == pytest.approx(3660, abs=0.1)


def test_other_bundles_are_refused(
    model: KeywordModel, tone_base: Bundle, tmp_path: object
) -> None:
    with pytest.raises(InputError, match="the base that keywords are made from"):
        KeywordModel(tone_base)
    lineage = Lineage("a test", "2026-01-01")
    broken = {"keyword_graph": NewPart(b"{}", "json", "keyword_graph.json")}
    derive(model.bundle, tmp_path / "graph", name="x", lineage=lineage, parts=broken)
    with pytest.raises(InputError, match="not the scoring graph"):
        load_keyword(tmp_path / "graph")
    late = {"chunking": {"delay": -1}}
    derive(model.bundle, tmp_path / "delay", name="x", lineage=lineage, settings=late)
    with pytest.raises(InputError, match="delay -1 is not a count"):
        load_keyword(tmp_path / "delay")
    other = {"encoder": NewPart(keyword_encoder()[:200], "onnx", "encoder.onnx")}
    derive(model.bundle, tmp_path / "encoder", name="x", lineage=lineage, parts=other)
    with pytest.raises(InputError, match="the network cannot be loaded"):
        load_keyword(tmp_path / "encoder")
