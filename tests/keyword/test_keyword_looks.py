"""Closer looks are taken where phrases fit best, as many as there is time for."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest

from attune.decode import SpotOptions
from attune.errors import InputError
from attune.keyword import KeywordPhrase
from attune.keyword.bank import BankBuilder, NegativeBank
from attune.keyword.closer_look import candidate_finder, candidate_options, look_scores
from attune.keyword.encoded_rows import EncodedRows
from attune.keyword.keyword_graph import KeywordGraph, read_graph, write_graph
from attune.keyword.look_budget import LOOKS_AN_HOUR, graph_with_looks
from attune.lexicon import PHONES

BEE = KeywordPhrase("bee team", (("B", "IY", "T", "IY", "M"),))
SOCK = KeywordPhrase("sock knot", (("S", "AA", "K", "N", "AA", "T"),))
OPTIONS = SpotOptions()


def babble(seed: int, rows: int) -> np.ndarray:
    """Log posteriors of somebody who says phones of both phrases at random, never surely."""
    random = np.random.default_rng(seed)
    logits = random.normal(0.0, 1.0, (rows, 40))
    common = [1 + PHONES.index(phone) for phone in ["B", "IY", "T", "M", "S", "AA", "K", "N"]]
    logits[np.arange(rows), random.choice([0, *common], rows)] += 5.0
    return (logits - np.log(np.exp(logits).sum(1, keepdims=True))).astype(np.float32)


def bank(tmp_path: Path, words: str = "nothing of note", *, closer: bool = True) -> NegativeBank:
    builder = BankBuilder(0.04)
    for seed in range(20):
        rows = babble(seed, 2000)
        heard = EncodedRows(rows, np.zeros((len(rows), 0), np.float32), rows if closer else None)
        builder.add(heard, (words if seed < 4 else "nothing of note").split())
    path = tmp_path / "bank.xz"
    path.write_bytes(builder.content())
    return NegativeBank.read(path)


def looks_an_hour(graph: KeywordGraph, heard: NegativeBank) -> list[float]:
    counts = np.zeros(len(graph.phrases))
    for chunk in heard.chunks():
        finder = candidate_finder(graph, looked_at=True)
        for peak in (*finder.advance(chunk.posteriors), *finder.finish()):
            counts[peak.keyword] += chunk.owners[peak.end - 1] >= 0
    return list(counts / heard.hours)


@pytest.mark.parametrize("budget", [200.0, 1000.0, LOOKS_AN_HOUR])
def test_a_phrase_gets_the_looks_that_there_is_time_for(tmp_path: Path, budget: float) -> None:
    heard = bank(tmp_path)
    graph = graph_with_looks(heard, [BEE], OPTIONS, budget)
    (found,) = looks_an_hour(graph, heard)
    assert budget - 2 / heard.hours <= found <= budget


def test_phrases_share_the_time(tmp_path: Path) -> None:
    heard = bank(tmp_path)
    alone = graph_with_looks(heard, [BEE], OPTIONS, 1000.0)
    graph = graph_with_looks(heard, [BEE, SOCK], OPTIONS, 1000.0)
    assert looks_an_hour(graph, heard) == pytest.approx([500.0, 500.0], abs=3 / heard.hours)
    assert graph.look_from[0] > alone.look_from[0]


def test_nothing_is_looked_at_that_hardly_fits(tmp_path: Path) -> None:
    """Time that is left is not spent on what a look never finds to be the phrase."""
    graph = graph_with_looks(bank(tmp_path), [BEE], OPTIONS, 1e6)
    assert graph.look_from == (candidate_options(OPTIONS).lowest,)


def test_recordings_of_the_phrase_leave_it_its_looks(tmp_path: Path) -> None:
    """Where the phrase is said it fits, and those looks are no waste."""
    told = bank(tmp_path, "the bee team here")
    graph = graph_with_looks(told, [BEE], OPTIONS, 1000.0)
    plain = graph_with_looks(bank(tmp_path), [BEE], OPTIONS, 1000.0)
    assert graph.look_from != plain.look_from


def test_without_a_closer_encoder_there_are_none(tmp_path: Path) -> None:
    graph = graph_with_looks(bank(tmp_path, closer=False), [BEE, SOCK], OPTIONS)
    assert graph == KeywordGraph((BEE, SOCK), OPTIONS)


def test_looks_are_part_of_the_graph(tmp_path: Path) -> None:
    graph = KeywordGraph((BEE, SOCK), OPTIONS, (-3.25, -4.5))
    (tmp_path / "graph.json").write_bytes(write_graph(graph))
    assert read_graph(tmp_path / "graph.json") == graph


def test_older_graphs_look_where_they_did(tmp_path: Path) -> None:
    (tmp_path / "graph.json").write_bytes(write_graph(KeywordGraph((BEE, SOCK))))
    graph = read_graph(tmp_path / "graph.json")
    assert look_scores(graph) == (OPTIONS.lowest - 0.5,) * 2


def test_a_graph_with_a_look_too_few_is_refused(tmp_path: Path) -> None:
    value = json.loads(write_graph(KeywordGraph((BEE, SOCK), OPTIONS, (-3.0, -3.0))))
    del value["phrases"][1]["look"]
    (tmp_path / "graph.json").write_text(json.dumps(value), "utf-8")
    with pytest.raises(InputError, match="some phrases have no look"):
        read_graph(tmp_path / "graph.json")
