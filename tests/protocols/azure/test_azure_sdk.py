"""The official Azure Speech SDK, unmodified, against a running server."""

from __future__ import annotations

import json
from itertools import pairwise
from pathlib import Path

import numpy as np
import pytest
import soundfile
import soxr
from conftest import SAMPLES, MakeWav, Run
from noises import pink_noise
from running import RunningServer
from speaking import deployed

from attune.audio import read_audio
from attune.recognize import Model

ALL_OF_IT = ("continuous", "wait", "stop")
RECORDINGS = sorted(path.name for path in SAMPLES.iterdir() if path.suffix not in (".md", ".tsv"))
GSTREAMER = all(
    list(Path("/usr/lib").glob(f"*/gstreamer-1.0/libgst{plugin}.so"))
    for plugin in ("ogg", "opusparse")
)


@pytest.mark.parametrize("name", RECORDINGS)
def test_hears_what_the_library_hears(
    sdk: Run, model: Model, recording: MakeWav, name: str
) -> None:
    path = recording(name)
    expected = model.transcribe(path, streaming=True)
    spoken = sdk(path, calls=ALL_OF_IT, word_times=True)
    assert spoken.lexical == expected.lexical.split()
    assert " ".join(spoken.texts) == expected.text
    (last,) = spoken.of("canceled")
    assert last["cancel_reason"] == "EndOfStream"
    words = [
        word
        for event in spoken.of("recognized")
        for word in json.loads(event["json"])["NBest"][0]["Words"]
    ]
    for word, said in zip(words, expected.words, strict=True):
        assert word["Word"] == said.text
        assert word["Offset"] == round(said.start * 1e7)
        assert word["Offset"] + word["Duration"] == round(said.end * 1e7)


def test_recognize_once_ends_with_the_first_utterance(sdk: Run, recording: MakeWav) -> None:
    """And goes on behind it at the next call, on the same connection."""
    path = recording("weather.wav", 1.5, "command.flac", 1.5)
    spoken = sdk(path, calls=("once", "once", "once"))
    first, second, third = spoken.results
    assert [first["text"], second["reason"]] == ["Will it rain in the afternoon?", second["reason"]]
    assert second["text"].startswith("Turn on the light in the kitchen")
    # Times go on from the start of the recording.
    assert 1 < first["offset"] / 1e7 + first["duration"] / 1e7 < 2.3
    assert 3.7 < second["offset"] / 1e7 < 5.0
    assert third["reason"] in ("NoMatch", "Canceled")
    assert len(spoken.of("connected")) == 1


def test_continuous_recognition_tells_every_utterance(sdk: Run, recording: MakeWav) -> None:
    path = recording("weather.wav", 1.5, "command.flac", 1.5)
    spoken = sdk(path, calls=ALL_OF_IT)
    assert len(spoken.texts) == 2
    starts = [event["offset"] / 1e7 for event in spoken.of("recognized")]
    assert starts[0] < 1 and 3.7 < starts[1] < 5.0
    assert len(spoken.of("speech_start_detected")) == 1
    (end,) = spoken.of("speech_end_detected")
    assert end["offset"] / 1e7 == pytest.approx(2.289 + 4.48 + 3.0, abs=0.002)


def test_interim_results_grow_into_the_final_one(sdk: Run, recording: MakeWav) -> None:
    spoken = sdk(recording("dictation.wav"))
    interim = spoken.of("recognizing")
    assert len(interim) > 3
    assert all(event["reason"] == "RecognizingSpeech" for event in interim)
    assert len({event["offset"] for event in interim}) == 1
    ends = [event["offset"] + event["duration"] for event in interim]
    assert ends == sorted(ends)
    assert interim[-1]["text"].split()[:6] == ["we", "had", "a", "long", "walk", "by"]
    kinds = [event["kind"] for event in spoken.events]
    assert kinds.index("speech_start_detected") < kinds.index("recognizing")
    assert kinds.index("recognizing") < kinds.index("recognized")


def test_stable_interim_results_do_not_change(sdk: Run, recording: MakeWav) -> None:
    properties = {"SpeechServiceResponse_StablePartialResultThreshold": "3"}
    spoken = sdk(recording("dictation.wav"), properties=properties)
    texts = [event["text"].split() for event in spoken.of("recognizing")]
    for earlier, later in pairwise(texts):
        assert later[: len(earlier)] == earlier


def test_detailed_output_has_every_form(sdk: Run, recording: MakeWav) -> None:
    spoken = sdk(recording("digits.mp3"), detailed=True)
    (result,) = spoken.results
    content = json.loads(result["json"])
    best, *others = content["NBest"]
    assert best["Display"] == content["DisplayText"] == result["text"]
    assert {"Confidence", "Lexical", "ITN", "MaskedITN", "Display"} <= best.keys()
    assert others
    assert all(0 <= each["Confidence"] <= 1 for each in content["NBest"])
    assert "five five five" in best["Lexical"]
    assert any(map(str.isdigit, best["ITN"]))
    assert best["ITN"] == best["MaskedITN"]
    assert best["ITN"].islower()


