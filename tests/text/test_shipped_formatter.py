"""What the shipped en-US display model writes."""

from __future__ import annotations

from functools import cache
from importlib.resources import files
from pathlib import Path

import pytest

from attune.text import Formatter

MODEL = Path(str(files("attune"))) / "models" / "en-US" / "formatter.npz"

SENTENCES = [
    (
        "i'd like to book a table for two people at seven thirty pm on march second please",
        "I'd like to book a table for two people at 7:30 PM on March 2nd please.",
    ),
    (
        "what is the weather like in san francisco tomorrow",
        "What is the weather like in San Francisco tomorrow?",
    ),
    (
        "yes that works thank you very much have a nice day",
        "Yes, that works. Thank you very much. Have a nice day.",
    ),
    ("hello mister smith how are you doing today", "Hello, Mr. Smith. How are you doing today?"),
    (
        "the committee met on tuesday in london and agreed to spend two point five million "
        "dollars on the new hospital",
        "The committee met on Tuesday in London and agreed to spend $2.5 million on "
        "the new hospital.",
    ),
    (
        "i think he went to new york with mary last week but i'm not sure",
        "I think he went to New York with Mary last week, but I'm not sure.",
    ),
    (
        "however it was not until the spring of eighteen ninety five that sherlock holmes "
        "returned to baker street",
        "However, it was not until the spring of 1895 that Sherlock Holmes returned to "
        "Baker Street.",
    ),
    ("remind me to buy five pencils", "Remind me to buy 5 pencils."),
    ("how many people live in china", "How many people live in China?"),
    ("no one of them was ready", "No one of them was ready."),
    ("the f b i and nasa are working together", "The FBI and NASA are working together."),
    (
        "okay so we need to decide on the remote control do you have any ideas",
        "Okay, so we need to decide on the remote control. Do you have any ideas?",
    ),
    (
        "well i don't know maybe we should ask doctor jones",
        "Well, I don't know. Maybe we should ask Dr. Jones.",
    ),
]


@cache
def formatter() -> Formatter:
    return Formatter.load(MODEL)


@pytest.mark.parametrize(
    ("spoken", "text"),
    SENTENCES,
)
def test_sentence(spoken: str, text: str) -> None:
    assert formatter().format(spoken.split()).text == text


def test_it_is_small() -> None:
    assert MODEL.stat().st_size <= 2_000_000
