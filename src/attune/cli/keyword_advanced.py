"""Options of `attune keyword create` for advanced keywords, and the making of one."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from enum import StrEnum
from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from attune.errors import InputError

if TYPE_CHECKING:
    from attune.keyword import CreationReport, KeywordPhrase
    from attune.keyword.guidance import LanguageFacts

__all__ = [
    "AdvancedOptions",
    "MakingStage",
    "NegativesOption",
    "RecordingsOption",
    "UntilOption",
    "WorkOption",
    "make_advanced",
]


class MakingStage(StrEnum):
    """The stages of an advanced keyword, in order: those of `attune.train.keyword`."""

    POSITIVES = "positives"
    NEGATIVES = "negatives"
    AUGMENT = "augment"
    ADAPT = "adapt"
    CALIBRATE = "calibrate"
    EVALUATE = "evaluate"


WorkOption = Annotated[
    Path | None,
    typer.Option(
        "--work",
        "-w",
        metavar="FOLDER",
        help="advanced: keep there what the stages leave. Stopped and run again with the same "
        "folder, the command goes on. Default: a temporary folder.",
        show_default=False,
    ),
]
UntilOption = Annotated[
    MakingStage | None,
    typer.Option(
        "--until",
        help="advanced: stop after this stage; what it leaves is in the --work folder.",
        show_default=False,
    ),
]
RecordingsOption = Annotated[
    Path | None,
    typer.Option(
        "--recordings",
        metavar="MANIFEST",
        help="advanced: recordings of people who say the phrases, 3 or more of each; `text` says "
        "which. Not needed.",
        show_default=False,
    ),
]
NegativesOption = Annotated[
    list[Path] | None,
    typer.Option(
        "--negatives",
        metavar="MANIFEST",
        help="advanced: recordings without the phrases: speech, and noise (empty `text`). May be "
        "repeated. Not needed.",
        show_default=False,
    ),
]


@dataclass(frozen=True)
class AdvancedOptions:
    """What the options say."""

    work: Path | None
    until: MakingStage | None
    recordings: Path | None
    negatives: list[Path] | None

    def refuse(self) -> None:
        """InputError when one was given: basic keywords take none of them."""
        for name in ("work", "until", "recordings", "negatives"):
            if getattr(self, name):
                raise InputError(f"--{name} belongs to --kind advanced: add it, or leave it out")


def make_advanced(
    phrases: Sequence[KeywordPhrase],
    out: Path | None,
    options: AdvancedOptions,
    facts: LanguageFacts,
    changes: dict[str, Any],
    report: Callable[[str], None],
) -> CreationReport | None:
    """Make an advanced keyword, or run its stages up to `until` (None then).

    `facts` are known already; `changes` are those of `create_basic`. InputError when the extra
    train is not installed.
    """
    try:
        package = import_module("attune.train.keyword")
    except ImportError as error:
        raise InputError(
            "--kind advanced needs the extra train: pip install 'attune[train]', or use --kind "
            "basic"
        ) from error
    asked = {name: changes.pop(name) for name in ("base", "sensitivity") if name in changes}
    request = package.AdvancedRequest(
        recordings=options.recordings,
        negatives=tuple(options.negatives or ()),
        facts=facts,
        **asked,
    )
    if options.until is not None:
        if options.work is None:
            raise InputError("--until leaves its results in a folder: name it with --work FOLDER")
        package.run_stages(
            phrases, options.work, options.until.value, request=request, report=report
        )
        return None
    found: CreationReport = package.create_advanced(
        phrases, out, request=request, work=options.work, report=report, **changes
    )
    return found
