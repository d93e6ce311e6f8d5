"""The bundle that comes of an adaptation: the base with some parts replaced, and how that came."""

from __future__ import annotations

import datetime
from collections.abc import Iterable, Mapping
from pathlib import Path

from attune.bundle import Bundle, DataSet, Lineage, ModelCard, NewPart, derive, file_sha256
from attune.bundle.fields import JsonValue

__all__ = ["write_adapted"]


def write_adapted(
    base: Bundle,
    out: Path,
    *,
    command: str,
    data: Iterable[Path],
    settings: Mapping[str, JsonValue],
    parts: Mapping[str, NewPart],
    name: str | None,
    replace: bool,
    model_card: ModelCard | None = None,
) -> Bundle:
    """Write `base` with `parts` to `out`, called `name` or after the base.

    `command`, the files of `data` and `settings` go into the lineage; `model_card` takes the place
    of the base's. Raises as `derive` does.
    """
    return derive(
        base,
        out,
        name=name or f"{base.description.name}, adapted",
        lineage=Lineage(
            command=command,
            date=datetime.datetime.now(datetime.UTC).date().isoformat(),
            data=tuple(DataSet(path.name, file_sha256(path)) for path in data),
            settings=settings,
        ),
        parts=parts,
        model_card=model_card,
        replace=replace,
    )
