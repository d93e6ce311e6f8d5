"""Token lists and tokenizers in the formats that lie beside models."""

from __future__ import annotations

import json
import struct
from pathlib import Path

import pytest

from attune.convert.token_files import find_blank, plain_tokens, read_token_file
from attune.convert.tokenizers import read_piece_scores
from attune.errors import InputError

LISTS = [
    ("tokens.txt", "<blk> 0\n▁a 1\n'b 2\n", ["<blk>", "▁a", "'b"]),
    ("tokens.txt", "b 1\na 0\n", ["a", "b"]),
    ("tokens.txt", "a\t0\r\nb\t1\r\n", ["a", "b"]),
    # NeMo's list of characters begins with the space.
    ("tokens.txt", "  0\na 1\n<blk> 2\n", [" ", "a", "<blk>"]),
    ("units.txt", "<blank>\na\nb\n", ["<blank>", "a", "b"]),
    ("units.txt", "a\n1\n", ["a", "1"]),
    ("vocab.json", '{"|": 1, "<pad>": 0}', ["<pad>", "|"]),
    (
        "tokenizer.json",
        json.dumps({"model": {"vocab": {"a": 0}}, "added_tokens": [{"content": "<b>", "id": 1}]}),
        ["a", "<b>"],
    ),
    ("tokenizer.json", '{"model": {"vocab": [["<unk>", 0.0], ["a", -1.0]]}}', ["<unk>", "a"]),
]


@pytest.mark.parametrize(("name", "content", "expected"), LISTS)
def test_token_lists(name: str, content: str, expected: list[str], tmp_path: Path) -> None:
    (tmp_path / name).write_bytes(content.encode())
    assert read_token_file(tmp_path / name) == expected


WRONG = [
    ("tokens.txt", b"", "no token in it"),
    ("tokens.txt", b"\xff\xfe", "not UTF-8"),
    ("tokens.txt", b"a 0\nb 0\n", "the id 0 is there twice"),
    ("tokens.txt", b"a 0\nb 2\n", "no token has the id 1"),
    ("units.txt", b"a\n\nb\n", "units.txt:2: no token"),
    ("vocab.json", b"[1]", "not a JSON object"),
    ("vocab.json", b"{", "not readable as JSON"),
    ("vocab.json", b'{"a": "b"}', "not an object of token to id"),
    ("vocab.json", b'{"eng": {"a": 0}}', "several languages"),
]


@pytest.mark.parametrize(("name", "content", "message"), WRONG)
def test_wrong_token_lists(name: str, content: bytes, message: str, tmp_path: Path) -> None:
    (tmp_path / name).write_bytes(content)
    with pytest.raises(InputError, match=message):
        read_token_file(tmp_path / name)


def test_a_missing_list(tmp_path: Path) -> None:
    with pytest.raises(InputError, match=r"gone\.txt: cannot be read"):
        read_token_file(tmp_path / "gone.txt")


@pytest.mark.parametrize(
    ("tokens", "wanted", "column"),
    [
        (["a", "<blk>"], None, 1),
        (["<pad>", "<blank>"], None, 1),
        (["[PAD]", "a"], None, 0),
        (["a", "b"], None, None),
        (["a", "b"], "b", 1),
        (["a", "b"], "0", 0),
        (["1", "0"], "0", 1),
    ],
)
def test_blanks(tokens: list[str], wanted: str | None, column: int | None) -> None:
    assert find_blank(tokens, wanted) == column


@pytest.mark.parametrize("wanted", ["<blk>", "2", "-1"])
def test_wrong_blanks(wanted: str) -> None:
    with pytest.raises(InputError, match="is no token and no column from 0 to 1"):
        find_blank(["a", "b"], wanted)


def test_names_without_white_space() -> None:
    assert plain_tokens([" ", "a", "a", "x y", "", "é"]) == [
        *("<space>", "a", "<2>", "<3>", "<4>", "é"),
    ]


def field(number: int, wire: int, payload: bytes) -> bytes:
    size = bytes([len(payload)]) if wire == 2 else b""
    return bytes([number << 3 | wire]) + size + payload


def sentencepiece_model(kind: int) -> bytes:
    """ModelProto with two pieces and a TrainerSpec; its other fields are to be passed over."""
    pieces = [
        field(1, 2, field(1, 2, text.encode()) + field(2, 5, struct.pack("<f", score)))
        for text, score in (("▁a", -1.5), ("b", -2.0))
    ]
    trainer = field(2, 2, field(3, 0, bytes([kind])) + field(1, 1, bytes(8)))
    return b"".join(pieces) + trainer


@pytest.mark.parametrize(("kind", "method"), [(1, "unigram"), (2, "bpe")])
def test_sentencepiece_models(kind: int, method: str, tmp_path: Path) -> None:
    path = tmp_path / "bpe.model"
    path.write_bytes(sentencepiece_model(kind))
    found = read_piece_scores(path)
    assert found is not None and found.method == method
    assert found.of(["b", "▁a"]) == (-2.0, -1.5)
    assert found.of(["<blk>"])[0] < -1e5


@pytest.mark.parametrize(
    ("name", "content", "method", "score"),
    [
        ("bpe.vocab", "<unk>\t0\n▁a\t-0\nb\t-1\n", "bpe", -1.0),
        ("uni.vocab", "<unk>\t0\n▁a\t-2.25\nb\t-3.5\n", "unigram", -3.5),
        (
            "tokenizer.json",
            '{"model": {"type": "Unigram", "vocab": [["b", -3.5]]}}',
            "unigram",
            -3.5,
        ),
        ("tokenizer.json", '{"model": {"type": "BPE", "merges": ["x y", ["", "b"]]}}', "bpe", -1.0),
    ],
)
def test_tokenizers(name: str, content: str, method: str, score: float, tmp_path: Path) -> None:
    (tmp_path / name).write_text(content, "utf-8")
    found = read_piece_scores(tmp_path / name)
    assert found is not None and (found.method, found.of(["b"])) == (method, (score,))


def test_a_tokenizer_without_scores(tmp_path: Path) -> None:
    path = tmp_path / "tokenizer.json"
    path.write_text('{"model": {"type": "WordPiece", "vocab": {}}}')
    assert read_piece_scores(path) is None


@pytest.mark.parametrize(
    ("name", "content", "message"),
    [
        ("bpe.model", b"not a tokenizer", "is no tokenizer"),
        ("bpe.model", sentencepiece_model(4), "is no tokenizer"),
        ("bpe.model", sentencepiece_model(1)[:-3], "is no tokenizer"),
        ("tokenizer.json", b'{"model": {"type": "Magic"}}', "of the type 'Magic'"),
        ("tokenizer.json", b"{}", "of the type None"),
        ("tokenizer.json", b'{"model": {"type": "BPE"}}', "cannot be read"),
    ],
)
def test_wrong_tokenizers(name: str, content: bytes, message: str, tmp_path: Path) -> None:
    (tmp_path / name).write_bytes(content)
    with pytest.raises(InputError, match=message):
        read_piece_scores(tmp_path / name)
