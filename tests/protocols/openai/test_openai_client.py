"""Transcriptions and models as the real `openai` package asks for them and reads them."""

from __future__ import annotations

import asyncio
import io
import itertools
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import numpy as np
import openai
import pytest
import soundfile
from openai.types.audio import TranscriptionTextDeltaEvent, TranscriptionTextDoneEvent
from running import RunningServer

from attune.audio import read_audio
from attune.data import Utterance
from attune.service.access import Scope
from attune.service.tables import Endpoint, EndpointModel, Model, Project, Status

WALK = "We had a long walk by the river, and then we sat down and talked until the evening."
TRAIN = "What time does the next train leave for the city?"


@pytest.fixture(scope="module")
def client(server: RunningServer) -> Iterator[openai.OpenAI]:
    with openai.OpenAI(base_url=f"{server.url}/v1", api_key=server.key, max_retries=0) as client:
        yield client


@pytest.fixture(scope="module")
def base(server: RunningServer) -> str:
    """The name of the base model."""
    with server.service.database.session() as session:
        found = session.query(Model).filter_by(kind="recognizer", project_id=None).one()
        return found.name


@pytest.fixture(scope="module")
def walk(samples: tuple[Utterance, ...]) -> Path:
    return next(u.path for u in samples if u.path.name == "dictation.wav")


@pytest.fixture(scope="module")
def long_recording(samples: tuple[Utterance, ...]) -> bytes:
    """Some sentences with pauses of two seconds, more than are heard at once, as WAV."""
    named = {u.path.name: read_audio(u.path) for u in samples}
    pause = np.zeros(32_000, np.float32)
    names = ("dictation.wav", "question.ogg", "meeting.flac", "weather.wav") * 2
    pieces = [piece for name in names for piece in (named[name], pause)]
    file = io.BytesIO()
    soundfile.write(file, np.concatenate(pieces), 16_000, format="WAV")
    return file.getvalue()


def endpoint(server: RunningServer, name: str, project: str = "") -> Endpoint:
    """An endpoint with the base model behind it, in a project of its own or one that is there."""
    with server.service.database.session() as session:
        base = session.query(Model).filter_by(kind="recognizer", project_id=None).one()
        if not project:
            owner = Project(name=name, language="en-US")
            session.add(owner)
            session.flush()
            project = owner.id
        made = Endpoint(name=name, project_id=project, language="en-US", status=Status.SUCCEEDED)
        session.add(made)
        session.flush()
        session.add(EndpointModel(endpoint_id=made.id, model_id=base.id))
        return made


def test_text_of_a_recording(client: openai.OpenAI, base: str, walk: Path) -> None:
    with walk.open("rb") as file:
        found = client.audio.transcriptions.create(model=base, file=file)
    assert found.text == WALK
    assert found.logprobs is None
    assert found.usage is not None
    assert found.usage.type == "duration"
    assert found.usage.seconds == pytest.approx(5.665, abs=0.01)


@pytest.mark.parametrize("name", ["question.ogg", "meeting.flac", "digits.mp3", "weather.wav"])
def test_every_container(
    client: openai.OpenAI, base: str, samples: tuple[Utterance, ...], name: str
) -> None:
    path = next(u.path for u in samples if u.path.name == name)
    expected = {"question.ogg": TRAIN, "digits.mp3": "555", "meeting.flac": "9 o'clock"}
    found = client.audio.transcriptions.create(model=base, file=path, language="en")
    assert expected.get(name, "rain") in found.text


def test_plain_text_and_subtitles(client: openai.OpenAI, base: str, walk: Path) -> None:
    def written(response_format: Any) -> str:
        with walk.open("rb") as file:
            text = client.audio.transcriptions.create(
                model=base, file=file, response_format=response_format
            )
        assert isinstance(text, str)
        return text

    assert written("text") == f"{WALK}\n"
    srt = written("srt")
    assert srt.startswith("1\n00:00:00,")
    assert " ".join(line for line in srt.splitlines()[2:] if line) == WALK
    vtt = written("vtt")
    assert vtt.startswith("WEBVTT\n\n00:00:00.")


