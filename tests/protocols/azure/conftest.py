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
from attune.bundle import Bundle, Lineage, NewPart, derive, shipped_bundle_path
from attune.recognize import Model
from attune.service import tables

PROFANITY = "#profanity\nriver\nwill it rain in the afternoon\n"
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


@pytest.fixture(scope="session")
def rude_endpoint(server: RunningServer, tmp_path_factory: pytest.TempPathFactory) -> str:
    """The id of an endpoint whose model has words to mask."""
    base = Bundle.open(shipped_bundle_path("en-US"))
    out = tmp_path_factory.mktemp("model") / "rude"
    derive(
        base,
        out,
        name="rude",
        lineage=Lineage("test", "2026-01-01"),
        parts={"display_rules": NewPart(PROFANITY.encode(), "text", "display-rules.txt")},
        model_card=base.description.model_card,
    )
    service = server.service
    bundle_hash = service.store.put_folder(out)
    with service.database.session() as session:
        project = tables.Project(name="rude", language="en-US")
        session.add(project)
        session.flush()
        model = tables.Model(
            project_id=project.id,
            kind="recognizer",
            name="rude",
            language="en-US",
            status=tables.Status.SUCCEEDED,
            bundle_hash=bundle_hash,
        )
        session.add(model)
        session.flush()
        endpoint = tables.Endpoint(
            project_id=project.id, name="rude", language="en-US", status=tables.Status.SUCCEEDED
        )
        endpoint.models = [tables.EndpointModel(model_id=model.id)]
        session.add(endpoint)
        session.flush()
        return endpoint.id
