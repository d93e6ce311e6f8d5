"""Reading text and choosing a vocabulary."""

from __future__ import annotations

import gzip
import lzma
from pathlib import Path

import pytest
from hypothesis import given
from texts import SENTENCES

from attune.errors import InputError
from attune.language import Vocabulary, encode_text, read_lines


def words_of(lines: list[str]) -> list[str]:
    text = encode_text(lines)
    return [text.words[i] for i in text.tokens]


@pytest.mark.parametrize(
    ("lines", "expected"),
    [
        (["b a"], "<s> b a </s>"),
        (["b a", "c"], "<s> b a </s> <s> c </s>"),
        (["", "a", "  ", "b"], "<s> a </s> <s> b </s>"),
        (["  a \t b "], "<s> a b </s>"),
        (["a <s> b </s> <unk>"], "<s> a b </s>"),
        ([], ""),
    ],
)
def test_sentences_are_framed(lines: list[str], expected: str) -> None:
    assert words_of(lines) == expected.split()


def test_ids_follow_the_order_of_utf8_bytes() -> None:
    text = encode_text(["zebra ärger apple o'clock oclock"])
    assert text.words == ("<unk>", "<s>", "</s>", "apple", "o'clock", "oclock", "zebra", "ärger")


def test_lines_are_normalised_on_the_way() -> None:
    text = encode_text(["Hello World", "!"], normalize=lambda line: line.lower().strip("!"))
    assert [text.words[i] for i in text.tokens] == ["<s>", "hello", "world", "</s>"]
    assert (text.sentences, text.word_tokens) == (1, 2)


def test_words_outside_the_vocabulary_keep_ids_above_it() -> None:
    text = encode_text(["a b c b"]).with_vocabulary(Vocabulary(["b", "unseen"]))
    assert text.words[: text.vocabulary_size] == ("<unk>", "<s>", "</s>", "b", "unseen")
    assert sorted(text.words[text.vocabulary_size :]) == ["a", "c"]
    assert text.unknown_tokens == 2


@pytest.mark.parametrize(
    ("size", "min_count", "expected"),
    [(None, 1, "abcd"), (2, 1, "ab"), (None, 2, "ab"), (1, 1, "a"), (0, 1, ""), (9, 3, "a")],
)
def test_most_frequent_words(size: int | None, min_count: int, expected: str) -> None:
    text = encode_text(["a b a c", "b d a"])
    chosen = text.most_frequent(size, min_count=min_count)
    assert chosen.words[3:] == tuple(expected)


@given(SENTENCES)
def test_encoding_keeps_every_word(lines: list[str]) -> None:
    assert words_of(lines) == " ".join(f"<s> {line} </s>" for line in lines).split()


def test_compressed_text_reads_like_plain_text(tmp_path: Path) -> None:
    content = "one line\nzwei Zeilen\r\nlast"
    (tmp_path / "a.txt").write_text(content, newline="")
    with gzip.open(tmp_path / "a.txt.gz", "wt", newline="") as file:
        file.write(content)
    with lzma.open(tmp_path / "a.txt.xz", "wt", newline="") as file:
        file.write(content)
    for name in ("a.txt", "a.txt.gz", "a.txt.xz"):
        assert list(read_lines(tmp_path / name)) == ["one line", "zwei Zeilen", "last"]


def test_wrong_text_is_named(tmp_path: Path) -> None:
    (tmp_path / "latin.txt").write_bytes(b"fine\ncaf\xe9\n")
    (tmp_path / "cut.gz").write_bytes(gzip.compress(b"some text " * 100)[:-20])
    (tmp_path / "cut.xz").write_bytes(lzma.compress(b"some text " * 100)[:-20])
    (tmp_path / "not.gz").write_bytes(b"plain")
    for name, message in [
        ("latin.txt", r"latin\.txt.*not UTF-8"),
        ("cut.gz", r"cut\.gz.*damaged"),
        ("cut.xz", r"cut\.xz.*damaged"),
        ("not.gz", r"not\.gz.*damaged"),
        ("missing.txt", r"missing\.txt.*cannot be read"),
    ]:
        with pytest.raises(InputError, match=message):
            list(read_lines(tmp_path / name))


def test_vocabulary_file(tmp_path: Path) -> None:
    path = tmp_path / "words.tsv"
    path.write_text("the\t12\nzoo 3\n\na\n")
    vocabulary = Vocabulary.read(path)
    assert vocabulary.words == ("<unk>", "<s>", "</s>", "a", "the", "zoo")
    assert [vocabulary.id(word) for word in ("a", "zoo", "nothing", "<s>")] == [3, 5, 0, 1]
    assert vocabulary.encode(["zoo", "nothing"]).tolist() == [5, 0]
    assert "the" in vocabulary and "nothing" not in vocabulary
    path.write_text("\n")
    with pytest.raises(InputError, match="no word"):
        Vocabulary.read(path)
