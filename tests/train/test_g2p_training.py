"""Training grapheme to phoneme: alignment, estimation, pruning, and what comes out."""

from __future__ import annotations

import itertools
from collections import Counter
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from attune.errors import InputError
from attune.lexicon import G2P, PHONES
from attune.lexicon.g2p_model import END, FIRST_UNIT, LETTERS, START
from attune.train.g2p import G2PConfig, is_held_out, score_g2p, train_g2p
from attune.train.graphone_ngram import NgramTable, estimate, prune
from attune.train.graphones import SHAPES, align_dictionary

# A regular language: a letter is a phone, but for sh, ch, th, x, a silent final e, and c before i.
SOUNDS = {
    "a": "AE1", "i": "IH1", "o": "AA1", "u": "AH1", "b": "B", "d": "D", "f": "F", "g": "G",
    "k": "K", "l": "L", "m": "M", "n": "N", "p": "P", "r": "R", "s": "S", "t": "T", "v": "V",
    "sh": "SH", "ch": "CH", "th": "TH", "x": "K S",
}  # fmt: skip

sequences = st.lists(
    st.lists(st.integers(FIRST_UNIT, FIRST_UNIT + 3), min_size=1, max_size=6),
    min_size=1,
    max_size=25,
)


def made_up(count: int) -> dict[str, str]:
    """Words of the regular language, always the same."""
    rng = np.random.default_rng(7)
    starts = [sound for sound in SOUNDS if sound[0] not in "aioux"]
    dictionary: dict[str, str] = {}
    while len(dictionary) < count:
        word, phones = "", []
        for _ in range(int(rng.integers(1, 4))):
            for choices in (starts, "aiou"):
                part = choices[int(rng.integers(len(choices)))]
                word += part
                phones.append(SOUNDS[part])
        ending = ["", "x", "n", "te", "sh"][int(rng.integers(5))]
        if ending:
            phones.append("T" if ending == "te" else SOUNDS[ending])
        dictionary[word + ending] = " ".join(phones)
    return dictionary


def written(alignment_units: np.ndarray, sequence: list[int]) -> str:
    parts = []
    for unit in sequence:
        letters, phones = alignment_units[unit][:2].tolist(), alignment_units[unit][2:].tolist()
        spelled = "".join(LETTERS[letter - 1] for letter in letters if letter)
        parts.append(spelled + ":" + "_".join(PHONES[phone - 1] for phone in phones if phone))
    return " ".join(parts)


def test_letters_find_their_sounds() -> None:
    entries = [(word, tuple(phones.split())) for word, phones in made_up(400).items()]
    alignment = align_dictionary(entries, SHAPES[1])
    used = Counter(
        part
        for sequence in alignment.sequences
        if sequence is not None
        for part in written(alignment.units, sequence).split()
    )
    single = {f"{letter}:{sound.rstrip('1')}" for letter, sound in SOUNDS.items() if sound != "K S"}
    digraphs = {"sh:SH", "ch:CH", "th:TH"}
    assert set(used) == single | digraphs | {"x:K_S", "te:T"}
    assert np.all(np.diff(alignment.log_likelihood) >= -1e-9)  # EM never loses


@settings(max_examples=40)
@given(
    st.lists(
        st.tuples(
            st.text("abcsh'", min_size=1, max_size=6),
            st.lists(st.sampled_from(["AA0", "AA1", "B", "S", "SH"]), min_size=1, max_size=8),
        ),
        min_size=1,
        max_size=8,
    ),
    st.sampled_from(SHAPES),
)
def test_an_alignment_spells_the_word_and_speaks_the_phones(
    entries: list[tuple[str, list[str]]], shapes: tuple[tuple[int, int], ...]
) -> None:
    dictionary = [(word, tuple(phones)) for word, phones in entries]
    if all(len(phones) > 2 * len(word) for word, phones in dictionary):
        with pytest.raises(InputError, match="no word of the dictionary can be aligned"):
            align_dictionary(dictionary, shapes, iterations=2)
        return
    alignment = align_dictionary(dictionary, shapes, iterations=2)
    for (word, phones), sequence in zip(dictionary, alignment.sequences, strict=True):
        assert (sequence is None) == (len(phones) > 2 * len(word))
        if sequence is not None:
            units = alignment.units[sequence].tolist()
            assert "".join(LETTERS[c - 1] for unit in units for c in unit[:2] if c) == word
            spoken = tuple(PHONES[p - 1] for unit in units for p in unit[2:] if p)
            assert spoken == tuple(phone.rstrip("01") for phone in phones)
            for unit in units:
                assert (sum(c > 0 for c in unit[:2]), sum(p > 0 for p in unit[2:])) in shapes


