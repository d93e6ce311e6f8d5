"""A stream through the service is the stream of the library."""

from __future__ import annotations

import asyncio
from pathlib import Path

import numpy as np
import pytest
from deployments import Ground, asked
from noises import pink_noise
from numpy.typing import NDArray

from attune.audio import read_audio
from attune.errors import InputError
from attune.keyword import Accepted, Rejected
from attune.recognize import Event, Final, Model, Partial, Phrase
from attune.service.errors import TooLarge, Unavailable
from attune.service.recognition import (
    ClientKeyword,
    Recognition,
    RecognitionRequest,
    SessionEvent,
)

Floats = NDArray[np.float32]
SAMPLES = Path(__file__).parents[3] / "samples"


async def streamed(
    recognition: Recognition, request: RecognitionRequest, audio: NDArray[np.generic], step: int
) -> list[SessionEvent]:
    found = []
    async with await recognition.open(request) as session:
        for first in range(0, len(audio), step):
            found += await session.accept(audio[first : first + step])
        found += await session.finish()
        assert session.ended
    return found


def by_library(model: Model, audio: NDArray[np.generic]) -> list[Event]:
    stream = model.stream()
    return stream.accept(audio) + stream.finish()


def finals(events: list[SessionEvent]) -> list[Final]:
    return [event for event in events if isinstance(event, Final)]


@pytest.mark.parametrize("step", [320, 1601, 100_000])
def test_hears_what_the_library_hears_however_audio_is_cut(
    recognition: Recognition, model: Model, dictation: Floats, step: int
) -> None:
    heard = asyncio.run(streamed(recognition, asked(), dictation, step))
    assert finals(heard) == [e for e in by_library(model, dictation) if isinstance(e, Final)]


def test_takes_16_bit_samples(recognition: Recognition, model: Model, dictation: Floats) -> None:
    audio = np.rint(dictation * 32767).astype(np.int16)
    heard = asyncio.run(streamed(recognition, asked(), audio, 1600))
    assert finals(heard)[0].result.text == finals(by_library(model, audio))[0].result.text


def test_whole_recordings_are_heard_as_the_library_hears_them(
    recognition: Recognition, model: Model
) -> None:
    path = SAMPLES / "story.mp3"
    result = asyncio.run(recognition.transcribe(asked(), path))
    assert result == model.transcribe(path)
    assert asyncio.run(recognition.transcribe(asked(), path.read_bytes())) == result


def test_phrases_options_and_partials_are_heeded(
    recognition: Recognition, dictation: Floats
) -> None:
    request = asked(
        phrases=("weigh", Phrase("attune", 2.0)),
        options={"formatting": False, "alternatives": 2},
        partials=False,
    )
    heard = asyncio.run(streamed(recognition, request, dictation, 1600))
    assert not [event for event in heard if isinstance(event, Partial)]
    result = finals(heard)[0].result
    assert result.text == result.lexical
    assert len(result.alternatives) == 2


@pytest.mark.parametrize(
    ("fields", "message"),
    [
        ({"options": {"speed": 2}}, "option 'speed' is unknown"),
        ({"options": {"beam": 900.0}}, "option beam"),
        ({"options": {"end_silence": "long"}}, "option end_silence"),
        ({"options": {"max_active": 500_000}}, "option max_active"),
        ({"phrases": ("",)}, "has no words"),
        ({"phrases": ("word",) * 1001}, "at most 1000"),
        ({"keyword": ClientKeyword(("☂",), 0.0, 1.0)}, "keyword"),
    ],
)
def test_what_cannot_be_is_refused_and_frees_its_place(
    shared: Ground, fields: dict[str, object], message: str
) -> None:
    recognition = shared.recognition(streams=1)

    async def attempt() -> None:
        for _ in range(2):
            with pytest.raises(InputError, match=message):
                await recognition.open(asked(**fields))

    asyncio.run(attempt())


@pytest.mark.parametrize("times", [(0.5, 0.5), (-1.0, 0.5), (0.0, 60.0), (float("nan"), 1.0)])
def test_keywords_have_times_that_keywords_have(times: tuple[float, float]) -> None:
    with pytest.raises(InputError, match="keyword"):
        ClientKeyword(("hey atlas",), *times)


def test_a_finished_or_closed_session_takes_no_more(
    recognition: Recognition, dictation: Floats
) -> None:
    async def attempt() -> None:
        session = await recognition.open(asked())
        await session.finish()
        assert await session.finish() == []
        with pytest.raises(InputError, match="finished"):
            await session.accept(dictation)
        await session.close()
        await session.close()
        with pytest.raises(Unavailable):
            await session.accept(dictation)

    asyncio.run(attempt())


def test_bad_samples_are_refused_and_the_stream_goes_on(
    recognition: Recognition, dictation: Floats
) -> None:
    async def attempt() -> list[SessionEvent]:
        async with await recognition.open(asked()) as session:
            with pytest.raises(InputError):
                await session.accept(np.full(1600, np.nan, np.float32))
            return await session.accept(dictation) + await session.finish()

    assert finals(asyncio.run(attempt()))


