"""A client of the management API, as scripts have it."""

from __future__ import annotations

import io
import time
import zipfile
from functools import cache
from pathlib import Path
from typing import Any

import httpx
from running import RunningServer

from attune.data import Manifest

__all__ = ["V3", "Rest", "archive"]

SAMPLES = Path(__file__).parents[3] / "samples"
V3 = "/speechtotext/v3.2"
_PATIENCE_SECONDS = 120


@cache
def archive(count: int = 4, *, transcripts: bool = True) -> bytes:
    """The first sample recordings as a zip with trans.txt."""
    file = io.BytesIO()
    rows = list(Manifest(SAMPLES / "manifest.tsv"))[:count]
    with zipfile.ZipFile(file, "w") as whole:
        for row in rows:
            whole.write(row.path, row.path.name)
        if transcripts:
            lines = "".join(f"{row.path.name}\t{row.text}\n" for row in rows)
            whole.writestr("trans.txt", lines)
    return file.getvalue()


class Rest:
    """Calls with a key; answers are JSON, and failures fail the test unless they are expected."""

    def __init__(self, server: RunningServer, key: str | None = None) -> None:
        headers = {"Ocp-Apim-Subscription-Key": server.key if key is None else key}
        self.client = httpx.Client(base_url=server.url, headers=headers, timeout=60)

    def call(self, method: str, path: str, expected: int = 200, **fields: Any) -> Any:
        answer = self.client.request(method, path, **fields)
        assert answer.status_code == expected, answer.text
        is_json = answer.headers.get("content-type", "").startswith("application/json")
        return answer.json() if is_json and answer.content else answer.content

    def get(self, path: str, expected: int = 200, **fields: Any) -> Any:
        return self.call("GET", path, expected, **fields)

    def post(self, path: str, body: Any, expected: int = 201) -> Any:
        return self.call("POST", path, expected, json=body)

    def patch(self, path: str, body: Any, expected: int = 200) -> Any:
        return self.call("PATCH", path, expected, json=body)

    def delete(self, path: str, expected: int = 204) -> Any:
        return self.call("DELETE", path, expected)

    def done(self, thing: dict[str, Any]) -> dict[str, Any]:
        """The thing when its job has ended well."""
        deadline = time.monotonic() + _PATIENCE_SECONDS
        while (now := self.get(thing["self"]))["status"] in ("NotStarted", "Running"):
            assert time.monotonic() < deadline, "it takes too long"
            time.sleep(0.2)
        assert now["status"] == "Succeeded", now
        return dict(now)

    def project(self, name: str = "Kitchen") -> dict[str, str]:
        """A reference to a new project."""
        made = self.post(f"{V3}/projects", {"displayName": name, "locale": "en-US"})
        return {"self": made["self"]}

    def upload(self, name: str, content: bytes) -> dict[str, str]:
        """A reference to a finished upload."""
        made = self.post("/attune/v1/uploads", {"name": name, "size": len(content)})
        headers = {"Upload-Offset": "0"}
        self.call("PATCH", made["self"], content=content, headers=headers)
        return {"self": made["self"]}
