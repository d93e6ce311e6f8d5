"""The formatter by rules alone, and what it makes of a model's tags."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from attune.errors import InputError
from attune.text import DisplayModel, DisplayToken, Formatter
from attune.text.display_model import COMMA, END, LOWER, MIXED, TITLE, UPPER, Tags, WordTable

RULES_ALONE = [
    ("", ""),
    ("hello", "Hello."),
    ("hello world", "Hello world."),
    ("what is your name", "What is your name?"),
    ("can you hear me", "Can you hear me?"),
    ("i think i'm right", "I think I'm right."),
    ("see you on monday", "See you on Monday."),
    ("ten people", "10 people."),
    ("remind me to buy five pencils", "Remind me to buy 5 pencils."),
    ("call mister x", "Call Mr. X."),
    ("meet me at seven thirty pm", "Meet me at 7:30 PM."),
    ("pens paper et cetera", "Pens paper etc."),
    ("john at example dot com", "john@example.com."),
    ("one of them", "One of them."),
]


@pytest.mark.parametrize(("spoken", "text"), RULES_ALONE)
def test_rules_alone(spoken: str, text: str) -> None:
    assert Formatter().format(spoken.split()).text == text


def test_tokens_keep_their_words() -> None:
    display = Formatter().format(["pay", "five", "dollars", "by", "march", "second"])
    assert display.text == "Pay $5 by March 2nd."
    assert display.tokens == (
        DisplayToken("Pay", 0, 1),
        DisplayToken("$5", 1, 3),
        DisplayToken("by", 3, 4),
        DisplayToken("March", 4, 5),
        DisplayToken("2nd.", 5, 6),
    )


def test_an_unfinished_utterance_has_no_full_stop() -> None:
    assert Formatter().format(["so", "we"], final=False).text == "So we"


def test_a_long_pause_parts_numbers() -> None:
    words = ["born", "in", "nineteen", "eighty", "five", "families", "came"]
    assert Formatter().format(words).text == "Born in 1985 families came."
    pauses = [0.0, 0.0, 0.0, 1.5, 0.0, 0.0, 0.0]
    assert Formatter().format(words, pauses).text == "Born in 1980 five families came."


def test_pauses_must_match_the_words() -> None:
    with pytest.raises(InputError, match="1 pauses for 2 words"):
        Formatter().format(["a", "b"], [0.1])


class _Told(DisplayModel):
    """A model whose tags are given, to see what the formatter writes for them."""

    def __init__(self, forms: dict[str, str], marks: list[int], cases: list[int]) -> None:
        super().__init__(WordTable([], forms), {})
        self.marks, self.cases = marks, cases

    def predict(self, words: Sequence[str], pauses: Sequence[float] | None = None) -> Tags:
        marks = np.array(self.marks)
        return Tags(marks, np.array(self.cases), np.zeros(len(marks), dtype=bool))


@pytest.mark.parametrize(
    ("spoken", "forms", "marks", "cases", "text"),
    [
        ("yes we can", {}, [COMMA, 0, END], [LOWER, LOWER, LOWER], "Yes, we can."),
        ("go stop", {}, [END, END], [LOWER, LOWER], "Go. Stop."),
        ("in london", {"london": "London"}, [0, END], [LOWER, TITLE], "In London."),
        ("say zork", {}, [0, END], [LOWER, TITLE], "Say Zork."),
        ("ask nasa", {}, [0, END], [LOWER, UPPER], "Ask NASA."),
        ("ask someone", {}, [0, END], [LOWER, UPPER], "Ask someone."),
        ("my iphone", {"iphone": "iPhone"}, [0, END], [LOWER, LOWER], "My iPhone."),
        ("the mark", {"mark": "Mark"}, [0, END], [LOWER, LOWER], "The mark."),
        ("my gizmo", {}, [0, END], [LOWER, MIXED], "My Gizmo."),
        ("doctor wu", {}, [0, END], [LOWER, TITLE], "Dr. Wu."),
        ("the doctor left", {}, [0, 0, END], [LOWER] * 3, "The doctor left."),
        ("cats et cetera are here", {}, [0, 0, COMMA, 0, END], [LOWER] * 5, "Cats etc., are here."),
        ("pay ten dollars now", {}, [0, END, 0, END], [LOWER] * 4, "Pay $10 now."),
    ],
)
def test_tags_become_text(
    spoken: str, forms: dict[str, str], marks: list[int], cases: list[int], text: str
) -> None:
    assert Formatter(_Told(forms, marks, cases)).format(spoken.split()).text == text


def _model(seed: int = 0) -> DisplayModel:
    """A model of random weights, in the shapes of a real one."""
    random = np.random.default_rng(seed)
    table = WordTable(["and", "the", "to"], {"london": "London", "iphone": "iPhone"})

    def weights(*shape: int) -> np.ndarray[tuple[int, ...], np.dtype[np.float32]]:
        return random.standard_normal(shape).astype(np.float32)

    return DisplayModel(
        table,
        {
            "embeddings": weights(table.rows, 4),
            "case_embeddings": weights(5, 5),
            "hidden": weights(7 * 9, 8),
            "hidden_bias": weights(8),
            "output": weights(8, 7),
            "output_bias": weights(7),
            "wide": weights(64, 7),
            "question": weights(33),
        },
    )


def test_a_stored_model_says_the_same(tmp_path: Path) -> None:
    model = _model()
    model.save(tmp_path / "display.npz")
    stored = DisplayModel.load(tmp_path / "display.npz")
    assert stored.table.vocabulary == model.table.vocabulary
    assert stored.table.forms == model.table.forms
    words = ["we", "went", "to", "london", "and", "the", "sea"]
    # 8-bit weights: close, not equal.
    np.testing.assert_allclose(stored.logits(words), model.logits(words), atol=0.4)
    assert Formatter.load(tmp_path / "display.npz").format(words).text


def test_no_other_file_is_left_by_saving(tmp_path: Path) -> None:
    _model().save(tmp_path / "display.npz")
    assert [path.name for path in tmp_path.iterdir()] == ["display.npz"]


@pytest.mark.parametrize("content", [b"", b"not a model", b"PK\x03\x04 truncated"])
def test_a_damaged_model_is_refused(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "display.npz"
    path.write_bytes(content)
    with pytest.raises(InputError, match=r"display\.npz"):
        Formatter.load(path)


def test_a_truncated_model_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "display.npz"
    _model().save(path)
    path.write_bytes(path.read_bytes()[:-200])
    with pytest.raises(InputError, match=r"display\.npz"):
        Formatter.load(path)


def test_a_missing_model_is_refused(tmp_path: Path) -> None:
    with pytest.raises(InputError, match=r"none\.npz"):
        Formatter.load(tmp_path / "none.npz")


def test_another_npz_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "other.npz"
    np.savez(path, numbers=np.arange(3))
    with pytest.raises(InputError, match="not a display model"):
        Formatter.load(path)


def test_a_pause_makes_a_sentence_end_more_likely() -> None:
    model = _model()
    model.arrays = {name: np.zeros_like(array) for name, array in model.arrays.items()}
    words = ["one", "two", "three"]
    assert model.predict(words).marks.tolist() == [0, 0, END]
    assert model.predict(words, [0.0, 1.2, 0.0]).marks.tolist() == [0, END, END]
    assert model.predict(words, [0.3, 0.0, 0.0]).marks.tolist() == [COMMA, 0, END]


_WORDS = st.sampled_from(
    (
        "the", "and", "to", "london", "i", "i'm", "a", "is", "what", "ten", "five", "dollars",
        "march", "second", "u", "s", "mister", "doctor", "at", "dot", "com", "et", "cetera", "pm",
    )
)  # fmt: skip


@settings(max_examples=100, deadline=None)
@given(st.lists(_WORDS, max_size=15), st.booleans())
def test_tokens_cover_the_words_and_make_the_text(words: list[str], modelled: bool) -> None:
    display = Formatter(_model() if modelled else None).format(words)
    assert display.text == " ".join(token.text for token in display.tokens)
    position = 0
    for token in display.tokens:
        assert token.start == position < token.end
        position = token.end
    assert position == len(words)
    assert not words or display.text[-1] in ".?"
