"""What a decoder graph refuses, and how it says so."""

from __future__ import annotations

import math
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from spoken_posteriors import SYMBOLS, WORDS, graph, model, speak, table

from attune.decode import Decoder, DecoderGraph, DecoderOptions, PronunciationTable
from attune.errors import InputError
from attune.lexicon import Lexicon


@pytest.fixture(scope="module")
def model_file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path: Path = tmp_path_factory.mktemp("model") / "model.ngram"
    model().write(path)
    return path


def test_statistics_of_a_graph(model_file: Path) -> None:
    found = DecoderGraph(WORDS, table(), model_file, symbols=SYMBOLS).statistics()
    assert (found.words, found.words_in_model, found.word_ends) == (8, 8, 9)
    # One node a shared prefix, and the root.
    prefixes = {p[:n] for p in _pronunciations() for n in range(len(p) + 1)}
    assert found.nodes == len(prefixes)
    assert found.leaves == len(prefixes - {p[:-1] for p in prefixes if p})
    assert (found.order, found.ngrams, found.symbols) == (2, 15, SYMBOLS)


def _pronunciations() -> list[tuple[int, ...]]:
    rows = table()
    return [
        tuple(rows.phones[begin:end].tolist())
        for begin, end in zip(rows.offsets[:-1], rows.offsets[1:], strict=True)
    ]


def test_from_a_lexicon(tmp_path: Path) -> None:
    lexicon = Lexicon()
    lexicon.add("bad", ("B", "AE", "D"))
    lexicon.add("add", ("AE", "D"))
    small = DecoderGraph.from_lexicon(lexicon)
    assert small.words == ("add", "bad")
    log_probs = np.full((4, 40), -9.0, np.float32)
    for frame, symbol in enumerate((7, 2, 9, 0)):  # B AE D blank
        log_probs[frame, symbol] = -0.1
    decoder = Decoder(small)
    decoder.advance(log_probs)
    assert decoder.finish().text == "bad"


def test_the_same_pronunciation_twice_counts_once_with_its_best_prior() -> None:
    twice = PronunciationTable.build([(0, [1], -2.0), (0, [1], -1.0), (0, [1], -3.0)])
    small = DecoderGraph(["word"], twice, symbols=SYMBOLS)
    assert small.statistics().word_ends == 1
    decoder = Decoder(small, DecoderOptions(blank_skip=1.0))
    log_probs = np.full((1, SYMBOLS), -20.0, np.float32)
    log_probs[0, 1] = 0.0
    decoder.advance(log_probs)
    assert decoder.finish().hypothesis.score == pytest.approx(-1.0)


@pytest.mark.parametrize(
    ("entry", "message"),
    [
        ((0, [0], 0.0), "pronunciation 1"),
        ((0, [SYMBOLS], 0.0), "pronunciation 1"),
        ((0, [], 0.0), "pronunciation 1"),
        ((9, [1], 0.0), "pronunciation 1"),
        ((0, [1], math.nan), "pronunciation 1"),
        ((0, [1], -math.inf), "pronunciation 1"),
    ],
)
def test_pronunciations_that_cannot_be(entry: tuple, message: str) -> None:
    with pytest.raises(InputError, match=message):
        DecoderGraph(["word"], PronunciationTable.build([(0, [1], 0.0), entry]), symbols=SYMBOLS)


@pytest.mark.parametrize(
    ("offsets", "words", "priors"),
    [([0, 2], [0, 1], [0.0]), ([0, 1], [0], [0.0]), ([1, 2], [0], [0.0]), ([0, 3], [0], [0.0])],
)
def test_tables_that_do_not_fit_together(offsets: list, words: list, priors: list) -> None:
    phones = np.array([1, 2], np.uint8)
    with pytest.raises(InputError, match="pronunciations: "):
        PronunciationTable(phones, np.array(offsets), np.array(words), np.array(priors))


def test_offsets_that_fall(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="offsets must rise"):
        PronunciationTable(
            np.ones(3, np.uint8), np.array([0, 3, 1, 3]), np.zeros(3), np.zeros(3, np.float32)
        )


