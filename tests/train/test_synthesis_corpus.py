"""Corpora: as asked for, the same from the same seed, and resumable at every point."""

from __future__ import annotations

import errno
import shutil
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
import pytest
import soundfile
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from attune.data import Manifest
from attune.errors import AttuneError, InputError
from attune.train.synthesis import (
    SAMPLE_RATE,
    CorpusProgress,
    Sex,
    SynthesisError,
    SynthesizedCorpus,
    Variation,
    plan,
    synthesize_corpus,
)

PROMPTS = [f"prompt {name}" for name in "abcdefghijkl"]


@dataclass
class Tone:
    """A voice that hums a tenth of a second a character; it fails or stops on demand."""

    name: str
    engine: str = "hum"
    accent: str = "en-us"
    sex: Sex = "female"
    spoken: list[str] = field(default_factory=list)
    fail_on: str = "\0"
    stop_after: int = 1_000_000

    def speak(self, text: str, rate: float, pitch: float) -> NDArray[np.float32]:
        if len(self.spoken) >= self.stop_after:
            raise KeyboardInterrupt
        self.spoken.append(text)
        if self.fail_on in text:
            raise SynthesisError("hum failed")
        times = np.arange(int(SAMPLE_RATE * len(text) / 10 / rate)) / SAMPLE_RATE
        return (0.3 * np.sin(2 * np.pi * 150 * pitch * times)).astype(np.float32)


def content(folder: Path) -> dict[str, bytes]:
    return {
        str(path.relative_to(folder)): path.read_bytes()
        for path in folder.rglob("*")
        if path.is_file()
    }


def make(
    folder: Path,
    voices: Sequence[Tone] | None = None,
    prompts: Sequence[str] = PROMPTS,
    hours: float | None = None,
    workers: int = 1,
) -> SynthesizedCorpus:
    chosen = voices or [Tone("hum:a"), Tone("hum:b")]
    return synthesize_corpus(prompts, chosen, folder, seed=7, hours=hours, workers=workers)


def test_manifest_lists_what_was_spoken(tmp_path: Path) -> None:
    result = make(tmp_path / "corpus")
    rows = list(Manifest(result.manifest))
    assert [row.text for row in rows] == PROMPTS
    assert {row.speaker for row in rows} == {"hum:a", "hum:b"}
    for row in rows:
        audio = soundfile.info(row.path)
        assert (audio.samplerate, audio.channels, audio.format) == (16000, 1, "FLAC")
        assert audio.duration == pytest.approx(row.seconds, abs=0.001)
    assert result.seconds == pytest.approx(sum(row.seconds for row in rows), abs=0.01)
    assert result.utterances == len(rows) and not result.skipped


@pytest.mark.parametrize(("audio_format", "container"), [("opus", "OGG"), ("wav", "WAV")])
def test_other_audio_formats(
    tmp_path: Path, audio_format: plan.AudioFormat, container: str
) -> None:
    result = synthesize_corpus(
        PROMPTS[:2], [Tone("hum:a")], tmp_path / "c", seed=1, audio_format=audio_format
    )
    for row in Manifest(result.manifest):
        audio = soundfile.info(row.path)
        assert (audio.format, audio.samplerate) == (container, 16000)
        assert audio.duration == pytest.approx(row.seconds, abs=0.01)


def test_same_seed_same_corpus_whatever_the_workers(tmp_path: Path) -> None:
    make(tmp_path / "one")
    make(tmp_path / "two", workers=4)
    assert content(tmp_path / "one") == content(tmp_path / "two")
    synthesize_corpus(PROMPTS, [Tone("hum:a"), Tone("hum:b")], tmp_path / "three", seed=8)
    assert content(tmp_path / "one") != content(tmp_path / "three")


@settings(max_examples=25)
@given(stop_after=st.integers(0, len(PROMPTS) - 1), workers=st.integers(1, 3))
def test_a_stopped_run_goes_on_to_the_same_corpus(
    tmp_path: Path, stop_after: int, workers: int
) -> None:
    shutil.rmtree(tmp_path / "stopped", ignore_errors=True)
    if not (tmp_path / "whole").exists():
        make(tmp_path / "whole", [Tone("hum:a")])
    with pytest.raises(KeyboardInterrupt):
        make(tmp_path / "stopped", [Tone("hum:a", stop_after=stop_after)], workers=workers)
    again = Tone("hum:a")
    make(tmp_path / "stopped", [again], workers=workers)
    assert content(tmp_path / "stopped") == content(tmp_path / "whole")
    assert len(again.spoken) <= len(PROMPTS) - stop_after + workers + 1


def test_killed_in_the_middle_of_a_line(tmp_path: Path) -> None:
    make(tmp_path / "whole")
    make(tmp_path / "cut")
    journal = tmp_path / "cut" / "synthesis.journal.tsv"
    journal.write_bytes(journal.read_bytes()[:-5])
    (tmp_path / "cut" / "audio" / "0000" / "0000003.flac").unlink()
    make(tmp_path / "cut")
    assert content(tmp_path / "cut") == content(tmp_path / "whole")