def test_verbose_document(client: openai.OpenAI, base: str, long_recording: bytes) -> None:
    found = client.audio.transcriptions.create(
        model=base,
        file=("three.wav", long_recording),
        response_format="verbose_json",
        timestamp_granularities=["word", "segment"],
        temperature=0.2,
    )
    assert found.language == "english"
    assert found.duration == pytest.approx(len(long_recording) / 32_000, abs=0.05)
    assert found.segments is not None
    assert found.words is not None
    assert " ".join(segment.text for segment in found.segments) == found.text
    assert [segment.id for segment in found.segments] == list(range(len(found.segments)))
    for before, after in itertools.pairwise(found.segments):
        assert before.start < before.end <= after.start
    for segment in found.segments:
        assert segment.avg_logprob <= 0
        assert segment.compression_ratio > 0.5
    assert TRAIN in [segment.text for segment in found.segments]
    # Words are written as in the text, without its punctuation.
    assert [word.word for word in found.words[:7]] == WALK.replace(",", "").split()[:7]
    assert all(word.start <= word.end for word in found.words)
    assert found.words[-1].end <= found.duration


@pytest.mark.parametrize(
    ("granularities", "words", "segments"),
    [([], False, True), (["word"], True, False), (["segment"], False, True)],
)
def test_granularities(
    client: openai.OpenAI,
    base: str,
    walk: Path,
    granularities: list[Any],
    words: bool,
    segments: bool,
) -> None:
    found = client.audio.transcriptions.create(
        model=base,
        file=walk,
        response_format="verbose_json",
        timestamp_granularities=granularities or openai.omit,
    )
    assert (found.words is not None, found.segments is not None) == (words, segments)


def test_logprobs_are_of_the_texts_tokens(client: openai.OpenAI, base: str, walk: Path) -> None:
    found = client.audio.transcriptions.create(model=base, file=walk, include=["logprobs"])
    assert found.logprobs is not None
    assert "".join(one.token or "" for one in found.logprobs) == found.text
    for one in found.logprobs:
        assert one.logprob is not None
        assert -15 < one.logprob <= 0
        assert bytes(int(value) for value in one.bytes or ()).decode() == one.token


def test_stream_tells_each_utterance_when_it_is_recognised(
    client: openai.OpenAI, base: str, long_recording: bytes
) -> None:
    began = time.monotonic()
    arrived = []
    events = []
    with client.audio.transcriptions.create(
        model=base,
        file=("three.wav", long_recording),
        stream=True,
        include=["logprobs"],
    ) as stream:
        for event in stream:
            arrived.append(time.monotonic() - began)
            events.append(event)
    *deltas, done = events
    assert isinstance(done, TranscriptionTextDoneEvent)
    assert len(deltas) > 1
    assert all(isinstance(event, TranscriptionTextDeltaEvent) for event in deltas)
    assert "".join(event.delta for event in deltas) == done.text
    assert done.text.startswith("We had a long walk")
    assert "".join(one.token or "" for one in done.logprobs or ()) == done.text
    # The first did not wait for the last.
    assert arrived[0] < 0.8 * arrived[-1]


def test_stream_of_silence_has_only_an_end(client: openai.OpenAI, base: str) -> None:
    file = io.BytesIO()
    soundfile.write(file, np.zeros(16_000), 16_000, format="WAV")
    stream = client.audio.transcriptions.create(
        model=base, file=("silence.wav", file.getvalue()), stream=True
    )
    (done,) = list(stream)
    assert isinstance(done, TranscriptionTextDoneEvent)
    assert done.text == ""


def test_client_that_leaves_a_stream_frees_its_place(
    server: RunningServer, client: openai.OpenAI, base: str, long_recording: bytes
) -> None:
    with client.audio.transcriptions.create(
        model=base, file=("three.wav", long_recording), stream=True
    ) as stream:
        next(stream)
    deadline = time.monotonic() + 10
    while server.service.recognition.traffic(None).streams and time.monotonic() < deadline:
        time.sleep(0.05)
    assert server.service.recognition.traffic(None).streams == 0


