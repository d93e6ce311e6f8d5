"""Words and phrases that sound alike, and how often they are said, in a language of a few words."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from attune.keyword.guidance import SpeechFrequency, SpokenPhrases
from attune.keyword.guidance.neighbours import _best_place
from attune.keyword.guidance.phone_distance import skip_costs, substitution_costs
from attune.keyword.guidance.speech_frequency import WORDS_PER_HOUR
from attune.language import NgramModel, count_ngrams, encode_text, estimate, write_trie_file
from attune.lexicon import CompiledLexicon, Pronunciation, write_compiled

LINES = [
    *["he at last came home"] * 6,
    *["she came home"] * 10,
    *["read it at home"] * 4,
    *["he came at last"] * 5,
]
WORDS = {
    "at": ["AE T"],
    "came": ["K EY M"],
    "he": ["HH IY"],
    "home": ["HH OW M"],
    "it": ["IH T"],
    "last": ["L AE S T"],
    "read": ["R EH D", "R IY D"],
    "she": ["SH IY"],
    "unsaid": ["AH N S EH D"],
}

Built = tuple[SpokenPhrases, SpeechFrequency]


@pytest.fixture(scope="module")
def language(tmp_path_factory: pytest.TempPathFactory) -> Callable[[int], Built]:
    """A lexicon and a language model of an order, of the words above."""

    def build(order: int) -> Built:
        folder = tmp_path_factory.mktemp("language")
        model = estimate(count_ngrams(encode_text(LINES), order)).model
        write_trie_file(model, folder / "words.ngram")
        entries = [
            (word, [Pronunciation(tuple(phones.split())) for phones in readings])
            for word, readings in WORDS.items()
        ]
        write_compiled(entries, folder / "lexicon.bin")
        frequency = SpeechFrequency(NgramModel.open(folder / "words.ngram"))
        return SpokenPhrases(CompiledLexicon.load(folder / "lexicon.bin"), frequency), frequency

    return build


def test_words_are_about_as_frequent_as_in_the_text(language: Callable[[int], Built]) -> None:
    """Smoothing takes much from so short a text; the unigrams alone would be wrong by more."""
    _, frequency = language(3)
    said = [word for line in LINES for word in line.split()]
    for word in ("came", "home", "at", "she"):
        expected = WORDS_PER_HOUR * said.count(word) / len(said)
        rate = frequency.per_hour[frequency.model.vocabulary.id(word)]
        assert rate == pytest.approx(expected, rel=0.5)
    assert frequency.per_hour.sum() == pytest.approx(WORDS_PER_HOUR)


def test_phrases_are_rarer_than_their_words(language: Callable[[int], Built]) -> None:
    _, frequency = language(3)
    assert frequency.phrase(["at", "last"]) > 100
    assert frequency.phrase(["at"]) > frequency.phrase(["at", "last"])
    assert frequency.phrase(["home", "read"]) < frequency.phrase(["at", "last"]) / 5
    assert frequency.phrase(["unsaid"]) == frequency.phrase([]) == 0
    words = frequency.model.vocabulary.words
    longer = {
        " ".join(words[word] for word in phrase)
        for phrases in frequency.frequent(1.0)[1:]
        for phrase in phrases.words.tolist()
    }
    assert {"at last", "she came", "he at last", "at last came"} <= longer
    assert not [phrase for phrase in longer if "<" in phrase]


def test_phrases_are_found_across_words(language: Callable[[int], Built]) -> None:
    phrases, _ = language(3)
    around = phrases.around([["HH", "EY", "AE", "T", "L", "AH", "S"]])
    nearest = around.nearest(3, 0.4)
    assert nearest[0].text == "he at last"
    assert nearest[0].phones == tuple(["HH", "IY", "AE", "T", "L", "AE", "S", "T"])
    assert nearest[0].per_hour == pytest.approx(_rate(phrases, "he at last"))


def test_every_reading_of_a_word_is_heard(language: Callable[[int], Built]) -> None:
    phrases, frequency = language(2)
    for phones in ("R EH D", "R IY D"):
        around = phrases.around([phones.split()])
        found = around.nearest(1, 0.2)[0]
        assert (found.text, found.distance) == ("read", 0)
        assert around.per_hour(0) == pytest.approx(frequency.phrase(["read"]))
    both = phrases.around([["R", "EH", "D"], ["R", "IY", "D"]])
    assert both.per_hour(0) == pytest.approx(frequency.phrase(["read"]))


def test_the_phrase_itself_and_what_holds_a_nearer_one_are_left_out(
    language: Callable[[int], Built],
) -> None:
    phrases, _ = language(3)
    around = phrases.around([["AE", "T", "L", "AE", "S", "T"]])
    shown = [each.text for each in around.nearest(9, 0.3)]
    assert shown[0] == "at last" and "he at last" not in shown and "at last came" not in shown
    assert "at last" not in [each.text for each in around.nearest(9, 0.3, but="at last")]


def test_what_is_said_twice_over_counts_once(language: Callable[[int], Built]) -> None:
    """`he at last` and `at last came` hold `at last`: its rate is all that there is to hear."""
    phrases, _ = language(3)
    around = phrases.around([["AE", "T", "L", "AE", "S", "T"]])
    assert around.per_hour(0) == pytest.approx(_rate(phrases, "at last"))


def test_a_language_model_of_words_alone_will_do(language: Callable[[int], Built]) -> None:
    phrases, frequency = language(1)
    assert phrases.around([["K", "EY", "M"]]).nearest(1, 0.1)[0].text == "came"
    assert frequency.phrase(["she", "came"]) > 0


def _rate(phrases: SpokenPhrases, text: str) -> float:
    numbers = [phrases.lexicon.index(word) for word in text.split()]
    wanted = np.array([*numbers, *[-1] * (3 - len(numbers))])
    row = np.flatnonzero((phrases.words == wanted).all(axis=1))
    return float(phrases.per_hour[row[0]])


def _cheapest(phrase: list[int], text: list[int]) -> int:
    """The cost of aligning the phrase with the best part of the text, by trying every part."""
    costs, skips = np.rint(100 * substitution_costs()), np.rint(100 * skip_costs())

    def align(one: list[int], other: list[int]) -> int:
        table = np.zeros((len(one) + 1, len(other) + 1))
        table[1:, 0] = np.cumsum(skips[one])
        table[0, 1:] = np.cumsum(skips[other])
        for a, phone in enumerate(one):
            for b, heard in enumerate(other):
                table[a + 1, b + 1] = min(
                    table[a, b] + costs[phone, heard],
                    table[a, b + 1] + skips[phone],
                    table[a + 1, b] + skips[heard],
                )
        return int(table[-1, -1])

    return min(
        align(phrase, text[begin:end])
        for begin in range(len(text) + 1)
        for end in range(begin, len(text) + 1)
    )


Phones = st.lists(st.integers(1, 39), min_size=1, max_size=6)


@given(Phones, Phones)
def test_the_best_place_is_the_cheapest_of_all(phrase: list[int], text: list[int]) -> None:
    codes = np.array([*text, 0, 0], np.uint8)
    costs = np.rint(substitution_costs()[phrase] * 100).astype(np.int16)
    costs[:, 0] = 10_000
    skips = np.rint(skip_costs() * 100).astype(np.int16)
    found = _best_place(costs, skips, np.array(phrase), codes[:, None])
    assert found.tolist() == [_cheapest(phrase, text)]
