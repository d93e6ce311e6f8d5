"""Making a bundle whose network was trained elsewhere: the way of `attune model import`."""

from __future__ import annotations

import datetime
import tempfile
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from attune.acoustic import FrontEnd, GraphLayout, UtteranceEncoder, front_end_to_json
from attune.bundle import (
    Bundle,
    BundleWriter,
    DataSet,
    Lineage,
    Measurement,
    ModelCard,
    NewPart,
    check_free,
    file_sha256,
)
from attune.bundle.fields import JsonValue
from attune.convert.families import FAMILIES, family_of_metadata, read_cmvn
from attune.convert.graphs import feeding, measure, read_ports, settled, trial_sound
from attune.convert.huggingface import HuggingFaceModel, export_huggingface, read_huggingface
from attune.convert.report import TRIAL_SECONDS, ImportReport
from attune.convert.single_file import as_single_file, with_int8_weights
from attune.convert.token_files import BLANKS, find_blank, read_token_file
from attune.convert.tokenizers import PieceScores, read_piece_scores
from attune.convert.vocabulary import (
    SpelledWords,
    Symbols,
    arrange_symbols,
    write_spelled_lexicon,
)
from attune.errors import AttuneError, InputError

__all__ = ["ImportRequest", "import_model"]

Say = Callable[[str], None]

COMMAND = "attune model import"
_MOST_DIFFERENCE = 1e-3
_MOST_INT8_DISTANCE = 0.1
_SHARED = ("language_model", "g2p", "formatter", "display_rules")
_CHUNK_SECONDS, _LEFT_SECONDS, _RIGHT_SECONDS = 2.0, 4.0, 1.0
# Networks of letters and pieces know something of the language themselves.
_LM_WEIGHT = 0.6


@dataclass(frozen=True)
class ImportRequest:
    """What to import: an ONNX file or a Hugging Face directory, and what the file does not say.

    `tokens`: the token list of an ONNX file; `tokenizer`: a file with its tokenizer's scores;
    `features`: one of `FAMILIES` (None: as the graph's metadata says); `blank`: the blank's token
    or column (None: by its usual names); `cmvn`: WeNet's global_cmvn; `name` and `licence` for the
    bundle; `int8`: round the weights.
    """

    source: Path
    tokens: Path | None = None
    tokenizer: Path | None = None
    features: str | None = None
    blank: str | None = None
    cmvn: Path | None = None
    name: str | None = None
    licence: str | None = None
    int8: bool = False


@dataclass(frozen=True)
class _Network:
    """A graph on disk and what is known of it."""

    graph: Path
    architecture: str
    layout: GraphLayout
    front_end: FrontEnd
    symbols: Symbols
    files: tuple[Path, ...]
    reference: NDArray[np.float32] | None


def import_model(
    request: ImportRequest,
    base: Bundle,
    out: Path,
    *,
    replace: bool = False,
    say: Say = lambda message: None,
) -> ImportReport:
    """Write a bundle with the network of `request.source` and the language of `base` to `out`.

    Raises InputError for a source that cannot be used, naming the file or field, and when `out` is
    taken (unless `replace`); AttuneError when a converted graph does not agree with its source.
    """
    began = time.monotonic()
    check_free(out, "folder", replace)
    if base.description.kind != "recognizer":
        raise InputError(f"{base.path} is a {base.description.kind} bundle: a recognizer is needed")
    with tempfile.TemporaryDirectory(prefix="attune-") as scratch:
        folder = Path(scratch)
        network = (
            _from_directory(request, folder, say)
            if request.source.is_dir()
            else _from_file(request, say)
        )
        say("checking posteriors")
        posteriors = _posteriors(network.graph, network)
        difference = _difference(posteriors, network)
        encoder, distance = folder / "encoder.onnx", None
        if request.int8:
            say("rounding weights")
            with_int8_weights(network.graph, encoder)
            distance = _distance(posteriors, _posteriors(encoder, network), request.source)
        else:
            as_single_file(network.graph, encoder)
        say("spelling words")
        lexicon = folder / "lexicon.bin"
        words = write_spelled_lexicon(network.symbols, base, lexicon)
        say("writing")
        writer = _writer(request, base, network, words, difference, distance)
        writer.add("encoder", NewPart(encoder, "onnx"))
        writer.add("symbols", NewPart(network.symbols.to_text(), "tokens", "symbols.txt"))
        writer.add("lexicon", NewPart(lexicon, "lexicon"))
        for role in _SHARED:
            if base.has(role):
                writer.share(role, base)
        size = encoder.stat().st_size
        writer.write(out, replace=replace)
    return ImportReport(
        path=out,
        architecture=network.architecture,
        units=network.symbols.units,
        tokens=len(network.symbols.tokens),
        row_seconds=network.layout.row_seconds,
        words=words,
        difference=difference,
        int8_distance=distance,
        latency_seconds=_CHUNK_SECONDS + _RIGHT_SECONDS,
        bytes=size,
        seconds=time.monotonic() - began,
    )


