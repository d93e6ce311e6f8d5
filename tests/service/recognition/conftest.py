"""A database, a store and recognition with the shipped base models, shared by all tests here."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
from deployments import Ground, ground
from numpy.typing import NDArray

import attune
from attune.audio import read_audio
from attune.recognize import Model
from attune.service.recognition import Recognition

SAMPLES = Path(__file__).parents[3] / "samples"


@pytest.fixture(scope="session")
def shared(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Ground]:
    """Where things are deployed; each test makes projects and endpoints of its own."""
    with ground(tmp_path_factory.mktemp("service")) as made:
        yield made


@pytest.fixture(scope="session")
def recognition(shared: Ground) -> Recognition:
    """Recognition with the usual limits."""
    return shared.recognition()


@pytest.fixture(scope="session")
def model() -> Model:
    """The base recogniser, as the library has it."""
    return attune.load()


@pytest.fixture(scope="session")
def dictation() -> NDArray[np.float32]:
    """A sample of 5.7 s, 16 kHz."""
    return read_audio(SAMPLES / "dictation.wav")
