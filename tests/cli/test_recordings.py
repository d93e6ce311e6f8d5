"""From arguments to recordings, and from recordings to output names."""

from __future__ import annotations

from pathlib import Path

import pytest

from attune.cli.recordings import Recording, find_recordings, output_names
from attune.errors import InputError


@pytest.fixture
def calls(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder `calls` with recordings and other files, in the current folder."""
    monkeypatch.chdir(tmp_path)
    for name in (
        "calls/b.wav",
        "calls/a.FLAC",
        "calls/notes.txt",
        "calls/.hidden.wav",
        "calls/.trash/old.wav",
        "calls/may/c.mp3",
        "calls/may/d.opus",
        "calls/raw/e.pcm",
        "odd[1].wav",
    ):
        Path(name).parent.mkdir(parents=True, exist_ok=True)
        Path(name).touch()
    return tmp_path


# arguments -> (name, output path without suffix)
ARGUMENTS: list[tuple[list[str], list[tuple[str, str]]]] = [
    (["calls/b.wav"], [("calls/b.wav", "b.wav")]),
    # A file that is named itself is taken whatever it is called, and even if it is not there.
    (["calls/notes.txt", "gone.wav"], [("calls/notes.txt", "notes.txt"), ("gone.wav", "gone.wav")]),
    (
        ["calls"],
        [
            ("calls/a.FLAC", "a.FLAC"),
            ("calls/b.wav", "b.wav"),
            ("calls/may/c.mp3", "may/c.mp3"),
            ("calls/may/d.opus", "may/d.opus"),
        ],
    ),
    (["calls/*/*.mp3"], [("calls/may/c.mp3", "c.mp3")]),
    (["calls/**/*.wav"], [("calls/b.wav", "b.wav")]),
    # Patterns may match folders, and each recording comes once.
    (
        ["calls/may/c.mp3", "calls/m*"],
        [("calls/may/c.mp3", "c.mp3"), ("calls/may/d.opus", "d.opus")],
    ),
    (["calls/b.wav", "./calls/b.wav"], [("calls/b.wav", "b.wav")]),
    # A name that could be a pattern, but is a file.
    (["odd[1].wav"], [("odd[1].wav", "odd[1].wav")]),
    (["-"], [("-", "stdin")]),
]


@pytest.mark.parametrize(("arguments", "expected"), ARGUMENTS)
@pytest.mark.usefixtures("calls")
def test_arguments(arguments: list[str], expected: list[tuple[str, str]]) -> None:
    found = find_recordings(arguments)
    assert not found.failures
    assert [(item.name, str(item.relative)) for item in found.recordings] == expected


@pytest.mark.usefixtures("calls")
def test_raw_recordings_are_found_by_their_own_suffixes() -> None:
    found = find_recordings(["calls"], raw=True)
    assert [item.name for item in found.recordings] == ["calls/raw/e.pcm"]


@pytest.mark.usefixtures("calls")
def test_what_cannot_be_found_does_not_stand_in_the_way_of_the_rest() -> None:
    Path("empty").mkdir()
    found = find_recordings(["empty", "calls/b.wav", "*.ogg"])
    assert [item.name for item in found.recordings] == ["calls/b.wav"]
    assert [(failure.name, failure.message) for failure in found.failures] == [
        (
            "empty",
            "empty: no recordings in this folder (looked for .flac, .mp3, .oga, .ogg, .opus, "
            ".wav, .wave)",
        ),
        ("*.ogg", "*.ogg: no file matches this pattern: check it"),
    ]


# paths below the output folder -> output names
OUTPUTS = [
    (["a.wav", "may/a.wav"], ["a.txt", "may/a.txt"]),
    (["a.wav", "b.tar.wav"], ["a.txt", "b.tar.txt"]),
    (["a.wav", "a.mp3", "c.mp3"], ["a.wav.txt", "a.mp3.txt", "c.txt"]),
    (["stdin"], ["stdin.txt"]),
]


@pytest.mark.parametrize(("relatives", "expected"), OUTPUTS)
def test_output_names(relatives: list[str], expected: list[str]) -> None:
    recordings = [Recording(Path("in", name), Path(name)) for name in relatives]
    assert [str(name) for name in output_names(recordings, ".txt")] == expected


def test_two_recordings_cannot_have_one_output() -> None:
    recordings = [Recording(Path(folder, "a.wav"), Path("a.wav")) for folder in ("x", "y")]
    with pytest.raises(InputError, match=r"x/a\.wav and y/a\.wav would both be written to a\.wav"):
        output_names(recordings, ".txt")
