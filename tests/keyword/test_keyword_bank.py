"""The negative bank keeps what it was given, near enough, and leaves out what holds the keyword."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from attune.errors import InputError
from attune.keyword import KeywordPhrase
from attune.keyword.bank import BankBuilder, NegativeBank
from attune.keyword.bank_scoring import outlooks
from attune.keyword.encoded_rows import EncodedRows
from attune.keyword.keyword_graph import KeywordGraph
from attune.lexicon import PHONE_INDEX

BEE = KeywordPhrase("bee team", (("B", "IY", "T", "IY", "M"),))


def rows_of(phones: str, *, sharp: float = 8.0) -> np.ndarray:
    """Log-posteriors: each phone after a row of blank."""
    columns = [c for phone in phones.split() for c in (0, PHONE_INDEX[phone])] + [0]
    logits = np.zeros((len(columns), 40))
    logits[np.arange(len(columns)), columns] = sharp
    return (logits - np.log(np.exp(logits).sum(1, keepdims=True))).astype(np.float32)


def bank_of(tmp_path: Path, *recordings: tuple[np.ndarray, str], **more: object) -> NegativeBank:
    builder = BankBuilder(0.04)
    for rows, text in recordings:
        builder.add(EncodedRows(rows, np.zeros((len(rows), 0), np.float32)), text.split())
    path = tmp_path / "bank.xz"
    path.write_bytes(builder.content(**more))
    return NegativeBank.read(path)


@settings(max_examples=20, deadline=None)
@given(st.lists(st.integers(1, 40), min_size=1, max_size=5), st.integers(0, 2**31))
def test_what_is_kept_comes_back(
    tmp_path_factory: pytest.TempPathFactory, lengths: list[int], seed: int
) -> None:
    random = np.random.default_rng(seed)
    recordings = []
    for length in lengths:
        logits = random.normal(0, 3, (length, 40))
        rows = logits - np.log(np.exp(logits).sum(1, keepdims=True))
        recordings.append((rows.astype(np.float32), "some words"))
    bank = bank_of(tmp_path_factory.mktemp("bank"), *recordings)
    assert bank.hours == pytest.approx(sum(lengths) * 0.04 / 3600)
    owners = np.concatenate([chunk.owners for chunk in bank.chunks()])
    dense = np.concatenate([chunk.posteriors for chunk in bank.chunks()])
    for place, (rows, _) in enumerate(recordings):
        kept = dense[owners == place]
        assert kept.shape == rows.shape
        best = rows == rows.max(1, keepdims=True)
        assert np.abs(kept - rows)[best].max() <= 0.2 + 1e-5
    assert (dense[owners == -1].argmax(1) == 0).all()


def test_long_banks_come_in_parts(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("attune.keyword.bank._CHUNK", 30)
    recordings = [(rows_of("B IY T " * n), f"recording {n}") for n in range(1, 9)]
    bank = bank_of(tmp_path, *recordings)
    parts = list(bank.chunks())
    assert len(parts) > 3
    owners = np.concatenate([part.owners for part in parts])
    assert [(owners == n).sum() for n in range(8)] == bank.rows.tolist()


def test_recordings_that_hold_the_keyword_are_left_out(tmp_path: Path) -> None:
    speech = [(rows_of("S AA K N OW D AA T"), "sock no dot")] * 5
    clean = bank_of(tmp_path, *speech, (rows_of("B IY T IY M"), "something else"))
    told = bank_of(tmp_path, *speech, (rows_of("B IY T IY M"), "the bee team here"))
    heard, left_out = (outlooks(bank, KeywordGraph((BEE,)))[0].curve for bank in (clean, told))
    assert heard.scores[0] >= left_out.scores[0]
    assert heard.hours > left_out.hours
    assert told.without("bee team").tolist() == [True] * 5 + [False]
    assert told.without("bee").tolist() == [True] * 5 + [False]
    assert told.without("ee team").all()


def test_a_bank_that_holds_nothing_else_is_refused(tmp_path: Path) -> None:
    bank = bank_of(tmp_path, (rows_of("B IY T IY M"), "bee team"))
    with pytest.raises(InputError, match="the negative bank is empty"):
        outlooks(bank, KeywordGraph((BEE,)))


def test_spoken_words_of_the_same_length_stand_for_a_phrase(tmp_path: Path) -> None:
    spoken = [(5, -0.1)] * 300 + [(12, -2.0)] * 300
    bank = bank_of(tmp_path, (rows_of("S AA K"), "sock"), spoken=spoken)
    outlook = outlooks(bank, KeywordGraph((BEE,)))[0]
    assert outlook.correct_accepts(-0.5) == 1.0
    assert outlook.correct_accepts(0.0) == 0.0


@pytest.mark.parametrize("content", [b"", b"not a bank", b"\xfd7zXZ\x00 cut short"])
def test_a_damaged_bank_is_refused(tmp_path: Path, content: bytes) -> None:
    (tmp_path / "bank.xz").write_bytes(content)
    with pytest.raises(InputError, match="not a negative bank"):
        NegativeBank.read(tmp_path / "bank.xz")
