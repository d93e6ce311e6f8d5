"""The closer look: a second encoder hears candidates again, the same in streams, banks and C."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from closer_keywords import closer_encoder
from hypothesis import given, settings
from hypothesis import strategies as st
from network_keywords import network_encoder
from tone_keywords import ANNA, KEN, said, silence, write_base

from attune.bundle import Bundle
from attune.decode import SpotOptions
from attune.errors import InputError
from attune.keyword import KeywordModel, KeywordPhrase, create_basic, load_keyword
from attune.keyword.bank import NegativeBank
from attune.keyword.closer_look import CloserLook, heard_candidates
from attune.keyword.encoded_rows import EncodedRows, mean_rows
from attune.keyword.keyword_graph import KeywordGraph
from attune.keyword.scoring import NOT_SAID, Peak
from attune.lexicon import PHONE_INDEX

GRAPH = KeywordGraph((ANNA,))


@pytest.fixture(scope="module")
def base(tmp_path_factory: pytest.TempPathFactory) -> Bundle:
    folder = tmp_path_factory.mktemp("closer")
    return write_base(
        folder / "base", hours=0.1, network=network_encoder(), closer=closer_encoder()
    )


@pytest.fixture(scope="module")
def model(base: Bundle) -> KeywordModel:
    create_basic([ANNA, KEN], base.path.parent / "keywords", base=base)
    return load_keyword(base.path.parent / "keywords")


def scene() -> np.ndarray:
    random = np.random.default_rng(0)
    chatter = [said(random.choice([ANNA, KEN]))[: random.integers(3000, 16000)] for _ in range(5)]  # type: ignore[arg-type]
    return np.concatenate([silence(0.6), said(ANNA), silence(1.0), said(KEN), *chatter, said(KEN)])


def told(model: KeywordModel, blocks: list[np.ndarray]) -> list[tuple[str, float, float, float]]:
    stream = model.candidates()
    found = [one for block in blocks for one in stream.accept(block)] + stream.finish()
    return [(one.keyword, one.start, one.end, round(one.score, 4)) for one in found]


def test_it_is_part_of_every_keyword(model: KeywordModel, base: Bundle) -> None:
    assert model.encoder.closer is not None
    bank = NegativeBank.read(base.part_path("negative_bank"))
    assert bank.closer is not None
    assert len(bank.closer.kept) == len(bank.heard.kept) == bank.rows.sum()
    (chunk, *_) = bank.chunks()
    assert chunk.closer is not None
    assert chunk.closer.shape == chunk.posteriors.shape


def test_keywords_are_found(model: KeywordModel) -> None:
    spotter = model.spotter()
    found = [one.keyword for one in (*spotter.accept(scene()), *spotter.finish())]
    assert found[:2] == [ANNA.text, KEN.text]


@settings(max_examples=15, deadline=None)
@given(st.lists(st.integers(1, 20_000), min_size=1, max_size=20))
def test_the_blocks_of_a_stream_change_nothing(model: KeywordModel, sizes: list[int]) -> None:
    audio = scene()
    cuts = np.cumsum(sizes)
    assert told(model, np.split(audio, cuts[cuts < len(audio)])) == told(model, [audio])


def test_long_recordings_are_looked_at_to_their_beginning(model: KeywordModel) -> None:
    """A candidate long before the end of one block is looked at as in short ones."""
    audio = np.concatenate([scene(), silence(30.0)])
    assert told(model, [audio]) == told(model, np.split(audio, range(1600, len(audio), 1600)))


def test_a_stream_and_a_bank_score_nearly_alike(model: KeywordModel) -> None:
    """The bank's rows know what came later; that is all the difference."""
    audio = np.concatenate([silence(1), said(ANNA), silence(1)])
    rows = model.rows(audio)
    assert rows.closer is not None
    assert rows.closer.shape == rows.log_posteriors.shape
    whole = max(peak.score for peak, _ in heard_candidates(rows, KeywordGraph((ANNA,))))
    (best,) = [max(one[3] for one in told(model, [audio]) if one[0] == ANNA.text)]
    assert best == pytest.approx(whole, abs=0.3)


