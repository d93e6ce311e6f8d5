"""docs/websocket.md says what is so."""

from __future__ import annotations

import asyncio
import re
from dataclasses import fields
from pathlib import Path
from typing import Any

from running import RunningServer
from speaking import SAMPLES

from attune.protocols.native.parameters import _FIELDS, StreamParameters

PAGE = (Path(__file__).parents[3] / "docs" / "websocket.md").read_text("utf-8")


def test_the_example_recognises(server: RunningServer) -> None:
    (code,) = re.findall(r"```python\n(.*?)```", PAGE, re.DOTALL)
    scope: dict[str, Any] = {}
    exec(code, scope)
    said = asyncio.run(scope["main"](server.websocket, server.key, str(SAMPLES / "dictation.wav")))
    assert said.startswith("We had a long walk by the river,")


def test_every_parameter_is_documented() -> None:
    known = {field.name.removesuffix("_id") for field in fields(StreamParameters)} | _FIELDS
    assert not [name for name in known if f"`{name}`" not in PAGE and f'"{name}"' not in PAGE]
