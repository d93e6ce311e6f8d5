"""Decoding frame by frame: partial results, endings, long streams, many streams."""

from __future__ import annotations

import math
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st
from spoken_posteriors import SYMBOLS, WORDS, graph, model, speak, table

from attune.decode import DecodedWord, Decoder, DecoderGraph, DecoderOptions, PronunciationTable
from attune.errors import InputError

GRAPH = graph()
SENTENCE = "one two three to ten seven onto three one two"


@pytest.fixture(scope="module")
def spoken(tmp_path_factory: pytest.TempPathFactory) -> DecoderGraph:
    """The made-up language with its bigram model."""
    path: Path = tmp_path_factory.mktemp("model") / "model.ngram"
    model().write(path)
    return DecoderGraph(WORDS, table(), path, symbols=SYMBOLS)


def decode(graph: DecoderGraph, log_probs: np.ndarray, **options: float) -> Decoder:
    decoder = Decoder(graph, DecoderOptions(**options))
    decoder.advance(log_probs)
    return decoder


def test_clear_speech(spoken: DecoderGraph) -> None:
    result = decode(spoken, speak(SENTENCE)).finish()
    assert result.text == SENTENCE
    assert result.frames == len(speak(SENTENCE))
    assert result.trailing_frames == 1


def test_word_times_are_those_of_the_phones(spoken: DecoderGraph) -> None:
    words = decode(spoken, speak("one three", pause=2)).finish().words
    # Frame 0 is blank, then a phone every third frame.
    assert [(w.text, w.start, w.end) for w in words] == [("one", 1, 5), ("three", 7, 14)]


def test_word_scores_are_those_of_their_frames(spoken: DecoderGraph) -> None:
    log_probs = speak("one two", noise=1.0)
    one, two = decode(spoken, log_probs).finish().words
    spelled = [1, 0, 2], [3, 0, 4]
    for word, symbols in zip((one, two), spelled, strict=True):
        frames = log_probs[word.start : word.end]
        assert word.acoustic_score == pytest.approx(
            sum(frames[range(3), symbols].tolist()), abs=1e-4
        )
    reference = model()
    assert one.language_score == pytest.approx(reference.log_prob(("<s>",), "one"), abs=1e-5)
    assert two.language_score == pytest.approx(reference.log_prob(("one",), "two"), abs=1e-5)


def test_pronunciation_chosen_is_reported() -> None:
    lexicon = PronunciationTable.build([(0, [1, 2], 0.0), (0, [3, 4], 0.0)])
    small = DecoderGraph(["either"], lexicon, symbols=SYMBOLS)
    for row, spoken_as in ((0, "one"), (1, "two")):
        assert decode(small, speak(spoken_as)).finish().words[0].pronunciation == row


def test_homophones_share_the_probability() -> None:
    decoder = decode(GRAPH, speak("two"))
    word = decoder.finish(posterior_scale=1.0).words[0]
    assert word.text in ("two", "to")
    assert word.posterior == pytest.approx(0.5, abs=0.01)
    assert {item.text for item in decoder.n_best(2)} == {"two", "to"}


def test_posterior_follows_the_score_difference(spoken: DecoderGraph) -> None:
    decoder = decode(spoken, speak("one two"), lattice_beam=20.0)
    first, second = decoder.n_best(2)
    assert (first.text, second.text) == ("one two", "one to")
    odds = math.exp(0.5 * (first.score - second.score))
    word = decoder.finish(posterior_scale=0.5).words[1]
    assert word.posterior == pytest.approx(odds / (1 + odds), abs=0.02)


def test_posteriors_only_when_asked(spoken: DecoderGraph) -> None:
    assert decode(spoken, speak("one")).finish().words[0].posterior is None


