"""Plans for the Speech SDK against the running server, and recordings as it reads them."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path

import numpy as np
import pytest
import soundfile
from running import RunningServer
from speech_client import Plan, Spoken, speak

import attune
from attune.audio import read_audio
from attune.recognize import Model

SAMPLES = Path(__file__).parents[3] / "samples"

Run = Callable[..., Spoken]
MakeWav = Callable[..., Path]


@pytest.fixture(scope="session")
def model() -> Model:
    """The base model, to compare with."""
    return attune.load()


@pytest.fixture(scope="session")
def recording(tmp_path_factory: pytest.TempPathFactory) -> MakeWav:
    """Samples by name, and pauses by their seconds, one after the other in a WAV file."""
    folder = tmp_path_factory.mktemp("recordings")

    def make(*parts: str | float) -> Path:
        path = folder / ("-".join(map(str, parts)) + ".wav")
        if not path.exists():
            soundfile.write(path, samples_of(parts), 16_000, subtype="PCM_16")
        return path

    return make


def samples_of(parts: Sequence[str | float]) -> np.ndarray:
    """Samples by name, and pauses by their seconds, one after the other."""
    return np.concatenate(
        [
            read_audio(SAMPLES / part)
            if isinstance(part, str)
            else np.zeros(round(part * 16_000), np.float32)
            for part in parts
        ]
    )


@pytest.fixture
def sdk(server: RunningServer) -> Run:
    """Run the Speech SDK on a recording: `sdk(path, calls=(...), ...)`, see `Plan`."""

    def run(path: Path, **chosen: object) -> Spoken:
        chosen = {"host": server.websocket, "key": server.key, **chosen}
        return speak(Plan(audio=str(path), **chosen))  # type: ignore[arg-type]

    return run