@pytest.mark.parametrize("hint", [{"prompt": "Zyntriqix"}, {"keywords": ["Zyntriqix"]}])
def test_prompt_and_keywords_are_phrases_to_expect(
    client: openai.OpenAI, base: str, hint: dict[str, Any]
) -> None:
    from attune.train.synthesis import available_voices, find_voice, synthesize

    names = {voice.name for voice in available_voices()}
    name = next((n for n in ("flite:slt", "espeak:en-us+m3") if n in names), None)
    if name is None:
        pytest.skip("no speech synthesiser: install flite or espeak-ng")
    file = io.BytesIO()
    speech = synthesize("Please open zin trick ix on the screen.", find_voice(name))
    soundfile.write(file, speech, 16_000, format="WAV")
    recording = ("screen.wav", file.getvalue())
    plain = client.audio.transcriptions.create(model=base, file=recording)
    hinted = client.audio.transcriptions.create(model=base, file=recording, **hint)
    assert "zyntriqix" not in plain.text.lower()
    assert "zyntriqix" in hinted.text.lower()


def test_models_are_listed_and_shown(
    server: RunningServer, client: openai.OpenAI, base: str
) -> None:
    first = endpoint(server, "whisper-1")
    second = endpoint(server, "whisper-1")
    slashed = endpoint(server, "clinic/notes")
    listed = {model.id: model for model in client.models.list()}
    assert {base, "whisper-1", second.id, "clinic/notes"} <= listed.keys()
    assert first.id not in listed
    assert listed[base].owned_by == "attune"
    assert listed["whisper-1"].owned_by == first.project_id
    assert listed["whisper-1"].object == "model"
    assert abs(listed["whisper-1"].created - time.time()) < 600
    assert client.models.retrieve("whisper-1").owned_by == first.project_id
    assert client.models.retrieve("clinic/notes").owned_by == slashed.project_id
    assert client.models.retrieve(second.id).id == second.id


@pytest.mark.parametrize("by_id", [True, False])
def test_endpoints_transcribe(
    server: RunningServer, client: openai.OpenAI, walk: Path, by_id: bool
) -> None:
    made = endpoint(server, f"walk {by_id}")
    before = server.service.recognition.traffic(made.id).opened
    name = made.id if by_id else made.name
    assert client.audio.transcriptions.create(model=name, file=walk).text == WALK
    assert server.service.recognition.traffic(made.id).opened == before + 1


def test_key_of_a_project_sees_its_endpoints_and_the_base(
    server: RunningServer, base: str, walk: Path
) -> None:
    mine, other = endpoint(server, "mine"), endpoint(server, "of others")
    _, secret = server.service.access.create_key(None, "kiosk", Scope.RECOGNISE, mine.project_id)
    with openai.OpenAI(base_url=f"{server.url}/v1", api_key=secret, max_retries=0) as client:
        assert {model.id for model in client.models.list()} == {base, "mine"}
        assert client.audio.transcriptions.create(model="mine", file=walk).text == WALK
        for name in ("of others", other.id):
            with pytest.raises(openai.NotFoundError) as caught:
                client.audio.transcriptions.create(model=name, file=walk)
            assert caught.value.code == "model_not_found"


WRONG: list[tuple[dict[str, Any], str | None, str]] = [
    ({"response_format": "diarized_json"}, "response_format", "speakers are not told apart"),
    ({"response_format": "docx"}, "response_format", "json, text, srt, verbose_json, vtt"),
    ({"response_format": "srt", "stream": True}, "stream", "srt is not streamed"),
    ({"timestamp_granularities": ["word"]}, "timestamp_granularities", "verbose_json"),
    (
        {"response_format": "verbose_json", "timestamp_granularities": ["phone"]},
        "timestamp_granularities",
        "use word or segment",
    ),
    ({"include": ["usage"]}, "include", "use logprobs"),
    ({"temperature": 7}, "temperature", "no number from 0 to 1"),
    ({"temperature": "nan"}, "temperature", "no number from 0 to 1"),
    ({"language": "de"}, "language", "'de', but the model is for en-US"),
    ({"languages": ["de", "fr"]}, "language", "but the model is for en-US"),
    ({"prompt": "a " * 6000}, "prompt", "longer than 10000 characters"),
    ({"prompt": "a " * 60_000}, None, "prompt: longer than 65536 bytes"),
    ({"model": " "}, "model", "there is none"),
    ({"extra_body": {"stream": "perhaps"}}, "stream", "neither true nor false"),
    # What cannot be read is named as the client names it.
    ({"file": ("talk.m4a", b"\0\0\0\x20ftypM4A ")}, None, "talk.m4a: is MPEG-4 (AAC). Convert it"),
    ({"file": ("talk.webm", b"\x1a\x45\xdf\xa3" * 9)}, None, "talk.webm: is WebM or Matroska"),
    ({"file": ("../../etc/passwd", b"root:x:0:0:root:/root:")}, None, "passwd: not a recording"),
    ({"file": ("empty.wav", b"")}, None, "empty.wav: empty"),
    ({"file": ("cut.wav", b"RIFF\x24\0\0\0WAVEfmt ")}, None, "cut.wav: "),
]