@settings(max_examples=60)
@given(
    seed=st.integers(0, 10_000),
    noise=st.floats(0.0, 5.0),
    cuts=st.lists(st.integers(0, 60), max_size=6),
)
def test_pieces_decode_like_the_whole(spoken, seed, noise, cuts) -> None:
    log_probs = speak(SENTENCE, noise=noise, seed=seed)
    options = {"beam": 8.0, "max_active": 50, "blank_skip": 0.9}
    whole = decode(spoken, log_probs, **options)
    pieces = Decoder(spoken, DecoderOptions(**options))
    for piece in np.split(log_probs, sorted(cuts)):
        pieces.advance(piece)
    assert pieces.n_best(10) == whole.n_best(10)
    assert pieces.finish() == whole.finish()


@settings(max_examples=60)
@given(seed=st.integers(0, 10_000), noise=st.floats(0.0, 6.0))
@example(seed=3825, noise=5.484375)  # homophones that score exactly alike
def test_stable_words_never_change(spoken, seed, noise) -> None:
    decoder = Decoder(spoken, DecoderOptions(beam=9.0))
    stable: list[tuple[str, ...]] = []
    for frame in speak(SENTENCE, noise=noise, seed=seed):
        decoder.advance(frame[np.newaxis])
        partial = decoder.best()
        assert partial.stable_words <= len(partial.words)
        stable.append(tuple(word.text for word in partial.words[: partial.stable_words]))
    final = tuple(word.text for word in decoder.finish().words)
    for words in stable:
        assert final[: len(words)] == words
    assert [len(words) for words in stable] == sorted(len(words) for words in stable)


def test_stable_words_come_soon_in_clear_speech(spoken: DecoderGraph) -> None:
    decoder = decode(spoken, speak(SENTENCE))
    assert decoder.best().stable_words >= len(SENTENCE.split()) - 2


def test_unfinished_word_is_shown_on_request(spoken: DecoderGraph) -> None:
    log_probs = speak("one three")[:9]  # up to the second phone of `three`
    decoder = decode(spoken, log_probs)
    assert decoder.best().text == "one"
    shown = decoder.best(unfinished=True)
    assert shown.text == "one three"
    assert shown.words[-1].pronunciation is None
    assert decoder.best(final=True).text == "one three"


def test_last_word_cut_off_costs_its_missing_phones(spoken: DecoderGraph) -> None:
    log_probs = speak("one three")[:9]
    free = decode(spoken, log_probs, unfinished_penalty=0.0).finish()
    dear = decode(spoken, log_probs, unfinished_penalty=2.0).finish()
    assert free.text == dear.text == "one three"
    assert free.hypothesis.score - dear.hypothesis.score == pytest.approx(2.0, abs=1e-3)
    # Without it the missing phone has to be found where there is none.
    whole = decode(spoken, log_probs, unfinished_penalty=math.inf).finish()
    assert whole.hypothesis.score < dear.hypothesis.score


def test_a_word_cut_off_is_better_than_nothing(spoken: DecoderGraph) -> None:
    decoder = decode(spoken, speak("three")[:4], beam=4.0, unfinished_penalty=math.inf)
    assert decoder.best().completion_cost == math.inf
    assert decoder.finish().text == "three"


def test_speech_from_the_first_to_the_last_frame(spoken: DecoderGraph) -> None:
    log_probs = speak("one two three")[1:-1]
    words = decode(spoken, log_probs).finish().words
    assert [w.text for w in words] == ["one", "two", "three"]
    assert words[0].start == 0
    assert words[-1].end == len(log_probs)


def test_completion_cost_tells_a_word_boundary(spoken: DecoderGraph) -> None:
    inside = decode(spoken, speak("three")[:4]).best()
    behind = decode(spoken, speak("three")).best()
    assert behind.completion_cost < inside.completion_cost


def test_silence_is_no_words(spoken: DecoderGraph) -> None:
    assert decode(spoken, speak("", pause=0).repeat(50, axis=0)).finish().words == ()


def test_no_frames_at_all(spoken: DecoderGraph) -> None:
    decoder = Decoder(spoken)
    decoder.advance(np.empty((0, SYMBOLS), np.float32))
    assert decoder.best().words == ()
    assert decoder.finish().frames == 0


def test_empty_lexicon() -> None:
    empty = DecoderGraph([], PronunciationTable.build([]), symbols=SYMBOLS)
    assert decode(empty, speak(SENTENCE)).finish().words == ()


