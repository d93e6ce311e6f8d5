"""`attune adapt acoustic`: an encoder that has learnt from one's own recordings."""

from __future__ import annotations

import time
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from attune.cli.console import emit_report, note
from attune.cli.exits import Stopped
from attune.cli.options import (
    BaseOption,
    JsonOption,
    NameOption,
    OutOption,
    OverwriteOption,
    open_base,
)
from attune.cli.progress import ProgressBar, clock
from attune.cli.train import PLAIN_SECONDS, training_packages

if TYPE_CHECKING:
    from attune.train.adaptation import Progress

__all__ = ["acoustic"]


class MethodChoice(StrEnum):
    """What of the encoder is learnt."""

    AUTO = "auto"
    ADAPTERS = "adapters"
    FULL = "full"


def acoustic(
    data: Annotated[
        Path,
        typer.Option(
            "--data",
            "-d",
            metavar="MANIFEST",
            help="Recordings and what is said in them: a manifest.",
            show_default=False,
        ),
    ],
    out: OutOption,
    base: BaseOption = None,
    held_out: Annotated[
        Path | None,
        typer.Option(
            "--held-out",
            metavar="MANIFEST",
            help="Measure on these, and stop by them. Default: a part of the data.",
            show_default=False,
        ),
    ] = None,
    general: Annotated[
        Path | None,
        typer.Option(
            "--general",
            metavar="MANIFEST",
            help="Measure on these what is forgotten. Default: a part of the replay set.",
            show_default=False,
        ),
    ] = None,
    replay: Annotated[
        str | None,
        typer.Option(
            "--replay",
            metavar="SET",
            help="Speech of the base's kind, heard again so that it is not forgotten: a manifest, "
            "a zip of one, or none. Default: the base's own, if it has one.",
            show_default=False,
        ),
    ] = None,
    method: Annotated[
        MethodChoice,
        typer.Option(
            "--method",
            help="Learn low-rank adapters, the full encoder, or what suits the amount of data.",
        ),
    ] = MethodChoice.AUTO,
    unsupervised: Annotated[
        bool,
        typer.Option(
            "--unsupervised",
            help="Learn from what the base recognises with confidence; transcripts only measure.",
        ),
    ] = False,
    work: Annotated[
        Path | None,
        typer.Option(
            "--work",
            metavar="FOLDER",
            help="Keep what a stopped run goes on from here. Default: a folder beside the new "
            "bundle, which is removed at the end.",
            show_default=False,
        ),
    ] = None,
    name: NameOption = None,
    overwrite: OverwriteOption = False,
    json: JsonOption = False,
) -> None:
    """Teach a bundle how your speakers, microphones and rooms sound, from recordings.

    A minute of speech is the least, half an hour helps much. The same command resumes after any
    stop. Reports the word error before and after, on recordings that were not learnt from.
    """
    with training_packages(), ProgressBar("adapting", 1.0) as bar:
        from attune.train.adaptation import AcousticAdaptation, Method
        from attune.train.adaptation.adapting import adapt_acoustic, work_beside

        adaptation = AcousticAdaptation(
            data=data,
            held_out=held_out,
            general=general,
            replay=replay,
            method=Method(method.value),
            unsupervised=unsupervised,
            name=name,
        )
        try:
            report = adapt_acoustic(
                open_base(base),
                adaptation,
                out,
                work=work,
                replace=overwrite,
                report=_Teller(bar).report,
            )
        except KeyboardInterrupt as stop:
            place = work or work_beside(out)
            raise Stopped(f"the same command goes on from {place}") from stop
    emit_report(report, json=json)


class _Teller:
    """Shows progress: a bar on a terminal, elsewhere each stage and a line a minute."""

    def __init__(self, bar: ProgressBar) -> None:
        self._bar = bar
        self._stage = ""
        self._spoke = 0.0

    def report(self, progress: Progress) -> None:
        """Take one report of `adapt_acoustic`."""
        if progress.message:
            self._bar.say(progress.message)
            return
        left = "" if progress.eta_seconds is None else f", {clock(progress.eta_seconds)} left"
        self._bar.update(progress.share, f"{progress.stage}{left}")
        if self._bar.visible:
            return
        now = time.monotonic()
        if progress.stage != self._stage or now - self._spoke >= PLAIN_SECONDS:
            self._stage, self._spoke = progress.stage, now
            note(f"{progress.stage}, {progress.share:.0%} of all{left}")
