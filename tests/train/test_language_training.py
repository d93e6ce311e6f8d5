"""Training a language model from text files to a stored, measured model."""

from __future__ import annotations

import gzip
import random
from dataclasses import replace
from pathlib import Path

import pytest

from attune.errors import InputError
from attune.language import NgramModel, Vocabulary, read_arpa
from attune.train.language import LanguageConfig, train_language

VERBS = ["turn", "switch", "put", "take", "bring", "leave"]
THINGS = ["lamp", "heater", "kettle", "radio", "window", "door"]
PLACES = ["kitchen", "hall", "garden", "cellar"]


def commands(count: int, seed: int) -> list[str]:
    source = random.Random(seed)
    return [
        f"{source.choice(VERBS)} the {source.choice(THINGS)} in the {source.choice(PLACES)}"
        for _ in range(count)
    ]


def counting(count: int, seed: int) -> list[str]:
    source = random.Random(seed)
    numbers = ["one", "two", "three", "four", "five", "six", "seven"]
    return [" ".join(source.choices(numbers, k=source.randrange(1, 6))) for _ in range(count)]


@pytest.fixture
def text(tmp_path: Path) -> Path:
    path = tmp_path / "commands.txt"
    path.write_text("\n".join(commands(200, 1)) + "\n")
    return path


def test_text_becomes_a_stored_and_measured_model(tmp_path: Path, text: Path) -> None:
    (tmp_path / "held.txt").write_text("turn the lamp in the hall\nturn the wheel\n")
    stages: list[str] = []
    out = tmp_path / "m.ngram"
    report = train_language(
        LanguageConfig((text,), out, order=3, held_out=(tmp_path / "held.txt",)), stages.append
    )
    model = NgramModel.open(out)
    assert (report.words, report.sentences) == (1200, 200)
    assert model.counts == report.kept == report.counts
    assert report.vocabulary == len(model.vocabulary) == 3 + 6 + 6 + 4 + 2
    assert report.bytes == out.stat().st_size
    (score,) = report.held_out
    assert (score.path, score.perplexity.words) == (tmp_path / "held.txt", 9)
    assert score.perplexity.unknown_rate == pytest.approx(1 / 9)
    assert 2 < score.perplexity.perplexity_known < 10
    assert any("3-grams" in stage for stage in stages)


def test_text_is_normalised_and_unpacked(tmp_path: Path) -> None:
    with gzip.open(tmp_path / "a.txt.gz", "wt") as file:
        file.write("Turn it ON!\n" * 3)
    report = train_language(LanguageConfig((tmp_path / "a.txt.gz",), tmp_path / "m.ngram", order=2))
    assert NgramModel.open(tmp_path / "m.ngram").vocabulary.words[3:] == ["it", "on", "turn"]
    assert report.fallback_orders == (1, 2)


def test_vocabulary_by_file_and_by_frequency(tmp_path: Path, text: Path) -> None:
    config = LanguageConfig((text,), tmp_path / "m.ngram", order=2)
    report = train_language(replace(config, words=2))
    assert list(NgramModel.open(config.out).vocabulary)[3:] == ["in", "the"]
    assert report.unknown_rate == pytest.approx(0.5)
    (tmp_path / "words.txt").write_text("lamp\nspaceship\n")
    train_language(replace(config, vocabulary=tmp_path / "words.txt"))
    assert NgramModel.open(config.out).vocabulary == Vocabulary(["lamp", "spaceship"])


def test_pruning_to_a_size_and_other_formats(tmp_path: Path, text: Path) -> None:
    config = LanguageConfig((text,), tmp_path / "m.ngram", order=3)
    whole = train_language(config).bytes
    small = replace(
        config, max_bytes=whole - 600, arpa=tmp_path / "m.arpa", kenlm=tmp_path / "m.bin"
    )
    report = train_language(small)
    assert report.bytes <= whole - 600
    assert sum(report.kept) < sum(report.counts)
    assert read_arpa(tmp_path / "m.arpa").counts == report.kept
    assert (tmp_path / "m.bin").read_bytes().startswith(b"mmap lm http://kheafield.com/code")


@pytest.mark.parametrize(("share", "lines"), [(0.1, 20), (0.25, 50), (0.5, 100)])
def test_a_share_of_the_text_is_held_out(
    tmp_path: Path, text: Path, share: float, lines: int
) -> None:
    report = train_language(
        LanguageConfig((text,), tmp_path / "m.ngram", order=2, held_out_share=share)
    )
    assert report.sentences == 200 - lines
    assert report.held_out[0].perplexity.sentences == lines


def test_texts_are_mixed_for_the_held_out_text(tmp_path: Path, text: Path) -> None:
    numbers = tmp_path / "numbers.txt"
    numbers.write_text("\n".join(counting(3000, 2)) + "\n")
    held_out = tmp_path / "held.txt"
    held_out.write_text("\n".join([*commands(20, 5), *counting(2, 6)]) + "\n")
    config = LanguageConfig(
        (text, numbers), tmp_path / "m.ngram", order=3, held_out=(held_out,), interpolate=True
    )
    mixed = train_language(config)
    joined = train_language(replace(config, interpolate=False))
    assert mixed.weights[0] > 0.5 and sum(mixed.weights) == pytest.approx(1.0)
    scores = [report.held_out[0].perplexity.perplexity_known for report in (mixed, joined)]
    assert scores[0] < scores[1]


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"texts": ()}, "no text"),
        ({"order": 9}, "order from 1 to 6"),
        ({"words": 0}, "words must be 1 or more"),
        ({"max_bytes": 100}, "smaller vocabulary"),
        ({"prune": (2, 1)}, "threshold"),
        ({"held_out_share": 0.9}, "held-out share"),
        ({"interpolate": True}, "two or more texts"),
        ({"vocabulary": Path("nowhere.txt")}, r"nowhere\.txt.*cannot be read"),
        ({"out": Path("nowhere/m.ngram")}, "cannot be written"),
    ],
)
def test_wrong_settings_are_named(
    tmp_path: Path, text: Path, changes: dict[str, object], message: str
) -> None:
    config = LanguageConfig((text,), tmp_path / "m.ngram", order=2)
    with pytest.raises(InputError, match=message):
        train_language(replace(config, **changes))  # type: ignore[arg-type]
    assert not config.out.exists()


def test_empty_text_is_refused(tmp_path: Path) -> None:
    (tmp_path / "empty.txt").write_text("\n...\n")
    with pytest.raises(InputError, match=r"empty\.txt.*no words"):
        train_language(LanguageConfig((tmp_path / "empty.txt",), tmp_path / "m.ngram"))
