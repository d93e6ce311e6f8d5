"""What is told of a phrase before a keyword is made of it, with the bundle that ships."""

from __future__ import annotations

import json
import time
from collections.abc import Sequence

import pytest

from attune.bundle import Bundle
from attune.errors import InputError
from attune.keyword.guidance import (
    Finding,
    LanguageFacts,
    advise,
    advise_together,
    chosen_pronunciations,
    phrase_pronunciations,
    require_usable,
    typed_pronunciation,
)


@pytest.fixture(scope="module")
def facts() -> LanguageFacts:
    return LanguageFacts.open()


def codes(findings: Sequence[Finding], severity: str) -> set[str]:
    return {finding.code for finding in findings if finding.severity == severity}


WARNED = [
    ("hey atlas", set()),
    ("okay garden", set()),
    ("hey chatterbox", set()),
    ("hey alexa", set()),
    ("jarvis", {"short"}),
    ("go", {"short", "common", "confusable"}),
    ("eat", {"short", "common", "confusable"}),
    ("computer", {"common", "confusable"}),
    ("alexa", {"confusable"}),
    ("athena", {"confusable"}),
    ("live", {"short", "common", "confusable", "several readings"}),
    ("read me", {"short", "confusable", "several readings"}),
    ("either way", {"confusable", "several readings"}),
    ("hey marmalade kitchen assistant", {"long"}),
    ("hey NASA", {"capitals"}),
]


@pytest.mark.parametrize(("phrase", "warnings"), WARNED)
def test_warnings(facts: LanguageFacts, phrase: str, warnings: set[str]) -> None:
    advice = advise(phrase, facts)
    assert advice.usable
    assert codes(advice.findings, "warning") == warnings
    for finding in advice.findings:
        if finding.severity == "warning":
            assert finding.suggestion


REFUSED = [
    ("", "empty"),
    ("a", "one letter"),
    ("x" * 60, "long"),
    ("hey 🙂", "emoji"),
    ("привет", "script"),
    ("509", "digits"),
    ("R.E.I.", "initials"),
    ("Go#", "symbols"),
    ("banana banana banana banana banana", "long"),
]


@pytest.mark.parametrize(("phrase", "code"), REFUSED)
def test_phrases_that_cannot_work_are_refused(facts: LanguageFacts, phrase: str, code: str) -> None:
    advice = advise(phrase, facts)
    assert not advice.usable
    assert codes(advice.findings, "error") == {code}
    with pytest.raises(InputError, match=r": (give|take|leave|write)"):
        require_usable(advice.findings)


SOUNDS_LIKE = [
    ("hey atlas", "he at last"),
    ("alexa", "selection"),
    ("athena", "the scene of"),
    ("amelia", "a million"),
    ("computer", "computers"),
    ("go", "going"),
]


@pytest.mark.parametrize(("phrase", "neighbour"), SOUNDS_LIKE)
def test_words_and_phrases_that_sound_alike(
    facts: LanguageFacts, phrase: str, neighbour: str
) -> None:
    advice = advise(phrase, facts)
    assert neighbour in [each.text for each in advice.neighbours]
    distances = [each.distance for each in advice.neighbours]
    assert distances == sorted(distances)
    assert phrase not in [each.text for each in advice.neighbours]
    assert all(each.per_hour > 0 for each in advice.neighbours)


def test_how_often_words_are_said(facts: LanguageFacts) -> None:
    rates = [
        facts.frequency.phrase(words.split())
        for words in ("the", "go", "computer", "alexa", "turn on the light", "zqxj")
    ]
    assert rates == sorted(rates, reverse=True)
    assert 200 < rates[0] < 700 and 1 < rates[1] < 30 and rates[-1] == 0


def test_length_in_syllables_and_seconds(facts: LanguageFacts) -> None:
    found = [advise(phrase, facts) for phrase in ("go", "hey atlas", "hey chatterbox")]
    assert [advice.syllables for advice in found] == [1, 3, 4]
    assert found[0].seconds < found[1].seconds < found[2].seconds < 1.2


FIRST = [
    ("hey atlas", "HH EY | AE T L AH S", "lexicon"),
    ("hey zorbonic", "HH EY | Z AO R B AO N IH K", "letters, lexicon"),
    ("smartlight", "S M AA R T L AY T", "words in it"),
    ("don't go", "D OW N T | G OW", "lexicon"),
]


@pytest.mark.parametrize(("phrase", "phones", "source"), FIRST)
def test_the_likeliest_pronunciation(
    facts: LanguageFacts, phrase: str, phones: str, source: str
) -> None:
    first = phrase_pronunciations(phrase.split(), facts)[0]
    assert (str(first), first.source, first.id) == (phones, source, "1")
    assert first.weight == 1 and first.chosen


AMONG = [
    ("computer", "K AH M P Y UW D ER", False),
    ("computer", "K AH M P Y UW T AH", False),
    ("athena", "AH F IY N AH", False),
    ("okay garden", "K EY | G AA R D AH N", False),
    ("live", "L IH V", True),
    ("hey atlas", "EY | AE T L AH S", False),
    ("tomato", "T AH M AA T OW", True),
    ("either way", "AY DH ER | W EY", True),
    ("turn on the light", "T ER N | AO N | DH AH | L AY T", False),
    ("center party", "S EH N ER | P AA R T IY", True),
    ("turn on the water", "T ER N | AA N | DH AH | W AA T ER", False),
    ("off", "AA F", True),
    ("hey dog", "HH EY | D AA G", True),
    ("hot stop", "HH AO T | S T AO P", False),
]


