"""Batches end to end: uploads, addresses, zips, containers; results in the published shape."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator, Sequence
from datetime import timedelta
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from job_bench import Bench, archive, recordings
from sqlalchemy import select

from attune.audio import read_audio, write_wav
from attune.data import Utterance
from attune.service.tables import Transcription, TranscriptionFile, now


class Quiet(SimpleHTTPRequestHandler):
    def log_message(self, format: str, *args: object) -> None:
        pass


@pytest.fixture(scope="module")
def site(samples: Sequence[Utterance], tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """A web server with a recording of two channels, one alone, and a listing of both."""
    folder = tmp_path_factory.mktemp("site")
    one, two = (read_audio(row.path) for row in samples[:2])
    length = min(len(one), len(two))
    write_wav(folder / "mono.wav", one, 16_000)
    write_stereo(folder / "stereo.wav", np.stack([one[:length], two[:length]], axis=1))
    (folder / "page.wav").write_text("<html>not a recording</html>")
    listing = "".join(
        f"<Contents><Key>{name}</Key></Contents>" for name in ("mono.wav", "notes.txt")
    )
    box = folder / "box"
    box.mkdir()
    (box / "mono.wav").write_bytes((folder / "mono.wav").read_bytes())
    (box / "index.html").write_text(f"<ListBucketResult>{listing}</ListBucketResult>")
    handler = partial(Quiet, directory=str(folder))
    server = ThreadingHTTPServer(("127.0.0.1", 0), handler)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    yield f"http://127.0.0.1:{server.server_port}"
    server.shutdown()
    server.server_close()


def write_stereo(path: Path, samples: Any) -> None:
    import soundfile

    soundfile.write(path, samples, 16_000)


def transcribed(bench: Bench, sources: list[dict[str, str]], **settings: Any) -> dict[str, Any]:
    """The results by name."""
    row = Transcription(
        project_id=bench.project_id,
        name="batch",
        language="en-US",
        model_id=bench.base().id,
        sources=sources,
        settings=settings,
        expires=None,
    )
    bench.done(bench.submit("transcribe", row), 120)
    with bench.service.database.reading() as session:
        wanted = TranscriptionFile.transcription_id == row.id
        files = list(session.scalars(select(TranscriptionFile).where(wanted)))
    found = {
        one.name: json.loads(bench.service.store.path(one.blob_hash).read_bytes()) for one in files
    }
    found["expires"] = bench.row(Transcription, row.id).expires
    found["kinds"] = {one.name: one.kind for one in files}
    return found


def test_a_batch_of_everything(bench: Bench, site: str, samples: Sequence[Utterance]) -> None:
    put = bench.service.store.put_bytes
    row = samples[0]
    zipped = archive(recordings(samples[2:4]))
    found = transcribed(
        bench,
        [
            {"url": f"{site}/stereo.wav?sig=secret"},
            {"hash": put(row.path.read_bytes()), "name": row.path.name},
            {"url": f"{site}/page.wav"},
            {"url": f"{site}/gone.wav"},
            {"hash": put(zipped), "name": "more.zip"},
            {"container": f"{site}/box/"},
        ],
        wordLevelTimestampsEnabled=True,
        displayFormWordLevelTimestampsEnabled=True,
        timeToLive="PT3600S",
    )
    report = found["report.json"]
    assert report["successfulTranscriptionsCount"] == 5
    assert report["failedTranscriptionsCount"] == 2
    statuses = [one["status"] for one in report["details"]]
    assert statuses == ["Succeeded", "Succeeded", "Failed", "Failed", *["Succeeded"] * 3]
    assert "404" in report["details"][3]["errorMessage"]
    assert "secret" not in json.dumps(report)
    assert str(bench.service.settings.data) not in json.dumps(report)
    assert found["kinds"]["report.json"] == "TranscriptionReport"
    assert found["kinds"]["contenturl_0.json"] == "Transcription"
    left = found["expires"] - now()
    assert timedelta(minutes=55) < left < timedelta(hours=1)
    check_shape(found["contenturl_0.json"], channels=2)
    check_shape(found["contenturl_1.json"], channels=1)
    said = found["contenturl_1.json"]["combinedRecognizedPhrases"][0]["display"]
    assert len(set(said.lower().split()) & set(row.text.lower().split())) > 4


def check_shape(result: dict[str, Any], channels: int) -> None:
    assert set(result) == {
        "source",
        "timestamp",
        "duration",
        "durationInTicks",
        "combinedRecognizedPhrases",
        "recognizedPhrases",
    }
    assert result["duration"] == f"PT{result['durationInTicks'] / 1e7:g}S"
    combined = result["combinedRecognizedPhrases"]
    assert [one["channel"] for one in combined] == list(range(channels))
    assert set(combined[0]) == {"channel", "lexical", "itn", "maskedITN", "display"}
    for phrase in result["recognizedPhrases"]:
        assert phrase["recognitionStatus"] == "Success"
        best = phrase["nBest"][0]
        assert [one["word"] for one in best["words"]] == best["lexical"].split()
        assert " ".join(one["displayText"] for one in best["displayWords"]) == best["display"]
        assert best["words"][0]["offsetInTicks"] == phrase["offsetInTicks"]
        assert 0.0 <= best["confidence"] <= 1.0


def test_only_one_channel_without_punctuation(bench: Bench, site: str) -> None:
    found = transcribed(
        bench, [{"url": f"{site}/stereo.wav"}], channels=[1], punctuationMode="None"
    )
    result = found["contenturl_0.json"]
    assert [one["channel"] for one in result["combinedRecognizedPhrases"]] == [1]
    assert not set(",.?") & {
        word[-1] for word in result["combinedRecognizedPhrases"][0]["display"].split()
    }
    assert "words" not in result["recognizedPhrases"][0]["nBest"][0]


def test_a_batch_in_which_all_fail_still_has_a_report(bench: Bench) -> None:
    found = transcribed(bench, [{"url": "http://127.0.0.1:9/a.wav"}])
    assert found["report.json"]["failedTranscriptionsCount"] == 1
