"""Words in a network's tokens."""

from __future__ import annotations

from pathlib import Path

import pytest

from attune.errors import InputError
from attune.lexicon import Speller, SpellingMethod, Units, read_tokens, silent_tokens, units_of
from attune.lexicon.tokens import token_lines

UPPER = ["<s>", "<unk>", "|", *"ABCDEFGHIJKLMNOPQRSTUVWXYZ'"]
SMALL = ["<space>", *"abcdefghijklmnopqrstuvwxyz"]
BOTH = ["▁", *"abehlot", *"ABEHLOT", "▁the", "▁The", "at"]
PIECES = ["<unk>", "▁", *"abcdehlnot", "▁b", "▁ca", "at", "cat", "t's", "▁co", "one"]
WORDPIECES = ["[PAD]", *"abct", "##a", "##b", "##t", "cat", "##at", "ca"]

CASES = [
    # tokens, units, word, spellings
    (UPPER, "characters", "don't", ["D O N ' T |", "D O N ' T"]),
    (SMALL, "characters", "to", ["t o <space>", "t o"]),
    (SMALL, "characters", "don't", []),
    (SMALL, "characters", "naïve", []),
    ([*"天地人"], "characters", "天人", ["天 人"]),
    (PIECES, "pieces", "bat", ["▁b at"]),
    (PIECES, "pieces", "cat", ["▁ca t"]),
    (PIECES, "pieces", "one", ["▁ one"]),
    # The longest piece leads nowhere: there is no apostrophe but in "t's".
    (["▁", "▁ca", "▁c", "at's", "a", "c"], "pieces", "cat's", ["▁c at's"]),
    (PIECES, "pieces", "zoo", []),
    (PIECES, "pieces", "", []),
    (BOTH, "pieces", "the", ["▁the", "▁The"]),
    (BOTH, "pieces", "hat", ["▁ h at", "▁ H at"]),
    (WORDPIECES, "wordpieces", "cat", ["cat"]),
    (WORDPIECES, "wordpieces", "bat", ["b ##at"]),
    (WORDPIECES, "wordpieces", "catc", []),
]


@pytest.mark.parametrize(("tokens", "units", "word", "expected"), CASES)
def test_spellings(tokens: list[str], units: Units, word: str, expected: list[str]) -> None:
    assert units_of(tokens) == units
    speller = Speller(tokens, units)
    found = speller.spell(word)
    assert [str(spelling) for spelling in found] == expected
    assert speller.can_read(word) is bool(expected)
    assert [spelling.log_prob for spelling in found[:1]] == [0.0] * len(expected[:1])
    if not expected:
        with pytest.raises(InputError, match="cannot be spelled in the model's tokens"):
            speller.read(word)


def test_scores_decide() -> None:
    tokens = ["▁", "▁c", "a", "t", "at", "▁ca"]
    unigram = Speller(tokens, "pieces", "unigram", [-5.0, -2.0, -4.0, -4.0, -2.0, -3.0])
    assert str(unigram.spell("cat")[0]) == "▁c at"
    bpe = Speller(["c", *tokens], "pieces", "bpe", [-9.0, -9.0, -1.0, -9.0, -9.0, -3.0, -2.0])
    assert str(bpe.spell("cat")[0]) == "▁ca t"
    with pytest.raises(InputError, match="needs the tokenizer's scores"):
        Speller(tokens, "pieces", "bpe")


TEXT = [
    "the cat sat on the mat and the dog sat on the log while the rain in spain stayed mainly",
    "in the plain as nobody had ever expected it to stay anywhere else than there of all places",
] * 3
WORDS = sorted({word for line in TEXT for word in line.split()} | {"plane", "stating", "headland"})


@pytest.mark.parametrize("method", ["unigram", "bpe"])
def test_words_are_cut_as_sentencepiece_cuts_them(method: SpellingMethod, tmp_path: Path) -> None:
    sentencepiece = pytest.importorskip("sentencepiece")
    sentencepiece.SentencePieceTrainer.train(
        sentence_iterator=iter(TEXT),
        model_prefix=str(tmp_path / "small"),
        vocab_size=60,
        model_type=method,
        hard_vocab_limit=False,
        minloglevel=2,
    )
    theirs = sentencepiece.SentencePieceProcessor(model_file=str(tmp_path / "small.model"))
    tokens = [theirs.id_to_piece(i) for i in range(theirs.vocab_size())]
    scores = [theirs.get_score(i) for i in range(theirs.vocab_size())]
    speller = Speller(tokens, "pieces", method, scores)
    for word in WORDS:
        expected = theirs.encode(word, out_type=str)
        assert [reading.phones for reading in speller.spell(word)] == [tuple(expected)]


def test_symbols_of_no_word_are_silent() -> None:
    tokens = ["<s>", "|", "[UNK]", ",", "▁.", "a", "'", "▁", "##-", "é", "<"]
    assert [tokens[place] for place in silent_tokens(tokens)] == [
        *("<s>", "[UNK]", ",", "▁.", "##-", "<"),
    ]


@pytest.mark.parametrize("scores", [None, (-1.5, -2.0, 0.0)])
def test_token_files_come_back(scores: tuple[float, ...] | None, tmp_path: Path) -> None:
    path = tmp_path / "symbols.txt"
    path.write_bytes(token_lines(["<blk>", "▁é", "'"], scores))
    listed = read_tokens(path)
    assert (listed.tokens, listed.scores) == (("<blk>", "▁é", "'"), scores)


@pytest.mark.parametrize(
    ("content", "message"),
    [
        ("a\n\nb\n", "symbols.txt:2"),
        ("a b\n", "symbols.txt:1: 'a b' is not a token"),
        ("a\na\n", "twice"),
        ("a\tx\n", "'x' is not a score"),
        ("a\t1\nb\n", "every token a score"),
    ],
)
def test_damaged_token_files(content: str, message: str, tmp_path: Path) -> None:
    path = tmp_path / "symbols.txt"
    path.write_text(content, "utf-8")
    with pytest.raises(InputError, match=message):
        read_tokens(path)
