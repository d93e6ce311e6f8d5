"""Concurrent real-time streams against a real `attune serve`: latency, memory, batch throughput.

    python benchmarks/service_streams.py [--streams 20 40] [--seconds 60] [--peer 20]

Uses samples/ (any recordings: --manifest), spoken one after the other with pauses, each stream in
an order and at a time of its own. A final result's latency is counted from when the audio was sent
by which the utterance had ended: the silence that ends it, 0.8 s with both servers, is not in it.
Times are of this machine, whose cores client and server share.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import random
import socket
import subprocess
import sys
import tempfile
import time
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

import httpx
import numpy as np
from websockets.asyncio.client import connect

from attune.audio import read_audio, write_wav
from attune.data import Manifest
from attune.evaluate import edit_distance
from attune.text import normalize

BLOCK = 0.1
PAUSES = (1.0, 2.0)
BATCH_SECONDS, BATCH_AT_ONCE = 120.0, 4


@dataclass
class Heard:
    """What one stream brought: seconds to each final, the words said and those heard."""

    latencies: list[float] = field(default_factory=list)
    said: str = ""
    heard: str = ""


@dataclass(frozen=True)
class Process:
    """A server that runs; its data, if it keeps any, are in `folder`, what it says beside them."""

    pid: int
    address: str
    key: str
    folder: Path | None = None

    def memory(self) -> float:
        """Resident MB."""
        pages = Path(f"/proc/{self.pid}/statm").read_text().split()[1]
        return int(pages) * 4096 / 2**20

    def cpu(self) -> float:
        """Seconds of processor time so far."""
        fields = Path(f"/proc/{self.pid}/stat").read_text().rsplit(")", 1)[1].split()
        return (int(fields[11]) + int(fields[12])) / 100


def free_port() -> int:
    """A port that nobody listens at."""
    with socket.socket() as found:
        found.bind(("127.0.0.1", 0))
        port: int = found.getsockname()[1]
        return port


@contextmanager
def attune_server(*options: str) -> Iterator[Process]:
    """`attune serve` with an empty data folder."""
    port = free_port()
    with tempfile.TemporaryDirectory() as place, open(Path(place) / "said.log", "wb") as said:
        folder = Path(place) / "data"
        command = [sys.executable, "-m", "attune.cli", "serve", "--data", str(folder)]
        with subprocess.Popen([*command, "--port", str(port), *options], stderr=said) as server:
            try:
                _wait(f"http://127.0.0.1:{port}/health/ready", server)
                key = (folder / "admin-key.txt").read_text("ascii").strip()
                yield Process(server.pid, f"127.0.0.1:{port}", key, folder)
            finally:
                server.terminate()


@contextmanager
def pocketsphinx_server() -> Iterator[Process]:
    """PocketSphinx behind the same messages."""
    port = free_port()
    script = Path(__file__).with_name("pocketsphinx_server.py")
    with subprocess.Popen([sys.executable, str(script), str(port)]) as server:
        try:
            deadline = time.monotonic() + 60
            while True:
                try:
                    socket.create_connection(("127.0.0.1", port), 1).close()
                    break
                except OSError:
                    if time.monotonic() > deadline:
                        raise
                    time.sleep(0.1)
            yield Process(server.pid, f"127.0.0.1:{port}", "")
        finally:
            server.terminate()


def _wait(address: str, server: subprocess.Popen[bytes]) -> None:
    deadline = time.monotonic() + 120
    while True:
        try:
            urllib.request.urlopen(address, timeout=5).close()
            return
        except OSError:
            if server.poll() is not None or time.monotonic() > deadline:
                raise SystemExit("the server did not start") from None
            time.sleep(0.1)


def script(
    recordings: list[tuple[np.ndarray, str]], seconds: float, seed: int
) -> tuple[bytes, str]:
    """`seconds` of recordings with pauses, 16-bit, and what is said in them."""
    chance = random.Random(seed)
    pieces: list[np.ndarray] = []
    said: list[str] = []
    length = 0
    while length < seconds * 16_000:
        samples, text = chance.choice(recordings)
        pause = np.zeros(int(chance.uniform(*PAUSES) * 16_000), np.float32)
        pieces += [samples, pause]
        said.append(text)
        length += len(samples) + len(pause)
    return np.rint(np.concatenate(pieces) * 32767).astype("<i2").tobytes(), " ".join(said)


async def speak(server: Process, audio: bytes, said: str, start: float) -> Heard:
    """One stream in real time from `start` on."""
    found = Heard(said=said)
    headers = {"Ocp-Apim-Subscription-Key": server.key}
    step = int(BLOCK * 32_000)
    await asyncio.sleep(max(0.0, start - time.perf_counter()))
    address = f"ws://{server.address}/v1/stream"
    # A server that is far behind is to be measured, not given up.
    async with connect(address, additional_headers=headers, ping_interval=None) as stream:
        begun = time.perf_counter()
        finished = False

        async def send() -> None:
            nonlocal finished
            for first in range(0, len(audio), step):
                due = begun + (first + step) / 32_000
                await asyncio.sleep(max(0.0, due - time.perf_counter()))
                await stream.send(audio[first : first + step])
            finished = True
            await stream.send(json.dumps({"type": "finish"}))

        sending = asyncio.create_task(send())
        words = []
        async for message in stream:
            now = time.perf_counter()
            event = json.loads(message)
            if event["type"] == "final":
                words.append(event.get("lexical", event["text"]))
                # The block that holds the result's end was sent when its last sample was spoken.
                sent = begun + np.ceil(event["end"] / BLOCK - 1e-6) * BLOCK
                found.latencies.append(now - min(sent, now))
            elif event["type"] == "error":
                raise SystemExit(event["message"])
        await sending
        assert finished
    found.heard = " ".join(words)
    return found


async def together(
    server: Process, recordings: list[tuple[np.ndarray, str]], count: int, seconds: float
) -> list[Heard]:
    """`count` streams, which begin within a few seconds."""
    start = time.perf_counter() + 0.5
    scripts = [script(recordings, seconds, seed) for seed in range(count)]
    return await asyncio.gather(
        *(
            speak(server, audio, said, start + 5.0 * i / count)
            for i, (audio, said) in enumerate(scripts)
        )
    )


def streams(
    name: str,
    server: Process,
    recordings: list[tuple[np.ndarray, str]],
    count: int,
    seconds: float,
) -> dict[str, object]:
    """A row of the table."""
    idle, before, began = server.memory(), server.cpu(), time.perf_counter()
    peak = idle

    async def run() -> list[Heard]:
        nonlocal peak
        speaking = asyncio.create_task(together(server, recordings, count, seconds))
        while not speaking.done():
            peak = max(peak, server.memory())
            await asyncio.sleep(0.5)
        return speaking.result()

    found = asyncio.run(run())
    wall = time.perf_counter() - began
    latencies = np.array([value for one in found for value in one.latencies])
    pairs = [(normalize(one.said).split(), one.heard.split()) for one in found]
    errors = sum(edit_distance(*pair) for pair in pairs)
    row: dict[str, object] = {
        "server": name,
        "streams": count,
        "finals": len(latencies),
        "p50": round(float(np.median(latencies)), 3),
        "p95": round(float(np.percentile(latencies, 95)), 3),
        "worst": round(float(latencies.max()), 3),
        "mb_a_stream": round((peak - idle) / count, 2),
        "peak_mb": round(peak, 1),
        "cores": round((server.cpu() - before) / wall, 2),
        "wer": round(errors / sum(len(said) for said, _ in pairs), 4),
    }
    shown = "| {server} | {streams} | {finals} | {p50:.3f} / {p95:.3f} / {worst:.3f} | "
    shown += "{mb_a_stream:.1f} | {peak_mb:.0f} | {cores:.2f} | {wer:.1%} |"
    print(shown.format(**row), flush=True)
    return row


def batch(server: Process, recordings: list[tuple[np.ndarray, str]]) -> float:
    """Hours of audio an hour, of recordings sent whole, several at once."""
    audio, _ = script(recordings, BATCH_SECONDS, 0)
    samples = np.frombuffer(audio, "<i2")
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "batch.wav"
        write_wav(path, samples, 16_000)
        content = path.read_bytes()

    async def run() -> float:
        headers = {"Ocp-Apim-Subscription-Key": server.key}
        async with httpx.AsyncClient(headers=headers, timeout=600) as client:
            began = time.perf_counter()
            answers = await asyncio.gather(
                *(
                    client.post(
                        f"http://{server.address}/v1/transcribe",
                        files={"file": ("batch.wav", content)},
                    )
                    for _ in range(BATCH_AT_ONCE)
                )
            )
            for answer in answers:
                answer.raise_for_status()
            return time.perf_counter() - began

    return BATCH_AT_ONCE * len(samples) / 16_000 / asyncio.run(run())


def main() -> int:
    """Print the figures."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--manifest", type=Path, default=Path("samples/manifest.tsv"))
    parser.add_argument("--streams", type=int, nargs="*", default=(1, 20, 40))
    parser.add_argument("--seconds", type=float, default=60.0, help="Of each stream.")
    parser.add_argument("--peer", type=int, nargs="*", default=(1, 20), help="PocketSphinx's.")
    parser.add_argument("--json", type=Path)
    arguments = parser.parse_args()
    recordings = [(read_audio(row.path), row.text) for row in Manifest(arguments.manifest)]
    print(
        "| server | streams | finals | final p50 / p95 / worst s | MB a stream | peak MB | cores "
        "| WER |\n|---|---|---|---|---|---|---|---|",
        flush=True,
    )
    rows = []
    most = max([*arguments.streams, BATCH_AT_ONCE]) + 1  # The last one may not be gone yet.
    with attune_server("--streams", str(most)) as server:
        asyncio.run(together(server, recordings, 1, 2.0))  # loads the model
        for count in arguments.streams:
            rows.append(streams("attune", server, recordings, count, arguments.seconds))
        hours = batch(server, recordings)
    if arguments.peer:
        with pocketsphinx_server() as server:
            for count in arguments.peer:
                rows.append(streams("pocketsphinx", server, recordings, count, arguments.seconds))
    print(f"\nbatch: {hours:.1f} hours of audio an hour, {BATCH_AT_ONCE} recordings at a time")
    if arguments.json:
        found = {"streams": rows, "batch_hours_an_hour": hours}
        arguments.json.write_text(json.dumps(found, indent=1) + "\n", "utf-8")
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
