"""A real keyword bundle measured on whistled speech: alone, in several processes, as it spots."""

from __future__ import annotations

import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import pytest

pytest.importorskip("onnx")

from tone_keywords import ANNA, KEN, said, silence, write_base
from tones import TONES, whistle_phones

from attune.audio import read_audio, write_wav
from attune.data import Manifest, Utterance, write_manifest
from attune.evaluate.keyword import evaluate_keyword, keyword_evaluation_to_json
from attune.keyword import create_basic, load_keyword

RATE = 16_000


@pytest.fixture(scope="module")
def model(tmp_path_factory):
    folder = tmp_path_factory.mktemp("keywords")
    create_basic([ANNA, KEN], folder / "two", base=write_base(folder / "base", hours=0.05))
    return load_keyword(folder / "two")


@pytest.fixture(scope="module")
def manifests(tmp_path_factory):
    """Three recordings of each phrase, one without a pause around it; a minute of whistling."""
    folder = tmp_path_factory.mktemp("whistled")
    random = np.random.default_rng(3)

    def kept(name, samples, text):
        write_wav(folder / name, samples, RATE)
        return Utterance(folder / name, len(samples) / RATE, "", text)

    positives = []
    for phrase in (ANNA, KEN):
        for place, pause in enumerate((0.0, 0.4, 1.0)):
            samples = np.concatenate([silence(pause), said(phrase), silence(pause)])
            positives.append(kept(f"{phrase.text}-{place}.wav", samples, phrase.text))
    others = []
    for place in range(4):
        phones = [sorted(TONES)[i] for i in random.integers(0, len(TONES), 150)]
        others.append(kept(f"other-{place}.wav", whistle_phones(" ".join(phones)), ""))
    write_manifest(folder / "positives.tsv", positives)
    write_manifest(folder / "others.tsv", others)
    return folder / "positives.tsv", folder / "others.tsv"


def test_every_phrase_is_heard_where_it_is_whistled(model, manifests):
    found = evaluate_keyword(model, *manifests)
    for phrase in found.phrases:
        assert phrase.positives == 3
        assert phrase.sweep.figure_at(0.5).point.correct_accept_rate == 1.0


@pytest.mark.slow
def test_two_processes_find_what_one_finds(model, manifests, tmp_path):
    alone = evaluate_keyword(model, *manifests)
    together = evaluate_keyword(model, *manifests, workers=2, journal=tmp_path)
    assert keyword_evaluation_to_json(together) == keyword_evaluation_to_json(alone)


LONG = """
import multiprocessing
import sys
from pathlib import Path

from attune.evaluate.keyword.hearing import hear_all
from attune.keyword import load_keyword

if __name__ == "__main__":
    model, recording = load_keyword(sys.argv[1]), Path(sys.argv[2])
    for _ in hear_all(model, [sys.argv[3]], [recording] * 10**6, workers=2):
        print(*(one.pid for one in multiprocessing.active_children()), flush=True)
"""


def runs(pid):
    try:
        return Path(f"/proc/{pid}/stat").read_text("ascii").rsplit(")", 1)[1].split()[0] != "Z"
    except OSError:
        return False


@pytest.mark.slow
@pytest.mark.skipif(not Path("/proc/self/stat").exists(), reason="asks Linux which processes run")
def test_killed_from_outside_it_leaves_no_process(model, manifests, tmp_path):
    (tmp_path / "long.py").write_text(LONG, "utf-8")
    recording = next(iter(Manifest(manifests[1]))).path
    command = [sys.executable, tmp_path / "long.py", model.bundle.path, recording, ANNA.text]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as run:
        workers = [int(pid) for pid in run.stdout.readline().split()]
        assert len(workers) == 2
        assert all(map(runs, workers))
        run.kill()
    deadline = time.monotonic() + 20
    while any(map(runs, workers)):
        assert time.monotonic() < deadline, "workers go on without anybody to work for"
        time.sleep(0.1)


def test_at_default_is_what_the_spotter_does(model, manifests):
    found = evaluate_keyword(model, *manifests, sensitivity=1.0)
    random = np.random.default_rng(0)
    noise = random.standard_normal(RATE, np.float32) * np.float32(10 ** (-70 / 20))
    heard, false_accepts = dict.fromkeys((ANNA.text, KEN.text), 0), 0
    for manifest in map(Manifest, manifests):
        for row in manifest:
            spotter = model.spotter(sensitivity=1.0)
            told = spotter.accept(np.concatenate([noise, read_audio(row.path), noise]))
            told += spotter.finish()
            for keyword in {one.keyword for one in told} & {row.text}:
                heard[keyword] += 1
            false_accepts += sum(one.keyword != row.text for one in told)
    for phrase in found.phrases:
        assert phrase.at_default.point.correct_accepts == heard[phrase.keyword] > 0
    assert found.at_default.point.false_accepts == false_accepts