def _from_directory(request: ImportRequest, folder: Path, say: Say) -> _Network:
    given = (request.tokens, request.features, request.blank, request.cmvn)
    options = ("--tokens", "--features", "--blank", "--cmvn")
    for option, value in zip(options, given, strict=True):
        if value is not None:
            raise InputError(f"{option}: {request.source} says that itself: leave it out")
    model = read_huggingface(request.source)
    symbols = arrange_symbols(model.tokens, model.blank, _scores_of(request, model))
    say("converting")
    graph = folder / "converted" / "model.onnx"
    graph.parent.mkdir()
    reference = export_huggingface(model, graph, trial_sound(TRIAL_SECONDS))
    where = str(request.source)
    layout, front_end = feeding(read_ports(graph), model.front_end, len(model.tokens), where)
    found = measure(graph, layout, front_end)
    return _Network(
        graph,
        model.architecture,
        settled(layout, found, symbols.columns),
        front_end,
        symbols,
        model.files,
        reference,
    )


def _scores_of(request: ImportRequest, model: HuggingFaceModel) -> PieceScores | None:
    if request.tokenizer is not None:
        return read_piece_scores(request.tokenizer)
    return read_piece_scores(model.tokenizer) if model.tokenizer.name != "vocab.json" else None


def _from_file(request: ImportRequest, say: Say) -> _Network:
    source = request.source
    if not source.is_file():
        raise InputError(f"{source}: no such file or folder: check the name")
    say("reading the graph")
    ports = read_ports(source)
    family = request.features or family_of_metadata(ports.metadata, str(source))
    if family is None:
        raise InputError(
            f"{source} does not say which features it hears: give --features, one of "
            f"{', '.join(FAMILIES)}"
        )
    if family not in FAMILIES:
        raise InputError(f"--features {family!r} is not one of {', '.join(FAMILIES)}")
    if request.tokens is None:
        raise InputError(f"{source}: give its token list with --tokens")
    tokens = read_token_file(request.tokens)
    layout, front_end = feeding(ports, FAMILIES[family], len(tokens), str(source))
    if request.cmvn is not None:
        front_end = read_cmvn(request.cmvn, front_end)
    say("trying the graph")
    found = measure(source, layout, front_end)
    blank = find_blank(tokens, request.blank)
    if blank is None and len(tokens) == found.columns - 1:
        # NeMo's own lists leave out the blank, which comes last.
        tokens, blank = [*tokens, BLANKS[0]], len(tokens)
    if len(tokens) != found.columns:
        raise InputError(
            f"{request.tokens} has {len(tokens)} tokens, but the output {layout.output} of "
            f"{source} has {found.columns} columns: give the token list of this very model"
        )
    if blank is None:
        raise InputError(
            f"{request.tokens} has no blank ({', '.join(BLANKS)}): name its token with --blank"
        )
    scores = read_piece_scores(request.tokenizer) if request.tokenizer is not None else None
    symbols = arrange_symbols(tokens, blank, scores)
    given = (source, request.tokens, request.tokenizer, request.cmvn)
    return _Network(
        source,
        f"ONNX, {family}",
        settled(layout, found, symbols.columns),
        front_end,
        symbols,
        tuple(path for path in given if path is not None),
        None,
    )


def _posteriors(graph: Path, network: _Network) -> NDArray[np.float32]:
    encoder = UtteranceEncoder(graph, network.layout, network.front_end)
    return encoder.whole(trial_sound(TRIAL_SECONDS))


