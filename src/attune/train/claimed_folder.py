"""A folder in which a long work leaves its results, claimed for one request."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from attune.bundle.atomic import replace_file, write_errors
from attune.errors import InputError

__all__ = ["claim_folder"]


def claim_folder(
    file: Path, request: Mapping[str, Any], holds: str, *, fresh: str, changed: str
) -> None:
    """Note the `request` in `file`, or see that its folder was begun for the same one.

    InputError when the folder holds something else (`fresh` says what to do), or `holds` what was
    made with other values (`changed` does), or the file is damaged.
    """
    folder = file.parent
    # Through JSON, so that what is compared has JSON's types.
    wanted = json.loads(json.dumps(request))
    with write_errors(file):
        folder.mkdir(parents=True, exist_ok=True)
        if not file.exists():
            if any(folder.iterdir()):
                raise InputError(f"{folder} is not empty: {fresh}")
            replace_file(file, (json.dumps(wanted, indent=1) + "\n").encode("utf-8"))
            return
        content = file.read_bytes()
    try:
        found = json.loads(content)
    except ValueError:
        found = None
    if not isinstance(found, dict):
        raise InputError(f"{file} is damaged: remove {folder} and start again")
    for name, value in wanted.items():
        if found.get(name) != value:
            raise InputError(
                f"{folder} holds {holds} with other {name.replace('_', ' ')}: {changed}"
            )
