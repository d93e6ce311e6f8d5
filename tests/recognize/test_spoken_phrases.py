"""Phrases that come with their pronunciations."""

from __future__ import annotations

import pytest
from tones import whistle

from attune.errors import InputError
from attune.recognize import Model, Phrase


@pytest.mark.parametrize(
    ("text", "phones"),
    [("zork", "K IY D"), ("hey zork", "K IY D"), ("key", "K IY D"), ("Hey, Zork!", "K IY D")],
)
def test_phrase_is_heard_as_it_is_said(tones: Model, text: str, phones: str) -> None:
    phrase = Phrase(text, 5.0, (tuple(phones.split()), ("N", "OW", "N")))
    heard = tones.transcribe(whistle("key dot"), phrases=[phrase])
    assert heard.words[0].text in {"zork", "hey zork", "key"}


def test_phrase_is_one_word_to_the_search(tones: Model) -> None:
    phrase = Phrase("hey zork", 20.0, (("K", "IY", "D", "AA", "T"),))
    heard = tones.transcribe(whistle("key dot", after=0.5), phrases=[phrase])
    assert [word.text for word in heard.words] == ["hey zork"]


def test_unknown_phone_is_an_input_error(tones: Model) -> None:
    with pytest.raises(InputError, match="XX"):
        tones.transcribe(whistle("key"), phrases=[Phrase("zork", 1.0, (("XX",),))])
