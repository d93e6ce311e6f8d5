"""The models that `attune evaluate` measures, and running them over a manifest."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from functools import cache, partial
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING, Any

from attune.cli.options import change_options, check_phrases
from attune.cli.progress import ProgressBar, clock
from attune.errors import InputError

if TYPE_CHECKING:
    from attune.data import Manifest
    from attune.evaluate import Evaluation, EvaluationProgress, Hypothesis, Inspection, Term
    from attune.recognize import Model, Options, Phrase

__all__ = [
    "Contestant",
    "Mode",
    "evaluate_all",
    "first_rows",
    "first_transcript",
    "inspect_all",
    "load_contestants",
    "read_listed_terms",
]


class Mode(StrEnum):
    """How utterances are heard."""

    WHOLE_FILE = "whole-file"
    STREAMING = "streaming"


@dataclass(frozen=True)
class Contestant:
    """A model in one mode, and the name by which reports tell it from another."""

    model: Model
    name: str
    mode: Mode
    options: Options
    phrases: tuple[str | Phrase, ...]

    @property
    def language(self) -> str:
        """The language that it recognises."""
        return self.model.bundle.description.language

    def transcribe(self, path: Path) -> Hypothesis:
        """What it makes of a recording; no display text where formatting is switched off."""
        from attune.evaluate import Hypothesis, HypothesisWord

        result = self.model.transcribe(
            path,
            phrases=list(self.phrases),
            options=self.options,
            streaming=self.mode is Mode.STREAMING,
        )
        words = tuple(
            HypothesisWord(word.text, word.confidence, (word.start, word.end))
            for word in result.words
        )
        display = result.text if self.options.formatting else None
        return Hypothesis(result.lexical, words, display=display)

    def vocabulary(self) -> frozenset[str]:
        """Every word that it can recognise, those of its phrases included."""
        from attune.text import normalize

        expected = (str(getattr(phrase, "text", phrase)) for phrase in self.phrases)
        phrase_words = (normalize(phrase, self.language).split() for phrase in expected)
        return frozenset(self.model.vocabulary).union(*phrase_words)


def load_contestants(
    paths: Sequence[Path | None],
    modes: Sequence[Mode],
    settings: Mapping[str, Any],
    phrases: Sequence[str | Phrase],
) -> list[Contestant]:
    """Load every model before any is measured; the same one in two modes is loaded once.

    InputError for a bundle, a setting or a phrase that cannot be used, and for nothing to compare.
    """
    import attune

    if len(set(zip(paths, modes, strict=True))) < len(paths):
        raise InputError(
            "both models are the same in the same mode: give another with --versus, or the other "
            "mode with --versus-mode"
        )
    loaded: dict[Path | None, Model] = {}
    found: list[Contestant] = []
    for path, mode in zip(paths, modes, strict=True):
        if path not in loaded:
            loaded[path] = attune.load(path)
        model = loaded[path]
        description = model.bundle.description
        name = str(path) if path is not None else f"{description.name} {description.version}"
        if len(set(modes)) > 1:
            name = f"{name} ({mode.value})"
        options = change_options(model.options, settings)
        check_phrases(model, phrases, options)
        found.append(Contestant(model, name, mode, options, tuple(phrases)))
    return found


def read_listed_terms(
    terms: Sequence[str] | None, file: Path | None, language: str
) -> tuple[Term, ...]:
    """The terms of the command line and of a file; InputError names the one that cannot be used."""
    from attune.evaluate import parse_term, read_terms
    from attune.text import normalize

    normal = partial(normalize, language=language)
    found = [parse_term(text, normal, "--term") for text in terms or ()]
    return (*found, *(read_terms(file, normal) if file is not None else ()))


def first_rows(path: Path, limit: int | None) -> Manifest:
    """The manifest at `path`, as if it had no rows after the first `limit`."""
    from attune.data import Manifest, Utterance

    if limit is None:
        return Manifest(path)

    class FirstRows(Manifest):
        """The first rows of a manifest, as if it had no others."""

        def __iter__(self) -> Iterator[Utterance]:
            return islice(super().__iter__(), limit)

    return FirstRows(path)


def first_transcript(rows: Manifest) -> int | None:
    """The line of the first row whose text is not empty; None when all are."""
    return next((row.line for row in rows if row.text.strip()), None)


def evaluate_all(
    rows: Manifest, contestants: Sequence[Contestant], terms: Sequence[Term], jobs: int
) -> list[Evaluation]:
    """Score each model on the rows, with progress; each recording's noise is measured once."""
    from attune.evaluate import evaluate_manifest, recording_quality

    quality = cache(recording_quality)
    found: list[Evaluation] = []
    for item in contestants:
        with ProgressBar(item.name, 1.0) as bar:
            found.append(
                evaluate_manifest(
                    rows,
                    item.transcribe,
                    model=item.name,
                    language=item.language,
                    workers=jobs,
                    progress=shown_by(bar),
                    quality=quality,
                    vocabulary=item.vocabulary(),
                    terms=terms,
                )
            )
    return found


def inspect_all(rows: Manifest, contestants: Sequence[Contestant], jobs: int) -> list[Inspection]:
    """What each model recognises in the rows, with progress."""
    from attune.evaluate import inspect_manifest

    found: list[Inspection] = []
    for item in contestants:
        with ProgressBar(item.name, 1.0) as bar:
            found.append(
                inspect_manifest(
                    rows,
                    item.transcribe,
                    model=item.name,
                    language=item.language,
                    workers=jobs,
                    progress=shown_by(bar),
                )
            )
    return found


def shown_by(bar: ProgressBar) -> Callable[[EvaluationProgress], None]:
    """What shows progress on `bar`."""

    def show(progress: EvaluationProgress) -> None:
        rate = progress.counts.rate
        errors = f"{rate * 100:.1f} % word error, " if rate is not None else ""
        done = progress.seconds / progress.total_seconds if progress.total_seconds else 0.0
        bar.update(
            done or progress.done / progress.total,
            f"{errors}{clock(progress.seconds)} of {clock(progress.total_seconds)}",
        )

    return show