def test_stress_makes_two_graphones_of_one() -> None:
    entries = [("a", ("AH0",)), ("a", ("AH1",)), ("b", ("B",))]
    alignment = align_dictionary(entries, SHAPES[0], iterations=2)
    assert [written(alignment.units, s) for s in alignment.sequences if s] == [
        "a:AH",
        "a:AH",
        "b:B",
    ]
    assert len({tuple(s) for s in alignment.sequences if s}) == 3


def probability(tables: list[NgramTable], grams: list[dict], sequence: tuple[int, ...]) -> float:
    """Natural-log probability of the last symbol after the others, by back-off."""
    context = sequence[:-1][-(len(tables) - 1) :]
    gram = (*context, sequence[-1])
    found = grams[len(gram) - 1].get(gram)
    if found is not None:
        return float(tables[len(gram) - 1].log_prob[found])
    known = grams[len(context) - 1].get(context)
    weight = 0.0 if known is None else float(tables[len(context) - 1].log_backoff[known])
    return weight + probability(tables, grams, (*context[1:], sequence[-1]))


def index(tables: list[NgramTable]) -> list[dict]:
    grams: list[dict] = []
    for n, table in enumerate(tables):
        parents = list(grams[-1]) if n else [()]
        grams.append(
            {
                (*parents[prefix], symbol): number
                for number, (prefix, symbol) in enumerate(
                    zip(table.prefix.tolist(), table.symbol.tolist(), strict=True)
                )
            }
        )
    return grams


@settings(max_examples=60)
@given(sequences, st.integers(2, 4), st.sampled_from([0.0, 1e-4, 1e-2, 1.0]))
def test_probabilities_sum_to_one_in_every_context(
    seen: list[list[int]], order: int, threshold: float
) -> None:
    symbols = FIRST_UNIT + 4
    tables = estimate(seen, symbols, order)
    if threshold:
        tables = prune(tables, threshold)
    grams = index(tables)
    for n, table in enumerate(tables):  # what a query relies on: prefixes and suffixes are there
        assert np.all(np.diff(table.prefix * symbols + table.symbol) > 0) or n == 0
        for gram, number in grams[n].items():
            if n:
                assert grams[n - 1][gram[1:]] == table.suffix[number]
    contexts = {(START,), *itertools.chain.from_iterable(list(grams[n])[:40] for n in range(order))}
    for context in contexts:
        if END in context or (START in context[1:]):
            continue
        total = sum(
            np.exp(probability(tables, grams, (*context, symbol))) for symbol in range(1, symbols)
        )
        assert total == pytest.approx(1.0, abs=1e-6)


def test_kneser_ney_by_hand() -> None:
    """Order 2 on four words, against the formulas of Chen and Goodman worked out apart."""
    a, b, c = FIRST_UNIT, FIRST_UNIT + 1, FIRST_UNIT + 2
    seen = [[a, b], [a, b], [a, c], [c]]
    tables = estimate(seen, FIRST_UNIT + 3, 2)
    bigrams = Counter(pair for word in seen for pair in itertools.pairwise((START, *word, END)))
    continuations = Counter(second for _, second in bigrams)
    discounts = [0.0, 0.5, 1.0, 1.5]  # too few counts of counts to estimate any

    total = sum(continuations.values())
    spread = sum(discounts[min(count, 3)] for count in continuations.values()) / total
    unigram = {
        symbol: (continuations[symbol] - discounts[min(continuations[symbol], 3)]) / total
        + spread / 4  # END, a, b, c
        for symbol in (END, a, b, c)
    }
    assert np.exp(tables[0].log_prob[1:]) == pytest.approx([unigram[s] for s in (END, a, b, c)])
    for number, gram in enumerate(index(tables)[1]):
        history = {pair: count for pair, count in bigrams.items() if pair[0] == gram[0]}
        left = sum(discounts[min(count, 3)] for count in history.values()) / sum(history.values())
        expected = (bigrams[gram] - discounts[min(bigrams[gram], 3)]) / sum(history.values())
        expected += left * unigram[gram[1]]
        assert np.exp(tables[1].log_prob[number]) == pytest.approx(expected)
        assert np.exp(tables[0].log_backoff[gram[0]]) == pytest.approx(left)


