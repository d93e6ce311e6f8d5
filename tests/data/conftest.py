from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from attune.audio import write_wav

WriteTone = Callable[..., Path]


@pytest.fixture
def tone() -> WriteTone:
    """Writes a second of noise, 16 kHz mono WAV, at the path given; never the same noise twice."""
    random = np.random.default_rng(0)

    def write(path: Path, seconds: float = 1.0) -> Path:
        path.parent.mkdir(parents=True, exist_ok=True)
        samples = random.normal(0, 0.1, round(seconds * 16_000)).astype(np.float32)
        write_wav(path, samples, 16_000)
        return path

    return write


@pytest.fixture
def write() -> Callable[[Path, str | bytes], Path]:
    """Writes text (UTF-8, line ends as given) or bytes, and makes the folders on the way."""

    def write_file(path: Path, content: str | bytes) -> Path:
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content.encode() if isinstance(content, str) else content)
        return path

    return write_file
