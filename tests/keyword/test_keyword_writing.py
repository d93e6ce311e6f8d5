"""How phrases may be written: what is read, what is refused, and what is suggested in its place."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from attune.keyword.guidance import MOST_CHARACTERS, read_writing
from attune.lexicon import is_normalised

READ = [
    ("hey atlas", "hey atlas"),
    ("  Hey   Atlas ", "hey atlas"),
    ("HEY ATLAS", "hey atlas"),
    ("hey\tatlas", "hey atlas"),
    ("hey, Atlas!", "hey atlas"),
    ("self-driving", "self driving"),
    ("x-ray", "x ray"),
    ("O’Neil", "o'neil"),
    ("don't", "don't"),
    ("café Škoda", "cafe skoda"),
    ("ｈｅｙ ａｔｌａｓ", "hey atlas"),  # noqa: RUF001
    ("R E I", "r e i"),
    ("a b", "a b"),
]

REFUSED = [
    ("", "empty", "give it words, such as hey atlas"),
    ("   ", "empty", "give it words"),
    ("...", "empty", "give it words"),
    ("'", "empty", "give it words"),
    ("a", "one letter", "take two or three words"),
    ("é", "one letter", "take two or three words"),
    ("x" * 60, "long", "less than two seconds"),
    ("hey atlas " * 6, "long", "take two to four words"),
    ("hey 🙂", "emoji", "leave it out: 'hey'"),
    ("🙂", "emoji", "give words"),
    ("hey atlas 👩‍👩‍👧", "emoji", "leave it out: 'hey atlas'"),
    ("🇬🇧 radio", "emoji", "leave it out: 'radio'"),
    ("™ok", "emoji", "leave it out: 'ok'"),
    ("привет", "script", "in the letters a to z, or give phones"),
    ("hey аtlas", "script", "in the letters a to z"),  # noqa: RUF001
    ("你好", "script", "in the letters a to z"),
    ("509", "digits", "'five hundred nine' or 'five zero nine' or 'five oh nine'"),
    ("hey 3D", "digits", "'hey three d'"),
    ("½ time", "digits", "'one half time'"),
    ("Ⅷ", "digits", "write them as they are said"),
    ("٣ lights", "digits", "write them as they are said"),
    ("20 + cats", "digits", "'twenty plus cats'"),
    ("R.E.I.", "initials", "write the letters apart ('R E I')"),
    ("hey a/c", "initials", "write the letters apart ('A C')"),
    ("Go#", "symbols", "write what is said, in words: 'go'"),
    ("C++", "symbols", "'c plus plus'"),
    ("AT&T", "symbols", "'a t and t'"),
    ("hey_atlas", "symbols", "'hey atlas'"),
    ("hey @home", "symbols", "'hey at home'"),
    ("Dr. Who", "abbreviation", "'doctor who'"),
    ("mr robot", "abbreviation", "'mister robot'"),
    ("hey\u200batlas", "hidden characters", "type the phrase anew"),
    ("hey\0atlas", "hidden characters", "type the phrase anew"),
    ("hey \ud800", "hidden characters", "type the phrase anew"),
]

TOLD = [
    ("hey NASA", "warning", "capitals", "write 'nasa' for the word, 'N A S A' for the letters"),
    ("IBM", "warning", "capitals", "'I B M' for the letters"),
    ("hey, Atlas!", "note", "punctuation", ""),
]


@pytest.mark.parametrize(("text", "words"), READ)
def test_phrases_are_read_as_they_are_said(text: str, words: str) -> None:
    written = read_writing(text)
    assert " ".join(written.words) == words
    assert not [finding for finding in written.findings if finding.severity == "error"]


@pytest.mark.parametrize(("text", "code", "suggestion"), REFUSED)
def test_what_is_said_in_several_ways_or_not_at_all_is_refused(
    text: str, code: str, suggestion: str
) -> None:
    written = read_writing(text)
    assert written.words == ()
    errors = [finding for finding in written.findings if finding.severity == "error"]
    assert errors[0].code == code
    assert suggestion in errors[0].suggestion


@pytest.mark.parametrize(("text", "severity", "code", "suggestion"), TOLD)
def test_what_is_read_but_told(text: str, severity: str, code: str, suggestion: str) -> None:
    found = [each for each in read_writing(text).findings if each.code == code]
    assert [each.severity for each in found] == [severity]
    assert suggestion in found[0].suggestion


@given(st.text(max_size=MOST_CHARACTERS))
def test_any_text_is_either_read_or_refused(text: str) -> None:
    written = read_writing(text)
    refused = any(finding.severity == "error" for finding in written.findings)
    assert refused == (not written.words)
    assert all(is_normalised(word) for word in written.words)
    assert all(str(finding) for finding in written.findings)


def test_the_longest_phrase_is_taken() -> None:
    assert read_writing("ab " * 13 + "a").words
    assert len("ab " * 13 + "a") == MOST_CHARACTERS