def test_hours_end_the_corpus_and_more_hours_extend_it(tmp_path: Path) -> None:
    whole = make(tmp_path / "whole")
    short = make(tmp_path / "grown", hours=3 / 3600, workers=3)
    assert 3 <= short.seconds < 5
    rows = list(Manifest(short.manifest))
    audio = sorted((tmp_path / "grown" / "audio").rglob("*.flac"))
    assert [row.path for row in rows] == audio, "audio that no row names was left behind"
    grown = make(tmp_path / "grown")
    assert grown.seconds == whole.seconds
    assert content(tmp_path / "grown") == content(tmp_path / "whole")


def test_prompts_that_cannot_be_used_are_counted(tmp_path: Path) -> None:
    prompts = ["one word", "", "in 1984", "...", "x" * 500, "a bad one", "tab\tinside  it"]
    voice = Tone("hum:a", fail_on="bad")
    result = make(tmp_path / "c", [voice], prompts)
    assert [row.text for row in Manifest(result.manifest)] == ["one word", "tab inside it"]
    assert result.skipped == {
        "nothing to say": 2,
        "holds digits: verbalise the text first": 1,
        "longer than 30 s": 1,
        "the synthesiser failed": 1,
    }


def test_a_row_of_failures_stops_the_run(tmp_path: Path) -> None:
    with pytest.raises(SynthesisError, match="20 prompts in a row failed"):
        make(tmp_path / "c", [Tone("hum:a", fail_on="prompt")], [f"prompt {x}" for x in "ab" * 20])


def test_folder_of_another_corpus_is_refused(tmp_path: Path) -> None:
    make(tmp_path / "c")
    voices = [Tone("hum:a"), Tone("hum:b")]
    with pytest.raises(InputError, match="other seed"):
        synthesize_corpus(PROMPTS, voices, tmp_path / "c", seed=8)
    with pytest.raises(InputError, match="other voices"):
        synthesize_corpus(PROMPTS, voices[:1], tmp_path / "c", seed=7)
    with pytest.raises(InputError, match="other variation"):
        synthesize_corpus(PROMPTS, voices, tmp_path / "c", seed=7, variation=Variation(rate=(1, 1)))
    with pytest.raises(InputError, match="other prompts: number 0 was 'prompt a', now it is 'new'"):
        make(tmp_path / "c", prompts=["new"])
    (tmp_path / "full").mkdir()
    (tmp_path / "full" / "letter").write_text("dear")
    with pytest.raises(InputError, match="not empty"):
        make(tmp_path / "full")


@pytest.mark.parametrize("file", ["synthesis.json", "synthesis.journal.tsv"])
def test_damaged_records_are_refused(tmp_path: Path, file: str) -> None:
    make(tmp_path / "c")
    (tmp_path / "c" / file).write_bytes(b"\xff rubbish\n")
    with pytest.raises(InputError, match=r"damaged: remove .* and start again"):
        make(tmp_path / "c")


def test_full_disk_stops_and_the_run_goes_on_later(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(path: Path, content: bytes) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    with monkeypatch.context() as patch:
        patch.setattr(Path, "write_bytes", full)
        with pytest.raises(AttuneError, match="disk is full"):
            make(tmp_path / "c")
    make(tmp_path / "c")
    make(tmp_path / "whole")
    assert content(tmp_path / "c") == content(tmp_path / "whole")


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"voices": []}, "no voices"),
        ({"seed": -1}, "seed -1"),
        ({"hours": 0}, "must be greater than 0"),
        ({"hours": float("nan")}, "must be greater than 0"),
        ({"workers": 0}, "must be greater than 0"),
        ({"audio_format": "mp3"}, "use one of flac, opus, wav"),
        ({"variation": Variation(rate=(1.2, 0.8))}, "rate range"),
        ({"variation": Variation(pitch=(0.1, 1))}, "pitch range"),
        ({"variation": Variation(engine_weights={"hum": 0})}, "engine weights"),
        ({"prompts": []}, "no rows"),
    ],
)
def test_arguments_that_cannot_be_used(
    tmp_path: Path, arguments: dict[str, object], message: str
) -> None:
    given: dict[str, object] = {"prompts": PROMPTS, "voices": [Tone("hum:a")], "seed": 1}
    with pytest.raises(InputError, match=message):
        synthesize_corpus(out_dir=tmp_path / "c", **(given | arguments))  # type: ignore[arg-type]


def test_engine_weights_share_out_the_prompts(tmp_path: Path) -> None:
    crowd = [Tone(f"hum:{number}") for number in range(50)]
    alone = Tone("sing:only", engine="sing")
    weights = Variation(engine_weights={"hum": 1, "sing": 3})
    chosen = plan.Plan(tmp_path, (*crowd, alone), 1, weights, "flac")
    sung = sum(chosen.utterer(number).voice is alone for number in range(2000))
    assert 1400 < sung < 1600
    utterers = [chosen.utterer(number) for number in range(2000)]
    rates, pitches = ([getattr(u, name) for u in utterers] for name in ("rate", "pitch"))
    assert 0.8 <= min(rates) < 0.82 and 1.22 < max(rates) <= 1.25
    assert 0.85 <= min(pitches) < 0.87 and 1.18 < max(pitches) <= 1.2


def test_progress_is_told_after_each_utterance(tmp_path: Path) -> None:
    told: list[CorpusProgress] = []
    synthesize_corpus(
        PROMPTS[:3], [Tone("hum:a")], tmp_path / "c", seed=1, hours=1, progress=told.append
    )
    assert [one.utterances for one in told] == [1, 2, 3]
    assert told[0].wanted_seconds == 3600 and 0 < told[0].seconds < told[1].seconds
