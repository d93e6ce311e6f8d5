"""`attune model`: what a bundle is, whether it is intact, and other forms of it."""

from __future__ import annotations

from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from attune.cli.console import emit, emit_json, note
from attune.cli.exits import BAD_INPUT
from attune.cli.model_import import import_command
from attune.cli.options import JsonOption

if TYPE_CHECKING:
    from attune.bundle import BundleSummary, ModelCard

__all__ = ["app"]

app = typer.Typer(help="Look at bundles, check them, write them in another form, import networks.")
app.command("import")(import_command)

BundleArgument = Annotated[
    Path | None,
    typer.Argument(
        metavar="[BUNDLE]",
        help="A bundle's folder or zip. Default: the en-US bundle that comes with Attune.",
        show_default=False,
    ),
]


class Form(StrEnum):
    """How a bundle is stored."""

    FOLDER = "folder"
    ZIP = "zip"


@app.command()
def show(bundle: BundleArgument = None, json: JsonOption = False) -> None:
    """Say what a bundle is: parts, settings, where it comes from, and its model card."""
    from attune.bundle import show_bundle

    summary = show_bundle(_path(bundle))
    if json:
        from attune.bundle.description import description_to_json

        emit_json(
            {
                "path": str(summary.path),
                "form": summary.form,
                "hash": summary.hash,
                "bytes": summary.bytes,
                **description_to_json(summary.description),
            }
        )
    else:
        emit("\n".join(_summary_lines(summary)))


@app.command()
def verify(bundle: BundleArgument = None, json: JsonOption = False) -> None:
    """Read every part of a bundle and compare it with its hash; exit code 2 if any differs."""
    from attune.bundle import verify_bundle

    result = verify_bundle(_path(bundle))
    if json:
        emit_json(
            {
                "path": str(result.path),
                "hash": result.hash,
                "ok": result.ok,
                "parts": [
                    {
                        "role": part.role,
                        "file": part.file,
                        "bytes": part.bytes,
                        "problem": part.problem,
                    }
                    for part in result.parts
                ],
                "missing_roles": list(result.missing_roles),
            }
        )
    else:
        for part in result.parts:
            emit(f"{part.role:<15} {_size(part.bytes):>10}  {part.problem or 'intact'}")
        for role in result.missing_roles:
            emit(f"{role:<15} {'-':>10}  this kind of bundle needs it and has none")
    if not result.ok:
        damaged = [part.role for part in result.parts if part.problem] + list(result.missing_roles)
        note(
            f"error: {result.path}: damaged or incomplete ({', '.join(damaged)}): copy or download "
            "the bundle again"
        )
        raise typer.Exit(BAD_INPUT)


@app.command()
def export(
    bundle: BundleArgument = None,
    out: Annotated[
        Path | None,
        typer.Option(
            "--out",
            "-o",
            metavar="PATH",
            help="Where to write it. Default: the bundle's name in this folder.",
            show_default=False,
        ),
    ] = None,
    form: Annotated[Form, typer.Option("--form", help="One zip file, or a folder.")] = Form.ZIP,
    replace: Annotated[
        bool, typer.Option("--replace", help="Write over a bundle that is there already.")
    ] = False,
    json: JsonOption = False,
) -> None:
    """Write a bundle as one zip to pass on, or a zip as a folder; its hash stays the same."""
    from attune.bundle import export_bundle, show_bundle

    source = _path(bundle)
    if out is None:
        description = show_bundle(source).description
        name = f"{description.name}-{description.version}"
        out = Path(f"{name}.attune" if form is Form.ZIP else name)
    result = export_bundle(source, out, form=form.value, replace=replace)
    if json:
        emit_json(
            {
                "path": str(result.path),
                "form": result.form,
                "hash": result.hash,
                "bytes": result.bytes,
            }
        )
    else:
        emit(f"{result.path} ({result.form}, {_size(result.bytes)}, hash {result.hash[:12]})")


def _path(bundle: Path | None) -> Path:
    if bundle is not None:
        return bundle
    from attune.bundle import shipped_bundle_path

    return shipped_bundle_path()


def _size(count: int) -> str:
    return f"{count / 1e6:.2f} MB" if count >= 10_000 else f"{count} B"


def _summary_lines(summary: BundleSummary) -> list[str]:
    description = summary.description
    lines = [
        f"{description.name} {description.version}: {description.kind}, {description.language}",
        f"{summary.path} ({summary.form}, {_size(summary.bytes)})",
        f"hash     {summary.hash}",
        f"created  {description.created}",
        "",
        "Parts",
    ]
    for role, part in description.parts.items():
        lines.append(f"  {role:<15} {_size(part.bytes):>10}  {part.format:<12} {part.file}")
    for group, values in description.settings.items():
        lines += ["", f"Settings: {group}"]
        lines += [f"  {name} = {value}" for name, value in values.items()]
    lineage = description.lineage
    lines += ["", "Lineage", f"  made by  {lineage.command} ({lineage.date})"]
    lines.append(f"  base     {lineage.base or 'none: trained from scratch'}")
    for data in lineage.data:
        hours = f", {data.hours:g} h" if data.hours is not None else ""
        lines.append(f"  data     {data.name}{hours} ({data.sha256[:12]})")
    return lines + _card_lines(description.model_card)


def _card_lines(card: ModelCard) -> list[str]:
    lines = ["", "Model card", f"  {card.description}", f"  licence: {card.licence}"]
    if card.trained_on:
        lines += ["", "Trained on"]
        for data in card.trained_on:
            hours = f"{data.hours:g} h" if data.hours is not None else "text"
            lines.append(f"  {data.name}: {hours}, {data.licence}, {data.source}")
    if card.measured:
        lines += ["", "Measured"]
        for figure in card.measured:
            lines.append(
                f"  {figure.set:<24} {figure.metric:<8} {figure.value:<10.4g} {figure.mode:<12} "
                f"{figure.command}"
            )
    for title, texts in (("Limits", card.limits), ("Serves badly", card.serves_badly)):
        if texts:
            lines += ["", title, *(f"  - {text}" for text in texts)]
    return lines
