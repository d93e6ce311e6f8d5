"""Any word: listed, derived, or by its letters, and how the three are weighed."""

from __future__ import annotations

import math
from pathlib import Path

import pytest

import attune
from attune.errors import InputError
from attune.lexicon import G2P, Lexicon, Pronouncer

MODELS = Path(attune.__file__).parent / "models" / "en-US"

KNOWN = {
    "tomato": ["T AH M EY T OW", "T AH M AA T OW"],
    "alchemist": ["AE L CH AH M IH S T", "AE L K AH M IH S T"],
    "person": ["P ER S AH N"],
    "age": ["EY JH"],
    "dried": ["D R AY D"],
    "up": ["AH P"],
    "rain": ["R EY N"],
    "coat": ["K OW T"],
    "hands": ["HH AE N D Z"],
    "free": ["F R IY"],
    "sow": ["S OW"],
    "read": ["R IY D", "R EH D"],
    "back": ["B AE K"],
    "n": ["EH N"],
    "b": ["B IY"],
    "c": ["S IY"],
}

CASES = [
    ("tomato", "listed", "T AH M EY T OW", "T AH M AA T OW"),
    ("alchemist's", "-'s", "AE L CH AH M IH S T S", "AE L K AH M IH S T S"),
    ("nbc", "letters", "EH N B IY S IY"),
    ("raincoat", "compound", "R EY N K OW T"),
    ("handsfree", "compound", "HH AE N D Z F R IY"),
    ("smote", "g2p", "S M OW T"),
]


@pytest.fixture(scope="module")
def pronouncer() -> Pronouncer:
    lexicon = Lexicon()
    for word, readings in KNOWN.items():
        for number, phones in enumerate(readings):
            lexicon.add(word, phones.split(), 0.5**number)
    common = frozenset(word for word in KNOWN if len(word) > 2)
    return Pronouncer(lexicon, G2P.load(MODELS / "g2p.bin"), common)


@pytest.mark.parametrize("case", CASES, ids=lambda case: case[0])
def test_where_a_reading_comes_from(pronouncer: Pronouncer, case: tuple[str, ...]) -> None:
    word, source, *expected = case
    reading = pronouncer.read(word)
    assert reading.source == source and reading.word == word
    assert [str(item) for item in reading.pronunciations][: len(expected)] == expected
    assert reading.pronunciations[0].log_prob == 0.0
    assert all(item.log_prob <= 0 for item in reading.pronunciations)


def test_a_doubtful_compound_gives_way_to_its_letters(pronouncer: Pronouncer) -> None:
    reading = pronouncer.read("personage")
    assert reading.source == "g2p"
    assert "P ER S AH N EY JH" not in [str(item) for item in reading.pronunciations]


def test_a_second_reading_by_letters_must_be_likely(pronouncer: Pronouncer) -> None:
    for word in ("smote", "exultation", "cortado", "postilion"):
        readings = pronouncer.read(word).pronunciations
        assert 1 <= len(readings) <= 2
        assert all(item.log_prob >= math.log(0.3) for item in readings)


def test_what_letters_cannot_say_is_refused(pronouncer: Pronouncer) -> None:
    with pytest.raises(InputError, match="'c3po' cannot be pronounced"):
        pronouncer.read("c3po")


def test_a_compiled_lexicon_serves_as_well(tmp_path: Path) -> None:
    lexicon = Lexicon()
    lexicon.add("cat", ["K", "AE", "T"])
    lexicon.compile(tmp_path / "lexicon.bin")
    compiled = Lexicon.load_compiled(tmp_path / "lexicon.bin")
    pronouncer = Pronouncer(compiled, G2P.load(MODELS / "g2p.bin"))
    assert str(pronouncer.read("cats").pronunciations[0]) == "K AE T S"
