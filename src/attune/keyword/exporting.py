"""A keyword for others' run-times: the networks, phrases and features in two plain files.

`keyword.txt` has a line for each value, its name first, always in the same order, so that a program
can read it with `scanf`; `weights.bin` holds the weights, float32 in little-endian order. The
format is documented in docs/keywords.md; examples/keyword-c reads it.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

from attune.acoustic import FeatureParameters
from attune.bundle.atomic import new_folder, write_errors, write_synced
from attune.errors import InputError
from attune.keyword.closer_look import look_scores
from attune.keyword.closer_network import CloserNetwork
from attune.keyword.model import KeywordModel
from attune.keyword.network import KeywordNetwork
from attune.keyword.second_pass import PhraseClassifier
from attune.lexicon import PHONE_INDEX

__all__ = ["FORMAT", "KeywordExport", "export_keyword"]

FORMAT = 5
"""The version of `keyword.txt` that this code writes."""


_DESCRIPTION, _WEIGHTS = "keyword.txt", "weights.bin"


@dataclass(frozen=True)
class KeywordExport:
    """What was written: the folder, its keywords and their thresholds, `bytes` of both files."""

    path: Path
    keywords: tuple[str, ...]
    thresholds: tuple[float, ...]
    bytes: int


def export_keyword(
    model: KeywordModel, out: Path, *, sensitivity: float | None = None, replace: bool = False
) -> KeywordExport:
    """Write the folder `out` with `keyword.txt` and `weights.bin`.

    `sensitivity` (0 to 1, default: the bundle's) decides the thresholds. InputError for an encoder
    that is not the network which Attune trains, and for an `out` that exists (with `replace`: that
    exists and is no such folder).
    """
    network = model.encoder.network
    if not isinstance(network, KeywordNetwork):
        raise InputError(
            f"{model.bundle.path}: its encoder is not the network that Attune trains: take it "
            "from the bundle as ONNX"
        )
    closer = model.encoder.closer
    _check_free(out, replace)
    thresholds = model.thresholds(sensitivity)
    lines = [
        f"attune-keyword {FORMAT}",
        *_feature_lines(model.encoder.parameters),
        *_network_lines(model, network),
        f"closer {int(closer is not None)}",
        *(() if closer is None else _closer_lines(closer.network)),
        *(f"{name} {value:.9g}" for name, value in asdict(model.graph.options).items()),
        *_keyword_lines(model, thresholds),
    ]
    text = "".join(f"{line}\n" for line in lines).encode("utf-8")
    weights = network.weights.astype("<f4").tobytes()
    if closer is not None:
        weights += closer.network.weights.astype("<f4").tobytes()
    with write_errors(out), new_folder(out, replace=replace) as folder:
        write_synced(folder / _DESCRIPTION, text)
        write_synced(folder / _WEIGHTS, weights)
    keywords = tuple(phrase.text for phrase in model.phrases)
    return KeywordExport(out, keywords, thresholds, len(text) + len(weights))


def _check_free(out: Path, replace: bool) -> None:
    if not out.exists() or (out.is_dir() and not any(out.iterdir())):
        return
    if not replace:
        raise InputError(f"{out} already exists: choose another name or remove it first")
    if not (out / _DESCRIPTION).is_file():
        raise InputError(
            f"{out} is not an exported keyword: choose another name or remove it first"
        )


def _feature_lines(parameters: FeatureParameters) -> Iterator[str]:
    rate = parameters.sample_rate
    yield f"sample_rate {rate}"
    yield f"frame_length {round(rate * parameters.frame_length_ms / 1000)}"
    yield f"frame_shift {round(rate * parameters.frame_shift_ms / 1000)}"
    for name in ("low_hz", "high_hz", "floor", "prior", "window", "bins"):
        yield f"{name} {getattr(parameters, name):.9g}"
    # Without a mean features are not normalised: nothing is taken away, and nothing scaled.
    prior, one = [0.0] * parameters.bins, [1.0] * parameters.bins
    yield f"normalized {int(bool(parameters.mean))}"
    yield f"mean {_listed(parameters.mean or prior)}"
    yield f"scale {_listed(parameters.scale or one)}"


def _network_lines(model: KeywordModel, network: KeywordNetwork) -> Iterator[str]:
    shape = network.shape
    yield f"subsampling {model.encoder.subsampling}"
    for name in ("delay", "dim", "hidden", "kernel"):
        yield f"{name} {getattr(shape, name)}"
    yield f"symbols {shape.phones}"
    yield f"dilations {_listed(shape.dilations)}"
    yield f"weights {len(network.weights)}"


def _closer_lines(network: CloserNetwork) -> Iterator[str]:
    for name, value in asdict(network.shape).items():
        yield f"{name} {value}"
    yield f"weights {len(network.weights)}"


def _keyword_lines(model: KeywordModel, thresholds: tuple[float, ...]) -> Iterator[str]:
    yield f"keywords {len(model.phrases)}"
    again = model.second_pass
    classifiers = [None] * len(model.phrases) if again is None else again.classifiers
    lowest = (model.graph.options.lowest,) * len(model.phrases)
    looks = lowest if model.encoder.closer is None else look_scores(model.graph)
    for phrase, threshold, look, classifier in zip(
        model.phrases, thresholds, looks, classifiers, strict=True
    ):
        yield f"threshold {threshold:.9g}"
        yield f"look {look:.9g}"
        yield f"pause {phrase.pause_weight:.9g}"
        yield f"pronunciations {len(phrase.pronunciations)}"
        for phones in phrase.pronunciations:
            yield f"phones {_listed([PHONE_INDEX[phone] for phone in phones])}"
        yield f"second_pass {int(classifier is not None)}"
        if classifier is not None:
            yield from _classifier_lines(classifier)
        yield f"keyword {' '.join(phrase.text.split())}"


def _classifier_lines(classifier: PhraseClassifier) -> Iterator[str]:
    yield f"gate {classifier.gate:.9g}"
    yield f"bias {classifier.bias:.9g}"
    for places in classifier.places.tolist():
        yield f"places {_listed(places)}"
    yield f"path {_listed(classifier.path.tolist())}"
    yield f"evidence {_listed(classifier.phones[:, 0].tolist())}"
    yield f"margin {_listed(classifier.phones[:, 1].tolist())}"
    yield f"lacking {_listed(classifier.missing.sum(1).tolist())}"
    yield f"unclear {_listed(classifier.missing[:, 1].tolist())}"
    yield f"activations {_listed(classifier.hidden.ravel().tolist())}"


def _listed(values: Sequence[float]) -> str:
    """A list's count and values."""
    return " ".join(f"{value:.9g}" for value in (len(values), *values))