@pytest.mark.parametrize(("changes", "param", "message"), WRONG)
def test_what_cannot_be_used_is_told_in_their_shape(
    client: openai.OpenAI,
    base: str,
    walk: Path,
    changes: dict[str, Any],
    param: str | None,
    message: str,
) -> None:
    with pytest.raises(openai.APIStatusError) as caught:
        client.audio.transcriptions.create(**({"model": base, "file": walk} | changes))
    error = caught.value
    assert error.status_code == (413 if "bytes" in message else 400)
    assert error.param == param
    assert error.type == "invalid_request_error"
    assert message in error.message


def test_damaged_recording_of_a_stream_is_refused_before_it_begins(
    client: openai.OpenAI, base: str
) -> None:
    with pytest.raises(openai.BadRequestError, match=r"talk\.aiff: is AIFF"):
        client.audio.transcriptions.create(
            model=base, file=("talk.aiff", b"FORM" * 20), stream=True
        )


def test_recording_whose_damage_shows_late_ends_its_stream_with_an_error(
    client: openai.OpenAI, base: str, long_recording: bytes
) -> None:
    samples, rate = soundfile.read(io.BytesIO(long_recording))
    file = io.BytesIO()
    soundfile.write(file, samples, rate, format="FLAC")
    damaged = bytearray(file.getvalue())
    middle = len(damaged) * 9 // 10
    damaged[middle : middle + 3000] = bytes(3000)
    stream = client.audio.transcriptions.create(
        model=base, file=("cut.flac", bytes(damaged)), stream=True
    )
    assert isinstance(next(stream), TranscriptionTextDeltaEvent)
    with pytest.raises(openai.APIError, match=r"cut\.flac: cut short or damaged"):
        list(stream)


def test_unknown_model(client: openai.OpenAI, walk: Path) -> None:
    with pytest.raises(openai.NotFoundError) as caught:
        client.audio.transcriptions.create(model="whisper-9", file=walk)
    assert (caught.value.code, caught.value.param) == ("model_not_found", "model")
    assert "'whisper-9' does not exist" in caught.value.message
    with pytest.raises(openai.NotFoundError) as caught:
        client.models.retrieve("whisper-9")
    assert caught.value.code == "model_not_found"


@pytest.mark.parametrize("key", ["wrong", "a" * 5000])
def test_wrong_key(server: RunningServer, walk: Path, key: str) -> None:
    with openai.OpenAI(base_url=f"{server.url}/v1", api_key=key, max_retries=0) as client:
        with pytest.raises(openai.AuthenticationError) as caught:
            client.audio.transcriptions.create(model="any", file=walk)
        assert caught.value.code == "invalid_api_key"
        with pytest.raises(openai.AuthenticationError):
            client.models.list()


@pytest.mark.parametrize(
    ("method", "path", "status"),
    [
        ("GET", "/v1/audio/transcriptions", 405),
        ("POST", "/v1/audio/speech", 404),
        ("DELETE", "/v1/models/x", 405),
    ],
)
def test_what_is_not_there_has_their_shape_too(
    server: RunningServer, method: str, path: str, status: int
) -> None:
    answer = httpx.request(method, f"{server.url}{path}")
    assert answer.status_code == status
    assert answer.json()["error"].keys() == {"message", "type", "param", "code"}


def test_asyncio_client(server: RunningServer, base: str, walk: Path) -> None:
    async def transcribed() -> str:
        async with openai.AsyncOpenAI(base_url=f"{server.url}/v1", api_key=server.key) as client:
            found = await client.audio.transcriptions.create(model=base, file=walk)
            return found.text

    assert asyncio.run(transcribed()) == WALK