def test_tables_of_the_wrong_shape() -> None:
    with pytest.raises(InputError, match="one-dimensional"):
        PronunciationTable(np.ones((1, 1)), np.array([0, 1]), np.zeros(1), np.zeros(1))


@pytest.mark.parametrize("symbols", [0, 1, 32769])
def test_numbers_of_symbols_out_of_range(symbols: int) -> None:
    with pytest.raises(InputError, match="symbols"):
        DecoderGraph([], PronunciationTable.build([]), symbols=symbols)


def test_words_with_line_breaks() -> None:
    with pytest.raises(InputError, match="line break"):
        DecoderGraph(["a\nb"], PronunciationTable.build([]))


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (None, "cannot read the language model"),
        (b"", "empty"),
        (b"not a model", "not an n-gram file"),
        (b"ATNGRAM1" + bytes(500), "not an n-gram file"),
    ],
)
def test_files_that_are_no_model(tmp_path: Path, content: bytes | None, message: str) -> None:
    path = tmp_path / "broken.ngram"
    if content is not None:
        path.write_bytes(content)
    with pytest.raises(InputError, match=f"broken.ngram: .*{message}"):
        DecoderGraph(WORDS, table(), path, symbols=SYMBOLS)


def test_truncated_models_are_refused(tmp_path: Path, model_file: Path) -> None:
    whole = model_file.read_bytes()
    path = tmp_path / "broken.ngram"
    for length in range(1, len(whole) - 64, 61):
        path.write_bytes(whole[:length])
        with pytest.raises(InputError, match=r"broken\.ngram"):
            DecoderGraph(WORDS, table(), path, symbols=SYMBOLS)


@settings(max_examples=400)
@given(place=st.floats(0, 1, exclude_max=True), value=st.integers(0, 255), early=st.booleans())
def test_damaged_models_never_crash(tmp_path, model_file, place, value, early) -> None:
    """Bundles are hashed; a file that is damaged all the same is refused or scores wrongly."""
    content = bytearray(model_file.read_bytes())
    content[int(place * (300 if early else len(content)))] = value
    path = tmp_path / "damaged.ngram"
    path.write_bytes(content)
    try:
        damaged = DecoderGraph(WORDS, table(), path, symbols=SYMBOLS)
    except InputError:
        return
    decoder = Decoder(damaged)
    decoder.advance(speak("one two three to ten", noise=2.0))
    assert decoder.finish().frames > 0


@pytest.mark.parametrize(
    "options",
    [
        {"beam": 0.0},
        {"beam": math.nan},
        {"word_beam": -1.0},
        {"max_active": 0},
        {"lm_weight": -0.1},
        {"word_score": math.inf},
        {"pronunciation_weight": math.nan},
        {"blank_skip": -0.1},
        {"max_alternates": 0},
        {"lattice_beam": -1.0},
        {"unfinished_penalty": -1.0},
        {"oov_log_prob": 1.0},
        {"history_frames": 0},
        {"history_limit": 0},
        {"blank_scale": 0.5},
    ],
)
def test_options_out_of_range_are_named(options: dict[str, float]) -> None:
    with pytest.raises(InputError, match=next(iter(options))):
        DecoderOptions(**options)


@pytest.mark.parametrize("priors", [(0.5, 0.5), (0.0,) * SYMBOLS, (2.0,) * SYMBOLS])
def test_priors_must_fit_the_symbols(priors: tuple[float, ...]) -> None:
    with pytest.raises(InputError, match="priors"):
        Decoder(graph(), DecoderOptions(priors=priors, blank_scale=0.5))


@pytest.mark.parametrize("count", [0, -1, 10_001])
def test_n_best_sizes_out_of_range(count: int) -> None:
    with pytest.raises(InputError, match="hypotheses"):
        Decoder(graph()).n_best(count)


@pytest.mark.parametrize("scale", [0.0, -1.0, math.nan, math.inf])
def test_lattice_scales_out_of_range(scale: float) -> None:
    with pytest.raises(InputError, match="posterior_scale"):
        Decoder(graph()).lattice(posterior_scale=scale)