def test_words_without_pronunciations_are_allowed() -> None:
    sparse = DecoderGraph(["mute", *WORDS], PronunciationTable.build([(1, [1, 2], 0.0)]), symbols=8)
    assert decode(sparse, speak("one")).finish().text == "one"


def test_reset_forgets_everything_but_the_context(spoken: DecoderGraph) -> None:
    decoder = decode(spoken, speak(SENTENCE, noise=4.0))
    decoder.finish()
    with pytest.raises(InputError, match="reset"):
        decoder.advance(speak("one"))
    decoder.reset()
    decoder.advance(speak("two"))
    fresh = decode(spoken, speak("two"))
    assert decoder.finish() == fresh.finish()


def test_context_words_steer_the_language_model(spoken: DecoderGraph) -> None:
    decoder = Decoder(spoken)
    for context, expected in ((["one"], "two"), (["three"], "to"), (["unheard", "three"], "to")):
        decoder.reset(context)
        decoder.advance(speak("two"))
        assert decoder.finish().text == expected


def test_bad_frames_leave_the_decoder_as_it_was(spoken: DecoderGraph) -> None:
    decoder = decode(spoken, speak("one"))
    for value in (math.nan, math.inf):
        bad = speak("three")
        bad[4, 2] = value
        with pytest.raises(InputError, match="frame 4 "):
            decoder.advance(bad)
    decoder.advance(speak("two"))
    assert decoder.finish().text == "one two"


def test_impossible_frames_are_survived(spoken: DecoderGraph) -> None:
    decoder = decode(spoken, np.full((20, SYMBOLS), -np.inf, np.float32))
    assert decoder.finish().frames == 20


@pytest.mark.parametrize("shape", [(5,), (5, SYMBOLS - 1), (2, 5, SYMBOLS)])
def test_wrong_shapes_are_refused(shape: tuple[int, ...]) -> None:
    with pytest.raises(InputError, match="shape"):
        Decoder(GRAPH).advance(np.zeros(shape, np.float32))


def test_collapsed_blanks_change_nothing_but_rounding(spoken: DecoderGraph) -> None:
    log_probs = speak(SENTENCE, pause=12, noise=0.5)
    exact = decode(spoken, log_probs, blank_skip=1.0)
    quick = decode(spoken, log_probs, blank_skip=0.99)
    assert quick.statistics().skipped_frames > 100
    assert exact.statistics().skipped_frames == 0
    slow, fast = exact.finish(), quick.finish()
    assert fast.hypothesis.score == pytest.approx(slow.hypothesis.score, abs=1e-2)

    def known(words: tuple[DecodedWord, ...]) -> list[tuple[str, int, int]]:
        return [(w.text, w.start, w.end) for w in words]

    assert known(fast.words) == known(slow.words)
    assert [w.acoustic_score for w in fast.words] == pytest.approx(
        [w.acoustic_score for w in slow.words], abs=1e-2
    )


def test_priors_are_divided_out() -> None:
    priors = np.full(SYMBOLS, 0.05)
    priors[0] = 0.65
    log_probs = speak(SENTENCE, noise=2.0)
    offsets = np.log(priors) * np.array([0.5] + [0.25] * (SYMBOLS - 1))
    scaled = decode(
        GRAPH, log_probs, blank_scale=0.5, phone_scale=0.25, priors=tuple(priors), blank_skip=1.0
    )
    by_hand = decode(GRAPH, (log_probs - offsets).astype(np.float32), blank_skip=1.0)
    assert scaled.finish().hypothesis.score == pytest.approx(
        by_hand.finish().hypothesis.score, abs=1e-2
    )


