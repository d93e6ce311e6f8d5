"""An S3 server of moto on a free port, and the settings by which s3fs finds it."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from socket import create_server

import httpx
import pytest


@contextmanager
def s3_bucket() -> Iterator[str]:
    """The URL of a bucket, while the block runs."""
    with create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    url = f"http://127.0.0.1:{port}"
    # A process of its own: moto is not made for a Python whose warnings are errors.
    process = subprocess.Popen(
        [sys.executable, "-m", "moto.server", "-H", "127.0.0.1", "-p", str(port)],
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        env={**os.environ, "AWS_ACCESS_KEY_ID": "a", "AWS_SECRET_ACCESS_KEY": "b"},
    )
    try:
        _wait(f"{url}/moto-api/")
        with pytest.MonkeyPatch.context() as patch:
            patch.setenv("AWS_ENDPOINT_URL", url)
            patch.setenv("AWS_ACCESS_KEY_ID", "a")
            patch.setenv("AWS_SECRET_ACCESS_KEY", "b")
            patch.setenv("AWS_DEFAULT_REGION", "us-east-1")
            assert httpx.put(f"{url}/attune").status_code == 200
            yield "s3://attune/blobs"
    finally:
        process.terminate()
        process.wait(timeout=30)


def _wait(url: str) -> None:
    deadline = time.monotonic() + 60
    while True:
        try:
            httpx.get(url)
            return
        except httpx.TransportError:
            assert time.monotonic() < deadline, "moto does not start"
            time.sleep(0.1)
