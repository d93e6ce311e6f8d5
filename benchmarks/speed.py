"""Speed and memory beside PocketSphinx: cold command, one stream, many streams, latency.

    python benchmarks/speed.py [--model BUNDLE] [--plot docs/streams.png]

Uses samples/ (any recordings: --manifest). Times are of this machine; the ratios are what to keep.
"""

from __future__ import annotations

import argparse
import json
import os
import resource
import statistics
import subprocess
import sys
import threading
import time
from dataclasses import dataclass
from pathlib import Path

import numpy as np

import attune
from attune.audio import read_audio, write_wav
from attune.data import Manifest
from attune.recognize import Final, Model, Partial

BLOCK = 0.1
STREAMS = (1, 2, 4, 8, 16, 32, 64)


@dataclass(frozen=True)
class Latency:
    """Seconds from speech start to the first partial, and from the end of audio to the final."""

    first_partial: tuple[float, ...]
    final: tuple[float, ...]
    behind: float

    def percentile(self, values: tuple[float, ...], share: float) -> float:
        """A percentile, NaN without values."""
        return float(np.percentile(values, share)) if values else float("nan")


def cold(command: list[str]) -> tuple[float, float]:
    """Wall seconds and peak MB of a process."""
    before = resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss
    started = time.perf_counter()
    subprocess.run(command, check=True, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    wall = time.perf_counter() - started
    peak = max(before, resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss)
    return wall, peak / 1024


def one_stream(model: Model, samples: np.ndarray) -> float:
    """Real-time factor of one stream, as fast as it goes."""
    started = time.perf_counter()
    stream = model.stream()
    step = int(BLOCK * 16000)
    for i in range(0, len(samples), step):
        stream.accept(samples[i : i + step])
    stream.finish()
    return (time.perf_counter() - started) / (len(samples) / 16000)


def live(model: Model, samples: np.ndarray, start: float, out: list[Latency]) -> None:
    """One stream in real time: sleeps until each block would have been spoken."""
    stream, step = model.stream(), int(BLOCK * 16000)
    speech = _speech_start(samples)
    firsts: list[float] = []
    behind = 0.0
    for i in range(0, len(samples), step):
        due = start + (i + step) / 16000
        wait = due - time.perf_counter()
        if wait > 0:
            time.sleep(wait)
        events = stream.accept(samples[i : i + step])
        behind = max(behind, time.perf_counter() - due)
        if not firsts and any(isinstance(e, Partial) and e.words for e in events):
            firsts.append(time.perf_counter() - start - speech)
    ended = time.perf_counter()
    events = stream.finish()
    finals = [time.perf_counter() - ended] if any(isinstance(e, Final) for e in events) else []
    out.append(Latency(tuple(firsts), tuple(finals), behind))


def _speech_start(samples: np.ndarray) -> float:
    level = np.abs(samples)
    return float(np.argmax(level > 0.1 * level.max())) / 16000


def many_streams(model: Model, recordings: list[np.ndarray], count: int) -> Latency:
    """`count` real-time streams at once, in threads."""
    found: list[Latency] = []
    start = time.perf_counter() + 0.5
    threads = [
        threading.Thread(
            target=live,
            # Staggered, as callers are.
            args=(model, recordings[i % len(recordings)], start + 1.7 * i / count, found),
        )
        for i in range(count)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return Latency(
        tuple(v for f in found for v in f.first_partial),
        tuple(v for f in found for v in f.final),
        max(f.behind for f in found),
    )


def pocketsphinx_rtf(samples: np.ndarray) -> float:
    """Real-time factor of PocketSphinx on the same samples."""
    from pocketsphinx import Decoder

    decoder = Decoder(samprate=16000, loglevel="FATAL")
    pcm = (samples * 32767).astype(np.int16)
    started = time.perf_counter()
    decoder.start_utt()
    decoder.process_raw(pcm.tobytes(), full_utt=False)
    decoder.end_utt()
    return (time.perf_counter() - started) / (len(samples) / 16000)


def main() -> int:
    """Print the figures."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--model", type=Path)
    parser.add_argument("--manifest", type=Path, default=Path("samples/manifest.tsv"))
    parser.add_argument("--streams", type=int, nargs="*", default=STREAMS)
    parser.add_argument("--plot", type=Path)
    parser.add_argument("--json", type=Path)
    arguments = parser.parse_args()
    recordings = [read_audio(row.path) for row in Manifest(arguments.manifest)]
    ten = np.resize(np.concatenate(recordings), 160_000)
    scratch = Path(os.environ.get("TMPDIR", "/tmp")) / f"attune-ten-{os.getpid()}.wav"
    write_wav(scratch, ten, 16000)
    chosen = ["--model", str(arguments.model)] if arguments.model else []
    command = [sys.executable, "-m", "attune.cli", "transcribe", str(scratch), *chosen]
    cold(command)
    runs = [cold(command) for _ in range(3)]
    scratch.unlink()
    figures: dict[str, object] = {
        "cold_seconds": statistics.median(r[0] for r in runs),
        "cold_peak_mb": max(r[1] for r in runs),
    }
    print(
        f"cold transcribe of 10 s: {figures['cold_seconds']:.2f} s, "
        f"peak {figures['cold_peak_mb']:.0f} MB",
        flush=True,
    )
    model = attune.load(arguments.model)
    one_stream(model, ten)
    rtf = min(one_stream(model, ten) for _ in range(3))
    peer = pocketsphinx_rtf(ten)
    figures |= {"stream_rtf": rtf, "pocketsphinx_rtf": peer}
    print(
        f"one stream: RTF {rtf:.4f}; PocketSphinx {peer:.4f} ({peer / rtf:.1f} times slower)",
        flush=True,
    )
    print("| streams | first partial p50 / p95 s | final p50 / p95 s | furthest behind s |")
    print("|---|---|---|---|", flush=True)
    rows = []
    for count in arguments.streams:
        found = many_streams(model, recordings, count)
        row = (
            [count]
            + [found.percentile(v, p) for v in (found.first_partial, found.final) for p in (50, 95)]
            + [found.behind]
        )
        rows.append(row)
        print("| {} | {:.2f} / {:.2f} | {:.3f} / {:.3f} | {:.2f} |".format(*row), flush=True)
    figures["streams"] = rows
    if arguments.json:
        arguments.json.write_text(json.dumps(figures, indent=1) + "\n", "utf-8")
    if arguments.plot:
        plot(rows, arguments.plot)
    return 0


def plot(rows: list[list[float]], path: Path) -> None:
    """Final latency against the number of streams."""
    import matplotlib

    matplotlib.use("Agg")
    from matplotlib import pyplot

    figure, axes = pyplot.subplots(figsize=(6, 3.6))
    count = [r[0] for r in rows]
    axes.plot(count, [1000 * r[3] for r in rows], marker="o", label="median")
    axes.plot(count, [1000 * r[4] for r in rows], marker="o", label="95th percentile")
    axes.axhline(500, color="grey", linestyle=":", label="budget (95th percentile)")
    axes.set(xlabel="real-time streams at once", ylabel="final result after (ms)", xscale="log")
    axes.set_xticks(count, [str(c) for c in count])
    axes.legend()
    figure.tight_layout()
    figure.savefig(path, dpi=120)


if __name__ == "__main__":
    raise SystemExit(main())