def test_a_stream_has_a_limit_of_audio(shared: Ground, dictation: Floats) -> None:
    recognition = shared.recognition(stream_audio=8.0)

    async def attempt() -> None:
        async with await recognition.open(asked()) as session:
            await session.accept(dictation)
            with pytest.raises(TooLarge, match="8 s"):
                await session.accept(dictation)

    asyncio.run(attempt())


def test_a_recording_has_a_limit(shared: Ground) -> None:
    recognition = shared.recognition(file_audio=3.0)
    with pytest.raises(TooLarge, match="3 s"):
        asyncio.run(recognition.transcribe(asked(), SAMPLES / "dictation.wav"))


def test_a_new_stream_from_settled_on_loses_nothing(
    recognition: Recognition, model: Model, dictation: Floats
) -> None:
    """A client that lost its connection sends what lies behind the last `settled` again."""
    pause = np.zeros(32_000, np.float32)
    audio = np.concatenate([dictation, pause, dictation, pause, dictation])
    whole = [e.result.lexical for e in finals(by_library(model, audio))]
    breaks = [int(seconds * 16_000) for seconds in (3.0, 8.5, 14.2)]

    async def attempt(cut: int) -> list[str]:
        async with await recognition.open(asked()) as session:
            heard = finals(await session.accept(audio[:cut]))
            settled = session.settled
        assert 0.0 <= settled <= cut / 16_000
        rest = audio[int(settled * 16_000) :]
        heard += finals(await streamed(recognition, asked(), rest, 1600))
        return [event.result.lexical for event in heard]

    for cut in breaks:
        assert asyncio.run(attempt(cut)) == whole


@pytest.mark.parametrize("partials", [True, False])
def test_what_noise_was_taken_for_is_taken_back(
    recognition: Recognition, model: Model, partials: bool
) -> None:
    """Else a client would keep all audio since then for another connection, for ever."""
    options = {"max_utterance": 5.0}
    for seed in range(10):
        noise = np.append(pink_noise(6.0, -30.0, seed), np.zeros(16_000 * 8, np.float32))
        stream = model.stream(options=model.options.changed(options))
        known = stream.accept(noise) + stream.finish()
        if any(isinstance(e, Partial) for e in known) and not finals(list(known)):
            break
    else:
        pytest.fail("no noise is taken for a word for a moment: take another")
    assert [e for e in known if isinstance(e, Partial)][-1].text == ""

    async def attempt() -> float:
        async with await recognition.open(asked(options=options, partials=partials)) as session:
            await session.accept(noise)
            return session.settled

    assert asyncio.run(attempt()) > 11.0


def test_a_keyword_that_was_said_is_accepted_and_begins_the_result(
    recognition: Recognition, dictation: Floats
) -> None:
    request = asked(keyword=ClientKeyword(("we had",), 0.55, 0.95))
    events = asyncio.run(streamed(recognition, request, dictation, 1600))
    assert isinstance(events[0], Accepted)
    assert events[0].verdict.keyword == "we had"
    assert finals(events)[0].result.text.startswith("We Had, a long walk")


def test_of_several_keywords_the_one_that_was_said_is_accepted(
    recognition: Recognition, dictation: Floats
) -> None:
    request = asked(keyword=ClientKeyword(("hey atlas", "we had"), 0.55, 0.95))
    events = asyncio.run(streamed(recognition, request, dictation, 1600))
    assert isinstance(events[0], Accepted)
    assert events[0].verdict.keyword == "we had"
    assert finals(events)[0].result.lexical.startswith("we had a long walk")


@pytest.mark.parametrize("texts", [("hey atlas",), ("hey atlas", "computer")])
def test_a_keyword_that_was_not_said_ends_the_stream(
    recognition: Recognition, dictation: Floats, texts: tuple[str, ...]
) -> None:
    request = asked(keyword=ClientKeyword(texts, 0.55, 1.3))
    events = asyncio.run(streamed(recognition, request, dictation, 1600))
    assert [type(event) for event in events] == [Rejected]


def test_a_pause_of_almost_five_seconds_after_the_keyword_ends_nothing(
    recognition: Recognition,
) -> None:
    command = read_audio(SAMPLES / "command.flac")  # "… in the kitchen, and close the front door."
    keyword, rest = command[int(1.45 * 16_000) : int(2.27 * 16_000)], command[36_800:]
    lead, pause = np.zeros(8_000, np.float32), np.zeros(int(4.6 * 16_000), np.float32)
    audio = np.concatenate([lead, keyword, pause, rest])
    request = asked(keyword=ClientKeyword(("in the kitchen",), 0.55, 1.24))
    events = asyncio.run(streamed(recognition, request, audio, 1600))
    said = [event.result.lexical for event in finals(events)]
    assert len(said) == 1
    assert said[0].startswith("in the kitchen")
    assert said[0].endswith("the front door")
