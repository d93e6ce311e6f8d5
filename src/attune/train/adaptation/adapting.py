"""Acoustic adaptation: a bundle whose encoder has learnt from a user's own recordings.

The stages, each of which goes on where it was when the same command is given again: listening to
everything with the base (`preparation`), measuring the base, training (`attune.train.acoustic`),
choosing how far to go (`strength`), measuring the result, writing it.
"""

from __future__ import annotations

import dataclasses
import shutil
import time
from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from attune.bundle import Bundle, Measurement, ModelCard, NewPart, TrainingSet, check_free
from attune.bundle.fields import JsonValue
from attune.customize.adapted_bundle import write_adapted
from attune.data import Utterance, write_manifest
from attune.errors import InputError
from attune.evaluate import Comparison, Evaluation, compare_evaluations
from attune.recognize import Model
from attune.text import normalize
from attune.train.acoustic.checkpoint import load_checkpoint
from attune.train.acoustic.initial import Start, read_start
from attune.train.acoustic.loop import Progress as TrainingProgress
from attune.train.acoustic.loop import train_acoustic
from attune.train.acoustic.transplant import transplant
from attune.train.adaptation.confidence import refit_confidence
from attune.train.adaptation.labels import Label
from attune.train.adaptation.measuring import measure
from attune.train.adaptation.plan import Plan, make_plan, training_config
from attune.train.adaptation.preparation import Parts, Prepared, prepare
from attune.train.adaptation.replay import find_replay, part_replay
from attune.train.adaptation.report import AcousticAdaptationReport
from attune.train.adaptation.request import (
    AcousticAdaptation,
    Progress,
    Report,
    begin_work,
    ignore,
    read_rows,
)
from attune.train.adaptation.splitting import split_rows
from attune.train.adaptation.strength import Choice, blend, choose_strength
from attune.train.tuning import write_json

__all__ = ["adapt_acoustic", "work_beside"]

_COMMAND = "attune adapt acoustic"
# Shares of the work, roughly, on any machine.
_STAGES = {"listening": 0.08, "measuring the base": 0.04, "training": 0.78, "choosing": 0.06}
_LAST = "measuring the result"


def work_beside(out: Path) -> Path:
    """The work folder that belongs to a new bundle unless another is given."""
    return out.with_name(f"{out.name}.work")


def adapt_acoustic(
    base: Bundle,
    adaptation: AcousticAdaptation,
    out: str | Path,
    *,
    work: Path | None = None,
    replace: bool = False,
    report: Report = ignore,
) -> AcousticAdaptationReport:
    """Write a bundle with an encoder that was trained on the user's speech to `out`.

    Stopped at any point, the same call goes on from `work` (default: beside `out`, which must not
    be something else). Raises InputError for data that cannot be used, a base that was not trained
    by Attune, and when `out` is taken (unless `replace`); AttuneError when stopped while training,
    or when the disk is full.
    """
    out = Path(out)
    check_free(out, "folder", replace)
    rows = _Rows.read(adaptation)
    start = read_start(base.path)
    kept = work is not None
    work = work or work_beside(out)
    begin_work(base, adaptation, work)
    found = _Adaptation(base, adaptation, rows, out, work, replace, report).run(start)
    if not kept:
        shutil.rmtree(work, ignore_errors=True)
    return found


@dataclass(frozen=True)
class _Rows:
    """The manifests that were given, read; `None` for those that were not."""

    data: list[Utterance]
    held_out: list[Utterance] | None
    general: list[Utterance] | None

    @classmethod
    def read(cls, adaptation: AcousticAdaptation) -> _Rows:
        data = read_rows(adaptation.data, "--data")
        if not adaptation.unsupervised and not any(row.text.strip() for row in data):
            raise InputError(
                f"{adaptation.data}: no row has a transcript: fill the text column, or learn "
                "without them with --unsupervised"
            )
        return cls(
            data,
            _optional(adaptation.held_out, "--held-out"),
            _optional(adaptation.general, "--general"),
        )


def _optional(manifest: Path | None, option: str) -> list[Utterance] | None:
    if manifest is None:
        return None
    rows = read_rows(manifest, option, distinct=True)
    if not any(row.text.strip() for row in rows):
        raise InputError(f"{option} {manifest}: no row has a transcript: fill the text column")
    return rows


