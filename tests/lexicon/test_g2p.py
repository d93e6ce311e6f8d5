"""Pronouncing unknown words: the search, the model file, and the shipped model."""

from __future__ import annotations

import itertools
import math
import time
from pathlib import Path

import numpy as np
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

import attune
from attune.errors import InputError
from attune.lexicon import G2P, PHONES
from attune.lexicon.g2p_model import (
    END,
    FIRST_UNIT,
    START,
    GraphoneModel,
    Order,
    load_models,
    spell,
    write_models,
)

SHIPPED = Path(attune.__file__).parent / "models" / "en-US" / "g2p.bin"

# Words that CMUdict lacks, and how they are said.
UNLISTED = [
    ("smote", "S M OW T"),
    ("gherkin", "G ER K IH N"),
    ("microfoam", "M AY K R AH F OW M"),
    ("brexit", "B R EH K S IH T"),
    ("impertinence", "IH M P ER T AH N AH N S"),
    ("dejection", "D IH JH EH K SH AH N"),
    ("exaltation", "EH G Z AO L T EY SH AH N"),
    ("petco", "P EH T K OW"),
    ("strathclyde", "S T R AE TH K L AY D"),
    ("manacled", "M AE N AH K AH L D"),
    ("quadrangle", "K W AA D R AE NG G AH L"),
    ("spluttered", "S P L AH T ER D"),
    ("toynbee", "T OY N B IY"),
    ("sulky", "S AH L K IY"),
    ("tuppence", "T AH P AH N S"),
    ("electronica", "IH L EH K T R AA N IH K AH"),
    ("clementina", "K L EH M AH N T IY N AH"),
    ("recognizer", "R EH K AH G N AY Z ER"),
    ("deezer", "D IY Z ER"),
    ("brilliancy", "B R IH L Y AH N S IY"),
    ("pianoforte", "P IY AE N OW F AO R T EY"),
    ("zebedee", "Z EH B AH D IY"),
]

# A toy language: a is said AA or AE, b is B, bb is B or silent.
UNITS = [
    (1, 0, 1, 0),  # a:AA
    (1, 0, 2, 0),  # a:AE
    (2, 0, 7, 0),  # b:B
    (2, 0, 0, 0),  # b:
    (2, 2, 7, 0),  # bb:B
    (1, 2, 2, 7),  # ab:AE_B
]


def toy(order: int, seed: int) -> GraphoneModel:
    """A random back-off n-gram over UNITS, sparse and closed under suffixes."""
    rng = np.random.default_rng(seed)
    symbols = len(UNITS) + FIRST_UNIT
    orders = [
        Order(
            np.zeros(symbols, dtype=np.int64),
            np.arange(symbols),
            np.log(rng.dirichlet(np.ones(symbols))),
            np.log(rng.uniform(0.2, 1.0, symbols)),
        )
    ]
    previous = {(symbol,): symbol for symbol in range(symbols)}
    for _ in range(order - 1):
        grams = sorted(
            (*context, symbol)
            for context in previous
            for symbol in range(1, symbols)
            if END not in context and (*context, symbol)[1:] in previous and rng.random() < 0.6
        )
        grams.sort(key=lambda gram: (previous[gram[:-1]], gram[-1]))
        orders.append(
            Order(
                np.array([previous[gram[:-1]] for gram in grams], dtype=np.int64),
                np.array([gram[-1] for gram in grams], dtype=np.int64),
                np.log(rng.uniform(0.05, 0.9, len(grams))),
                np.log(rng.uniform(0.2, 1.0, len(grams))),
            )
        )
        previous = {gram: number for number, gram in enumerate(grams)}
    return GraphoneModel(np.array(UNITS, dtype=np.uint8), orders)


def grams_of(model: GraphoneModel) -> list[dict[tuple[int, ...], int]]:
    tables: list[dict[tuple[int, ...], int]] = []
    for n, order in enumerate(model.orders):
        parents = list(tables[-1]) if n else [()]
        tables.append(
            {
                (*parents[prefix], symbol): number
                for number, (prefix, symbol) in enumerate(
                    zip(order.prefix.tolist(), order.symbol.tolist(), strict=True)
                )
            }
        )
    return tables


