"""docs/wyoming.md says what is so."""

from __future__ import annotations

import asyncio
import re
from pathlib import Path
from typing import Any

from running import RunningServer
from wyoming_clients import port_of, served

from attune.data import Utterance

PAGE = (Path(__file__).parents[3] / "docs" / "wyoming.md").read_text("utf-8")


def test_its_code_runs(server: RunningServer, samples: tuple[Utterance, ...]) -> None:
    note = next(u.path for u in samples if u.path.name == "dictation.wav")
    (code,) = re.findall(r"```python\n(.*?)```", PAGE, re.DOTALL)
    definitions, _, call = code.rpartition("\n\n\n")
    assert call == 'print(asyncio.run(transcribe("note.wav")))\n'

    async def scenario() -> str:
        async with served(server) as wyoming:
            scope: dict[str, Any] = {}
            exec(definitions.replace("10300", str(port_of(wyoming))), scope)
            text: str = await scope["transcribe"](str(note))
            return text

    assert asyncio.run(scenario()).startswith("We had a long walk by the river,")
