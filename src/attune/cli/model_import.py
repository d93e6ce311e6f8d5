"""`attune model import`: a network trained elsewhere, made into a bundle."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from attune.cli.console import emit, emit_json
from attune.cli.options import JsonOption, NameOption, OutOption, OverwriteOption
from attune.cli.progress import ProgressBar

if TYPE_CHECKING:
    from attune.convert import ImportReport

__all__ = ["import_command"]


def import_command(
    source: Annotated[
        Path,
        typer.Argument(
            metavar="SOURCE",
            help="An ONNX file, or a Hugging Face folder (config.json, model.safetensors, ...).",
            show_default=False,
        ),
    ],
    out: OutOption,
    tokens: Annotated[
        Path | None,
        typer.Option(
            "--tokens",
            metavar="FILE",
            help="The token list of an ONNX file: tokens.txt, units.txt, vocab.json.",
            show_default=False,
        ),
    ] = None,
    features: Annotated[
        str | None,
        typer.Option(
            "--features",
            metavar="FAMILY",
            help="What an ONNX file hears: nemo, nemo-unnormalized, wenet, kaldi, waveform or "
            "waveform-normalized. Default: as its metadata says.",
            show_default=False,
        ),
    ] = None,
    tokenizer: Annotated[
        Path | None,
        typer.Option(
            "--tokenizer",
            metavar="FILE",
            help="The tokenizer, to cut words as in training: sentencepiece's .model or .vocab, or "
            "tokenizer.json. Default: the longest pieces, or the folder's tokenizer.json.",
            show_default=False,
        ),
    ] = None,
    blank: Annotated[
        str | None,
        typer.Option(
            "--blank",
            metavar="TOKEN",
            help="The token of the CTC blank, or its number. Default: found by its usual names.",
            show_default=False,
        ),
    ] = None,
    cmvn: Annotated[
        Path | None,
        typer.Option(
            "--cmvn",
            metavar="FILE",
            help="WeNet's global_cmvn, where the graph does not hold it.",
            show_default=False,
        ),
    ] = None,
    base: Annotated[
        Path | None,
        typer.Option(
            "--base",
            "-b",
            metavar="BUNDLE",
            help="The bundle whose words and language to take. Default: the en-US bundle that "
            "comes with Attune.",
            show_default=False,
        ),
    ] = None,
    int8: Annotated[
        bool,
        typer.Option(
            "--int8",
            help="Round the weights of matrix products to eight bits: about a third of the size.",
        ),
    ] = False,
    name: NameOption = None,
    licence: Annotated[
        str | None,
        typer.Option(
            "--licence",
            metavar="TEXT",
            help="Under which terms the network may be used, for the model card.",
            show_default=False,
        ),
    ] = None,
    overwrite: OverwriteOption = False,
    json: JsonOption = False,
) -> None:
    """Make a bundle of a CTC network that was trained elsewhere.

    Words, language model and display rules are those of the base, the words spelled in the
    network's characters or pieces. Language customisation and phrases then work as on any bundle.
    """
    from attune.bundle import Bundle, shipped_bundle_path
    from attune.convert import ImportRequest, import_model

    request = ImportRequest(
        source=source,
        tokens=tokens,
        tokenizer=tokenizer,
        features=features,
        blank=blank,
        cmvn=cmvn,
        name=name,
        licence=licence,
        int8=int8,
    )
    with ProgressBar("importing", None) as bar:
        report = import_model(
            request,
            Bundle.open(base or shipped_bundle_path("en-US")),
            out,
            replace=overwrite,
            say=bar.stage,
        )
    if json:
        emit_json(_to_json(report))
    else:
        emit("\n".join(_lines(report)))


def _to_json(report: ImportReport) -> dict[str, Any]:
    return {
        "path": str(report.path),
        "architecture": report.architecture,
        "units": report.units,
        "tokens": report.tokens,
        "row_seconds": report.row_seconds,
        "words": report.words.words,
        "left_out": report.words.left_out,
        "left_out_examples": list(report.words.examples),
        "posterior_difference": report.difference,
        "int8_distance": report.int8_distance,
        "latency_seconds": report.latency_seconds,
        "bytes": report.bytes,
        "seconds": round(report.seconds, 3),
    }


def _lines(report: ImportReport) -> list[str]:
    words = report.words
    lines = [
        f"{report.path}: {report.architecture}, {report.tokens:,} tokens ({report.units}), a row "
        f"every {report.row_seconds * 1000:g} ms, network {report.bytes / 1e6:.1f} MB",
        f"words spelled {words.words:,}",
    ]
    if words.left_out:
        more = ", ..." if words.left_out > len(words.examples) else ""
        lines.append(f"left out {words.left_out:,}: {', '.join(words.examples)}{more}")
    if report.difference is not None:
        lines.append(
            f"posteriors differ by at most {report.difference:.2g} from the source's "
            "(probabilities)"
        )
    if report.int8_distance is not None:
        lines.append(f"int8 weights move posteriors by {report.int8_distance:.2g} in the mean")
    lines.append(f"a live stream's words come up to {report.latency_seconds:g} s late")
    return lines