def back_off(
    model: GraphoneModel, tables: list[dict[tuple[int, ...], int]], sequence: tuple[int, ...]
) -> float:
    """ARPA semantics, word for word: the probability of the last symbol after the others."""
    context, symbol = sequence[:-1][-(len(tables) - 1) :], sequence[-1]
    gram = (*context, symbol)
    found = tables[len(gram) - 1].get(gram)
    if found is not None:
        return float(model.orders[len(gram) - 1].log_prob[found])
    known = tables[len(context) - 1].get(context)
    weight = 0.0 if known is None else float(model.orders[len(context) - 1].log_backoff[known])
    return weight + back_off(model, tables, sequence[len(sequence) - len(context) :])


def all_readings(model: GraphoneModel, word: str) -> dict[tuple[str, ...], float]:
    """Every pronunciation and its share, by trying all sequences of graphones."""
    tables = grams_of(model)
    letters = spell(word)
    shares: dict[tuple[str, ...], float] = {}
    for count in range(1, len(word) + 1):
        for units in itertools.product(range(len(UNITS)), repeat=count):
            if [c for unit in units for c in UNITS[unit][:2] if c] != letters:
                continue
            path = (START, *(unit + FIRST_UNIT for unit in units), END)
            score = sum(back_off(model, tables, path[: at + 1]) for at in range(1, len(path)))
            spoken = tuple(PHONES[p - 1] for unit in units for p in UNITS[unit][2:] if p)
            if spoken:
                shares[spoken] = shares.get(spoken, 0.0) + math.exp(score)
    return shares


@given(st.integers(2, 4), st.integers(0, 50), st.text("ab", min_size=1, max_size=4))
@example(order=3, seed=28, word="baaa")  # two readings whose shares differ by rounding only
def test_the_search_finds_what_trying_everything_finds(order: int, seed: int, word: str) -> None:
    model = toy(order, seed)
    expected = all_readings(model, word)
    total = sum(expected.values())
    silent = "a" not in word
    if silent and not expected:
        return
    found = G2P([model], beam=2000, margin=math.inf).pronounce(word, n=1000)
    assert {item.phones for item in found} == set(expected)
    ranked = [expected[item.phones] for item in found]
    # Readings alike but for the order in which they were added up may come in any order.
    assert all(low <= high * (1 + 1e-9) for high, low in itertools.pairwise(ranked))
    first = found[0]
    for item in found:
        ratio = math.log(expected[item.phones] / expected[first.phones])
        assert item.log_prob - first.log_prob == pytest.approx(ratio, abs=1e-9)
    if not silent:  # else saying nothing has its share too
        assert first.log_prob == pytest.approx(math.log(expected[first.phones] / total), abs=1e-9)


def test_many_words_are_pronounced_as_each_alone() -> None:
    words = [word for word, _ in UNLISTED] * 4
    together = shipped().pronounce_all(words, n=3)
    assert len(together) == len(words)
    for word, readings in zip(words[:12], together, strict=False):
        alone = shipped().pronounce(word, n=3)
        assert [item.phones for item in readings] == [item.phones for item in alone]
        shares = [item.log_prob for item in alone]
        assert [item.log_prob for item in readings] == pytest.approx(shares, abs=1e-9)
    assert shipped().pronounce_all([], n=3) == []


def test_models_are_averaged() -> None:
    one, two = toy(2, 1), toy(3, 2)
    apart = [
        {i.phones: i.probability for i in G2P([m], 999, math.inf).pronounce("abab", 99)}
        for m in (one, two)
    ]
    both = {i.phones: i.probability for i in G2P([one, two], 999, math.inf).pronounce("abab", 99)}
    assert both == pytest.approx(
        {p: (apart[0].get(p, 0) + apart[1].get(p, 0)) / 2 for p in {*apart[0], *apart[1]}}
    )
    assert sum(both.values()) == pytest.approx(1.0)


