"""`attune keyword`: keywords from text alone: chosen, made, measured, listened for."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from attune.cli.console import emit, emit_json, note
from attune.cli.keyword_advanced import (
    AdvancedOptions,
    NegativesOption,
    RecordingsOption,
    UntilOption,
    WorkOption,
    make_advanced,
)
from attune.cli.keyword_evaluate import evaluate
from attune.cli.keyword_export import export
from attune.cli.keyword_listen import listen
from attune.cli.keyword_phrases import (
    FactsOption,
    PhrasesArgument,
    PronunciationOption,
    SensitivityOption,
    advice_lines,
    advise_phrases,
    length_of,
)
from attune.cli.keyword_say import say
from attune.cli.options import JsonOption, NameOption, OverwriteOption
from attune.cli.progress import ProgressBar
from attune.errors import InputError

if TYPE_CHECKING:
    from attune.keyword import CreationReport
    from attune.keyword.guidance import Advice, Finding, LanguageFacts

__all__ = ["app"]

app = typer.Typer(help="Keywords from text alone: choose, make, measure, listen.")


class Kind(StrEnum):
    """How a keyword is made."""

    BASIC = "basic"
    ADVANCED = "advanced"


@app.command()
def create(
    phrase: PhrasesArgument,
    out: Annotated[
        Path | None,
        typer.Option(
            "--out",
            "-o",
            metavar="BUNDLE",
            help="The new bundle: a folder, or one file when the name ends in .zip.",
            show_default=False,
        ),
    ] = None,
    kind: Annotated[
        Kind,
        typer.Option(
            "--kind",
            help="basic: within ten seconds, from the shared network. advanced: within ten "
            "minutes, with a second pass taught on synthesised speech (extra train).",
        ),
    ] = Kind.BASIC,
    pronunciation: PronunciationOption = None,
    list_pronunciations: Annotated[
        bool,
        typer.Option(
            "--list-pronunciations",
            help="Only show what is known of the phrases: pronunciations, what sounds alike, "
            "advice.",
        ),
    ] = False,
    sensitivity: SensitivityOption = None,
    model: FactsOption = None,
    base: Annotated[
        Path | None,
        typer.Option(
            "--base",
            "-b",
            metavar="BUNDLE",
            help="The keyword base to start from. Default: the one that comes with Attune.",
            show_default=False,
        ),
    ] = None,
    work: WorkOption = None,
    until: UntilOption = None,
    recordings: RecordingsOption = None,
    negatives: NegativesOption = None,
    name: NameOption = None,
    overwrite: OverwriteOption = False,
    json: JsonOption = False,
) -> None:
    """Make a bundle that listens for one or more phrases, without any recording.

    What is known of each phrase is told first: how it is pronounced, what sounds like it, and how
    often people say such things. Phrases that cannot work are refused.
    """
    advanced = AdvancedOptions(work, until, recordings, negatives)
    if kind is Kind.BASIC:
        advanced.refuse()
    if out is None and not list_pronunciations and until is None:
        raise InputError(
            "give --out BUNDLE for the new bundle, or --list-pronunciations to only look at the "
            "phrases"
        )
    from attune.keyword.guidance import LanguageFacts

    facts = LanguageFacts.open(model)
    advices, together = advise_phrases(phrase, pronunciation, facts)
    document: dict[str, Any] = {
        "phrases": [advice.to_json() for advice in advices],
        "findings": [finding.to_json() for finding in together],
    }
    if list_pronunciations or (out is None and until is None):
        if json:
            emit_json(document)
        else:
            emit("\n".join(line for advice in advices for line in advice_lines(advice)))
            for finding in together:
                emit(f"{finding.severity}: {finding}")
        _require_all(advices, together)
        return
    _require_all(advices, together)
    _tell(advices, together)
    changes: dict[str, Any] = {"name": name, "replace": overwrite}
    if sensitivity is not None:
        changes["sensitivity"] = sensitivity
    if base is not None:
        from attune.bundle import Bundle

        changes["base"] = Bundle.open(base)
    if out is not None and out.suffix == ".zip":
        changes["form"] = "zip"
    report = _make(kind, advices, out, advanced, facts, changes)
    if report is None:
        note(f"{work}: the stages up to {until} are done; without --until the bundle is made")
        return
    told = {finding.message for finding in together}
    if json:
        emit_json({**document, **_report_to_json(report, kind)})
    else:
        emit("\n".join(_report_lines(report)))
        for warning in report.warnings:
            if warning not in told:
                note(f"warning: {warning}")


app.command()(say)
app.command()(listen)
app.command()(evaluate)
app.command()(export)


def _require_all(advices: Sequence[Advice], together: Sequence[Finding]) -> None:
    from attune.keyword.guidance import require_usable

    for advice in advices:
        require_usable(advice.findings)
    require_usable(together)


def _tell(advices: Sequence[Advice], together: Sequence[Finding]) -> None:
    """What there is to know on stderr, before anything is built."""
    for advice in advices:
        said = "; ".join(map(str, advice.chosen))
        note(f"{advice.text}: {length_of(advice)}: {said}")
        for finding in advice.findings:
            note(f"{finding.severity}: {finding}")
    for finding in together:
        note(f"{finding.severity}: {finding}")


def _make(
    kind: Kind,
    advices: Sequence[Advice],
    out: Path | None,
    advanced: AdvancedOptions,
    facts: LanguageFacts,
    changes: dict[str, Any],
) -> CreationReport | None:
    """Make the bundle; None when only some stages were asked for."""
    from attune.keyword import KeywordPhrase, create_basic

    phrases = [
        KeywordPhrase(advice.text, tuple(each.phones for each in advice.chosen))
        for advice in advices
    ]
    with ProgressBar("creating", None) as bar:
        if kind is Kind.ADVANCED:
            return make_advanced(phrases, out, advanced, facts, changes, bar.stage)
        assert out is not None
        return create_basic(phrases, out, report=bar.stage, **changes)


def _report_to_json(report: CreationReport, kind: Kind) -> dict[str, Any]:
    return {
        "kind": kind.value,
        "path": str(report.path),
        "seconds": round(report.seconds, 2),
        "keywords": [
            {
                "keyword": phrase.text,
                "pronunciations": [" ".join(phones) for phones in phrase.pronunciations],
                "false_accepts_per_hour": rate,
                "correct_accept_rate": share,
            }
            for phrase, rate, share in zip(
                report.phrases, report.false_accepts_per_hour, report.correct_accepts, strict=True
            )
        ],
        "warnings": list(report.warnings),
    }


def _report_lines(report: CreationReport) -> Iterator[str]:
    yield f"{report.path}: written in {report.seconds:.1f} s"
    for phrase, rate, share in zip(
        report.phrases, report.false_accepts_per_hour, report.correct_accepts, strict=True
    ):
        yield (
            f"  {phrase.text}: expected to be heard {100 * share:.0f} times of 100, and by mistake "
            f"{rate:.2g} times in an hour of speech"
        )
    yield f"Try it: attune keyword listen {report.path}"