def test_lattice_holds_the_n_best_paths(spoken: DecoderGraph) -> None:
    decoder = decode(spoken, speak("one two three", noise=2.5, seed=3))
    lattice = decoder.lattice()
    assert (lattice.sources < lattice.targets).all()
    assert lattice.posteriors[lattice.targets == lattice.targets.max()].max() <= 1.0 + 1e-5
    best = max(range(len(lattice.final_scores)), key=lambda n: lattice.final_scores[n])
    words, node = [], best
    while node:
        into = np.flatnonzero(lattice.targets == node)
        arc = int(into[np.argmax(lattice.losses[into])])
        assert lattice.losses[arc] == 0.0
        words.append(lattice.words[arc])
        node = int(lattice.sources[arc])
    assert " ".join(reversed([w for w in words if w])) == decoder.finish().text


def test_n_best_sequences_differ_and_fall_in_score(spoken: DecoderGraph) -> None:
    items = decode(spoken, speak(SENTENCE, noise=3.0), max_alternates=30).n_best(100)
    assert len(items) == 100
    assert len({item.text for item in items}) == 100
    assert [item.score for item in items] == sorted((i.score for i in items), reverse=True)


@pytest.mark.slow
def test_long_streams_use_bounded_memory(spoken: DecoderGraph) -> None:
    """An hour of noisy speech: old words are committed, and the best words stay the same."""
    sentence = speak(SENTENCE, noise=4.5)
    small = DecoderOptions(history_limit=500, history_frames=50, beam=12.0)
    large = DecoderOptions(beam=12.0)
    decoder, reference = Decoder(spoken, small), Decoder(spoken, large)
    sizes = []
    for turn in range(90_000 // len(sentence)):
        piece = np.roll(sentence, turn, axis=0)
        decoder.advance(piece)
        if turn < 40:
            reference.advance(piece)
        if turn == 39:
            ours, theirs = decoder.best(final=True), reference.best(final=True)
            assert ours.text == theirs.text
            assert ours.hypothesis.score == pytest.approx(theirs.hypothesis.score, abs=0.05)
        sizes.append(decoder.statistics().bytes)
    statistics = decoder.statistics()
    assert statistics.collections > 10
    # Committed words are all that grows: 32 bytes each.
    grown = sizes[-1] - sizes[len(sizes) // 10]
    assert grown <= 1.5 * 32 * len(decoder.finish().words) + 1_000_000


def test_many_decoders_share_a_graph(spoken: DecoderGraph) -> None:
    def text(seed: int) -> tuple[str, float]:
        decoder = Decoder(spoken)
        for piece in np.array_split(speak(SENTENCE, noise=3.0, seed=seed), 10):
            decoder.advance(piece)
            decoder.best()
        result = decoder.finish()
        return result.text, result.hypothesis.score

    alone = [text(seed) for seed in range(24)]
    with ThreadPoolExecutor(4) as pool:
        assert list(pool.map(text, range(24))) == alone


@settings(max_examples=100)
@given(
    data=st.data(),
    frames=st.integers(0, 30),
    options=st.fixed_dictionaries(
        {
            "beam": st.floats(0.01, 30.0),
            "word_beam": st.floats(0.01, 30.0),
            "max_active": st.integers(1, 200),
            "max_alternates": st.integers(1, 20),
            "blank_skip": st.floats(0.0, 1.0),
            "history_frames": st.integers(1, 20),
            "history_limit": st.integers(1, 50),
            "unfinished_penalty": st.floats(0.0, 20.0) | st.just(math.inf),
            "log_add": st.booleans(),
        }
    ),
)
def test_any_posteriors_and_options(spoken, data, frames, options) -> None:
    seed = data.draw(st.integers(0, 2**32 - 1))
    rows = np.random.default_rng(seed).normal(0.0, 10.0, (frames, SYMBOLS))
    rows[np.random.default_rng(seed).random(rows.shape) < 0.1] = -np.inf
    decoder = decode(spoken, rows.astype(np.float32), **options)
    decoder.best(unfinished=True, posterior_scale=1.0)
    decoder.lattice(posterior_scale=0.1)
    found = decoder.n_best(20, posterior_scale=0.5)
    assert found
    for word in found[0].words:
        assert 0 <= word.start < word.end <= frames
        assert word.posterior is not None and 0.0 <= word.posterior <= 1.0
    for before, after in zip(found[0].words, found[0].words[1:], strict=False):
        assert before.end <= after.start
