"""Models in files: ARPA, the n-gram trie and KenLM's binary."""

from __future__ import annotations

import math
import struct
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from texts import COMMANDS, LMPLZ, SENTENCES, assert_closed, entries_of, train, word_rows, zipf_text

from attune.errors import InputError
from attune.language import (
    NgramModel,
    measure_perplexity,
    prune_to_threshold,
    read_arpa,
    trie_file_size,
    write_arpa,
    write_kenlm_binary,
    write_trie_file,
)
from attune.language.codebooks import CODES, fit_codebook, quantize
from attune.language.probing import murmur_hashes


@given(SENTENCES)
def test_arpa_round_trip(tmp_path: Path, lines: list[str]) -> None:
    model = train(lines)
    write_arpa(model, tmp_path / "m.arpa")
    back = read_arpa(tmp_path / "m.arpa")
    assert back.vocabulary == model.vocabulary
    assert entries_of(back) == entries_of(model)
    assert_closed(back)


def test_missing_contexts_and_suffixes_are_added_without_changing_anything(tmp_path: Path) -> None:
    path = tmp_path / "holes.arpa"
    path.write_text(
        "\\data\\\nngram 1=5\nngram 2=1\nngram 3=1\n\n\\1-grams:\n-1\t<unk>\n-99\t<s>\t-0.2\n"
        "-0.5\t</s>\n-0.6\ta\t-0.3\n-0.7\tb\t-0.4\n\n\\2-grams:\n-0.25\ta b\t-0.1\n\n"
        "\\3-grams:\n-0.05\tb a </s>\n\n\\end\\\n"
    )
    entries = entries_of(read_arpa(path))
    assert entries["b a"] == pytest.approx((-0.4 - 0.6, 0.0))
    assert entries["a </s>"] == pytest.approx((-0.3 - 0.5, 0.0))
    assert len(entries) == 5 + 3 + 1


@pytest.mark.parametrize(
    ("before", "after", "message"),
    [
        ("\\data\\", "data", r"no \\data\\ line"),
        ("ngram 1=23", "ngram 2=23", r"line 2: 'ngram 1=' should come here"),
        ("ngram 2=49", "ngram 2=48", r"'\\3-grams:' should come here; check the counts"),
        ("\\2-grams:", "\\3-grams:", r"'\\2-grams:' should come here"),
        ("turn on\t", "turn off\t", r"2-gram has two entries"),
        ("what is\t", "what was\t", r"line \d+: the word 'was' has no 1-gram"),
        ("-0.724478\tis the", "minus\tis the", r"line \d+: expected a log10 probability"),
        ("-0.724478\tis the", "nan\tis the", r"line \d+: expected a log10 probability"),
        ("\\end\\", "", r"'\\end\\' should come here"),
    ],
)
def test_wrong_arpa_is_named(tmp_path: Path, before: str, after: str, message: str) -> None:
    text = (LMPLZ / "commands.arpa").read_text()
    assert before in text
    path = tmp_path / "wrong.arpa"
    path.write_text(text.replace(before, after, 1))
    with pytest.raises(InputError, match=message):
        read_arpa(path)


@given(SENTENCES, st.floats(0.0, 0.1))
def test_trie_file_round_trip(tmp_path: Path, lines: list[str], threshold: float) -> None:
    model = prune_to_threshold(train(lines, order=3), threshold)
    write_trie_file(model, tmp_path / "m.ngram")
    back = NgramModel.open(tmp_path / "m.ngram").to_backoff_model()
    assert back.vocabulary == model.vocabulary
    assert word_rows(back) == word_rows(model)
    assert_closed(back)
    # So few values that the codebooks hold them all.
    assert entries_of(back) == entries_of(model)


def test_trie_file_keeps_probabilities_within_a_bin(tmp_path: Path) -> None:
    model = train(zipf_text(3000, 3000), order=4)
    write_trie_file(model, tmp_path / "m.ngram")
    stored = NgramModel.open(tmp_path / "m.ngram")
    assert stored.counts == model.counts and stored.order == 4
    for ours, theirs in zip(model.orders, stored.to_backoff_model().orders, strict=True):
        assert len(np.unique(ours.log_prob)) > 2 * CODES or len(ours) < 5000
        for before, after in [(ours.log_prob, theirs.log_prob), (ours.backoff, theirs.backoff)]:
            usual = before > -90
            width = (before[usual].max() - before[usual].min()) / (CODES - 1)
            assert np.abs(before - after).max() <= width + 1e-6
        assert (theirs.backoff[ours.backoff == 0] == 0).all()
    held_out = zipf_text(200, 3000, seed=9)
    assert stored.perplexity(held_out).perplexity == pytest.approx(
        measure_perplexity(model, held_out).perplexity, rel=0.005
    )


def test_the_header_is_the_documented_one(tmp_path: Path) -> None:
    model = train(["b a", "b"], order=2)
    write_trie_file(model, tmp_path / "m.ngram")
    data = (tmp_path / "m.ngram").read_bytes()
    magic, order, words, *counts = struct.unpack_from("<8s8I", data)
    assert (magic, order, words, counts) == (b"ATNGRAM1", 2, 5, [5, 4, 0, 0, 0, 0])
    sections = [struct.unpack_from("<QQ", data, 40 + 16 * i) for i in range(2 + 6 * 2)]
    assert all(offset % 64 == 0 for offset, _ in sections)
    contents = [data[offset : offset + length] for offset, length in sections]
    assert contents[1] == b"<unk><s></s>ab"
    assert np.frombuffer(contents[0], "<u4").tolist() == [0, 5, 8, 12, 13, 14]
    first, second = contents[2:8], contents[8:14]
    assert (len(first[0]), len(second[2]), len(second[3]), len(second[5])) == (0, 0, 0, 0)
    # <s> b, a </s>, b </s>, b a
    assert np.frombuffer(first[3], "<u4").tolist() == [0, 0, 1, 1, 2, 4]
    assert second[0] == bytes([4, 0, 0, 2, 0, 0, 2, 0, 0, 3, 0, 0])
    code = first[1][1]
    assert np.frombuffer(first[4], "<f4")[code] == -99
    assert len(data) == trie_file_size(model.counts, vocabulary_bytes=14)