@pytest.mark.parametrize(("phrase", "phones", "chosen"), AMONG)
def test_reductions_and_accents_are_offered(
    facts: LanguageFacts, phrase: str, phones: str, chosen: bool
) -> None:
    found = {str(each): each for each in phrase_pronunciations(phrase.split(), facts)}
    assert found[phones].chosen is chosen


@pytest.mark.parametrize("phrase", ["hey atlas", "go", "turn on the light in the kitchen"])
def test_few_pronunciations_are_taken_unasked(facts: LanguageFacts, phrase: str) -> None:
    found = phrase_pronunciations(phrase.split(), facts)
    assert [each.id for each in found] == [str(number) for number in range(1, len(found) + 1)]
    assert 1 <= sum(each.chosen for each in found) <= 3
    assert len(found) <= 10
    assert len({each.phones for each in found}) == len(found)
    weights = [each.weight for each in found]
    assert weights == sorted(weights, reverse=True)


@pytest.mark.parametrize(
    ("text", "phones"),
    [
        ("HH EY | AE T L AH S", "HH EY | AE T L AH S"),
        ("hh ey1 ae1 t l ah0 s", "HH EY AE T L AH S"),
        ("H EY AE T L AX S", "HH EY AE T L AH S"),
    ],
)
def test_typed_phones(text: str, phones: str) -> None:
    assert str(typed_pronunciation(text)) == phones


@pytest.mark.parametrize("text", ["", " ", "AH", "HH QQ", "hey atlas", "HH EY | | AE T", "1.5"])
def test_what_are_no_phones_is_refused(text: str) -> None:
    with pytest.raises(InputError, match=r"write for example|use "):
        typed_pronunciation(text)


def test_pronunciations_are_chosen_by_id_or_phones(facts: LanguageFacts) -> None:
    found = phrase_pronunciations(["hey", "atlas"], facts)
    chosen = chosen_pronunciations(found, ["3", "HH AY | AE T L AH S", "3"])
    assert [each.id for each in chosen] == ["3", "typed"]
    with pytest.raises(InputError, match="there is no pronunciation 99: the ids are 1, 2"):
        chosen_pronunciations(found, ["99"])


def test_advice_is_about_the_pronunciation_that_is_taken(facts: LanguageFacts) -> None:
    advice = advise("live", facts, ["2"])
    assert [str(each) for each in advice.chosen] == ["L IH V"]
    typed = advise("hey atlas", facts, ["HH EY AE T L AH S AH N D"])
    assert typed.syllables == 4 and [each.id for each in typed.chosen] == ["typed"]


@pytest.mark.parametrize("phrase", ["R.E.I.", "509", "Олекса"])
def test_phones_make_any_writing_usable(facts: LanguageFacts, phrase: str) -> None:
    advice = advise(phrase, facts, ["OW L EH K S AH"])
    assert advice.usable and advice.text == phrase
    assert advice.syllables == 3


def test_many_pronunciations_are_warned_of(facts: LanguageFacts) -> None:
    advice = advise("okay garden", facts, ["1", "2", "3", "4", "5"])
    assert "many pronunciations" in codes(advice.findings, "warning")


TOGETHER = [
    (["hey atlas", "okay garden"], set()),
    (["hey atlas", "hey alice"], {"error sound alike"}),
    (["marvin", "marven"], {"error sound alike"}),
    (["hey atlas", "hey atlas"], {"error twice"}),
    (["Hey Atlas!", "hey atlas"], {"error twice"}),
    (["alexa", "hey alexa"], {"warning within"}),
    (["yes", "no", "stop"], set()),
]


@pytest.mark.parametrize(("phrases", "expected"), TOGETHER)
def test_phrases_of_one_bundle(
    facts: LanguageFacts, phrases: list[str], expected: set[str]
) -> None:
    found = advise_together([advise(phrase, facts) for phrase in phrases])
    assert {f"{finding.severity} {finding.code}" for finding in found} == expected


def test_advice_as_json(facts: LanguageFacts) -> None:
    document = json.loads(json.dumps(advise("hey atlas", facts).to_json(), allow_nan=False))
    assert document["words"] == ["hey", "atlas"] and document["usable"]
    assert document["pronunciations"][0] == {
        "id": "1",
        "phones": "HH EY | AE T L AH S",
        "ipa": "heɪ ætlʌs",  # noqa: RUF001
        "source": "lexicon",
        "weight": 1.0,
        "chosen": True,
    }
    assert set(document["neighbours"][0]) == {"text", "phones", "distance", "per_hour"}
    assert set(document["findings"][0]) == {"code", "severity", "message", "suggestion"}


def test_advice_takes_less_than_three_seconds() -> None:
    """Processor time, with everything read anew: other work on the machine must not count."""
    begin = time.process_time()
    advise("hey chatterbox", LanguageFacts.open())
    assert time.process_time() - begin < 3


def test_a_bundle_without_a_lexicon_of_phones_is_refused(
    facts: LanguageFacts, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(Bundle, "has", lambda self, role: role != "g2p")
    with pytest.raises(InputError, match="use the en-US bundle"):
        LanguageFacts.open(facts.bundle.path)
