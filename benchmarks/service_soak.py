"""A day of streams at speed through a real `attune serve`: does it grow?

    python benchmarks/service_soak.py [--hours 24] [--at-once 6] [--json OUT]

Sessions of all protocols (native, Vosk, Azure's WebSocket, OpenAI's files, keywords, and clients
that walk away in the middle), each with some of the manifest's recordings, are opened and closed as
fast as the server takes them until it has been sent so many hours of audio. `--rounds` times all
sessions end and the server is looked at: its resident memory, open files, threads, and the size of
its database and its data folder. The first tenth is left out: until then models load and
allocators fill. Of what remains the last quarter is compared with the first.

Exit status 1: something grew, a session failed or heard something else than the same audio brought
before, streams stayed open, or the server complained.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import random
import time
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path
from statistics import median

import httpx
import numpy as np
from service_sessions import SESSIONS, make_endpoint, make_keyword
from service_streams import Process, attune_server, script

from attune.audio import read_audio
from attune.data import Manifest

KEYWORD = "by the river"
SCRIPTS = 16
REST_SECONDS = 2.0
"""Before the server is looked at: what the last sessions left is given back."""
WARM_SHARE = 0.1


@dataclass(frozen=True)
class Sample:
    """The server at rest."""

    hours: float
    rss_mb: float
    files: int
    threads: int
    database_mb: float
    folder_mb: float


@dataclass(frozen=True)
class Measure:
    """What is compared: its worst, least or middle of a quarter, and how much more is no growth."""

    name: str
    of: Callable[[Sequence[float]], float]
    share: float
    least: float

    def allowed(self, first: float) -> float:
        """The most that the last quarter may have."""
        return first + max(self.share * first, self.least)


MEASURES = (
    # An allocator's fragments come and go by some MB.
    Measure("rss_mb", median, 0.03, 6.0),
    # Idle threads and connections to the database are kept for a while: what nobody needs shows in
    # the least there is.
    Measure("files", min, 0.0, 1.0),
    Measure("threads", min, 0.0, 1.0),
    # Only streams: nothing of them belongs into the database.
    Measure("database_mb", max, 0.0, 0.5),
    # SQLite's log of what is not in the database yet is written over from 4 MB on.
    Measure("folder_mb", max, 0.0, 5.0),
)


@dataclass
class Tally:
    """What the sessions brought."""

    sessions: Counter[str] = field(default_factory=Counter)
    seconds: float = 0.0
    heard: dict[tuple[str, int], str] = field(default_factory=dict)
    wrong: list[str] = field(default_factory=list)


def look(server: Process, hours: float) -> Sample:
    """The server as it is now."""
    assert server.folder is not None
    status = Path(f"/proc/{server.pid}/status").read_text("ascii")
    threads = next(line.split()[1] for line in status.splitlines() if line.startswith("Threads"))
    sizes = {path: path.stat().st_size / 2**20 for path in server.folder.rglob("*")}
    return Sample(
        hours=round(hours, 3),
        rss_mb=round(server.memory(), 1),
        files=len(list(Path(f"/proc/{server.pid}/fd").iterdir())),
        threads=int(threads),
        database_mb=round(sizes[server.folder / "attune.db"], 2),
        folder_mb=round(sum(sizes.values()), 2),
    )


async def speak_round(
    server: Process,
    scripts: list[bytes],
    ids: dict[str, str],
    seconds: float,
    at_once: int,
    chance: random.Random,
    tally: Tally,
) -> None:
    """Sessions, `at_once` of them at a time, until so much audio was sent."""
    end = tally.seconds + seconds

    async def worker() -> None:
        while tally.seconds < end:
            kind = chance.choice(list(SESSIONS))
            number = chance.randrange(len(scripts))
            audio = scripts[number]
            tally.seconds += len(audio) / 32_000 * (0.5 if kind == "walking away" else 1.0)
            tally.sessions[kind] += 1
            try:
                heard = await SESSIONS[kind](server, audio, ids[kind])
            except Exception as error:
                tally.wrong.append(f"{kind} {number}: {type(error).__name__}: {error}")
                continue
            before = tally.heard.setdefault((kind, number), heard)
            if heard != before:
                tally.wrong.append(f"{kind} {number}: heard {heard!r}, before {before!r}")

    await asyncio.gather(*(worker() for _ in range(at_once)))


async def all_connections(server: Process) -> None:
    """Have the server open all the connections to its database that it keeps."""
    headers = {"Ocp-Apim-Subscription-Key": server.key}
    async with httpx.AsyncClient(headers=headers, timeout=60) as client:
        for _ in range(5):
            address = f"http://{server.address}/speechtotext/v3.2/projects"
            await asyncio.gather(*(client.get(address) for _ in range(20)))
            await asyncio.sleep(1.0)


async def soak(
    server: Process, scripts: list[bytes], hours: float, rounds: int, at_once: int, tally: Tally
) -> list[Sample]:
    """The server at rest after each round."""
    endpoint = await make_endpoint(server)
    ids = dict.fromkeys(SESSIONS, endpoint) | {"keyword": await make_keyword(server, KEYWORD)}
    await all_connections(server)
    chance = random.Random(0)
    samples = []
    began = time.perf_counter()
    for _ in range(rounds):
        await speak_round(server, scripts, ids, 3600 * hours / rounds, at_once, chance, tally)
        await asyncio.sleep(REST_SECONDS)
        samples.append(look(server, tally.seconds / 3600))
        wall = time.perf_counter() - began
        print(
            "{hours:7.2f} h: {rss_mb:.1f} MB, {files} files, {threads} threads, database "
            "{database_mb:.2f} MB, folder {folder_mb:.1f} MB".format(**asdict(samples[-1])),
            f"({tally.seconds / wall:.1f} times real time)",
            flush=True,
        )
    return samples


def compare(samples: list[Sample]) -> tuple[list[dict[str, object]], list[str]]:
    """A row of each measure, and those that grew."""
    warm = samples[round(WARM_SHARE * len(samples)) :]
    quarter = max(1, len(warm) // 4)
    rows: list[dict[str, object]] = []
    grown = []
    print("\n| measure | first quarter | last quarter | allowed | per hour of audio |")
    print("|---|---|---|---|---|")
    hours = np.array([sample.hours for sample in warm])
    for measure in MEASURES:
        values = [float(getattr(sample, measure.name)) for sample in warm]
        first, last = measure.of(values[:quarter]), measure.of(values[-quarter:])
        slope = float(np.polyfit(hours, values, 1)[0]) if len(warm) > 2 else 0.0
        allowed = measure.allowed(first)
        row = {"measure": measure.name, "first": first, "last": last, "slope": round(slope, 4)}
        print(f"| {measure.name} | {first:g} | {last:g} | {allowed:.1f} | {slope:+.3f} |")
        rows.append(row)
        if last > allowed:
            grown.append(f"{measure.name} grew from {first:g} to {last:g}")
    return rows, grown


def left_open(server: Process) -> list[str]:
    """The streams that the server believes to be open though none is."""
    answer = httpx.get(
        f"http://{server.address}/metrics", headers={"Ocp-Apim-Subscription-Key": server.key}
    )
    lines = [line for line in answer.text.splitlines() if line.startswith("attune_streams{")]
    return [f"still open: {line}" for line in lines if float(line.rpartition(" ")[2])]


def main() -> int:
    """Run the soak; 0 when nothing grew and nothing went wrong."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--hours", type=float, default=24.0, help="Of audio.")
    parser.add_argument("--rounds", type=int, default=96, help="Looks at the server.")
    parser.add_argument("--at-once", type=int, default=6, help="Sessions.")
    parser.add_argument("--manifest", type=Path, default=Path("samples/manifest.tsv"))
    parser.add_argument("--json", type=Path)
    arguments = parser.parse_args()
    recordings = [(read_audio(row.path), row.text) for row in Manifest(arguments.manifest)]
    lengths = np.geomspace(1.0, 60.0, SCRIPTS)
    scripts = [script(recordings, seconds, seed)[0] for seed, seconds in enumerate(lengths)]
    tally = Tally()
    began = time.perf_counter()
    with attune_server() as server:
        assert server.folder is not None
        samples = asyncio.run(
            soak(server, scripts, arguments.hours, arguments.rounds, arguments.at_once, tally)
        )
        faults = left_open(server)
        complaints = (server.folder.parent / "said.log").read_text("utf-8").splitlines()[2:]
    wall = time.perf_counter() - began
    rows, grown = compare(samples)
    faults += grown
    if tally.wrong:
        faults.append(f"{len(tally.wrong)} sessions went wrong, first {tally.wrong[:3]}")
    if complaints:
        faults.append(f"the server said {len(complaints)} lines, first {complaints[:3]}")
    print(
        f"\n{tally.seconds / 3600:.2f} hours of audio in {wall / 60:.1f} min, "
        f"{sum(tally.sessions.values())} sessions:",
        ", ".join(f"{count} {kind}" for kind, count in sorted(tally.sessions.items())),
    )
    if arguments.json:
        found = {
            "hours": tally.seconds / 3600,
            "wall_seconds": wall,
            "sessions": tally.sessions,
            "samples": [asdict(sample) for sample in samples],
            "quarters": rows,
            "faults": faults,
        }
        arguments.json.write_text(json.dumps(found, indent=1) + "\n", "utf-8")
    print("\n".join(["verdict: failed", *faults]) if faults else "verdict: nothing grew")
    return 1 if faults else 0


if __name__ == "__main__":
    raise SystemExit(main())
