"""The snippets of docs/clients.md run as they are written, against a running server."""

from __future__ import annotations

import re
import shutil
import subprocess
import sys
import zipfile
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
from server_processes import ServerProcess
from speech import SAMPLES, silence

from attune.audio import write_wav
from attune.client import Management
from attune.keyword import KeywordPhrase, create_basic
from attune.train.synthesis import available_voices, find_voice, synthesize

PAGE = (Path(__file__).parents[2] / "docs" / "clients.md").read_text("utf-8")
SAID = "We had a long walk by the river, and then we sat down and talked until the evening."

# A sound system with one microphone, in which note.wav is heard.
SOUND = """
import threading, wave
import numpy as np
class PortAudioError(Exception): pass
class default: device = (0, 0)
def query_devices():
    return [{"name": "Headset", "max_input_channels": 1, "default_samplerate": 16000.0}]
def check_input_settings(**_): pass
class InputStream:
    def __init__(self, blocksize, callback, **_):
        with wave.open("note.wav") as recording:
            sound = np.frombuffer(recording.readframes(-1), "<i2") / np.float32(32768)
        quiet = np.zeros(32000, np.float32)
        self.blocks = np.array_split(np.concatenate([sound, quiet]), 90)
        self.callback = callback
    def __enter__(self):
        for block in self.blocks:
            self.callback(block.astype(np.float32)[:, None], len(block), None, None)
    def __exit__(self, *_): pass
"""


def sections() -> dict[str, list[tuple[str, str]]]:
    """Heading -> (language, code) of each block below it."""
    found: dict[str, list[tuple[str, str]]] = {}
    for part in re.split(r"(?m)^#{2,3} +", PAGE)[1:]:
        title, _, text = part.partition("\n")
        blocks = re.findall(r"^```(\w*)\n(.*?)^```$", text, re.DOTALL | re.MULTILINE)
        found[title] = blocks
    return found


SNIPPETS = {
    f"{title} {number}": (language, code)
    for title, blocks in sections().items()
    for number, (language, code) in enumerate(blocks, 1)
    if language
}

# What each prints: a pattern that is found in it.
PRINTED = {
    "Recognise 1": SAID + r"\n +0\.\d\d +0\.\d\d 0\.\d\d we\n",
    "Live 1": r"\.\.\. we had[^$]*\n" + SAID + r"\n$",
    "Live 2": "^" + SAID + r"\n\[\]\n$",
    "Live 3": r"SpeechStart\(time=0\.\d+\)\n[^$]*Final\(result=Result\(text='We had",
    "With asyncio 1": f"^{SAID}\n{SAID}\n\\[\\]\n$",
    "Keywords on the device 1": r"\.\.\. hey atlas\nyes -\d\.\d\n[^$]*"
    r"\nHey Atlas, turn on the light in the kitchen\.\nend of audio \n$",
    "Keywords on the device 2": r"\.\.\. hey atlas\n[^$]*"
    r"\nHey Atlas, turn on the light in the kitchen\.\n\d\.\d of \d\.\d s were sent\n$",
    "Manage 1": r"2 recordings, 0 left out\n[^$]*100% [^$]*\nWER 0\.\d+ -> 0\.\d+\n"
    r"[0-9a-f-]{36}\n[^$]*Kitchen 1\n",
    "Azure Speech SDK 1": f"^{SAID}\n$",
    "OpenAI client 1": f"^{SAID}\n$",
    "Home Assistant 1": "snippets",
    "Vosk clients 1": "^we had a long walk by the river and then we sat down",
    "curl 1": f"^{SAID}\n$",
    "curl 2": r"^0(\.\d+)? we\n",
}


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """What a reader has: a recording, recordings with transcripts, a keyword, a command."""
    here = tmp_path_factory.mktemp("reader")
    shutil.copy(SAMPLES / "dictation.wav", here / "note.wav")
    with zipfile.ZipFile(here / "recordings.zip", "w") as archive:
        archive.write(SAMPLES / "weather.wav", "weather.wav")
        archive.write(SAMPLES / "dictation.wav", "dictation.wav")
        archive.writestr(
            "trans.txt", f"weather.wav\tWill it rain in the afternoon?\ndictation.wav\t{SAID}\n"
        )
    (here / "sounddevice.py").write_text(SOUND, "utf-8")
    return here


@pytest.fixture(scope="module")
def keyword(folder: Path) -> None:
    if "flite:slt" not in {voice.name for voice in available_voices()}:
        pytest.skip("no speech synthesiser: install flite")
    create_basic(
        [KeywordPhrase("hey atlas", (("HH", "EY", "AE", "T", "L", "AH", "S"),))],
        folder / "hey-atlas",
    )
    command = synthesize("hey atlas turn on the light in the kitchen", find_voice("flite:slt"))
    sound = np.concatenate([silence(1.5), command, silence(2.0)])
    write_wav(folder / "command.wav", sound, 16_000)


@pytest.fixture(scope="module")
def endpoint(server: ServerProcess) -> Iterator[str]:
    with Management(server.url, server.key) as management:
        project = management.create_project("snippets")
        (base,) = management.base_models()
        yield management.create_endpoint(project, "snippets", base).id
        management.delete_project(project)


def test_every_snippet_is_known() -> None:
    assert set(SNIPPETS) == set(PRINTED)


@pytest.mark.parametrize(
    "name",
    [
        pytest.param(name, marks=pytest.mark.slow) if name.startswith("Manage") else name
        for name in SNIPPETS
    ],
)
def test_a_snippet_runs(
    server: ServerProcess,
    endpoint: str,
    folder: Path,
    name: str,
    request: pytest.FixtureRequest,
) -> None:
    language, code = SNIPPETS[name]
    if name.startswith("Keywords"):
        request.getfixturevalue("keyword")
    for before, after in {
        "localhost:8090": f"127.0.0.1:{server.port}",
        "YOUR_KEY": server.key,
        "ENDPOINT_ID": endpoint,
        '"localhost", 10300': f'"127.0.0.1", {server.wyoming_port}',
    }.items():
        code = code.replace(before, after)
    command = {"python": [sys.executable, "-c", code], "bash": ["bash", "-c", code]}[language]
    done = subprocess.run(
        command, cwd=folder, capture_output=True, text=True, timeout=280, check=False
    )
    assert done.returncode == 0, done.stderr
    assert re.search(PRINTED[name], done.stdout), done.stdout