def test_dictation(sdk: Run, recording: MakeWav) -> None:
    spoken = sdk(recording("dictation.wav"), calls=ALL_OF_IT, dictation=True)
    assert "long walk by the river" in spoken.texts[0]


@pytest.mark.parametrize("path", ["/speech/universal/v2", ""])
def test_configured_by_an_endpoint(
    sdk: Run, server: RunningServer, recording: MakeWav, path: str
) -> None:
    """Without a path the SDK adds /stt/speech/universal/v2."""
    address = f"{server.websocket if path else server.url}{path}"
    for calls in (("once",), ALL_OF_IT):
        spoken = sdk(recording("weather.wav", 1.0), endpoint=address, calls=calls, detailed=True)
        assert spoken.texts == ["Will it rain in the afternoon?"]
        assert "NBest" in spoken.of("recognized")[0]["json"]


def test_phrases_are_expected(sdk: Run, recording: MakeWav) -> None:
    path = recording("command.flac")
    assert "closed the front door" in sdk(path).texts[0]
    phrases = ("close the front door", "Attune", "!?")
    assert "close the front door" in sdk(path, phrases=phrases).texts[0]


@pytest.mark.parametrize(
    ("source", "rate", "channels"),
    [("push", 16_000, 1), ("push", 8_000, 2), ("pull", 44_100, 1)],
)
def test_streams(sdk: Run, tmp_path: Path, source: str, rate: int, channels: int) -> None:
    audio = soxr.resample(read_audio(SAMPLES / "dictation.wav"), 16_000, rate)
    path = tmp_path / "audio.wav"
    soundfile.write(path, np.repeat(audio[:, None], channels, axis=1), rate, subtype="PCM_16")
    spoken = sdk(path, source=source, rate=rate, channels=channels, calls=ALL_OF_IT)
    assert "walk by the river" in " ".join(spoken.texts)


@pytest.mark.skipif(
    not GSTREAMER,
    reason="the SDK decodes Ogg with GStreamer: apt install gstreamer1.0-plugins-{base,bad}",
)
def test_compressed_input(sdk: Run, recording: MakeWav) -> None:
    spoken = sdk(SAMPLES / "question.ogg", source="ogg", calls=ALL_OF_IT)
    assert spoken.texts == ["What time does the next train leave for the city?"]


def test_endpoint_id(sdk: Run, server: RunningServer, recording: MakeWav) -> None:
    endpoint_id = deployed(server)
    spoken = sdk(recording("weather.wav"), endpoint_id=endpoint_id)
    assert spoken.texts == ["Will it rain in the afternoon?"]
    assert server.service.recognition.traffic(endpoint_id).audio > 1


@pytest.mark.parametrize(
    ("chosen", "code", "details"),
    [
        ({"key": "wrong"}, "AuthenticationFailure", "401"),
        ({"endpoint_id": "00000000-0000-0000-0000-000000000000"}, "BadRequest", "no endpoint"),
        ({"language": "xx-XX"}, "BadRequest", "'xx-xx'"),
        ({"languages": ("en-US", "de-DE")}, "BadRequest", "several languages"),
    ],
    ids=["key", "endpoint", "language", "languages"],
)
def test_what_cannot_be_is_cancelled_with_the_reason(
    sdk: Run, recording: MakeWav, chosen: dict[str, object], code: str, details: str
) -> None:
    (result,) = sdk(recording("weather.wav"), **chosen).results
    assert result["reason"] == "Canceled"
    assert result["cancel_reason"] == "Error"
    assert result["code"] == code
    assert details in result["details"]


def test_an_endpoint_at_its_limit(sdk: Run, server: RunningServer, recording: MakeWav) -> None:
    (result,) = sdk(recording("weather.wav"), endpoint_id=deployed(server, max_streams=0)).results
    assert result["code"] == "TooManyRequests"
    assert "try again soon" in result["details"]


def test_a_token_instead_of_the_key(sdk: Run, server: RunningServer, recording: MakeWav) -> None:
    holder = server.service.access.authenticate(server.key)
    token = server.service.access.issue_token(holder)
    path = recording("weather.wav")
    assert sdk(path, key="", token=token).texts
    assert sdk(path, key="", token="a.b.c").results[0]["code"] == "AuthenticationFailure"


def test_initial_silence(sdk: Run, recording: MakeWav) -> None:
    path = recording(6.0, "weather.wav", 1.0)
    properties = {"SpeechServiceConnection_InitialSilenceTimeoutMs": "2000"}
    first, second = sdk(path, calls=("once", "once"), properties=properties).results
    assert first["reason"] == "NoMatch"
    assert first["no_match"] == "InitialSilenceTimeout"
    assert 2.0 <= first["offset"] / 1e7 < 4.0
    assert second["reason"] == "NoMatch"  # It listens on from there.
    spoken = sdk(path, calls=ALL_OF_IT, properties=properties)
    silent, heard = spoken.of("recognized")
    assert silent["no_match"] == "InitialSilenceTimeout"
    assert "in the afternoon" in heard["text"]


