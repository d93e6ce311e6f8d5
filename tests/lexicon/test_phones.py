"""Phone names and the other ways to write them."""

from __future__ import annotations

import contextlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from attune.errors import InputError
from attune.lexicon import (
    PHONE_INDEX,
    PHONES,
    VOWELS,
    from_ups,
    parse_phones,
    strip_stress,
    to_ipa,
)

STRESS = [
    ("AH0 B AW1 T", "AH B AW T"),
    ("B AE1 T M AE2 N", "B AE T M AE N"),
    ("ER0", "ER"),
    ("hh ah0 l ow1", "HH AH L OW"),
    ("S T R EH1 NG K TH", "S T R EH NG K TH"),
]

IPA = [
    ("HH AH L OW", "hʌloʊ"),
    ("CH ER CH", "tʃɝtʃ"),
    ("JH AH JH", "dʒʌdʒ"),
    ("TH IH NG", "θɪŋ"),
    ("DH IY Z", "ðiz"),
    ("M EH ZH ER", "mɛʒɝ"),
    ("R IY D", "ɹid"),
    ("Y UW TH", "juθ"),
    ("B OY AW AY EY", "bɔɪaʊaɪeɪ"),  # noqa: RUF001
    ("G UH D SH AO P AA V AE K F L N S T W", "ɡʊdʃɔpɑvækflnstw"),  # noqa: RUF001
]

# The example words of Microsoft's table of en-US UPS phones, and of SAPI's.
UPS = [
    ("B IH G", "B IH G"),
    ("CH IH N", "CH IH N"),
    ("DH EH N", "DH EH N"),
    ("H EH L P", "HH EH L P"),
    ("JH OI", "JH OY"),
    ("J AA R D", "Y AA R D"),
    ("P L EH ZH AX R", "P L EH ZH ER"),
    ("F AA DH AX R", "F AA DH ER"),
    ("D AO G", "D AO G"),
    ("F AOX R", "F AO R"),
    ("F AOX", "F AO R"),
    ("F AU L", "F AW L"),
    ("AX G O", "AH G OW"),
    ("M AI N AX R", "M AY N ER"),
    ("B AI T", "B AY T"),
    ("S T EHX R Z", "S T EH R Z"),
    ("ER R B AX N", "ER B AH N"),
    ("ER B AX N", "ER B AH N"),
    ("EI T", "EY T"),
    ("F I L", "F IY L"),
    ("B OWX", "B OW AH"),
    ("H Q T", "HH AA T"),
    ("T U", "T UW"),
    ("L UWX R", "L UH R"),
    ("W S1 AX T CH AX M AX K S2 AA L IH T", "W AH T CH AH M AH K AA L IH T"),
    ("S2 R I . S1 D U lng", "R IY D UW"),
    ("h eh - l ow 1", "HH EH L OW"),
    ("D AO T N EH T", "D AO T N EH T"),
    ("HH AH0 L OW1", "HH AH L OW"),
    ("k aa n t ow s ow", "K AA N T OW S OW"),
]

phones = st.lists(st.sampled_from(PHONES), min_size=1, max_size=12).map(tuple)


def test_phones_are_the_networks_columns() -> None:
    assert len(PHONES) == 39 and list(PHONES) == sorted(PHONES)
    assert PHONE_INDEX["AA"] == 1 and PHONE_INDEX["ZH"] == 39
    assert len(VOWELS) == 15 and set(PHONES) > VOWELS


@pytest.mark.parametrize(("written", "plain"), STRESS)
def test_stress_is_dropped(written: str, plain: str) -> None:
    assert parse_phones(written) == tuple(plain.split())
    assert strip_stress(written.upper().split()) == tuple(plain.split())


@pytest.mark.parametrize("text", ["", "   ", "HH AX L OW", "AH3", "B1", "1", "AH 0", "π"])
def test_what_is_no_phone_is_refused(text: str) -> None:
    with pytest.raises(InputError, match="phone"):
        parse_phones(text)


@pytest.mark.parametrize(("written", "ipa"), IPA)
def test_ipa(written: str, ipa: str) -> None:
    assert to_ipa(written.split()) == ipa


def test_ipa_signs_differ_and_strangers_are_refused() -> None:
    assert len({to_ipa([phone]) for phone in PHONES}) == 39
    with pytest.raises(InputError, match="'AX' is not a phone"):
        to_ipa(["AX"])


@pytest.mark.parametrize(("written", "expected"), UPS)
def test_ups_and_sapi_spellings(written: str, expected: str) -> None:
    assert from_ups(written) == tuple(expected.split())


@pytest.mark.parametrize("text", ["", ". S1", "AX1", "HELLO", "B EE", "1 2 -", "ɑ"])  # noqa: RUF001
def test_what_is_no_ups_phone_is_refused(text: str) -> None:
    with pytest.raises(InputError, match="phone"):
        from_ups(text)


@given(phones)
def test_arpabet_is_read_as_ups_except_for_the_r_it_spells_apart(said: tuple[str, ...]) -> None:
    read = from_ups(" ".join(said))
    merged = " ".join(said)
    while "ER R" in merged:
        merged = merged.replace("ER R", "ER")
    assert " ".join(read) == merged


@given(st.text(max_size=30))
def test_any_text_gives_phones_or_an_input_error(text: str) -> None:
    for read in (parse_phones, from_ups):
        with contextlib.suppress(InputError):
            assert set(read(text)) <= set(PHONES)
