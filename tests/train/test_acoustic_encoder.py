"""The encoder: a stream hears what training with chunks heard, and ONNX what PyTorch hears."""

from __future__ import annotations

import os
import signal
import threading
from dataclasses import asdict, replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from tiny_encoder import TINY
from waiting import eventually

torch = pytest.importorskip("torch")

from attune.acoustic import (  # noqa: E402
    EncoderGeometry,
    EncoderSession,
    EncoderStream,
    FeatureParameters,
    extract,
    open_graph,
)
from attune.errors import InputError  # noqa: E402
from attune.train.acoustic.config import EncoderConfig  # noqa: E402
from attune.train.acoustic.encoder import Encoder, input_frames, pad_edges  # noqa: E402
from attune.train.acoustic.export import export_encoder  # noqa: E402

SMALL = replace(EncoderConfig(**TINY), inner_layers=2)
PARAMETERS = FeatureParameters(mean=(13.0,) * 80, scale=(0.25,) * 80)


@pytest.fixture(scope="module")
def model() -> Encoder:
    torch.manual_seed(0)
    return Encoder(SMALL).eval()


@pytest.fixture(scope="module")
def onnx(model: Encoder, tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("export")
    torch.save(
        {
            "model": model.state_dict(),
            "average": model.state_dict(),
            "encoder": asdict(SMALL),
            "features": PARAMETERS.to_json(),
        },
        folder / "checkpoint.pt",
    )
    report = export_encoder(folder / "checkpoint.pt", folder / "encoder.onnx")
    assert report.float_difference < 1e-4
    return folder / "encoder.onnx"


def noise(seconds: float) -> np.ndarray:
    return (np.random.default_rng(1).standard_normal(int(seconds * 16000)) * 0.1).astype(np.float32)


@pytest.mark.parametrize("chunk", [2, 8, 16])
def test_stream_equals_chunked_training(model: Encoder, chunk: int) -> None:
    frames = torch.randn(1, 4 * 64, 80)
    left = SMALL.left_context // chunk
    with torch.inference_mode():
        expected = model(frames, torch.tensor([frames.shape[1]]), chunk, left)[0]
        padded = pad_edges(frames, 64, SMALL)
        state, rows = model.initial_state(1), []
        for start in range(0, 64, chunk):
            window = padded[:, 4 * start : 4 * start + input_frames(chunk, SMALL)]
            log_probs, state = model.stream(window, state)
            rows.append(log_probs)
    assert torch.allclose(torch.cat(rows, 1), expected, atol=1e-4)


def test_padding_does_not_change_an_utterance(model: Encoder) -> None:
    frames = torch.randn(1, 200, 80)
    with torch.inference_mode():
        alone = model(frames, torch.tensor([200]))[0]
        batch = torch.cat([frames, torch.zeros(1, 120, 80)], 1).repeat(2, 1, 1)
        together = model(batch, torch.tensor([200, 320]))[0]
    assert torch.allclose(alone[0, :50], together[0, :50], atol=1e-4)


def heard(
    stream: EncoderStream, samples: np.ndarray, step: int, brisk: bool = False
) -> list[np.ndarray]:
    """The rows that come as `samples` are heard in pieces."""
    rows = []
    for i in range(0, len(samples), step):
        stream.push(samples[i : i + step])
        while len(taken := stream.take(brisk=brisk)):
            rows.append(taken)
    return rows


def test_a_brisk_reader_gets_four_rows_at_a_time(onnx: Path) -> None:
    session = EncoderSession(onnx, EncoderGeometry(SMALL.lookbehind, SMALL.lookahead))
    stream, samples = EncoderStream(session, PARAMETERS, 8), noise(1.5)
    brisk = heard(stream, samples[:12000], 800, brisk=True)
    plain = heard(stream, samples[12000:], 800)
    assert {len(rows) for rows in brisk} == {4} and {len(rows) for rows in plain} == {8}
    total = sum(map(len, [*brisk, *plain, stream.finish()]))
    assert total == -(-len(extract(samples, PARAMETERS)) // 4)


def test_pieces_of_any_size_give_the_same_rows(onnx: Path) -> None:
    session = EncoderSession(onnx, EncoderGeometry(SMALL.lookbehind, SMALL.lookahead))
    samples = noise(2.03)

    def rows(step: int) -> np.ndarray:
        stream = EncoderStream(session, PARAMETERS, 8)
        return np.concatenate([*heard(stream, samples, step), stream.finish()])

    assert len(rows(100)) == -(-len(extract(samples, PARAMETERS)) // 4)
    assert np.array_equal(rows(100), rows(7001))


def test_threads_share_a_session(onnx: Path) -> None:
    session = EncoderSession(onnx)
    samples, rows = noise(1.5), {}

    def listen(name: int) -> None:
        stream = EncoderStream(session, PARAMETERS, 8)
        rows[name] = np.concatenate([*heard(stream, samples, 1600), stream.finish()])

    threads = [threading.Thread(target=listen, args=(i,)) for i in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    assert len(rows) == 8
    assert all(np.abs(r - rows[0]).max() < 1e-3 for r in rows.values())


class _Watched(EncoderSession):
    """A session that tells of its batches and computes one for each `may`."""

    def __init__(self, path: Path) -> None:
        super().__init__(path)
        self.batches: list[int] = []
        self.may = threading.Semaphore(0)

    @property
    def begun(self) -> int:
        """Chunks that are being computed or wait."""
        return sum(self.batches) + len(self._waiting)

    def chunk(self) -> None:
        """Compute an empty one."""
        self.step(np.zeros((67, 80), np.float32), self.initial_state())

    def chunks(self, count: int) -> list[threading.Thread]:
        """Threads that compute one each, begun one after the other."""
        threads = [threading.Thread(target=self.chunk, daemon=True) for _ in range(count)]
        for number, thread in enumerate(threads, self.begun + 1):
            thread.start()
            eventually(lambda number=number: self.begun == number)  # type: ignore[misc]
        return threads

    def _run(self, batch: list[Any]) -> None:
        self.batches.append(len(batch))
        assert self.may.acquire(timeout=60)
        super()._run(batch)


def test_cores_compute_side_by_side_and_together_what_waits(
    onnx: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(os, "cpu_count", lambda: 2)
    session = _Watched(onnx)
    threads = session.chunks(7)
    assert session.batches == [1, 1]
    session.may.release()
    # The other core is not to be free before those that wait have come together.
    eventually(lambda: len(session.batches) == 3)
    session.may.release(2)
    for thread in threads:
        thread.join(60)
    assert session.batches == [1, 1, 5]


def test_nobody_waits_for_an_interrupted_thread(
    onnx: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(os, "cpu_count", lambda: 1)
    session = _Watched(onnx)
    (first,) = session.chunks(1)

    def interrupt() -> None:
        eventually(lambda: session.begun == 2)
        os.kill(os.getpid(), signal.SIGINT)

    threading.Thread(target=interrupt).start()
    with pytest.raises(KeyboardInterrupt):
        session.chunk()
    (last,) = session.chunks(1)
    session.may.release(2)
    for thread in (first, last):
        thread.join(60)
        assert not thread.is_alive()
    assert session.batches == [1, 1]


def test_a_stream_does_not_depend_on_those_beside_it(onnx: Path) -> None:
    session, random = open_graph(onnx), np.random.default_rng(0)
    feeds = {"frames": random.standard_normal((32, input_frames(2, SMALL), 80), np.float32)}
    for given in session.get_inputs()[1:]:
        values = random.standard_normal((32, *given.shape[1:]), np.float32)
        feeds[given.name] = values.astype(np.int64) if given.name == "valid" else values
    together = session.run(None, feeds)
    for i in range(8):
        alone = session.run(None, {name: value[i : i + 1] for name, value in feeds.items()})
        for mine, every in zip(alone, together, strict=True):
            np.testing.assert_array_equal(mine, every[i : i + 1])


def test_a_failing_chunk_fails_its_caller_only(onnx: Path) -> None:
    session = EncoderSession(onnx)
    with pytest.raises(Exception, match="frames"):
        session.step(np.zeros((67, 79), np.float32), session.initial_state())
    assert session.whole(np.zeros((100, 80), np.float32)).shape == (25, session.symbols)


def test_odd_chunk_is_refused(onnx: Path) -> None:
    with pytest.raises(InputError, match="even"):
        EncoderStream(EncoderSession(onnx), PARAMETERS, 7)


def test_not_an_encoder(tmp_path: Path) -> None:
    path = tmp_path / "encoder.onnx"
    path.write_bytes(b"not a graph")
    with pytest.raises(InputError, match="encoder"):
        EncoderSession(path)
