"""`attune model import`: a network trained elsewhere, made into a bundle."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from attune.cli.console import emit_report
from attune.cli.options import JsonOption, NameOption, OutOption, OverwriteOption, open_base
from attune.cli.progress import ProgressBar

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
            open_base(base),
            out,
            replace=overwrite,
            say=bar.stage,
        )
    emit_report(report, json=json)
