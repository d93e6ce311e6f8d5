"""`attune listen`: a file played as if it were spoken, and machines without a microphone."""

from __future__ import annotations

import builtins
import json
import sys
import time
from collections.abc import Callable
from pathlib import Path
from types import SimpleNamespace
from typing import Any, ClassVar

import numpy as np
import pytest
from scripted_model import ScriptedModel
from typer.testing import Result

Run = Callable[..., Result]
Tone = Callable[..., Path]

DEVICES = [
    {"name": "Speakers", "max_input_channels": 0, "default_samplerate": 48_000.0},
    {"name": "Headset", "max_input_channels": 1, "default_samplerate": 16_000.0},
    {"name": "Camera", "max_input_channels": 2, "default_samplerate": 48_000.0},
]


class PortAudioError(Exception):
    pass


class InputStream:
    """Sends 0.4 s of sound at the rate that was asked for, then nothing more."""

    opened: ClassVar[list[dict[str, Any]]] = []

    def __init__(self, **settings: Any) -> None:
        self.settings = settings
        self.opened.append(settings)

    def __enter__(self) -> None:
        block = np.full((self.settings["blocksize"], 1), 0.3, np.float32)
        for _ in range(5):
            self.settings["callback"](block, len(block), None, None)

    def __exit__(self, *_: object) -> None:
        pass


@pytest.fixture
def sound(monkeypatch: pytest.MonkeyPatch) -> list[dict[str, Any]]:
    """A sound system whose camera records at 48 kHz only; returns the streams that are opened."""

    def check(device: int, **_: Any) -> None:
        if device == 2:
            raise PortAudioError("Invalid sample rate")

    module = SimpleNamespace(
        default=SimpleNamespace(device=(1, 0)),
        query_devices=lambda: DEVICES,
        check_input_settings=check,
        InputStream=InputStream,
        PortAudioError=PortAudioError,
    )
    monkeypatch.setitem(sys.modules, "sounddevice", module)
    monkeypatch.setattr(InputStream, "opened", [])
    # Nobody presses Ctrl-C here: the microphone falls silent instead, which ends the command.
    monkeypatch.setattr("attune.audio.microphone.SILENT_DEVICE_SECONDS", 0.05)
    return InputStream.opened


@pytest.mark.usefixtures("scripted")
def test_a_file_is_played_in_real_time(attune_here: Run, tone: Tone) -> None:
    begin = time.monotonic()
    result = attune_here("listen", "--input", tone("a.wav", 0.6))
    assert time.monotonic() - begin >= 0.6
    assert (result.exit_code, result.stdout) == (0, f"{ScriptedModel.SENTENCE}\n")
    assert result.stderr == "... turn on\n"


def test_json_is_one_document(attune_here: Run, tone: Tone, scripted: ScriptedModel) -> None:
    path = tone("a.wav", 0.3)
    result = attune_here("listen", "--input", path, "--json", "--phrase", "kettle", "--lexical")
    document = json.loads(result.stdout)
    assert (document["path"], document["seconds"]) == (str(path), 0.3)
    assert document["text"] == ScriptedModel.SENTENCE
    (call,) = scripted.calls
    assert call["phrases"] == ["kettle"]
    assert call["options"].formatting is False


def test_the_default_microphone_is_heard(
    attune_here: Run, sound: list[dict[str, Any]], scripted: ScriptedModel
) -> None:
    result = attune_here("listen")
    assert [(settings["device"], settings["samplerate"]) for settings in sound] == [(1, 16_000)]
    assert result.exit_code == 1
    assert result.stderr.splitlines() == [
        "attune: listening to Headset; Ctrl-C ends",
        "... turn on",
        "attune: error: the microphone has sent nothing for 0.05 s: check that it is still plugged "
        "in",
    ]


@pytest.mark.usefixtures("scripted")
@pytest.mark.parametrize("device", ["2", "camera"])
def test_a_microphone_that_cannot_do_16_khz_is_resampled(
    attune_here: Run, sound: list[dict[str, Any]], device: str
) -> None:
    result = attune_here("listen", "--device", device)
    assert [(settings["device"], settings["samplerate"]) for settings in sound] == [(2, 48_000)]
    assert "... turn on\n" in result.stderr


@pytest.mark.usefixtures("sound")
def test_list_devices(attune_here: Run) -> None:
    assert attune_here("listen", "--list-devices").stdout.splitlines() == [
        "*   1  Headset (1 channels, 16000 Hz)",
        "    2  Camera (2 channels, 48000 Hz)",
    ]
    document = json.loads(attune_here("listen", "--list-devices", "--json").stdout)
    assert document["devices"][1] == {
        "index": 2,
        "name": "Camera",
        "channels": 2,
        "sample_rate": 48_000.0,
        "default": False,
    }


@pytest.mark.usefixtures("sound")
def test_an_unknown_device_is_refused_with_the_known_ones(attune_here: Run) -> None:
    result = attune_here("listen", "--device", "studio")
    assert result.exit_code == 2
    assert result.stderr == (
        "attune: error: no device is called 'studio': choose one of 1: Headset; 2: Camera\n"
    )


@pytest.mark.usefixtures("sound")
def test_a_machine_without_microphone(attune_here: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys.modules["sounddevice"], "query_devices", lambda: DEVICES[:1])
    result = attune_here("listen")
    assert result.exit_code == 2
    assert "this machine has no microphone that can be used" in result.stderr
    assert "--input FILE" in result.stderr


@pytest.mark.parametrize(
    ("error", "message"),
    [
        (ImportError("No module named 'sounddevice'"), "pip install 'attune[mic]'"),
        (OSError("PortAudio library not found"), "apt install libportaudio2"),
    ],
)
def test_a_machine_without_sound_software(
    attune_here: Run, monkeypatch: pytest.MonkeyPatch, error: Exception, message: str
) -> None:
    real = builtins.__import__

    def without(name: str, *rest: Any) -> Any:
        if name == "sounddevice":
            raise error
        return real(name, *rest)

    monkeypatch.delitem(sys.modules, "sounddevice", raising=False)
    monkeypatch.setattr(builtins, "__import__", without)
    result = attune_here("listen")
    assert result.exit_code == 2
    assert message in result.stderr


# arguments -> what the message says
REFUSED = [
    (["--channel", "0"], "--channel and --raw-format are about recordings"),
    (["--input", "a.wav", "--device", "1"], "--device and --input exclude each other"),
    (["--input", "gone.wav"], "gone.wav: there is no such file"),
]


@pytest.mark.usefixtures("scripted", "sound")
@pytest.mark.parametrize(("arguments", "message"), REFUSED)
def test_refused(attune_here: Run, arguments: list[str], message: str) -> None:
    result = attune_here("listen", *arguments)
    assert (result.exit_code, result.stdout) == (2, "")
    assert message in result.stderr
