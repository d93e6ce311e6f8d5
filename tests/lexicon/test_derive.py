"""Words from known words: the rules' literal table, and the laws of -s and -ed."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from attune.lexicon import PHONES, Lexicon, derive

# The words that the cases are built from, with their readings.
KNOWN = {
    "cat": "K AE T", "dog": "D AO G", "bus": "B AH S", "judge": "JH AH JH", "church": "CH ER CH",
    "wish": "W IH SH", "garage": "G ER AA ZH", "box": "B AA K S", "cough": "K AO F",
    "bath": "B AE TH", "cab": "K AE B", "baby": "B EY B IY", "potato": "P AH T EY T OW",
    "want": "W AA N T", "need": "N IY D", "walk": "W AO K", "call": "K AO L", "play": "P L EY",
    "hop": "HH AA P", "hope": "HH OW P", "stop": "S T AA P", "argue": "AA R G Y UW",
    "carry": "K AE R IY", "travel": "T R AE V AH L", "fill": "F IH L", "file": "F AY L",
    "they": "DH EY", "it": "IH T", "there": "DH EH R", "you're": "Y UH R", "don't": "D OW N T",
    "o'clock": "AH K L AA K", "we've": "W IY V", "i'm": "AY M", "happy": "HH AE P IY",
    "quick": "K W IH K", "tolerable": "T AA L ER AH B AH L", "natural": "N AE CH ER AH L",
    "subtle": "S AH T AH L", "settle": "S EH T AH L", "soft": "S AO F T", "hope's": "HH OW P S",
    "organize": "AO R G AH N AY Z", "color": "K AH L ER", "skillful": "S K IH L F AH L",
    "offense": "AH F EH N S", "caliber": "K AE L AH B ER", "theater": "TH IY AH T ER",
    "specialize": "S P EH SH AH L AY Z", "ready": "R EH D IY", "unread": "AH N R EH D",
    "read": "R IY D", "kind": "K AY N D", "use": "Y UW Z", "rain": "R EY N", "coat": "K OW T",
    "person": "P ER S AH N", "age": "EY JH", "go": "G OW", "going": "G OW IH NG",
    "fish": "F IH SH", "b": "B IY", "c": "S IY", "d": "D IY", "w": "D AH B AH L Y UW",
    "n": "EH N", "p": "P IY", "s": "EH S", "bell": "B EH L", "man": "M AE N", "fire": "F AY ER",
    "state": "S T EY T", "like": "L AY K", "favor": "F EY V ER", "favorably": "F EY V ER AH B L IY",
    "write": "R AY T", "start": "S T AA R T", "cargo": "K AA R G OW", "virus": "V AY R AH S",
}  # fmt: skip

CASES = [
    # plural and third person, possessive: voiceless, voiced, after a sibilant
    ("cats", "K AE T S"), ("dogs", "D AO G Z"), ("buses", "B AH S IH Z"),
    ("judges", "JH AH JH IH Z"), ("churches", "CH ER CH IH Z"), ("wishes", "W IH SH IH Z"),
    ("garages", "G ER AA ZH IH Z"), ("boxes", "B AA K S IH Z"), ("coughs", "K AO F S"),
    ("baths", "B AE TH S"), ("cabs", "K AE B Z"), ("babies", "B EY B IY Z"),
    ("potatoes", "P AH T EY T OW Z"), ("cargos", "K AA R G OW Z"), ("hopes", "HH OW P S"),
    ("cat's", "K AE T S"), ("dog's", "D AO G Z"), ("judge's", "JH AH JH IH Z"),
    ("bus's", "B AH S IH Z"), ("baby's", "B EY B IY Z"),
    # past tense
    ("wanted", "W AA N T IH D"), ("needed", "N IY D IH D"), ("walked", "W AO K T"),
    ("called", "K AO L D"), ("played", "P L EY D"), ("hopped", "HH AA P T"),
    ("hoped", "HH OW P T"), ("stopped", "S T AA P T"), ("argued", "AA R G Y UW D"),
    ("carried", "K AE R IY D"), ("travelled", "T R AE V AH L D"), ("filled", "F IH L D"),
    ("filed", "F AY L D"), ("judged", "JH AH JH D"), ("wished", "W IH SH T"),
    ("bused", "B AH S T"), ("quicked", "K W IH K T"),
    # -ing
    ("wanting", "W AA N T IH NG"), ("hopping", "HH AA P IH NG"), ("hoping", "HH OW P IH NG"),
    ("carrying", "K AE R IY IH NG"), ("arguing", "AA R G Y UW IH NG"),
    ("judging", "JH AH JH IH NG"), ("travelling", "T R AE V AH L IH NG"),
    ("filling", "F IH L IH NG"),
    # contractions
    ("they'd", "DH EY D"), ("it'd", "IH T AH D"), ("they'll", "DH EY L"), ("it'll", "IH T AH L"),
    ("they've", "DH EY V"), ("there've", "DH EH R AH V"), ("they're", "DH EY R"),
    # a lost apostrophe
    ("dont", "D OW N T"), ("youre", "Y UH R"), ("oclock", "AH K L AA K"), ("weve", "W IY V"),
    ("im", "AY M"), ("goin", "G OW IH N"), ("fishin", "F IH SH IH N"),
    # British spelling
    ("organise", "AO R G AH N AY Z"), ("organising", "AO R G AH N AY Z IH NG"),
    ("colour", "K AH L ER"), ("colours", "K AH L ER Z"), ("coloured", "K AH L ER D"),
    ("skilful", "S K IH L F AH L"), ("offence", "AH F EH N S"), ("calibre", "K AE L AH B ER"),
    ("theatre", "TH IY AH T ER"), ("specialised", "S P EH SH AH L AY Z D"),
    # suffixes
    ("quickly", "K W IH K L IY"), ("happily", "HH AE P AH L IY"),
    ("naturally", "N AE CH ER AH L IY"), ("subtly", "S AH T AH L IY"),
    ("tolerably", "T AA L ER AH B L IY"), ("happiness", "HH AE P IY N AH S"),
    ("softest", "S AO F T AH S T"), ("settler", "S EH T L ER"), ("caller", "K AO L ER"),
    ("hopeful", "HH OW P F AH L"), ("hopefully", "HH OW P F AH L IY"),
    ("hopeless", "HH OW P L AH S"), ("catlike", "K AE T L AY K"),
    ("statehood", "S T EY T HH UH D"), ("churchman", "CH ER CH M AH N"),
    ("playable", "P L EY AH B AH L"), ("dogward", "D AO G W ER D"),
    # prefixes, and both ends
    ("unkind", "AH N K AY N D"), ("unready", "AH N R EH D IY"), ("rewrite", "R IY R AY T"),
    ("overplay", "OW V ER P L EY"), ("nonnatural", "N AA N N AE CH ER AH L"),
    ("unfavourably", "AH N F EY V ER AH B L IY"), ("restarted", "R IY S T AA R T IH D"),
    ("unhoped", "AH N HH OW P T"),
    # compounds
    ("raincoat", "R EY N K OW T"), ("firebell", "F AY ER B EH L"),
    # letters only
    ("cd", "S IY D IY"), ("bbc", "B IY B IY S IY"), ("wc", "D AH B AH L Y UW S IY"),
]  # fmt: skip

NOT_DERIVED = [
    "viru", "xyzzy", "basis", "b", "bbcbcd", "sing", "'s", "ing", "un",
    "uncat", "catdog'", "",
]  # fmt: skip


@pytest.fixture(scope="module")
def lexicon() -> Lexicon:
    known = Lexicon()
    for word, phones in KNOWN.items():
        known.add(word, phones.split())
    return known


@pytest.mark.parametrize(("word", "expected"), CASES)
def test_derived_words(lexicon: Lexicon, word: str, expected: str) -> None:
    found = derive(word, lexicon, common=frozenset(KNOWN))
    assert found is not None
    assert str(found.pronunciations[0]) == expected, found


@pytest.mark.parametrize("word", NOT_DERIVED)
def test_no_rule_applies(lexicon: Lexicon, word: str) -> None:
    common = frozenset(KNOWN) - {"cat"}
    assert derive(word, lexicon, common=common) is None


def test_rare_stems_are_only_inflected(lexicon: Lexicon) -> None:
    assert derive("cats", lexicon) is not None
    for word in ("unkind", "raincoat", "quickly", "caller"):
        assert derive(word, lexicon) is None, word


def test_every_reading_of_the_stem_is_kept(lexicon: Lexicon) -> None:
    known = Lexicon()
    known.add("route", ["R", "UW", "T"])
    known.add("route", ["R", "AW", "T"], 0.5)
    found = derive("routes", known)
    assert found is not None and found.rule == "-s" and found.stems == ("route",)
    assert [(str(item), round(item.probability, 3)) for item in found.pronunciations] == [
        ("R UW T S", 1.0),
        ("R AW T S", 0.5),
    ]


@given(st.text("adegilnorsty'", min_size=1, max_size=12))
def test_any_word_is_derived_into_phones_or_not_at_all(word: str) -> None:
    known = Lexicon()
    for stem, phones in KNOWN.items():
        known.add(stem, phones.split())
    found = derive(word, known, common=frozenset(KNOWN))
    if found is not None:
        assert found.pronunciations and word not in found.stems
        for item in found.pronunciations:
            assert item.phones and set(item.phones) <= set(PHONES)


@given(st.lists(st.sampled_from(PHONES), min_size=2, max_size=5))
def test_inflections_agree_with_the_last_sound(phones: list[str]) -> None:
    known = Lexicon()
    known.add("thrank", phones)
    plural, past = derive("thranks", known), derive("thranked", known)
    assert plural is not None and past is not None
    last = phones[-1]
    expected_s = ["IH", "Z"] if last in {"S", "Z", "SH", "ZH", "CH", "JH"} else None
    if expected_s is None:
        expected_s = ["S"] if last in {"P", "T", "K", "F", "TH"} else ["Z"]
    expected_ed = ["IH", "D"] if last in {"T", "D"} else None
    if expected_ed is None:
        voiceless = {"P", "K", "F", "TH", "S", "SH", "CH"}
        expected_ed = ["T"] if last in voiceless else ["D"]
    assert list(plural.pronunciations[0].phones) == phones + expected_s
    assert list(past.pronunciations[0].phones) == phones + expected_ed