@given(sequences)
def test_pruning_drops_the_useless_first(seen: list[list[int]]) -> None:
    tables = estimate(seen, FIRST_UNIT + 4, 3)
    sizes = [sum(map(len, prune(tables, threshold))) for threshold in (1e-6, 1e-3, 1e-1, 10.0)]
    assert sizes == sorted(sizes, reverse=True)
    assert sizes[0] <= sum(map(len, tables)) and len(prune(tables, 10.0)[1]) == 0


@pytest.fixture(scope="module")
def dictionary(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("g2p") / "made-up.dict"
    lines = [f"{word} {phones}\n" for word, phones in made_up(1500).items()]
    path.write_text("".join([*lines, "c3po S IY1\n", "pq P IY1 K Y UW1 P IY1 K Y UW1\n"]))
    return path


def test_a_regular_language_is_learnt(dictionary: Path, tmp_path: Path) -> None:
    stages: list[tuple[str, float]] = []
    out = tmp_path / "g2p.bin"
    config = G2PConfig(dictionary, out, order=5, iterations=6)
    report = train_g2p(config, lambda stage, done: stages.append((stage, done)))
    assert report.score is not None and 100 < report.score.words < 200
    assert report.score.word_error <= 0.02
    assert report.score.phone_error <= report.score.word_error_first
    assert (
        report.score.word_error_of_five <= report.score.word_error <= report.score.word_error_first
    )
    assert report.words == report.pronunciations == 1500
    assert {reason: words for reason, words in report.skipped.items() if words} == {
        "other characters than letters and inner apostrophes": ["c3po"],
        "too many phones for its letters": ["pq"],
    }
    assert report.bytes == out.stat().st_size
    assert {stage.split(",")[0] for stage, _ in stages} == {
        "twin: model 1 of 2", "twin: model 2 of 2", "measure", "model 1 of 2", "model 2 of 2",
    }  # fmt: skip
    assert all(0 <= done <= 1 for _, done in stages)
    assert str(G2P.load(out).pronounce("thoshaxi")[0]) == "TH AA SH AE K S IH"
    again = tmp_path / "again.bin"
    train_g2p(G2PConfig(dictionary, again, order=5, iterations=6, measure=False))
    assert again.read_bytes() == out.read_bytes()


def test_scores_count_the_nearest_and_the_first_reading(dictionary: Path, tmp_path: Path) -> None:
    out = tmp_path / "g2p.bin"
    train_g2p(G2PConfig(dictionary, out, order=4, iterations=4, measure=False))
    entries = [
        ("fi", ("F", "IH1")),  # right
        ("shap", ("S", "AH0", "P")),  # two of three phones wrong, but right as listed second
        ("shap", ("SH", "AE1", "P")),
        ("bon", ("B", "AA1", "N", "D")),  # one phone missing
    ]
    score = score_g2p(G2P.load(out), entries)
    assert (score.words, score.word_error, score.word_error_first) == (3, 1 / 3, 2 / 3)
    assert score.phone_error == pytest.approx(1 / 9)
    assert score.phone_error_first == pytest.approx(3 / 9)


def test_the_held_out_tenth_is_always_the_same() -> None:
    words = ["".join(letters) for letters in itertools.product("abcdefghij", repeat=3)]
    held = [word for word in words if is_held_out(word)]
    assert held[:5] == ["abj", "acd", "adb", "aee", "aeg"]
    assert len(held) == 113


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"order": 1}, "order 1 is not usable"),
        ({"order": 11}, "order 11 is not usable"),
        ({"iterations": 0}, "0 iterations align nothing"),
        ({"prune_threshold": -1.0}, "is negative"),
        ({"prune_threshold": float("nan")}, "is negative"),
        ({"out": Path("/nowhere/g2p.bin")}, "/nowhere: no such folder"),
        ({"dictionary": Path("/nowhere.dict")}, "/nowhere.dict: cannot read"),
    ],
)
def test_settings_that_make_no_sense_are_refused(
    dictionary: Path, tmp_path: Path, change: dict[str, object], message: str
) -> None:
    settings = {"dictionary": dictionary, "out": tmp_path / "g2p.bin"} | change
    with pytest.raises(InputError, match=message):
        train_g2p(G2PConfig(**settings))  # type: ignore[arg-type]


@pytest.mark.parametrize("content", ["", "a AH0\n", ";;; only a comment\n", "x-ray EH1 K S\n"])
def test_too_small_a_dictionary_is_refused(tmp_path: Path, content: str) -> None:
    path = tmp_path / "tiny.dict"
    path.write_text(content)
    with pytest.raises(InputError, match=r"tiny\.dict: too few words"):
        train_g2p(G2PConfig(path, tmp_path / "g2p.bin"))
