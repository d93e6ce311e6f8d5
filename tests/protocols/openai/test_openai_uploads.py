"""Recordings on their way in: limits, memory, forms that no client sends."""

from __future__ import annotations

import asyncio
import os
import tracemalloc
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import httpx
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from running import RunningServer
from starlette.requests import Request
from starlette.types import Message, Receive, Scope, Send

from attune.errors import InputError
from attune.protocols.bodies import BodyLimit
from attune.protocols.openai.form import Form, received_form
from attune.service.errors import StorageFull, TooLarge

BOUNDARY = "b0undary"
MULTIPART = f"multipart/form-data; boundary={BOUNDARY}"


def part(name: str, value: bytes, more: str = "") -> bytes:
    head = f'--{BOUNDARY}\r\nContent-Disposition: form-data; name="{name}"{more}\r\n\r\n'
    return head.encode() + value + b"\r\n"


END = f"--{BOUNDARY}--\r\n".encode()


def received(
    folder: Path, pieces: Iterator[bytes], kind: str = MULTIPART, limit: int = 2**30
) -> tuple[Form, bytes]:
    """The form of a body, and the first bytes of its file."""
    found: list[tuple[Form, bytes]] = []

    async def application(scope: Scope, receive: Receive, send: Send) -> None:
        async with received_form(Request(scope, receive), folder, limit) as form:
            assert os.listdir(folder) == []  # It has no name.
            found.append((form, form.file.read(100)))

    async def receive() -> Message:
        piece = next(pieces, None)
        return {"type": "http.request", "body": piece or b"", "more_body": piece is not None}

    async def send(message: Message) -> None:
        raise AssertionError(message)

    scope = {"type": "http", "headers": [(b"content-type", kind.encode())]}
    asyncio.run(BodyLimit(application, 1000, 60.0)(scope, receive, send))
    assert found[0][0].file.closed
    return found[0]


def test_fields_and_file(tmp_path: Path) -> None:
    body = b"".join(
        [
            part("model", b"old"),
            part("timestamp_granularities[]", b"word"),
            part("timestamp_granularities[]", b"segment"),
            part("file", b"RIFF\r\n--b0und\r\n", '; filename="../a/talk.wav"'),
            part("model", "näw".encode()),
            END,
        ]
    )
    # However the network cuts it.
    for step in (1, 7, len(body)):
        pieces = (body[i : i + step] for i in range(0, len(body), step))
        form, start = received(tmp_path, pieces)
        assert start == b"RIFF\r\n--b0und\r\n"
        assert form.file.name == "talk.wav"
        assert form.text("model") == "näw"
        assert form.text("prompt") is None
        assert form.values("timestamp_granularities") == ["word", "segment"]


def test_memory_does_not_grow_with_the_file(tmp_path: Path) -> None:
    def pieces() -> Iterator[bytes]:
        yield part("file", b"", '; filename="a.wav"')[:-2]
        for _ in range(1000):
            yield bytes(65_536)
        yield b"\r\n" + END

    tracemalloc.start()
    try:
        received(tmp_path, pieces())
        _, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert peak < 3 * 2**20


REFUSED: list[tuple[list[bytes], str, type[Exception], str]] = [
    ([END], "application/json", InputError, "send multipart/form-data"),
    ([END], "multipart/form-data", InputError, "send multipart/form-data"),
    ([END], f"multipart/form-data; boundary={'x' * 300}", InputError, "is damaged"),
    ([END], MULTIPART, InputError, "file: there is none"),
    ([], MULTIPART, InputError, "cut short"),
    ([part("file", b"RIFF")], MULTIPART, InputError, "cut short"),
    ([b"no form"], MULTIPART, InputError, "is damaged"),
    ([part("file", b"1"), part("file", b"2"), END], MULTIPART, InputError, "there are several"),
    ([part("a", b"x")] * 1001, MULTIPART, InputError, "more than 1000 fields"),
    ([part("prompt", b"x" * 70_000)], MULTIPART, TooLarge, "prompt: longer than 65536 bytes"),
    ([part("p", b"x" * 60_000)] * 10, MULTIPART, TooLarge, "p: longer than"),
    ([part("file", bytes(700_000))], MULTIPART, TooLarge, "body is larger than"),
]