def rows_of(phones: str, doubted: dict[str, tuple[str, float]]) -> np.ndarray:
    """Log posteriors: each phone after a blank; of some only a share is left to the phone."""
    columns = [c for phone in phones.split() for c in (None, phone)] + [None] * 3
    rows = np.full((len(columns), 40), 1e-4)
    for row, phone in zip(rows, columns, strict=True):
        other, share = doubted.get(phone or "", ("B", 0.0))
        row[PHONE_INDEX[phone] if phone else 0] = 0.99 - share
        row[PHONE_INDEX[other]] += share
    silent = np.full((25, 40), 1e-4)
    silent[:, 0] = 0.99
    rows = np.concatenate([silent, rows])
    return np.log(rows / rows.sum(1, keepdims=True)).astype(np.float32)


def test_what_one_encoder_mishears_the_other_makes_good() -> None:
    """Each takes another phone of the word for a wrong one: together they find it."""
    phones = " ".join(ANNA.pronunciations[0])
    one, other = rows_of(phones, {"D": ("T", 0.97)}), rows_of(phones, {"M": ("N", 0.97)})
    hidden = np.zeros((len(one), 1), np.float32)
    ((alone, _),) = heard_candidates(EncodedRows(one, hidden), GRAPH)
    ((both, part),) = heard_candidates(EncodedRows(one, hidden, other), GRAPH)
    assert alone.score < both.score - 0.2
    assert both.score > -0.3
    mean = mean_rows(one, other, 0.85)
    np.testing.assert_array_equal(part.log_posteriors, mean[both.start : both.end])


def test_in_short_words_it_counts_nearly_alone() -> None:
    sock = KeywordPhrase("sock", (("S", "AA", "K"),))
    assert sock.is_short and not ANNA.is_short
    phones = " ".join(sock.pronunciations[0])
    one, other = rows_of(phones, {"AA": ("AO", 0.5)}), rows_of(phones, {})
    rows = EncodedRows(one, np.zeros((len(one), 1), np.float32), other)
    ((peak, part),) = heard_candidates(rows, KeywordGraph((sock,)))
    np.testing.assert_array_equal(part.log_posteriors, rows.together(0.95)[peak.start : peak.end])


def test_what_would_not_do_as_a_keyword_is_looked_at() -> None:
    """A phone that the listening encoder hardly hears is a matter for the closer one."""
    phones = " ".join(ANNA.pronunciations[0])
    one, other = rows_of(phones, {"D": ("T", 0.9899)}), rows_of(phones, {})
    assert np.exp(one[:, PHONE_INDEX["D"]]).max() < np.exp(SpotOptions().phone_minimum)
    hidden = np.zeros((len(one), 1), np.float32)
    assert not list(heard_candidates(EncodedRows(one, hidden), GRAPH))
    ((both, _),) = heard_candidates(EncodedRows(one, hidden, other), GRAPH)
    assert both.score > -0.3


def test_where_the_phrase_is_not_found_the_candidate_is_not_said() -> None:
    blank = np.log(np.eye(1, 40, dtype=np.float32) + 1e-6).repeat(60, axis=0)
    rows = EncodedRows(blank, np.zeros((60, 1), np.float32), blank)
    peak = Peak(0, 20, 40, -1.0, 41)
    looked, part = CloserLook(GRAPH).look(peak, rows, 0)
    assert looked == Peak(0, 20, 40, NOT_SAID, 41)
    assert len(part.log_posteriors) == 20


def test_the_mean_is_one_of_posteriors() -> None:
    one, other = np.log([[0.8, 0.2]]).astype(np.float32), np.log([[0.1, 0.9]]).astype(np.float32)
    np.testing.assert_allclose(np.exp(mean_rows(one, other)), [[0.45, 0.55]], rtol=1e-5)
    np.testing.assert_allclose(np.exp(mean_rows(one, other, 0.7)), [[0.31, 0.69]], rtol=1e-5)
    rows = EncodedRows(one, np.zeros((1, 1), np.float32))
    assert rows.together() is one
    np.testing.assert_array_equal(replace(rows, closer=other).together(), mean_rows(one, other))


@pytest.mark.parametrize("content", [b"no network", network_encoder(), closer_encoder(features=40)])
def test_an_encoder_of_another_kind_is_refused(tmp_path: Path, content: bytes) -> None:
    with pytest.raises(InputError, match=r"closer_encoder.onnx: not an encoder that goes with"):
        write_base(tmp_path / "base", hours=0.05, network=network_encoder(), closer=content)
