"""docs/openai.md says what is so."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest
from running import RunningServer

from attune.data import Utterance
from attune.protocols.openai.parameters import FORMATS
from attune.protocols.openai.prompt import MOST_PHRASES

PAGE = (Path(__file__).parents[3] / "docs" / "openai.md").read_text("utf-8")


def test_its_code_runs(
    server: RunningServer,
    samples: tuple[Utterance, ...],
    capsys: pytest.CaptureFixture[str],
) -> None:
    note = next(u.path for u in samples if u.path.name == "dictation.wav")
    scope: dict[str, Any] = {}
    for code in re.findall(r"```python\n(.*?)```", PAGE, re.DOTALL):
        code = code.replace("http://localhost:8090", server.url).replace("YOUR_KEY", server.key)
        exec(code.replace("note.wav", str(note)), scope)
    scope["client"].close()
    told = capsys.readouterr().out
    assert told.count("We had a long walk by the river") == 3
    assert "en-US base\n" in told
    assert "river\n" in told


def test_formats_and_limits_are_those_of_the_code() -> None:
    assert all(f"`{name}`" in PAGE for name in FORMATS)
    assert f"At most {MOST_PHRASES} phrases" in PAGE
