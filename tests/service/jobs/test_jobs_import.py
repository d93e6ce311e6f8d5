"""Imports end to end: good sets, bad ones, and such that try to leave their archive."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import pytest
from job_bench import Bench, archive, recordings, table

from attune.data import Manifest, Utterance
from attune.service.tables import Dataset, Status


def content(bench: Bench, dataset: Dataset) -> Path:
    assert dataset.content_hash is not None
    return bench.service.store.folder(dataset.content_hash)


@pytest.mark.parametrize("layout", ["table inside", "table beside", "manifest", "audio alone"])
def test_recordings(bench: Bench, samples: Sequence[Utterance], layout: str) -> None:
    files, transcript, kind = recordings(samples[:3]), b"", "Acoustic"
    if layout == "table inside":
        files["trans.txt"] = table(samples[:3])
    elif layout == "table beside":
        transcript = table(samples[:3])
    elif layout == "manifest":
        rows = "".join(f"{r.path.name}\t{r.seconds}\tanna\t{r.text}\n" for r in samples[:3])
        files = {f"set/{name}": data for name, data in files.items()}
        files["set/manifest.tsv"] = f"path\tseconds\tspeaker\ttext\n{rows}".encode()
    else:
        kind = "Audio"
    dataset = bench.imported(bench.dataset(kind, "my set.zip", archive(files), transcript))
    found = list(Manifest(content(bench, dataset) / "manifest.tsv"))
    assert len(found) == 3
    assert all(row.path.is_file() for row in found)
    assert {row.text for row in found} == (
        {""} if kind == "Audio" else {row.text for row in samples[:3]}
    )
    assert dataset.figures["passed"] == 3
    assert dataset.figures["seconds"] == pytest.approx(sum(row.seconds for row in found), abs=0.01)
    assert dataset.report["source"] == (
        "my set.zip" if layout != "manifest" else "set/manifest.tsv"
    )


TEXTS = [
    ("Language", "a.txt", "open the valve\nclose it\n", "text.txt"),
    ("Pronunciation", "b.txt", "C3PO\tsee three pea o\n", "pronunciations.tsv"),
    ("StructuredText", "c.md", "@ list x =\n- one\n# a\n- go {@x}\n", "structured.md"),
    ("DisplayFormat", "d.txt", "#rewrite\ncoca cola\tCoca-Cola\n", "display.txt"),
]


def test_texts(bench: Bench) -> None:
    sets = [bench.dataset(kind, name, text.encode()) for kind, name, text, _ in TEXTS]
    for job_id in [bench.submit("import", dataset) for dataset in sets]:
        bench.done(job_id)
    for given, (_, _, _, output) in zip(sets, TEXTS, strict=True):
        dataset = bench.row(Dataset, given.id)
        assert (content(bench, dataset) / output).is_file()
        assert dataset.figures["passed"] >= 1
        assert dataset.report_hash is not None
        page = bench.service.store.path(dataset.report_hash).read_text()
        assert page.startswith("<!doctype html>")
        assert str(bench.service.settings.data) not in page


BAD = [
    ("Acoustic", "a.zip", b"PK rubbish", "not a zip archive"),
    ("Acoustic", "a.zip", archive({"a.wav": b"RIFF", "trans.txt": b"a.wav\tyes\n"}), "none of"),
    ("Acoustic", "a.zip", archive({"../a.wav": b"RIFF"}), "leaves the folder"),
    ("Language", "a.txt", b"\x00\x01\xff", ""),
    (
        "Acoustic",
        "a.zip",
        archive({"manifest.tsv": b"path\tseconds\tspeaker\ttext\n/etc/passwd\t1\t\thi\n"}),
        "outside of the archive",
    ),
]


def test_bad_sets_say_why(bench: Bench) -> None:
    sets = [bench.dataset(kind, name, data) for kind, name, data, _ in BAD]
    jobs = [bench.submit("import", dataset) for dataset in sets]
    for job_id, given, (_, _, _, reason) in zip(jobs, sets, BAD, strict=True):
        job, found = bench.ended(job_id), bench.row(Dataset, given.id)
        assert (job.status, found.status) == (Status.FAILED, Status.FAILED)
        assert reason in found.reason == job.reason
        assert found.reason and str(bench.service.settings.data) not in found.reason
        assert job.attempt == 1
        if reason == "none of":
            assert found.report["dropped"][0]["count"] == 1
            assert found.report_hash and not found.content_hash


def test_a_part_that_cannot_be_used_is_told(bench: Bench, samples: Sequence[Utterance]) -> None:
    files = {**recordings(samples[:2]), "broken.wav": b"RIFF", "trans.txt": table(samples[:2])}
    files["trans.txt"] += b"broken.wav\thello\ngone.wav\tagain\n"
    dataset = bench.imported(bench.dataset("Acoustic", "a.zip", archive(files)))
    assert (dataset.figures["passed"], dataset.figures["failed"]) == (2, 2)
    reasons = {group["reason"] for group in dataset.report["dropped"]}
    assert reasons == {"audio cannot be read", "no audio file"}
