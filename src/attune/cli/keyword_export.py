"""`attune keyword export`: a keyword as plain files, for devices that run something else."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from attune.cli.console import emit, emit_json
from attune.cli.keyword_phrases import SensitivityOption
from attune.cli.options import JsonOption

__all__ = ["export"]


def export(
    bundle: Annotated[
        Path, typer.Argument(metavar="BUNDLE", help="The keyword bundle.", show_default=False)
    ],
    out: Annotated[
        Path,
        typer.Option(
            "--out",
            "-o",
            metavar="FOLDER",
            help="The new folder, for keyword.txt and weights.bin.",
            show_default=False,
        ),
    ],
    sensitivity: SensitivityOption = None,
    overwrite: Annotated[
        bool, typer.Option("--overwrite", help="Replace an exported keyword that is there already.")
    ] = False,
    json: JsonOption = False,
) -> None:
    """Write a keyword as two plain files, for programs and devices without Python.

    Network, features, pronunciations and thresholds. The format is documented, and a page of C that
    reads it comes with the source code (examples/keyword-c).
    """
    from attune.keyword import load_keyword
    from attune.keyword.exporting import export_keyword

    done = export_keyword(load_keyword(bundle), out, sensitivity=sensitivity, replace=overwrite)
    if json:
        emit_json(
            {
                "path": str(done.path),
                "bytes": done.bytes,
                "keywords": [
                    {"keyword": keyword, "threshold": threshold}
                    for keyword, threshold in zip(done.keywords, done.thresholds, strict=True)
                ],
            }
        )
    else:
        emit(f"{done.path}: keyword.txt and weights.bin, {done.bytes / 1e6:.1f} MB")