def test_damaged_trie_files_are_refused(tmp_path: Path) -> None:
    path = tmp_path / "m.ngram"
    write_trie_file(train(COMMANDS), path)
    whole = path.read_bytes()
    for damaged, message in [
        (b"", "cannot be read"),
        (b"ATNGRAM", "not an n-gram file"),
        (b"RIFF" + whole[4:], "not an n-gram file"),
        (whole[:60], "cut short"),
        (whole[:-64], "cut short"),
        (whole + b"x", "cut short"),
        (whole[:8] + b"\x09" + whole[9:], "damaged"),
        (whole[:17] + b"\x01" + whole[18:], "damaged"),
        (whole[:40] + b"\x01" + whole[41:], "damaged"),
    ]:
        path.write_bytes(damaged)
        with pytest.raises(InputError, match=message):
            NgramModel.open(path)
    with pytest.raises(InputError, match="cannot be read"):
        NgramModel.open(tmp_path / "missing.ngram")


def test_scores_of_single_words_and_sentences(tmp_path: Path) -> None:
    write_trie_file(train(COMMANDS), tmp_path / "m.ngram")
    model = NgramModel.open(tmp_path / "m.ngram")
    words = ["<s>", "turn", "it", "nonsense", "</s>"]
    steps = [model.log_prob(words[:i], words[i]) for i in range(1, len(words))]
    assert model.score("turn it nonsense") == pytest.approx(sum(steps))
    long, short = ["long", "ago", "turn", "it"], ["turn", "it"]
    assert model.log_prob(long, "up") == model.log_prob(short, "up")
    assert model.log_prob([], "nonsense") == model.log_prob([], "<unk>")
    result = model.perplexity(["turn it nonsense", ""])
    assert (result.words, result.sentences, result.unknown) == (3, 1, 1)
    assert result.unknown_rate == pytest.approx(1 / 3)
    assert result.perplexity == pytest.approx(10 ** (-sum(steps) / 4))
    assert result.perplexity_known == pytest.approx(10 ** (-(sum(steps) - steps[2]) / 3))
    with pytest.raises(InputError, match="No sentence"):
        model.perplexity([" "])


@given(
    st.lists(st.floats(-8, 0, width=32), max_size=600),
    st.integers(0, 5),
)
def test_quantising_picks_the_nearest_value(values: list[float], exact_copies: int) -> None:
    data = np.array(values + [-99.0] * exact_copies, np.float32)
    codebook = fit_codebook(data, -99.0)
    assert codebook.shape == (CODES,) and (np.diff(codebook) >= 0).all()
    coded = codebook[quantize(data, codebook)]
    distances = np.abs(data[:, None].astype(float) - codebook[None, :])
    np.testing.assert_allclose(np.abs(data - coded), distances.min(axis=1), atol=1e-6)
    assert (coded[len(values) :] == -99).all()


def test_writing_leaves_nothing_behind_when_it_fails(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="cannot be written"):
        write_trie_file(train(COMMANDS), tmp_path / "nowhere" / "m.ngram")
    broken = train(COMMANDS)
    object.__setattr__(broken.orders[2], "log_prob", None)
    with pytest.raises(TypeError):
        write_trie_file(broken, tmp_path / "m.ngram")
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    ("word", "expected"),
    [
        (b"", 0x0),
        (b"a", 0x071717D2D36B6B11),
        (b"<unk>", 0xEA91E7561F5B392B),
        (b"<s>", 0x00758639BD217E70),
        (b"abcdefgh", 0xAFDB0257FF41AA98),
        (b"abcdefghijk", 0xFEFF07A18C726536),
    ],
)
def test_word_hashes_are_murmur_64a(word: bytes, expected: int) -> None:
    assert int(murmur_hashes([word])[0]) == expected


def test_kenlm_reads_what_is_written_for_it(tmp_path: Path) -> None:
    kenlm = pytest.importorskip("flashlight.lib.text.decoder.kenlm")
    dictionary = pytest.importorskip("flashlight.lib.text.dictionary")
    for order, threshold in [(2, -1.0), (4, -1.0), (4, 1e-4)]:
        model = prune_to_threshold(train(zipf_text(), order), threshold)
        write_kenlm_binary(model, tmp_path / "m.bin")
        write_trie_file(model, tmp_path / "m.ngram")
        names = dictionary.Dictionary()
        for word in model.vocabulary.words[3:]:
            names.add_entry(word)
        theirs = kenlm.KenLM(str(tmp_path / "m.bin"), names)
        for sentence in zipf_text(50, seed=8):
            known = [word for word in sentence.split() if word in model.vocabulary]
            state, total = theirs.start(False), 0.0
            for word in known:
                state, score = theirs.score(state, names.get_index(word))
                total += score
            total += theirs.finish(state)[1]
            ours = measure_perplexity(model, [" ".join(known)]).log_prob if known else total
            assert total == pytest.approx(ours, abs=1e-4), sentence


def test_kenlm_binaries_need_two_orders(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="order 2 or more"):
        write_kenlm_binary(train(COMMANDS, 1), tmp_path / "m.bin")
    assert math.isfinite(entries_of(train(COMMANDS, 1))["turn"][0])
