"""Quick speech and accents: each rule on words that it changes, and on words that it must not."""

from __future__ import annotations

import pytest

from attune.keyword.reductions import REDUCTIONS, WEAK_FORMS, said_otherwise
from attune.lexicon import parse_phones

BY_NAME = {rule.name: rule for rule in REDUCTIONS}

CASES = [
    ("one consonant for two alike", "B AH S | S T AA P", "B AH | S T AA P"),
    ("one consonant for two alike", "HH EY | Y OW", None),
    ("t as a flap", "K AH M P Y UW T ER", "K AH M P Y UW D ER"),
    ("t as a flap", "P AA R T IY", "P AA R D IY"),
    ("t as a flap", "AE T L AH S", None),
    ("t as a flap", "S T AH P", None),
    ("t as a flap", "TH IY N AH", None),
    ("t left out after n", "S EH N T ER", "S EH N ER"),
    ("t left out after n", "S AH V AA N T", None),
    ("t or d left out", "N EH K S T | P L IY Z", "N EH K S | P L IY Z"),
    ("t or d left out", "N EH K S T | AH P", None),
    ("d and y as j", "D IH D | Y UW", "D IH | JH UW"),
    ("t and y as ch", "G EH T | Y UW", "G EH | CH UW"),
    ("weak vowel higher", "AE T L AH S", "AE T L IH S"),
    ("weak vowel higher", "K AH M P Y UW T ER", "K IH M P Y UW T ER"),
    ("weak vowel higher", "B AH S", None),
    ("weak vowel higher", "B AH T ER", None),
    ("weak vowel lower", "M AE JH IH K", "M AE JH AH K"),
    ("weak vowel lower", "S IH T", None),
    ("weak vowel lower", "R AH N IH NG", None),
    ("weak vowel left out", "K AE M AH R AH", "K AE M R AH"),
    ("weak vowel lost in r", "K AE M ER AH", "K AE M R AH"),
    ("-in' for -ing", "G OW IH NG", "G OW IH N"),
    ("-in' for -ing", "S IH NG ER", None),
    ("caught as cot", "W AO T ER", "W AA T ER"),
    ("caught as cot", "S T AO R", None),
    ("cot as caught", "S T AA P", "S T AO P"),
    ("cot as caught", "G AA R D AH N", None),
    ("marry as merry", "M AE R IY", "M EH R IY"),
    ("r not sounded", "G AA R D AH N", "G AA D AH N"),
    ("r not sounded", "N IH R", "N IH AH"),
    ("r not sounded", "W AO T ER", "W AO T AH"),
    ("r not sounded", "S T AA R | IH T", None),
    ("r not sounded", "S T AO R IY", None),
    ("h not sounded", "HH EY | AE T", "EY | AE T"),
    ("pen as pin", "P EH N", "P IH N"),
    ("tune with y", "AH T UW N", "AH T Y UW N"),
    ("th as f", "AH TH IY N AH", "AH F IY N AH"),
    ("th as t", "AH TH IY N AH", "AH T IY N AH"),
    ("bath as in father", "B AE TH", "B AA TH"),
    ("bath as in father", "AE T", None),
]


@pytest.mark.parametrize(("name", "phones", "said"), CASES)
def test_rules(name: str, phones: str, said: str | None) -> None:
    words = tuple(tuple(word.split()) for word in phones.split("|"))
    found = BY_NAME[name].apply(words)
    assert (None if found is None else " | ".join(map(" ".join, found))) == said


def test_every_rule_is_tested_and_named_once() -> None:
    assert {name for name, _, said in CASES if said} == set(BY_NAME)
    assert len(BY_NAME) == len(REDUCTIONS)
    assert all(0 < rule.weight < 1 for rule in REDUCTIONS)


def test_a_word_never_loses_all_its_phones() -> None:
    assert BY_NAME["one consonant for two alike"].apply((("S",), ("S", "T"))) is None


@pytest.mark.parametrize(
    ("phones", "others"),
    [
        ("AH TH IY N AH", ["AH F IY N AH", "AH T IY N AH"]),
        ("N OW", []),
        ("HH EY AE T L AH S", ["HH EY AE T L IH S", "EY AE T L AH S"]),
        ("HH EY", []),  # One phone is no word to listen for.
    ],
)
def test_what_may_be_said_of_phones_without_words(phones: str, others: list[str]) -> None:
    assert [" ".join(other) for other in said_otherwise(phones.split())] == others


def test_weak_forms_are_phones() -> None:
    for forms in WEAK_FORMS.values():
        for phones, weight in forms:
            assert parse_phones(phones) and 0 < weight <= 1
