"""`attune train`: acoustic models, language models, pronunciation models."""

from __future__ import annotations

import logging
import os
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from attune.cli.console import emit, emit_json, note
from attune.cli.options import JsonOption, read_assignments
from attune.cli.progress import ProgressBar, clock
from attune.cli.train_language import language
from attune.errors import InputError

if TYPE_CHECKING:
    from attune.train.acoustic.config import AcousticConfig
    from attune.train.acoustic.loop import Progress

__all__ = ["app"]

app = typer.Typer(help="Train models from recordings, text and dictionaries.")
app.command("language")(language)

PLAIN_SECONDS = 60.0
"""How often a line of progress is written where there is no terminal to show a bar."""

TRAINING_PACKAGES = frozenset(("torch", "onnx", "onnxscript", "scipy", "tensorboard"))


@app.command()
def acoustic(
    config: Annotated[
        Path,
        typer.Argument(metavar="CONFIG.yaml", help="What to train, on what.", show_default=False),
    ],
    settings: Annotated[
        list[str] | None,
        typer.Option(
            "--set",
            metavar="KEY=VALUE",
            help="Change a field of the configuration, such as seed=2 or optimizer.steps=5000; "
            "may be repeated.",
            show_default=False,
        ),
    ] = None,
    json: JsonOption = False,
) -> None:
    """Train an acoustic model on manifests. The same command resumes after any stop.

    Several processes share the work under torchrun:
    torchrun --nproc-per-node 2 -m attune.cli train acoustic CONFIG.yaml
    """
    with training_packages():
        from attune.train.acoustic.loop import train_acoustic

    chosen = _read_config(config, read_assignments(settings))
    first = os.environ.get("RANK", "0") == "0"
    with ProgressBar("training", float(chosen.optimizer.steps), shown=first) as bar:
        progress = TrainingProgress(bar, speaking=first)
        checkpoint = train_acoustic(chosen, progress.report)
    if not first:
        return
    if json:
        emit_json({"checkpoint": str(checkpoint), "work": str(chosen.work), "step": progress.step})
    else:
        emit(str(checkpoint))
        note(f"to use it: attune train export {checkpoint} --out encoder.onnx")


@app.command()
def export(
    checkpoint: Annotated[
        Path,
        typer.Argument(
            help="A checkpoint of `attune train acoustic`, such as WORK/best.pt.",
            show_default=False,
        ),
    ],
    out: Annotated[
        Path,
        typer.Option("--out", "-o", metavar="ONNX", help="The file to write.", show_default=False),
    ],
    json: JsonOption = False,
) -> None:
    """Export an acoustic model to ONNX with int8 weights, and compare it with the original."""
    with training_packages():
        from attune.train.acoustic.export import export_encoder

        # The exporter's own remarks (packages that it does without) are not the user's business.
        logging.disable(logging.WARNING)
        report = export_encoder(checkpoint, out)
    if json:
        emit_json(
            {
                "path": str(report.path),
                "bytes": report.bytes,
                "float_difference": report.float_difference,
                "rounding_difference": report.rounding_difference,
            }
        )
    else:
        emit(
            f"{report.path}: {report.bytes / 1e6:.2f} MB; largest difference of a posterior "
            f"{report.float_difference:.1e} in floating point, mean distance of the posteriors "
            f"{report.rounding_difference:.1e} in int8"
        )


@app.command()
def g2p(
    dictionary: Annotated[
        Path,
        typer.Argument(help="A pronouncing dictionary in CMUdict's format.", show_default=False),
    ],
    out: Annotated[
        Path,
        typer.Option("--out", "-o", metavar="FILE", help="The file to write.", show_default=False),
    ],
    order: Annotated[
        int,
        typer.Option("--order", metavar="N", help="Letter-sound units that the model looks at."),
    ] = 7,
    iterations: Annotated[
        int,
        typer.Option("--iterations", metavar="N", help="Rounds of aligning letters and sounds."),
    ] = 10,
    prune: Annotated[
        float,
        typer.Option(
            "--prune", metavar="NATS", help="Drop what changes the model by less than this."
        ),
    ] = 2e-8,
    measure: Annotated[
        bool,
        typer.Option(
            "--measure/--no-measure",
            help="First train a twin without a tenth of the words, and measure it on them.",
        ),
    ] = True,
    json: JsonOption = False,
) -> None:
    """Train a grapheme-to-phoneme model: pronunciations for words that no dictionary has."""
    from attune.train.g2p import G2PConfig, train_g2p

    config = G2PConfig(dictionary, out, order, iterations, prune, measure)
    with ProgressBar("training", 1.0) as bar:
        report = train_g2p(config, lambda stage, done: bar.update(done, stage))
    if json:
        emit_json({"path": str(out), **report.to_dict()})
        return
    emit(
        f"{out}: {report.bytes / 1e6:.2f} MB from {report.pronunciations:,} pronunciations of "
        f"{report.words:,} words in {clock(report.seconds)}"
    )
    for reason, words in report.skipped.items():
        if words:
            emit(f"left out {len(words):,} words: {reason} ({', '.join(words[:5])}, ...)")
    if report.score is not None:
        score = report.score
        emit(
            f"on {score.words:,} words not trained on: word error {score.word_error * 100:.2f} %, "
            f"phone error {score.phone_error * 100:.2f} %; none of five readings right for "
            f"{score.word_error_of_five * 100:.2f} %; {score.words_per_second:.0f} words/s"
        )


class TrainingProgress:
    """Shows what a training run reports: a bar on a terminal, elsewhere a line a minute."""

    def __init__(self, bar: ProgressBar, *, speaking: bool) -> None:
        self._bar, self._speaking = bar, speaking
        self._spoke = -PLAIN_SECONDS
        self.step = 0

    def report(self, progress: Progress) -> None:
        """Take one report of `train_acoustic`."""
        if not self._speaking:
            return
        self.step = max(self.step, progress.step)
        if progress.message:
            self._bar.say(progress.message)
            return
        about = (
            f"epoch {progress.epoch}, loss {progress.loss:.3f}, {progress.speed:.0f} x real time"
        )
        self._bar.update(progress.step, f"{about}, {clock(progress.eta_seconds)} left")
        if not self._bar.visible and time.monotonic() - self._spoke >= PLAIN_SECONDS:
            self._spoke = time.monotonic()
            note(
                f"step {progress.step} of {progress.steps}, {about}, "
                f"{clock(progress.eta_seconds)} left"
            )


@contextmanager
def training_packages() -> Iterator[None]:
    """Turn the lack of a package that only training needs into InputError."""
    try:
        yield
    except ModuleNotFoundError as error:
        if error.name is None or error.name.partition(".")[0] not in TRAINING_PACKAGES:
            raise
        raise InputError(
            f"training needs {error.name}, which is not installed: pip install 'attune[train]'"
        ) from error


def _read_config(path: Path, changes: dict[str, Any]) -> AcousticConfig:
    """Read a configuration with changes; a name may lead into a section: `optimizer.steps`."""
    import yaml

    from attune.train.acoustic.config import read_config

    config = read_config(path)
    if not changes:
        return config
    written = yaml.safe_load(path.read_text("utf-8"))
    merged: dict[str, Any] = {}
    for name, value in changes.items():
        section, dot, field = name.partition(".")
        if not dot:
            merged[section] = value
            continue
        inner = merged.get(section, written.get(section) or {})
        if not isinstance(inner, dict):
            raise InputError(f"--set {name}: {section} has no fields of its own")
        merged[section] = {**inner, field: value}
    return read_config(path, merged)
