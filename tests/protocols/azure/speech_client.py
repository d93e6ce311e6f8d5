"""The official Azure Speech SDK, driven in a process of its own, which it can only crash itself.

As a program it reads a `Plan` as JSON, and writes an event a line and what each call gave.
"""

from __future__ import annotations

import json
import subprocess
import sys
import time
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

SECONDS = 60
_KEPT: list[Any] = []  # Called from the SDK's threads, which hold no reference.


@dataclass(frozen=True)
class Plan:
    """How to connect, what to ask for, where audio comes from, and what to call, in turn.

    `audio` is a WAV file. `source`: "file", or its samples by "push" or "pull"; "ogg" pushes the
    file's own bytes as Ogg Opus. `calls`: "once", "continuous", "wait" (until the audio has ended),
    "stop", "open" and "close" (the connection).
    """

    host: str
    key: str
    audio: str
    source: str = "file"
    calls: tuple[str, ...] = ("once",)
    endpoint: str = ""
    token: str = ""
    endpoint_id: str = ""
    language: str = ""
    languages: tuple[str, ...] = ()
    detailed: bool = False
    word_times: bool = False
    dictation: bool = False
    profanity: str = ""
    phrases: tuple[str, ...] = ()
    rate: int = 16_000
    channels: int = 1
    properties: dict[str, str] = field(default_factory=dict)
    named: dict[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class Spoken:
    """What a run gave: events in order, each with its `kind`, and the results of `once` calls."""

    events: tuple[dict[str, Any], ...]

    def of(self, *kinds: str) -> list[dict[str, Any]]:
        return [event for event in self.events if event["kind"] in kinds]

    @property
    def results(self) -> list[dict[str, Any]]:
        return self.of("result")

    @property
    def texts(self) -> list[str]:
        return [event["text"] for event in self.of("recognized") if event["text"]]

    @property
    def lexical(self) -> list[str]:
        """The words of all detailed results."""
        found = [json.loads(event["json"]) for event in self.of("recognized") if event["text"]]
        return " ".join(each["NBest"][0]["Lexical"] for each in found).split()


def speak(plan: Plan) -> Spoken:
    """Run a plan."""
    done = subprocess.run(
        [sys.executable, __file__],
        input=json.dumps(asdict(plan)),
        capture_output=True,
        text=True,
        timeout=SECONDS,
    )
    events = [json.loads(line) for line in done.stdout.splitlines() if line.startswith("{")]
    # It may crash when it unloads, after everything was done.
    assert events and events[-1]["kind"] == "done", done.stdout + done.stderr
    return Spoken(tuple(events))


def main() -> None:
    plan = Plan(**json.load(sys.stdin))
    import azure.cognitiveservices.speech as sdk

    def tell(kind: str, **values: object) -> None:
        sys.stdout.write(json.dumps({"kind": kind, **values}) + "\n")
        sys.stdout.flush()

    def told(result: Any) -> dict[str, Any]:
        values = {
            "text": result.text,
            "reason": result.reason.name,
            "offset": result.offset,
            "duration": result.duration,
            "json": result.json,
        }
        if result.reason == sdk.ResultReason.Canceled:
            details = result.cancellation_details
            values["code"] = details.code.name
            values["cancel_reason"] = details.reason.name
            values["details"] = details.error_details
        if result.reason == sdk.ResultReason.NoMatch:
            values["no_match"] = result.no_match_details.reason.name
        return values

    recognizer = _recognizer(sdk, plan)
    ended = []
    connection = sdk.Connection.from_recognizer(recognizer)
    connection.connected.connect(lambda _: tell("connected"))
    connection.disconnected.connect(lambda _: tell("disconnected"))
    recognizer.session_stopped.connect(lambda _: ended.append(1))
    for name in ("recognizing", "recognized", "canceled"):
        signal = getattr(recognizer, name)
        signal.connect(lambda event, name=name: tell(name, **told(event.result)))
    for name in ("speech_start_detected", "speech_end_detected"):
        signal = getattr(recognizer, name)
        signal.connect(lambda event, name=name: tell(name, offset=event.offset))
    for call in plan.calls:
        match call:
            case "once":
                tell("result", **told(recognizer.recognize_once_async().get()))
            case "continuous":
                recognizer.start_continuous_recognition_async().get()
            case "wait":
                deadline = time.monotonic() + SECONDS / 2
                while not ended and time.monotonic() < deadline:
                    time.sleep(0.01)
            case "stop":
                recognizer.stop_continuous_recognition_async().get()
            case "open":
                connection.open(False)
            case "close":
                connection.close()
            case "pause":
                time.sleep(0.5)
    tell("done")


def _recognizer(sdk: Any, plan: Plan) -> Any:
    if plan.endpoint:
        config = sdk.SpeechConfig(endpoint=plan.endpoint, subscription=plan.key)
    else:
        config = sdk.SpeechConfig(host=plan.host, subscription=plan.key)
    if plan.token:
        config.authorization_token = plan.token
    if plan.endpoint_id:
        config.endpoint_id = plan.endpoint_id
    if plan.language:
        config.speech_recognition_language = plan.language
    if plan.detailed:
        config.output_format = sdk.OutputFormat.Detailed
    if plan.word_times:
        config.request_word_level_timestamps()
    if plan.dictation:
        config.enable_dictation()
    if plan.profanity:
        config.set_profanity(getattr(sdk.ProfanityOption, plan.profanity))
    for name, value in plan.properties.items():
        config.set_property(getattr(sdk.PropertyId, name), value)
    for name, value in plan.named.items():
        config.set_property_by_name(name, value)
    more = {}
    if plan.languages:
        detect = sdk.languageconfig.AutoDetectSourceLanguageConfig(languages=list(plan.languages))
        more["auto_detect_source_language_config"] = detect
    recognizer = sdk.SpeechRecognizer(speech_config=config, audio_config=_audio(sdk, plan), **more)
    if plan.phrases:
        grammar = sdk.PhraseListGrammar.from_recognizer(recognizer)
        for phrase in plan.phrases:
            grammar.addPhrase(phrase)
    return recognizer


def _audio(sdk: Any, plan: Plan) -> Any:
    if plan.source == "file":
        return sdk.audio.AudioConfig(filename=plan.audio)
    data = Path(plan.audio).read_bytes()
    if plan.source == "ogg":
        container = sdk.AudioStreamContainerFormat.OGG_OPUS
        form = sdk.audio.AudioStreamFormat(compressed_stream_format=container)
    else:
        data = data[44:]
        form = sdk.audio.AudioStreamFormat(
            samples_per_second=plan.rate, bits_per_sample=16, channels=plan.channels
        )
    if plan.source == "pull":
        _KEPT.append(_pull(sdk, data))
        stream = sdk.audio.PullAudioInputStream(_KEPT[-1], form)
        _KEPT.append(stream)
        return sdk.audio.AudioConfig(stream=stream)
    stream = sdk.audio.PushAudioInputStream(form)
    for at in range(0, len(data), 2000):
        stream.write(data[at : at + 2000])
    stream.close()
    return sdk.audio.AudioConfig(stream=stream)


def _pull(sdk: Any, data: bytes) -> Any:
    class Pull(sdk.audio.PullAudioInputStreamCallback):  # type: ignore[misc,name-defined]
        at = 0

        def read(self, buffer: memoryview) -> int:
            piece = data[self.at : self.at + buffer.nbytes]
            buffer[: len(piece)] = piece
            self.at += len(piece)
            return len(piece)

        def close(self) -> None:
            pass

    return Pull()


if __name__ == "__main__":
    main()
