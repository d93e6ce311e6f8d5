"""The spotter fires exactly where the sweep over its candidates says, at every threshold.

Candidate stream, path scorer and spotter are the real ones; the encoder's rows are drawn by chance
from the samples, so that streams hold candidates of every quality, close together too.
"""

from __future__ import annotations

import zlib
from types import SimpleNamespace

import numpy as np
import pytest

from attune.audio import write_wav
from attune.evaluate.keyword import count_firings, firing_times
from attune.evaluate.keyword.hearing import PADDING_SECONDS, hear
from attune.keyword import KeywordPhrase, Spotter
from attune.keyword.candidates import CandidateStream
from attune.keyword.encoded_rows import EncodedRows
from attune.keyword.keyword_graph import KeywordGraph
from attune.lexicon import PHONE_INDEX

ROW = 640
RATE = 16_000
PHRASES = (
    KeywordPhrase("go", (("G", "OW"),)),
    KeywordPhrase("athena", (("AH", "TH", "IY", "N", "AH"), ("AE", "TH", "IY", "N", "AH"))),
)
PHONES = sorted({phone for p in PHRASES for one in p.pronunciations for phone in one})


class DrawnRows:
    """An encoder whose row is drawn by the 40 ms of samples that it is about."""

    row_seconds, delay, closer = ROW / RATE, 0, None

    def stream(self, kept=0):
        waiting = np.zeros(0, np.float32)

        def accept(samples):
            nonlocal waiting
            waiting = np.concatenate([waiting, samples])
            rows = [drawn_row(waiting[i : i + ROW]) for i in range(0, len(waiting) - ROW + 1, ROW)]
            waiting = waiting[len(rows) * ROW :]
            return encoded(rows)

        return SimpleNamespace(accept=accept, finish=lambda: encoded([]))


def drawn_row(samples):
    random = np.random.default_rng(zlib.crc32(samples.tobytes()))
    logits = random.normal(0.0, 1.0, 40)
    logits[0] += 3.0
    # One row in two is sure of a phone of the phrases, so that these come about.
    if random.random() < 0.5:
        logits[PHONE_INDEX[PHONES[random.integers(len(PHONES))]]] += 6.0
    return (logits - np.log(np.exp(logits).sum())).astype(np.float32)


def encoded(rows):
    return EncodedRows(np.array(rows, np.float32).reshape(-1, 40), np.zeros((len(rows), 1), "f4"))


def candidates():
    return CandidateStream(DrawnRows(), KeywordGraph(PHRASES))


@pytest.fixture(scope="module")
def recording(tmp_path_factory):
    """A minute and a bit, as int16 in a file and as what is read from it."""
    path = tmp_path_factory.mktemp("stream") / "noise.wav"
    samples = np.random.default_rng(5).integers(-9000, 9000, 60 * RATE + 77).astype(np.int16)
    write_wav(path, samples, RATE)
    return path, samples


@pytest.fixture(scope="module")
def found(recording):
    """The stream's candidates: (place, end, score)."""
    stream = candidates()
    heard = [*stream.accept(recording[1].astype(np.float32) / 32768), *stream.finish()]
    return [(one.place, one.end, one.score) for one in heard]


def spotted(samples, threshold, block):
    spotter = Spotter(
        candidates(), [phrase.text for phrase in PHRASES], (threshold,) * 2, 0.0, 10.0
    )
    told = []
    for first in range(0, len(samples), block):
        told += spotter.accept(samples[first : first + block])
    return [*told, *spotter.finish()]


def thresholds(found, count=12):
    scores = np.array([score for *_, score in found])
    return np.quantile(scores, np.linspace(0.0, 1.0, count)).tolist()


def test_there_are_candidates_of_both_phrases_close_together(found):
    for place in range(len(PHRASES)):
        ends = [end for one, end, _ in found if one == place]
        assert len(ends) > 10
        assert min(np.diff(ends)) < 1.0


@pytest.mark.parametrize("block", [160, 1234, 48_000])
def test_detections_are_where_the_sweep_says(recording, found, block):
    for threshold in thresholds(found)[:: 4 if block == 160 else 1]:
        told = spotted(recording[1], threshold, block)
        for place, phrase in enumerate(PHRASES):
            own = np.array([(end, score) for one, end, score in found if one == place])
            expected = firing_times(own[:, 0], own[:, 1], threshold)
            assert [one.end for one in told if one.keyword == phrase.text] == expected


def test_what_is_heard_of_a_recording_counts_the_detections(recording):
    path, samples = recording
    heard = hear(SimpleNamespace(candidates=candidates), [p.text for p in PHRASES], path)
    assert heard.seconds == len(samples) / RATE
    # The same noise around it, as the spotter would hear it in a stream.
    noise = np.random.default_rng(0).standard_normal(round(PADDING_SECONDS * RATE), np.float32)
    noise *= np.float32(10 ** (-70 / 20))
    stream = np.concatenate([noise, samples.astype(np.float32) / 32768, noise])
    every = np.concatenate([one.scores for one in heard.firings])
    for threshold in np.quantile(every, [0.0, 0.3, 0.6, 0.9, 1.0]).tolist():
        told = [one.keyword for one in spotted(stream, threshold, 16_000)]
        for phrase, firings in zip(PHRASES, heard.firings, strict=True):
            assert told.count(phrase.text) == count_firings(firings.scores, threshold)
