"""Training a word n-gram model from text: normalise, count, estimate, prune, store, measure."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

from attune.errors import InputError
from attune.language import (
    BackoffModel,
    Discounts,
    EncodedText,
    Estimate,
    NgramModel,
    Perplexity,
    Vocabulary,
    count_ngrams,
    encode_text,
    estimate,
    interpolate,
    measure_perplexity,
    prune_to_size,
    prune_to_threshold,
    read_lines,
    trie_size_of,
    tune_context_weights,
    write_arpa,
    write_kenlm_binary,
    write_trie_file,
)
from attune.text import normalize

__all__ = ["HeldOutScore", "LanguageConfig", "LanguageReport", "train_language"]

Progress = Callable[[str], None]


@dataclass(frozen=True)
class LanguageConfig:
    """What to train from and how.

    `texts`: UTF-8 files (`.gz` and `.xz` are unpacked), a sentence a line. `out`: where the model
    goes; `kenlm` and `arpa`: where the same model goes in those formats, before quantisation.
    `vocabulary`: a file of words, one a line; without it, the `words` most frequent ones (None:
    all) that occur at least `min_count` times. `prune`: counts up to which n-grams of each order
    are dropped (as lmplz takes them). `threshold`: relative entropy (nats) below which an n-gram is
    dropped; `max_bytes`: the size of `out` to prune to. `held_out`: texts to measure on;
    `held_out_share`: without such texts, the share of each text (0 to 0.5, evenly spread) that is
    measured on and not trained on. `interpolate`: estimate one model for each text and mix them
    with the weights by context that suit the held-out text best, each text counting the same.
    `normalized`: the texts are in normal form already.
    """

    texts: tuple[Path, ...]
    out: Path
    order: int = 4
    vocabulary: Path | None = None
    words: int | None = None
    min_count: int = 1
    prune: tuple[int, ...] = ()
    threshold: float | None = None
    max_bytes: int | None = None
    held_out: tuple[Path, ...] = ()
    held_out_share: float = 0.0
    interpolate: bool = False
    kenlm: Path | None = None
    arpa: Path | None = None
    language: str = "en-US"
    normalized: bool = False


@dataclass(frozen=True)
class HeldOutScore:
    """How well the stored model predicts a text that it was not trained on."""

    path: Path
    perplexity: Perplexity


@dataclass(frozen=True)
class LanguageReport:
    """What was trained: running `words` and `sentences`, the share of words outside the vocabulary.

    `counts` are the n-grams of each order before pruning by entropy, `kept` those that are stored.
    `discounts` of each order and the orders whose discounts had to be guessed are those of the
    first text's model. `weights` are the share of each text where they were interpolated.
    """

    words: int
    sentences: int
    vocabulary: int
    unknown_rate: float
    counts: tuple[int, ...]
    kept: tuple[int, ...]
    discounts: tuple[Discounts, ...]
    fallback_orders: tuple[int, ...]
    weights: tuple[float, ...]
    bytes: int
    seconds: float
    held_out: tuple[HeldOutScore, ...]


def train_language(
    config: LanguageConfig, progress: Progress = lambda message: None
) -> LanguageReport:
    """Train a model and write it to `config.out`; `progress` is told each stage.

    Raises InputError for text that cannot be read or is empty, settings that make no sense, and
    files that cannot be written.
    """
    _check(config)
    began = time.monotonic()
    texts = [_encode(config, part, progress) for part in _parts(config)]
    words = sum(text.word_tokens for text in texts)
    vocabulary = _vocabulary(config, texts)
    texts = [text.with_vocabulary(vocabulary) for text in texts]
    unknown = sum(text.unknown_tokens for text in texts)
    sentences = sum(text.sentences for text in texts)
    estimates = [_estimate(config, text, progress) for text in texts]
    del texts
    first = estimates[0]
    model, weights = _mix(config, [item.model for item in estimates], progress)
    del estimates
    counts = model.counts
    model = _prune(config, model, progress)
    progress(f"writing {config.out}")
    write_trie_file(model, config.out)
    if config.kenlm is not None:
        write_kenlm_binary(model, config.kenlm)
    if config.arpa is not None:
        write_arpa(model, config.arpa)
    return LanguageReport(
        words=words,
        sentences=sentences,
        vocabulary=len(vocabulary),
        unknown_rate=unknown / words,
        counts=counts,
        kept=model.counts,
        discounts=first.discounts,
        fallback_orders=first.fallback_orders,
        weights=weights,
        bytes=config.out.stat().st_size,
        seconds=time.monotonic() - began,
        held_out=tuple(_measure(config, progress)),
    )


def _check(config: LanguageConfig) -> None:
    if not config.texts:
        raise InputError("there is no text to train on: give at least one file")
    if config.vocabulary is not None and (config.words is not None or config.min_count != 1):
        raise InputError("a vocabulary file and a choice by frequency exclude each other: give one")
    if not 0.0 <= config.held_out_share <= 0.5:
        raise InputError(f"held-out share {config.held_out_share}: give 0 to 0.5")
    if config.held_out and config.held_out_share:
        raise InputError("held-out texts and a held-out share exclude each other: give one")
    if config.interpolate and (
        len(config.texts) < 2 or not (config.held_out or config.held_out_share)
    ):
        raise InputError(
            "interpolation needs two or more texts, and held-out text to find the weights with"
        )
    for name, value in (("words", config.words), ("max_bytes", config.max_bytes)):
        if value is not None and value < 1:
            raise InputError(f"{name} must be 1 or more, not {value}")
    if config.threshold is not None and not config.threshold >= 0:
        raise InputError(f"threshold {config.threshold} is no entropy: give 0 or more")
    if config.kenlm is not None and config.order < 2:
        raise InputError("KenLM's format needs an order of 2 or more")


def _parts(config: LanguageConfig) -> list[tuple[Path, ...]]:
    """The texts that make up each model."""
    return [(path,) for path in config.texts] if config.interpolate else [config.texts]


def _lines(config: LanguageConfig, paths: Iterable[Path]) -> Iterator[str]:
    """Normalised sentences."""
    for path in paths:
        lines = read_lines(path)
        yield from lines if config.normalized else (normalize(x, config.language) for x in lines)


def _training_lines(config: LanguageConfig, paths: Iterable[Path]) -> Iterator[str]:
    """The sentences that are not held out."""
    for path in paths:
        for number, line in enumerate(_lines(config, (path,))):
            if not _is_held_out(number, config.held_out_share):
                yield line


def _held_out(config: LanguageConfig) -> Iterator[tuple[Path, Iterator[str]]]:
    """Each text to measure on, with its sentences."""
    for path in config.held_out:
        yield path, _lines(config, (path,))
    if config.held_out_share:
        for path in config.texts:
            numbered = enumerate(_lines(config, (path,)))
            yield path, (x for n, x in numbered if _is_held_out(n, config.held_out_share))


def _is_held_out(number: int, share: float) -> bool:
    """Whether a line is among the evenly spread share: the count passes a whole number at it."""
    return int((number + 1) * share) > int(number * share)


def _encode(config: LanguageConfig, paths: tuple[Path, ...], progress: Progress) -> EncodedText:
    progress(f"reading {', '.join(map(str, paths))}")
    text = encode_text(_training_lines(config, paths))
    if not text.word_tokens:
        raise InputError(f"{', '.join(map(str, paths))}: no words in it: give text to train on")
    return text


def _vocabulary(config: LanguageConfig, texts: list[EncodedText]) -> Vocabulary:
    if config.vocabulary is not None:
        return Vocabulary.read(config.vocabulary)
    if len(texts) == 1:
        return texts[0].most_frequent(config.words, min_count=config.min_count)
    totals: dict[str, int] = {}
    for text in texts:
        for word, count in text.counted_words().items():
            totals[word] = totals.get(word, 0) + count
    ranked = sorted(totals, key=lambda word: (-totals[word], word))
    chosen = [word for word in ranked if totals[word] >= max(1, config.min_count)]
    return Vocabulary(chosen[: config.words])


def _estimate(config: LanguageConfig, text: EncodedText, progress: Progress) -> Estimate:
    counts = count_ngrams(text, config.order, progress=progress)
    return estimate(counts, prune=config.prune, progress=progress)


def _mix(
    config: LanguageConfig, models: list[BackoffModel], progress: Progress
) -> tuple[BackoffModel, tuple[float, ...]]:
    if len(models) == 1:
        return models[0], ()
    progress("tuning the weights")
    weights = tune_context_weights(models, [lines for _, lines in _held_out(config)])
    progress("interpolating")
    return interpolate(models, weights), weights.shares


def _prune(config: LanguageConfig, model: BackoffModel, progress: Progress) -> BackoffModel:
    if config.threshold is not None:
        progress("pruning")
        model = prune_to_threshold(model, config.threshold)
    if config.max_bytes is not None:
        size_of = trie_size_of(model.vocabulary)
        model = prune_to_size(model, config.max_bytes, size_of, progress=progress)
    return model


def _measure(config: LanguageConfig, progress: Progress) -> Iterator[HeldOutScore]:
    stored = NgramModel.open(config.out)
    for path, lines in _held_out(config):
        progress(f"measuring on {path}")
        yield HeldOutScore(path, measure_perplexity(stored, lines))
