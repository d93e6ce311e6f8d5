from __future__ import annotations

import wave
from collections.abc import Callable
from pathlib import Path

import pytest

WriteTone = Callable[..., Path]


@pytest.fixture
def tone() -> WriteTone:
    """Writes a second of quiet noise, 16 kHz mono WAV, at the path given."""

    def write(path: Path, seconds: float = 1.0) -> Path:
        path.parent.mkdir(parents=True, exist_ok=True)
        with wave.open(str(path), "wb") as file:
            file.setnchannels(1)
            file.setsampwidth(2)
            file.setframerate(16_000)
            file.writeframes(b"\x01\x00\xff\xff" * round(seconds * 8000))
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
