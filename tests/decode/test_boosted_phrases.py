"""Phrases of one decoder: boosts, words outside the lexicon, nobody else affected."""

from __future__ import annotations

import math
from pathlib import Path

import numpy as np
import pytest
from spoken_posteriors import LEXICON, SYMBOLS, WORDS, graph, model, speak, table

from attune.decode import (
    Bias,
    CompiledBias,
    Decoder,
    DecoderGraph,
    DecoderOptions,
    Phrase,
)
from attune.errors import InputError
from attune.lexicon import PHONES, Pronunciation

LEXICON.setdefault("attune", [(2, 3, 6, 1)])
ATTUNE = {"attune": [Pronunciation(tuple(PHONES[p - 1] for p in LEXICON["attune"][0]))]}


@pytest.fixture(scope="module")
def spoken(tmp_path_factory: pytest.TempPathFactory) -> DecoderGraph:
    """The made-up language with its bigram model, without `attune`."""
    path: Path = tmp_path_factory.mktemp("model") / "model.ngram"
    model().write(path)
    return DecoderGraph(WORDS, table(), path, symbols=SYMBOLS)


def text(
    graph: DecoderGraph, log_probs: np.ndarray, bias: Bias | None = None, **options: float
) -> str:
    decoder = Decoder(graph, DecoderOptions(**options), bias)
    decoder.advance(log_probs)
    return decoder.finish().text


@pytest.mark.parametrize(
    ("boost", "expected"), [(0.0, "one two"), (5.0, "one to"), (-5.0, "one two")]
)
def test_a_boost_turns_a_close_choice(spoken: DecoderGraph, boost: float, expected: str) -> None:
    bias = Bias((Phrase(("to",), boost),))
    assert text(spoken, speak("one two"), bias) == expected


def test_a_negative_boost_drives_a_word_out(spoken: DecoderGraph) -> None:
    assert text(spoken, speak("one two"), Bias((Phrase(("two",), -5.0),))) == "one to"


def test_a_phrase_counts_only_as_a_whole(spoken: DecoderGraph) -> None:
    bias = Bias((Phrase(("one", "to", "ten"), 9.0),))
    assert text(spoken, speak("one two three"), bias) == "one two three"
    assert text(spoken, speak("one two ten"), bias) == "one to ten"


def test_a_new_word_inside_a_sentence(spoken: DecoderGraph) -> None:
    bias = Bias((Phrase(("attune",), 8.0),), ATTUNE)
    sentence = "one two attune three to"
    assert text(spoken, speak(sentence), bias) == sentence
    assert "attune" not in text(spoken, speak(sentence))


def test_a_new_word_without_a_phrase_is_recognised_unboosted(spoken: DecoderGraph) -> None:
    bias = Bias((), ATTUNE)
    assert text(spoken, speak("attune"), bias, oov_log_prob=0.0) == "attune"


def test_a_second_pronunciation_for_a_known_word(spoken: DecoderGraph) -> None:
    extra = {"ten": ATTUNE["attune"]}
    assert text(spoken, speak("one attune"), Bias((Phrase(("ten",), 2.0),), extra)) == "one ten"
    assert text(spoken, speak("one ten"), Bias((Phrase(("ten",), 2.0),), extra)) == "one ten"


def test_the_bonus_counts_before_the_word_ends(spoken: DecoderGraph) -> None:
    """A new word has a model score that a narrow beam prunes, unless the bonus is looked ahead."""
    options = {"beam": 7.0, "word_beam": 7.0, "oov_log_prob": -8.0}
    log_probs = speak("one two attune", noise=1.5)
    assert text(spoken, log_probs, Bias((Phrase(("attune",), 14.0),), ATTUNE), **options).endswith(
        "attune"
    )
    phrase = Bias((Phrase(("one", "two", "attune"), 30.0),), ATTUNE)
    assert text(spoken, log_probs, phrase, **options) == "one two attune"


def test_boosts_belong_to_one_decoder(spoken: DecoderGraph) -> None:
    log_probs = speak("one two")
    plain = Decoder(spoken)
    boosted = Decoder(spoken, bias=Bias((Phrase(("one", "to"), 9.0),)))
    for piece in np.array_split(log_probs, 4):
        boosted.advance(piece)
        plain.advance(piece)
    assert boosted.finish().text == "one to"
    fresh = Decoder(spoken)
    fresh.advance(log_probs)
    assert plain.finish() == fresh.finish()


def test_a_compiled_bias_serves_many_decoders(spoken: DecoderGraph) -> None:
    bias = CompiledBias(spoken, Bias((Phrase(("attune", "to"), 9.0),), ATTUNE))
    for _ in range(3):
        decoder = Decoder(spoken, bias=bias)
        decoder.advance(speak("attune two"))
        assert decoder.finish().text == "attune to"


def test_the_strongest_of_equal_phrases_counts() -> None:
    once = Bias((Phrase(("to",), 3.0),))
    twice = Bias((Phrase(("to",), 1.0), Phrase(("to",), 3.0), Phrase(("to",), -2.0)))
    scores = []
    for bias in (once, twice):
        decoder = Decoder(graph(), bias=bias)
        decoder.advance(speak("to"))
        scores.append(decoder.finish().hypothesis.score)
    assert scores[0] == scores[1]


def test_five_hundred_phrases(spoken: DecoderGraph) -> None:
    random = np.random.default_rng(0)
    phrases = tuple(
        Phrase(tuple(random.choice(WORDS, size=random.integers(1, 6)).tolist()), 0.01)
        for _ in range(500)
    )
    sentence = "one two three to ten"
    assert text(spoken, speak(sentence), Bias(phrases)) == sentence


@pytest.mark.parametrize(
    ("words", "boost"),
    [((), 1.0), (("",), 1.0), (("one",) * 65, 1.0), (("one",), math.nan), (("one",), math.inf)],
)
def test_phrases_that_make_no_sense(words: tuple[str, ...], boost: float) -> None:
    with pytest.raises(InputError, match="phrase"):
        Phrase(words, boost)


def test_an_unknown_word_needs_a_pronunciation(spoken: DecoderGraph) -> None:
    with pytest.raises(InputError, match="'nowhere' is not in the lexicon"):
        Decoder(spoken, bias=Bias((Phrase(("one", "nowhere"), 1.0),)))


def test_pronunciations_must_use_the_network_phones(spoken: DecoderGraph) -> None:
    with pytest.raises(InputError, match="'QQ' is not a phone"):
        Decoder(spoken, bias=Bias((), {"new": [Pronunciation(("QQ",))]}))
    with pytest.raises(InputError, match="phrase word"):
        Decoder(spoken, bias=Bias((), {"new": [Pronunciation(("ZH",))]}))  # column 39 of 8