def _difference(posteriors: NDArray[np.float32], network: _Network) -> float | None:
    """Largest difference of a probability from the source framework's."""
    if network.reference is None:
        return None
    reference = network.reference[:, list(network.layout.columns)]
    # The source may add rows for its padding, never leave one out.
    if not len(posteriors) <= len(reference) <= len(posteriors) + 1:
        raise AttuneError(
            f"the converted network has {len(posteriors)} rows for {len(reference)} of its source"
        )
    expected = np.exp(reference[: len(posteriors)])
    difference = float(np.abs(np.exp(posteriors) - expected).max())
    if not difference <= _MOST_DIFFERENCE:
        raise AttuneError(
            f"the converted network's posteriors differ by {difference:.2g} from its source's"
        )
    return difference


def _distance(exact: NDArray[np.float32], rounded: NDArray[np.float32], source: Path) -> float:
    """Mean over the rows of the total variation distance."""
    distance = float(np.abs(np.exp(rounded) - np.exp(exact)).sum(-1).mean() / 2)
    if not distance <= _MOST_INT8_DISTANCE:
        raise InputError(
            f"{source}: rounding to int8 changes the posteriors by {distance:.2g} in the mean: "
            "leave out --int8"
        )
    return distance


def _writer(
    request: ImportRequest,
    base: Bundle,
    network: _Network,
    words: SpelledWords,
    difference: float | None,
    distance: float | None,
) -> BundleWriter:
    old = base.description
    name = request.name or f"{request.source.resolve().stem}, {old.language}"
    told: dict[str, JsonValue] = {
        "features": request.features,
        "blank": network.symbols.tokens[0],
        "int8": request.int8,
        "base": f"{old.name} {old.version}",
    }
    decoding = {
        key: value for key, value in base.setting_group("decoding").items() if key != "blank_scale"
    }
    return BundleWriter(
        kind="recognizer",
        language=old.language,
        name=name,
        version="1",
        lineage=Lineage(
            command=COMMAND,
            date=datetime.datetime.now(datetime.UTC).date().isoformat(),
            base=base.hash,
            data=tuple(DataSet(path.name, file_sha256(path)) for path in network.files),
            settings=told,
        ),
        model_card=_card(request, base, network, words, difference, distance),
        settings={
            "encoder": {
                **network.layout.to_json(),
                "units": network.symbols.units,
                "spelling": network.symbols.method,
            },
            "features": front_end_to_json(network.front_end),
            "chunking": {"left_seconds": _LEFT_SECONDS, "right_seconds": _RIGHT_SECONDS},
            "decoding": {**decoding, "lm_weight": _LM_WEIGHT, "chunk": _CHUNK_SECONDS},
        },
    )


def _card(
    request: ImportRequest,
    base: Bundle,
    network: _Network,
    words: SpelledWords,
    difference: float | None,
    distance: float | None,
) -> ModelCard:
    card, old = base.description.model_card, base.description
    figures = [
        Measurement(f"{TRIAL_SECONDS:g} s of test sound", metric, value, "whole-file", COMMAND)
        for metric, value in (("posterior_difference", difference), ("int8_distance", distance))
        if value is not None
    ]
    return ModelCard(
        description=(
            f"The network {request.source.name} ({network.architecture}, "
            f"{len(network.symbols.tokens)} symbols: {network.symbols.units}), trained elsewhere, "
            f"with the words and the language model of {old.name} {old.version}."
        ),
        licence=request.licence or f"network: see its source; words and language: {card.licence}",
        trained_on=tuple(item for item in card.trained_on if item.hours is None),
        measured=tuple(figures),
        limits=(
            f"{words.left_out} of the base's {words.words + words.left_out} words cannot be "
            "spelled in the network's symbols and are left out.",
            "The network hears whole utterances: a live stream is computed in overlapping windows, "
            f"its words come up to {_CHUNK_SECONDS + _RIGHT_SECONDS:g} s late.",
            "Confidence is not calibrated, and search weights are not tuned for this network.",
            "Word error has not been measured: measure it with `attune evaluate`.",
        ),
    )
