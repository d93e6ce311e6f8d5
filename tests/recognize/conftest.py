"""The whistling recogniser, built once."""

from __future__ import annotations

from pathlib import Path

import pytest
from tones import write_tone_bundle

from attune.recognize import Model, load


@pytest.fixture(scope="session")
def tone_bundle(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_tone_bundle(tmp_path_factory.mktemp("tones") / "bundle")


@pytest.fixture(scope="session")
def tones(tone_bundle: Path) -> Model:
    return load(tone_bundle)