@pytest.mark.parametrize("level", [-40.0, -30.0])
def test_initial_babble(sdk: Run, tmp_path: Path, level: float) -> None:
    """Noise without words, also where it is taken for one for a moment."""
    path = tmp_path / "noise.wav"
    noise = np.concatenate([pink_noise(8.0, level, seed=1), read_audio(SAMPLES / "weather.wav")])
    soundfile.write(path, np.append(noise, np.zeros(16_000)), 16_000, subtype="PCM_16")
    properties = {"SpeechServiceConnection_InitialSilenceTimeoutMs": "5000"}
    (result,) = sdk(path, properties=properties).results
    assert (result["reason"], result["no_match"]) == ("NoMatch", "InitialBabbleTimeout")
    assert json.loads(result["json"])["RecognitionStatus"] == "BabbleTimeout"
    assert 5.0 <= result["offset"] / 1e7 < 7.5
    babble, *heard = sdk(path, calls=ALL_OF_IT, properties=properties).of("recognized")
    assert babble["no_match"] == "InitialBabbleTimeout"
    assert "in the afternoon" in heard[-1]["text"]


def test_nothing_said_before_the_end(sdk: Run, recording: MakeWav) -> None:
    (result,) = sdk(recording(2.0)).results
    assert (result["reason"], result["no_match"]) == ("NoMatch", "NotRecognized")


@pytest.mark.parametrize(("milliseconds", "utterances"), [("300", 2), ("3000", 1)])
@pytest.mark.parametrize(
    "name", ["Speech_SegmentationSilenceTimeoutMs", "SpeechServiceConnection_EndSilenceTimeoutMs"]
)
def test_silence_that_ends_an_utterance(
    sdk: Run, recording: MakeWav, name: str, milliseconds: str, utterances: int
) -> None:
    path = recording("weather.wav", 0.7, "command.flac", 1.0)
    spoken = sdk(path, calls=ALL_OF_IT, properties={name: milliseconds})
    assert len(spoken.texts) == utterances


def test_a_keyword_is_verified(sdk: Run, recording: MakeWav) -> None:
    """As the SDK has it after its own spotter fired."""
    path = recording("command.flac", 1.0)

    def spotted(text: str) -> dict[str, str]:
        return {
            "SPEECH-KeywordsToDetect": text,
            "SPEECH-KeywordsToDetect-Offsets": "0",
            "SPEECH-KeywordsToDetect-Durations": "9000000",
        }

    accepted = sdk(path, named=spotted("turn on"))
    verdict, result = accepted.of("recognized")
    assert (verdict["reason"], verdict["text"]) == ("RecognizedKeyword", "turn on")
    assert result["text"].lower().replace(",", "").startswith("turn on the light")
    (rejected,) = sdk(path, named=spotted("hello attune")).results
    assert (rejected["reason"], rejected["no_match"]) == ("NoMatch", "KeywordNotRecognized")


def test_a_connection_that_is_opened_before_and_used_again(sdk: Run, recording: MakeWav) -> None:
    path = recording("weather.wav", 1.5, "command.flac", 1.5)
    spoken = sdk(path, calls=("open", "pause", "once", "pause", "once", "close"))
    assert len(spoken.texts) == 2
    kinds = [event["kind"] for event in spoken.of("connected", "disconnected")]
    assert kinds == ["connected", "disconnected"]


def test_stopping_in_the_middle_tells_what_was_heard(sdk: Run, recording: MakeWav) -> None:
    path = recording("story.mp3", "dictation.wav", "story.mp3")
    spoken = sdk(path, calls=("continuous", "pause", "stop"))
    assert spoken.texts[0].startswith("When the sun")


@pytest.mark.parametrize(
    ("profanity", "shown"), [("Masked", "the *****, and"), ("Removed", "the,"), ("Raw", "river,")]
)
def test_profanity(
    sdk: Run, recording: MakeWav, rude_endpoint: str, profanity: str, shown: str
) -> None:
    spoken = sdk(
        recording("dictation.wav"),
        profanity=profanity,
        endpoint_id=rude_endpoint,
        detailed=True,
    )
    (result,) = spoken.results
    assert shown in result["text"]
    best = json.loads(result["json"])["NBest"][0]
    assert "river" in best["Lexical"] and "river" in best["ITN"]
    assert ("river" in best["MaskedITN"]) == (profanity == "Raw")
    interim = [event["text"] for event in spoken.of("recognizing")]
    assert interim
    assert any("river" in text for text in interim) == (profanity == "Raw")


def test_nothing_but_profanity_that_is_left_out(
    sdk: Run, recording: MakeWav, rude_endpoint: str
) -> None:
    path = recording("weather.wav", 1.0)
    chosen = {"profanity": "Removed", "endpoint_id": rude_endpoint}
    (result,) = sdk(path, **chosen).results
    assert (result["reason"], result["no_match"]) == ("NoMatch", "NotRecognized")
    assert sdk(path, calls=ALL_OF_IT, **chosen).of("recognized") == []