@settings(max_examples=20)
@given(st.integers(2, 4), st.integers(0, 20))
def test_a_model_file_keeps_the_model(tmp_path: Path, order: int, seed: int) -> None:
    path = tmp_path / "g2p.bin"
    models = [toy(order, seed), toy(2, seed + 1)]
    write_models(models, path)
    first = path.read_bytes()
    again = load_models(path)
    write_models(again, path)
    assert path.read_bytes() == first
    for old, new in zip(models, again, strict=True):
        assert np.array_equal(old.units, new.units)
        for before, after in zip(old.orders, new.orders, strict=True):
            assert np.array_equal(before.prefix, after.prefix)
            assert np.array_equal(before.symbol, after.symbol)
            if len(before.log_prob) <= 255:  # a level for each value
                assert after.log_prob == pytest.approx(before.log_prob, rel=1e-6)


def test_damaged_files_are_refused(tmp_path: Path) -> None:
    path = tmp_path / "g2p.bin"
    write_models([toy(3, 0)], path)
    content = path.read_bytes()
    rng = np.random.default_rng(0)
    wholes = [i.phones for i in G2P.load(path).pronounce("abba", 3)]
    for at in rng.integers(0, len(content), 150).tolist():
        path.write_bytes(content[:at] + bytes([content[at] ^ 0xFF]) + content[at + 1 :])
        try:  # what the archive does not check (a date, say) may be damaged without harm
            assert [i.phones for i in G2P.load(path).pronounce("abba", 3)] == wholes
        except InputError as error:
            assert "g2p.bin" in str(error)
    for length in range(0, len(content), 97):
        path.write_bytes(content[:length])
        with pytest.raises(InputError, match=r"g2p\.bin: "):
            G2P.load(path)


def test_other_files_are_refused(tmp_path: Path) -> None:
    path = tmp_path / "g2p.bin"
    with pytest.raises(InputError, match="no such file"):
        G2P.load(path)
    path.write_text("hello\n")
    with pytest.raises(InputError, match="not a G2P model"):
        G2P.load(path)
    for arrays in ({"format": np.array("attune-g2p-9")}, {"x": np.zeros(3)}):
        with open(path, "wb") as file:
            np.savez_compressed(file, **arrays)
        with pytest.raises(InputError, match="not a G2P model"):
            G2P.load(path)


@pytest.mark.parametrize("word", ["", "c3po", "x-ray", "Hello", "café", "two words", "a\n", "語"])
def test_words_that_letters_cannot_say_are_refused(word: str) -> None:
    with pytest.raises(InputError, match="cannot be pronounced: use only the letters a-z"):
        shipped().pronounce(word)


@pytest.mark.parametrize("n", [0, -3])
def test_no_pronunciations_cannot_be_asked_for(n: int) -> None:
    with pytest.raises(InputError, match="ask for 1 or more"):
        shipped().pronounce("word", n)


def shipped() -> G2P:
    if not _cache:
        _cache.append(G2P.load(SHIPPED))
    return _cache[0]


_cache: list[G2P] = []


@given(st.text("abcdefghijklmnopqrstuvwxyz'", min_size=1, max_size=25))
def test_any_word_has_ranked_readings(word: str) -> None:
    readings = shipped().pronounce(word, n=4)
    assert 1 <= len(readings) <= 4
    assert len({item.phones for item in readings}) == len(readings)
    shares = [item.log_prob for item in readings]
    assert shares == sorted(shares, reverse=True)
    assert sum(item.probability for item in readings) <= 1 + 1e-9
    assert all(item.phones and set(item.phones) <= set(PHONES) for item in readings)


def test_unlisted_words_are_said_right() -> None:
    first = five = 0
    for word, expected in UNLISTED:
        readings = [str(item) for item in shipped().pronounce(word)]
        first += readings[0] == expected
        five += expected in readings
    assert first >= 0.75 * len(UNLISTED)
    assert five >= 0.85 * len(UNLISTED)


def test_the_shipped_model_is_small_and_fast() -> None:
    assert SHIPPED.stat().st_size <= 5_000_000
    g2p = shipped()
    words = [word for word, _ in UNLISTED]
    # Processor time: what other processes do must not fail the test.
    began = time.process_time()
    for word in words:
        g2p.pronounce(word)
    assert (time.process_time() - began) / len(words) < 0.02  # 4 ms on an idle core


def test_a_very_long_word_takes_time_in_proportion() -> None:
    reading = shipped().pronounce("antidisestablishmentarianism" * 8, n=1)[0]
    assert len(reading.phones) > 150