class _Adaptation:
    """One adaptation on its way."""

    def __init__(
        self,
        base: Bundle,
        adaptation: AcousticAdaptation,
        rows: _Rows,
        out: Path,
        work: Path,
        replace: bool,
        report: Report,
    ) -> None:
        self.base, self.adaptation, self.rows = base, adaptation, rows
        self.out, self.work, self.replace, self.report = out, work, replace, report
        self.began = time.monotonic()
        self.language = base.description.language
        self.normalize = partial(normalize, language=self.language)
        self.model = Model(base)

    def run(self, start: Start) -> AcousticAdaptationReport:
        """All stages."""
        parts, by = self._parts()
        total = _seconds([*parts.training, *parts.replay, *parts.held_out])
        self._tell("listening", 0.0)
        prepared = prepare(
            self.model,
            parts,
            self.normalize,
            self.work,
            lambda seconds: self._tell("listening", seconds / max(total, 1.0)),
        )
        for label in prepared.left_out:
            self._tell("listening", 1.0, f"left out: {label.path}: {label.problem}")
        plan = make_plan(
            _seconds(prepared.learnt),
            prepared.replay_seconds,
            self.adaptation.method,
        )
        sets = self._sets(parts, prepared)
        before = self._measure(self.model, "base", sets, "measuring the base")
        learnt = load_checkpoint(self._train(plan, prepared))["average"]
        choice = choose_strength(
            self.model,
            start,
            learnt,
            sets.get("held-out"),
            sets.get("general"),
            partial(self._tell, "choosing"),
        )
        encoder = self.work / "encoder.onnx"
        weights = blend(start.weights, learnt, choice.strength)
        transplant(self.base.part_path("encoder"), weights, start.encoder, encoder)
        compared, calibrated = self._finish(prepared, plan, choice, encoder, sets, before)
        return AcousticAdaptationReport(
            path=self.out,
            plan=plan,
            learnt=len(prepared.learnt),
            learnt_seconds=_seconds(prepared.learnt),
            replay_seconds=prepared.replay_seconds,
            left_out=prepared.left_out,
            unknown_words=prepared.unknown_words,
            surroundings=prepared.surroundings,
            choice=choice,
            held_out=compared.get("held-out"),
            held_out_by=by,
            general=compared.get("general"),
            calibrated=calibrated,
            seconds=time.monotonic() - self.began,
        )

    def _finish(
        self,
        prepared: Prepared,
        plan: Plan,
        choice: Choice,
        encoder: Path,
        sets: dict[str, Path],
        before: dict[str, Evaluation],
    ) -> tuple[dict[str, Comparison], bool]:
        """Measure the new encoder, fit its confidence, write the bundle; whether there was enough
        to fit it on."""
        settings: dict[str, JsonValue] = {
            "method": plan.method.value,
            "steps": plan.steps,
            "strength": choice.strength,
            "unsupervised": self.adaptation.unsupervised,
            "replay_seconds": round(prepared.replay_seconds, 1),
        }
        write = partial(
            write_adapted,
            self.base,
            command=_COMMAND,
            data=[self.adaptation.data],
            settings=settings,
            name=self.adaptation.name,
        )
        parts = {"encoder": NewPart(encoder, "onnx")}
        draft = Model(write(self.work / "draft", parts=parts, replace=True))
        after = self._measure(draft, f"adapted-{choice.strength}", sets, _LAST)
        compared = {name: compare_evaluations(before[name], after[name]) for name in sets}
        calibration = None
        if "held-out" in sets:
            errors = after["held-out"].counts.errors
            calibration = refit_confidence(draft, sets["held-out"], errors)
        if calibration is not None:
            parts["calibration"] = NewPart(write_json(calibration), "json", "calibration.json")
        card = self._card(prepared, compared)
        write(self.out, parts=parts, replace=self.replace, model_card=card)
        return compared, calibration is not None

    def _parts(self) -> tuple[Parts, str]:
        """What is learnt and what is measured, and by what the two are parted."""
        manifest = find_replay(self.base, self.adaptation.replay, self.work)
        replay, general = part_replay(manifest)
        if self.rows.general is not None:
            general = self.rows.general
        if self.rows.held_out is not None:
            held_out, by = self.rows.held_out, "manifest"
        elif spoken := [row for row in self.rows.data if self.normalize(row.text)]:
            split = split_rows(spoken, self.normalize)
            held_out, by = list(split.held_out), split.by
        else:
            held_out, by = [], "nothing"
        kept = set(held_out)
        training = [row for row in self.rows.data if row not in kept]
        return Parts(training, held_out, replay, general, self.adaptation.unsupervised), by

    def _sets(self, parts: Parts, prepared: Prepared) -> dict[str, Path]:
        """Manifests to measure on. What was held out here is measured where its transcript is its
        own; manifests that were given are measured as they are."""
        held_out = list(parts.held_out)
        if self.rows.held_out is None:
            # A recording that is listed twice weighs more in training, but is measured once.
            usable = {row.path: row for row in held_out if row.path not in prepared.unusable}
            held_out = list(usable.values())
        sets = {"held-out": held_out, "general": list(parts.general)}
        found = {
            name: self.work / f"{name}.tsv"
            for name, rows in sets.items()
            if any(self.normalize(row.text) for row in rows)
        }
        for name, path in found.items():
            write_manifest(path, sets[name])
        return found

    def _measure(
        self, model: Model, name: str, sets: dict[str, Path], stage: str
    ) -> dict[str, Evaluation]:
        found = {}
        for number, (kind, manifest) in enumerate(sets.items()):
            journal = self.work / f"{kind}-{name}.jsonl"

            def tell(share: float, done: int = number) -> None:
                self._tell(stage, (done + share) / len(sets))

            found[kind] = measure(model, manifest, name, journal, tell)
        return found

    def _train(self, plan: Plan, prepared: Prepared) -> Path:
        config = training_config(plan, prepared.material, self.base.path, self.work / "training")
        done = self.work / "training" / "done"
        if not done.exists():
            checkpoint = train_acoustic(config, self._tell_training)
            done.write_text(checkpoint.name)
        return config.work / done.read_text()

    def _tell_training(self, progress: TrainingProgress) -> None:
        share = progress.step / max(1, progress.steps)
        left = progress.eta_seconds / _STAGES["training"] if not progress.message else None
        if not progress.message.startswith("started fresh"):
            self._tell("training", share, progress.message, left)

    def _tell(
        self, stage: str, share: float, message: str = "", eta_seconds: float | None = None
    ) -> None:
        before = 0.0
        for name, part in _STAGES.items():
            if name == stage:
                break
            before += part
        part = _STAGES.get(stage, 1.0 - before)
        self.report(Progress(stage, before + part * min(1.0, share), eta_seconds, message))

    def _card(self, prepared: Prepared, compared: dict[str, Comparison]) -> ModelCard:
        """The base's card, what was learnt added, with figures before and after."""
        old = self.base.description
        hours = round(_seconds(prepared.learnt) / 3600, 3)
        source = "pseudo-labels" if self.adaptation.unsupervised else "the user's own"
        learnt = TrainingSet(self.adaptation.data.name, hours, "as its owner says", source)
        measured = [
            Measurement(f"{kind}: {self._set_name(kind)}", metric, value, "whole-file", _COMMAND)
            for kind, found in compared.items()
            for metric, value in (
                ("wer_before", round(found.first.wer, 4)),
                ("wer", round(found.second.wer, 4)),
            )
        ]
        card = old.model_card
        return dataclasses.replace(
            card,
            description=f"Derived from {old.name} {old.version}: its encoder was adapted to "
            f"{self.adaptation.data.name}. {card.description}",
            trained_on=(*card.trained_on, learnt),
            measured=tuple(measured),
            limits=(
                *card.limits,
                "Adapted: on speech that is unlike what it was adapted to it may "
                "do worse than its base.",
            ),
        )

    def _set_name(self, kind: str) -> str:
        given = {"held-out": self.adaptation.held_out, "general": self.adaptation.general}[kind]
        own = self.adaptation.data.name if kind == "held-out" else "replay set"
        return f"a part of {own}" if given is None else given.name


def _seconds(rows: Sequence[Utterance | Label]) -> float:
    return sum(row.seconds for row in rows)
