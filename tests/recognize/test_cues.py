"""Subtitle cues: where they break, how long they stay, how they are written."""

from __future__ import annotations

import itertools

import pytest
from hypothesis import given
from hypothesis import strategies as st

from attune.recognize import Result, Token, Word
from attune.recognize.cues import Cue, CueLimits, break_lines, build_cues, format_srt, format_vtt

LIMITS = CueLimits()


def said(text: str, *, start: float = 0.0, word: float = 0.3, pauses: dict[str, float]) -> Result:
    """An utterance of words of `word` seconds each; `pauses` follow the words they are named by."""
    words: list[Word] = []
    now = start
    for piece in text.split():
        words.append(Word(piece, round(now, 3), round(now + word, 3), 0.9))
        now += word + pauses.get(piece, 0.0)
    tokens = tuple(Token(item.text, i, i + 1) for i, item in enumerate(words))
    end = words[-1].end if words else start
    return Result(text, text, tuple(words), tokens, (), 0.9, start, end)


# text, seconds a word, pauses after words -> (start, end, lines) of each cue
CUES = [
    ("", 0.3, {}, []),
    # One short cue stays for a second, so that it can be read.
    ("Yes.", 0.3, {}, [(0.0, 1.0, "Yes.")]),
    # What fits on one line is not broken.
    ("Turn on the lights.", 0.3, {}, [(0.0, 1.2, "Turn on the lights.")]),
    # Two lines of similar length, broken after the comma although the middle is elsewhere.
    (
        "We had a long walk by the river, and then we sat down and talked.",
        0.25,
        {},
        [(0.0, 3.75, "We had a long walk by the river,|and then we sat down and talked.")],
    ),
    # A cue ends where a sentence does.
    (
        "I will be back in the office on Monday morning. Please leave a message after the tone.",
        0.3,
        {},
        [
            (0.0, 2.92, "I will be back in the office|on Monday morning."),
            (3.0, 5.1, "Please leave a message after the tone."),
        ],
    ),
    # Without punctuation it breaks at the pause.
    (
        "turn the music down in the living room please and then close the kitchen window for me",
        0.3,
        {"please": 0.9},
        [
            (0.0, 2.7, "turn the music down|in the living room please"),
            (3.6, 6.0, "and then close the kitchen window for me"),
        ],
    ),
    # Nothing is shown long before it is said: a pause inside a sentence parts cues.
    (
        "And the winner is Martin.",
        0.3,
        {"is": 3.0},
        [(0.0, 1.2, "And the winner is"), (4.2, 5.2, "Martin.")],
    ),
    # No cue is longer than seven seconds, however few its words are.
    (
        "one two three four five six seven eight",
        1.4,
        {},
        [(0.0, 5.52, "one two three four"), (5.6, 11.2, "five six seven eight")],
    ),
    # A word that is longer than a line sticks out, whole.
    ("a" * 50, 1.5, {}, [(0.0, 2.5, "a" * 50)]),
]


@pytest.mark.parametrize(("text", "word", "pauses", "expected"), CUES)
def test_cues(
    text: str, word: float, pauses: dict[str, float], expected: list[tuple[float, float, str]]
) -> None:
    cues = build_cues([said(text, word=word, pauses=pauses)])
    assert [(cue.start, cue.end, "|".join(cue.lines)) for cue in cues] == expected


# text -> its lines
LINES = [
    ("short", "short"),
    ("exactly forty two characters in a line yes", "exactly forty two characters in a line yes"),
    (
        "exactly forty three characters in a lines yes",
        "exactly forty three|characters in a lines yes",
    ),
    (
        "no, but this is quite a long line without any other mark",
        "no, but this is quite a long|line without any other mark",
    ),
    (
        'He said "stop it," and I stopped at once, of course',
        'He said "stop it,"|and I stopped at once, of course',
    ),
    ("a " + "b" * 60, "a|" + "b" * 60),
]


@pytest.mark.parametrize(("text", "expected"), LINES)
def test_lines(text: str, expected: str) -> None:
    assert "|".join(break_lines(text.split(), LIMITS)) == expected


def test_words_of_two_utterances_never_share_a_cue() -> None:
    cues = build_cues([said("Yes.", pauses={}), said("No.", start=0.4, pauses={})])
    assert [(cue.start, cue.end, cue.lines) for cue in cues] == [
        (0.0, 0.32, ("Yes.",)),
        (0.4, 1.4, ("No.",)),
    ]


def test_times_come_from_the_words_behind_the_display_text() -> None:
    words = tuple(
        Word(text, 0.5 * i, 0.5 * i + 0.4, 0.9)
        for i, text in enumerate(["at", "five", "thirty", "p", "m", "please"])
    )
    tokens = (Token("At", 0, 1), Token("5:30 p.m.,", 1, 5), Token("please.", 5, 6))
    result = Result("At 5:30 p.m., please.", "", words, tokens, (), 0.9, 0.0, 3.0)
    (cue,) = build_cues([result])
    assert (cue.start, cue.end, cue.lines) == (0.0, 2.9, ("At 5:30 p.m., please.",))


TWO = [Cue(0.0, 1.5, ("Yes, <no> & maybe",)), Cue(3723.25, 3725.0, ("two", "lines"))]


def test_srt() -> None:
    assert format_srt(TWO) == (
        "1\n00:00:00,000 --> 00:00:01,500\nYes, <no> & maybe\n"
        "\n2\n01:02:03,250 --> 01:02:05,000\ntwo\nlines\n"
    )


def test_vtt() -> None:
    assert format_vtt(TWO) == (
        "WEBVTT\n"
        "\n00:00:00.000 --> 00:00:01.500\nYes, &lt;no&gt; &amp; maybe\n"
        "\n01:02:03.250 --> 01:02:05.000\ntwo\nlines\n"
    )


def test_nothing_said_makes_an_empty_file() -> None:
    assert (format_srt([]), format_vtt([])) == ("", "WEBVTT\n")


pieces = st.lists(
    st.tuples(
        st.text("abcdefgh", min_size=1, max_size=12),
        st.sampled_from(["", "", "", ",", ".", "?"]),
        st.floats(0.01, 1.5),
        st.floats(0.0, 2.5),
    ),
    max_size=60,
)


@given(st.lists(pieces, max_size=3))
def test_every_word_is_shown_once_in_order_and_cues_never_overlap(
    spoken: list[list[tuple[str, str, float, float]]],
) -> None:
    now, results, texts = 0.0, [], []
    for sentence in spoken:
        words: list[Word] = []
        tokens: list[Token] = []
        begin = now
        for i, (text, mark, length, pause) in enumerate(sentence):
            words.append(Word(text, now, now + length, 0.5))
            tokens.append(Token(text + mark, i, i + 1))
            texts.append(text + mark)
            now += length + pause
        results.append(Result("", "", tuple(words), tuple(tokens), (), 0.5, begin, now))
    cues = build_cues(results)
    assert [text for cue in cues for line in cue.lines for text in line.split()] == texts
    assert all(cue.start < cue.end for cue in cues)
    assert all(one.end <= other.start for one, other in itertools.pairwise(cues))
    assert all(len(cue.lines) <= LIMITS.lines for cue in cues)
    assert all(len(line) <= LIMITS.line_characters for cue in cues for line in cue.lines)
