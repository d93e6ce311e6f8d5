"""Which outputs of a folder job are finished."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from attune.cli.folder_job import JOB_FILE, FolderJob
from attune.errors import InputError

SETTINGS = {"model": "abc", "format": "text"}
NAME = Path("deep/a.txt")


@pytest.fixture
def recording(tmp_path: Path) -> Path:
    path = tmp_path / "a.wav"
    path.touch()
    return path


def age(path: Path, seconds: float) -> None:
    """Make a file this much older than it is."""
    now = path.stat().st_mtime_ns - int(seconds * 1e9)
    os.utime(path, ns=(now, now))


def test_what_was_written_is_finished_for_the_next_run(tmp_path: Path, recording: Path) -> None:
    out = tmp_path / "out"
    first = FolderJob(out, SETTINGS, resume=True)
    assert not first.is_finished(NAME, recording)
    first.write(NAME, "hello\n")
    assert (out / NAME).read_text() == "hello\n"
    assert FolderJob(out, SETTINGS, resume=True).is_finished(NAME, recording)


def test_a_newer_recording_makes_its_output_old(tmp_path: Path, recording: Path) -> None:
    job = FolderJob(tmp_path / "out", SETTINGS, resume=False)
    job.write(NAME, "hello\n")
    age(recording, -10)
    assert not FolderJob(tmp_path / "out", SETTINGS, resume=True).is_finished(NAME, recording)


def test_a_new_job_makes_all_outputs_old(tmp_path: Path, recording: Path) -> None:
    out = tmp_path / "out"
    FolderJob(out, SETTINGS, resume=False).write(NAME, "of the first job\n")
    age(recording, 100)
    age(out / NAME, 10)
    FolderJob(out, SETTINGS, resume=False)
    assert not FolderJob(out, SETTINGS, resume=True).is_finished(NAME, recording)


def test_what_comes_from_standard_input_is_never_finished(tmp_path: Path) -> None:
    job = FolderJob(tmp_path / "out", SETTINGS, resume=True)
    job.write(NAME, "hello\n")
    assert not job.is_finished(NAME, None)


def test_a_job_cannot_be_resumed_with_other_settings(tmp_path: Path) -> None:
    FolderJob(tmp_path / "out", SETTINGS, resume=True)
    with pytest.raises(InputError, match=r"begun with other settings \(model\).*without --resume"):
        FolderJob(tmp_path / "out", {**SETTINGS, "model": "def"}, resume=True)
    FolderJob(tmp_path / "out", {**SETTINGS, "model": "def"}, resume=False)


def test_a_damaged_job_file_is_named(tmp_path: Path) -> None:
    FolderJob(tmp_path / "out", SETTINGS, resume=True)
    (tmp_path / "out" / JOB_FILE).write_text("{")
    with pytest.raises(InputError, match=r"attune-job\.json cannot be read.*without --resume"):
        FolderJob(tmp_path / "out", SETTINGS, resume=True)


def test_a_failed_write_leaves_the_old_output_and_nothing_else(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    job = FolderJob(tmp_path / "out", SETTINGS, resume=True)
    job.write(NAME, "old\n")

    def refuse(*_: object) -> None:
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr(os, "replace", refuse)
    with pytest.raises(InputError, match=r"a\.txt cannot be written \(Permission denied\)"):
        job.write(NAME, "new\n")
    assert [path.name for path in (tmp_path / "out" / "deep").iterdir()] == ["a.txt"]
    assert (tmp_path / "out" / NAME).read_text() == "old\n"


def test_an_output_folder_that_is_a_file_is_refused(tmp_path: Path) -> None:
    (tmp_path / "out").touch()
    with pytest.raises(InputError, match="choose another output folder"):
        FolderJob(tmp_path / "out", SETTINGS, resume=True)
