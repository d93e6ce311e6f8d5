"""The SDK is light: what talks to a server loads no recogniser, and says what it lacks."""

from __future__ import annotations

import subprocess
import sys

import pytest
from server_processes import ServerProcess
from speech import SAMPLES

import attune.client
from attune.client.exchange import exchange, listing

HIDING = """
import sys
class Hidden:
    def find_spec(self, name, path=None, target=None):
        if name.split(".")[0] in {hidden!r}:
            raise ModuleNotFoundError(f"No module named {{name!r}}", name=name)
sys.meta_path.insert(0, Hidden())
"""
HEAVY = ("onnxruntime", "kaldi_native_fbank", "soundfile", "soxr", "yaml", "rich", "typer")
SERVER = ("fastapi", "sqlalchemy", "starlette", "uvicorn", "pydantic", "sounddevice", "torch")

# Everything that talks to a server, and the spotter: with nothing but numpy, httpx and websockets.
REMOTE = """
import sys
url, key, recording = sys.argv[1:]
from attune.client import (
    AsyncKeywordListener, AsyncManagement, AsyncRecognizer, KeywordListener, Management,
    PushStream, Recognizer,
)
from attune.keyword import KeywordRecognizer, Recognized, load_keyword
import attune.keyword.encoder_stream, attune.keyword.spotter, attune.keyword.events
import numpy
with Recognizer(url, key) as recognizer:
    assert recognizer.transcribe(recording).text == "Will it rain in the afternoon?"
    finals = [e for e in recognizer.listen(recording) if type(e).__name__ == "Final"]
    assert [e.result.text for e in finals] == ["Will it rain in the afternoon?"]
    with recognizer.stream() as stream:
        stream.accept(numpy.zeros(16000, numpy.int16))
        stream.finish()
    KeywordListener, AsyncKeywordListener
with Management(url, key) as management:
    assert [model.kind for model in management.base_models()] == ["recognizer"]
print(*sys.modules)
"""


def run(code: str, *arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-W", "error", "-c", code, *arguments],
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )


def test_importing_loads_next_to_nothing() -> None:
    done = run("import sys, attune.client; print(*sys.modules)")
    loaded = {name.split(".")[0] for name in done.stdout.split()}
    assert not loaded & {*HEAVY, *SERVER, "numpy", "httpx", "websockets"}


def test_remote_work_needs_numpy_httpx_and_websockets_alone(server: ServerProcess) -> None:
    code = HIDING.format(hidden=(*HEAVY, *SERVER)) + REMOTE
    done = run(code, server.url, server.key, str(SAMPLES / "weather.wav"))
    assert done.returncode == 0, done.stderr
    loaded = set(done.stdout.split())
    assert {"numpy", "httpx", "websockets"} <= loaded
    parts = ("model", "stream", "readout")
    assert not {f"attune.recognize.{part}" for part in parts} & loaded
    assert not {"attune.service", "attune.protocols", "attune.acoustic.sessions"} & loaded


@pytest.mark.parametrize("package", ["httpx", "websockets"])
def test_a_missing_extra_is_named(package: str) -> None:
    code = HIDING.format(hidden=(package,)) + "from attune.client import Recognizer"
    done = run(code)
    last = done.stderr.splitlines()[-1]
    assert "InputError" in last
    assert f"needs the package {package}: pip install 'attune[client]'" in last


def test_every_call_is_documented() -> None:
    calls = {
        name: value
        for kind in (attune.client.Management, attune.client.Recognizer)
        for base in kind.__mro__
        for name, value in vars(base).items()
        if isinstance(value, exchange | listing)
    }
    assert len(calls) > 70
    assert not [name for name, value in calls.items() if not value.__doc__]


def test_unknown_names_are_unknown() -> None:
    with pytest.raises(AttributeError, match="has no attribute 'nonsense'"):
        _ = attune.client.nonsense