@pytest.mark.parametrize(("pieces", "kind", "error", "message"), REFUSED)
def test_forms_that_are_refused(
    tmp_path: Path, pieces: list[bytes], kind: str, error: type[Exception], message: str
) -> None:
    with pytest.raises(error, match=message):
        received(tmp_path, iter(pieces), kind, 100_000)
    assert os.listdir(tmp_path) == []


def test_full_disk_is_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    # Every write to this device fails as on a full disk.
    monkeypatch.setattr(
        "attune.protocols.openai.form._nameless_file",
        lambda folder: open("/dev/full", "wb", buffering=0),  # noqa: SIM115
    )
    with pytest.raises(StorageFull):
        received(tmp_path, iter([part("file", bytes(400_000)), END]))


@pytest.fixture(scope="module")
def web(server: RunningServer) -> Iterator[httpx.Client]:
    headers = {"Authorization": f"Bearer {server.key}"}
    with httpx.Client(base_url=server.url, headers=headers, timeout=30) as client:
        yield client


def test_file_over_the_limit(
    server: RunningServer, web: httpx.Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    limits = replace(server.service.settings.limits, upload=1000)
    changed = replace(server.service.settings, limits=limits)
    monkeypatch.setattr(server.service, "settings", changed)
    answer = web.post(
        "/v1/audio/transcriptions",
        data={"model": "any"},
        files={"file": ("a.wav", bytes(2_000_000))},
    )
    assert answer.status_code == 413
    assert answer.json()["error"]["code"] == "file_too_large"


texts = st.text(st.characters(codec="utf-8"), max_size=20)
names = st.sampled_from(
    [
        *("model", "language", "prompt", "response_format", "temperature", "stream", "include[]"),
        *("timestamp_granularities[]", "keywords[]", "languages[]", "chunking_strategy", "x"),
    ]
)
values = texts | st.sampled_from(["en-US base", "json", "srt", "true", "word", "logprobs", "en"])


@settings(max_examples=60)
@given(
    fields=st.lists(st.tuples(names, values), max_size=8),
    file=st.binary(max_size=60) | st.just(b"RIFF$\0\0\0WAVEfmt \x10\0\0\0\1\0\1\0\x80\x3e\0\0"),
    name=texts,
)
def test_any_form_is_answered(
    web: httpx.Client, fields: list[tuple[str, str]], file: bytes, name: str
) -> None:
    data: dict[str, Any] = {"model": "en-US base"}
    for key, value in fields:
        data.setdefault(key, []) if key.endswith("[]") else None
        data[key] = [*data[key], value] if key.endswith("[]") else value
    answer = web.post("/v1/audio/transcriptions", data=data, files={"file": (name, file)})
    assert answer.status_code in (400, 404, 413)
    assert answer.json()["error"]["message"]


@settings(max_examples=60)
@given(
    st.binary(max_size=300)
    | st.lists(
        st.sampled_from(
            [
                part("file", b"RIFF"),
                part("model", b"en-US base"),
                END,
                b"\r\n",
                b"--",
                BOUNDARY.encode(),
            ]
        ),
        max_size=6,
    ).map(b"".join)
)
def test_any_body_is_answered(web: httpx.Client, body: bytes) -> None:
    headers = {"Content-Type": MULTIPART}
    answer = web.post("/v1/audio/transcriptions", headers=headers, content=body)
    whole = part("model", b"en-US base") in body and END in body
    assert answer.status_code == 400 or (whole and answer.status_code == 404)
    assert answer.json()["error"].keys() == {"message", "type", "param", "code"}
