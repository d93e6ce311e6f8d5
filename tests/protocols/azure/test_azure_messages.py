"""The Speech SDK's wire format, and results as its JSON."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from attune.errors import InputError
from attune.protocols.azure import messages
from attune.protocols.azure.asked import Asked
from attune.protocols.azure.frames import BinaryFrame, TextFrame, read_binary, read_text
from attune.protocols.azure.messages import ServerMessage
from attune.protocols.azure.phrases import phrase
from attune.protocols.azure.ticks import seconds_of, ticks
from attune.protocols.azure.written_forms import itn_of, itn_of_words, masked_itn
from attune.recognize import Alternative, Result, Token, Word

names = st.from_regex(r"[a-z][a-z-]{0,20}", fullmatch=True).filter(
    lambda name: name not in ("path", "x-requestid")
)
values = st.text(st.characters(min_codepoint=33, max_codepoint=0x2FFF, exclude_characters=":"))
headers = st.dictionaries(names, values.map(str.strip), max_size=5)
paths = st.from_regex(r"[a-z]+(\.[a-z]+)?", fullmatch=True)
ids = st.from_regex(r"[0-9a-f]{32}|", fullmatch=True)


@given(paths, ids, headers, st.text(st.characters(exclude_categories=["Cs"])))
def test_text_frames_come_back(path: str, request: str, more: dict[str, str], body: str) -> None:
    frame = TextFrame(path, request, more, body)
    assert read_text(frame.write()) == frame


@given(paths, ids, headers, st.binary())
def test_binary_frames_come_back(
    path: str, request: str, more: dict[str, str], body: bytes
) -> None:
    frame = BinaryFrame(path, request, more, body)
    assert read_binary(frame.write()) == frame


@given(st.text() | st.text(st.sampled_from("Path:\r\n abc")))
def test_any_text_is_a_frame_or_an_input_error(text: str) -> None:
    try:
        assert read_text(text).path
    except InputError as error:
        assert str(error)


@given(st.binary() | st.binary().map(lambda data: len(data).to_bytes(2, "big") + data))
def test_any_bytes_are_a_frame_or_an_input_error(data: bytes) -> None:
    try:
        assert read_binary(data).path
    except InputError as error:
        assert str(error)


def test_what_the_sdk_sends_is_read() -> None:
    text = (
        "X-Timestamp:2026-11-27T16:05:08.688Z\r\nPath:speech.context\r\nX-RequestId:1b7e\r\n\r\n{}"
    )
    frame = read_text(text)
    assert (frame.path, frame.request_id, frame.body) == ("speech.context", "1b7e", "{}")
    assert frame.headers == {"x-timestamp": "2026-11-27T16:05:08.688Z"}
    # A binary message's headers end without an empty line.
    head = b"Path:audio\r\nContent-Type:audio/x-wav\r\nX-RequestId:1b7e\r\nX-StreamId:1\r\n"
    data = len(head).to_bytes(2, "big") + head + b"RIFF\r\n\r\n"
    assert read_binary(data).body == b"RIFF\r\n\r\n"


@pytest.mark.parametrize(
    "kind",
    [each for name in messages.__all__ if (each := getattr(messages, name)) is not ServerMessage],
)
def test_every_message_of_the_server_is_a_frame(kind: type[ServerMessage]) -> None:
    message = messages.Phrase({}) if kind is messages.Phrase else kind()
    frame = read_text(message.frame("1f").write())
    assert frame.path == kind.path.lower()
    assert frame.request_id == "1f"
    assert isinstance(json.loads(frame.body), dict)


@given(st.integers(0, 10**14))
def test_ticks(value: int) -> None:
    assert ticks(seconds_of(value)) == value


RESULT = Result(
    text="Call ****, at 5 p.m.",
    lexical="call heck at five p m",
    words=tuple(
        Word(text, 0.1 * place, 0.1 * place + 0.1, 0.9)
        for place, text in enumerate(("call", "heck", "at", "five", "p", "m"))
    ),
    tokens=(Token("Call", 0, 1), Token("****,", 1, 2), Token("at", 2, 3), Token("5 p.m.", 3, 6)),
    alternatives=(
        Alternative("Call ****, at 5 p.m.", "call heck at five p m", -1.0, 0.9),
        Alternative("Call **** at 5.", "call heck at five", -2.0, 0.1),
        Alternative("", "", -9.0, 0.0),
    ),
    confidence=0.9,
    start=0.0,
    end=1.0,
)


def test_simple_results() -> None:
    assert phrase(RESULT, Asked()) == {
        "RecognitionStatus": "Success",
        "DisplayText": "Call ****, at 5 p.m.",
        "Offset": 0,
        "Duration": 6_000_000,
    }


def test_detailed_results() -> None:
    found = phrase(RESULT, Asked(detailed=True, word_times=True, word_confidence=True))
    best, other = found["NBest"]
    assert best["ITN"] == "call heck at 5 p.m"
    assert best["MaskedITN"] == "call **** at 5 p.m"
    assert best["Display"] == RESULT.text
    assert best["Lexical"] == "call heck at five p m"
    assert best["Words"][1] == {
        "Word": "heck",
        "Offset": 1_000_000,
        "Duration": 1_000_000,
        "Confidence": 0.9,
    }
    assert best["DisplayWords"][-1]["Duration"] == 3_000_000
    assert other == {
        "Confidence": 0.1,
        "Lexical": "call heck at five",
        "ITN": "call heck at five",
        "MaskedITN": "call **** at 5",
        "Display": "Call **** at 5.",
    }
    assert "Words" not in phrase(RESULT, Asked(detailed=True))["NBest"][0]


@pytest.mark.parametrize(
    ("display", "expected"),
    [
        ("Remind me to buy 5 pencils.", "remind me to buy 5 pencils"),
        ("What's on, in the U.S.?", "what's on in the U.S"),
        ("It costs $3.14!", "it costs $3.14"),
        ("Well-known iPhones, 102.7.", "well-known iphones 102.7"),
        ("", ""),
    ],
)
def test_masked_itn(display: str, expected: str) -> None:
    assert masked_itn(display) == expected


def test_words_left_out_of_the_display_text_are_in_the_itn() -> None:
    words = tuple(Word(text, 0, 1, 1) for text in ("oh", "heck", "five"))
    removed = Result("5.", "oh heck five", words, (Token("5.", 2, 3),), (), 1.0, 0, 1)
    assert itn_of(removed) == "oh heck 5"
    assert itn_of_words("twenty five pencils") == "25 pencils"


def context(**detection: Any) -> dict[str, Any]:
    return {"phraseDetection": detection}


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        ({}, Asked()),
        ({"language": "de-DE", "cid": "x"}, Asked(language="de-DE", endpoint_id="x")),
        ({"format": "detailed", "profanity": "raw"}, Asked(detailed=True, profanity="raw")),
        ({"wordLevelTimestamps": "true"}, Asked(detailed=True, word_times=True)),
        ({"wordLevelConfidence": "true"}, Asked(detailed=True, word_confidence=True)),
        (
            {"initialSilenceTimeoutMs": "3000", "endSilenceTimeoutMs": "700"},
            Asked(initial_silence=3.0, end_silence=0.7),
        ),
        ({"initialSilenceTimeoutMs": "0", "endSilenceTimeoutMs": "1"}, Asked(end_silence=0.1)),
        ({"stableIntermediateThreshold": "3"}, Asked(stable_only=True)),
        ({"lidEnabled": "en-US"}, Asked()),
    ],
)
def test_queries(query: dict[str, str], expected: Asked) -> None:
    assert Asked.of_query(query, "interactive") == expected


@pytest.mark.parametrize(
    ("given_context", "expected"),
    [
        ({}, Asked()),
        (context(mode="CONVERSATION", language="de-DE"), Asked("conversation", "de-DE")),
        (context(trailingSilenceTimeout=700), Asked(end_silence=0.7)),
        (
            context(
                mode="DICTATION",
                trailingSilenceTimeout=700,
                DICTATION={
                    "segmentation": {
                        "mode": "Custom",
                        "segmentationSilenceTimeoutMs": 300,
                        "segmentationForcedTimeoutMs": 70_000,
                    }
                },
            ),
            Asked("dictation", end_silence=0.3, longest=60.0),
        ),
        (
            {"phraseOutput": {"format": "Detailed", "detailed": {"options": ["WordTimings"]}}},
            Asked(detailed=True, word_times=True),
        ),
        ({"phraseOutput": {"interimResults": {"stableThreshold": 3}}}, Asked(stable_only=True)),
        (context(enrichment={"profanity": "removed"}), Asked(profanity="removed")),
        ({"dgi": {"Groups": [{"Type": "Generic", "Items": [{"Text": " "}]}]}}, Asked()),
        ({"languageId": None, "dgi": None, "audio": {"streams": {"1": None}}}, Asked()),
    ],
)
def test_contexts(given_context: dict[str, Any], expected: Asked) -> None:
    assert Asked().changed(given_context) == expected


def test_phrase_lists_and_their_weight() -> None:
    grammar = {"Groups": [{"Items": [{"Text": "Skopje"}, {"Text": "Skopje"}, {"Text": "hey"}]}]}
    plain = Asked().changed({"dgi": grammar}).phrases
    assert [(each.text, each.boost) for each in plain] == [("Skopje", None), ("hey", None)]
    heavy = Asked().changed({"dgi": {**grammar, "bias": 2.0}}).phrases
    assert heavy[0].boost == 10.0


def test_keywords() -> None:
    detected = {
        "type": "startTrigger",
        "clientDetectedKeywords": [
            {"text": "hey attune", "offset": 1_000_000, "duration": 5_000_000},
            {"text": "ok then", "offset": 0, "duration": 100},
        ],
        "onReject": {"action": "EndOfTurn"},
    }
    keyword = Asked().changed({"keywordDetection": [detected]}).keyword
    assert keyword is not None
    assert (keyword.texts, keyword.start, keyword.end) == (("hey attune", "ok then"), 0.1, 0.6)


json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=9),
    lambda children: (
        st.lists(children, max_size=3)
        | st.dictionaries(
            st.sampled_from(
                (
                    *("mode", "segmentation", "INTERACTIVE", "Groups", "Items", "Text", "options"),
                    *("languages", "enrichment", "profanity", "interimResults", "bias"),
                    "clientDetectedKeywords",
                )
            ),
            children,
            max_size=3,
        )
    ),
    max_leaves=12,
)
sections = st.sampled_from(
    ["phraseDetection", "phraseOutput", "dgi", "languageId", "keywordDetection"]
)


@given(st.dictionaries(sections, json_values))
def test_any_context_is_understood_or_an_input_error(content: dict[str, Any]) -> None:
    try:
        Asked().changed(content)
    except InputError as error:
        assert len(str(error)) < 300


@pytest.mark.parametrize(
    "query",
    [
        {"format": "poem"},
        {"profanity": "loud"},
        {"wordLevelTimestamps": "maybe"},
        {"initialSilenceTimeoutMs": "soon"},
        {"endSilenceTimeoutMs": "-5"},
        {"endSilenceTimeoutMs": "nan"},
        {"endSilenceTimeoutMs": "9" * 5000},
        {"lidEnabled": "en-US,de-DE"},
    ],
)
def test_queries_that_cannot_be(query: dict[str, str]) -> None:
    with pytest.raises(InputError, match=next(iter(query)) + "|languages"):
        Asked.of_query(query, "interactive")
