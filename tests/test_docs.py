"""The documentation is complete: commands, options, fields and settings without words fail here."""

from __future__ import annotations

import dataclasses
import importlib
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

import attune
from attune import bundle
from attune.data import LAYOUTS, TEXT_KINDS
from attune.data.manifest import HEADER
from attune.text import DISPLAY_SECTIONS

ROOT = Path(__file__).parents[1]
DOCS = ROOT / "docs"
SOURCE = ROOT / "src" / "attune"
PAGES = sorted([*ROOT.glob("*.md"), *DOCS.glob("**/*.md")])


def page(name: str) -> str:
    return (DOCS / name).read_text("utf-8").replace(r"\|", "|")


def sections(text: str, level: int) -> dict[str, str]:
    """Title -> text below it, for the headings of one level."""
    parts = re.split(rf"(?m)^#{{{level}}} +(.+)$", text)
    return dict(zip(parts[1::2], parts[2::2], strict=True))


def missing_names(names: list[str], text: str) -> list[str]:
    """The names that `text` does not give between back-ticks."""
    quoted = set(re.findall(r"`([^`\n]+)`", text))
    return [name for name in names if name not in quoted]


def field_names(kind: Any) -> list[str]:
    return [field.name for field in dataclasses.fields(kind)]


def commands(command: Any, path: str) -> Iterator[tuple[str, Any]]:
    """(full name, command) of every command below a group that does something itself."""
    below = getattr(command, "commands", {})
    if not below:
        yield path, command
    for name, child in below.items():
        yield from commands(child, f"{path} {name}")


def application() -> Any:
    if not (SOURCE / "cli" / "__init__.py").is_file():
        pytest.skip("there is no command line yet")
    typer_main = importlib.import_module("typer.main")
    return typer_main.get_command(importlib.import_module("attune.cli").app)


def test_every_command_has_its_section_and_no_section_is_stale() -> None:
    documented = [title for title in sections(page("cli.md"), 2) if title.startswith("attune")]
    assert sorted(documented) == sorted(path for path, _ in commands(application(), "attune"))


def test_every_option_and_argument_is_documented() -> None:
    described = sections(page("cli.md"), 2)
    missing: list[str] = []
    for path, command in commands(application(), "attune"):
        text = described.get(path, "")
        for parameter in command.params:
            if parameter.param_type_name == "argument":
                shown = (parameter.metavar or parameter.name.upper()).strip("[]")
                missing += [] if f"`{shown}" in text else [f"{path} {shown}"]
                continue
            options = [*parameter.opts, *parameter.secondary_opts]
            if "--help" not in options:
                missing += [f"{path} {name}" for name in missing_names(options, text)]
    assert not missing, f"docs/cli.md lacks {', '.join(missing)}"


def test_options_of_the_program_itself_are_documented() -> None:
    options = [name for parameter in application().params for name in parameter.opts]
    intro = page("cli.md").split("\n## ", 1)[0]
    assert not [name for name in options if name not in intro]


def test_no_option_is_documented_that_is_gone() -> None:
    described = sections(page("cli.md"), 2)
    for path, command in commands(application(), "attune"):
        known = {name for p in command.params for name in [*p.opts, *p.secondary_opts]}
        rows = [line for line in described[path].splitlines() if line.startswith("| `-")]
        stated = {
            name for row in rows for name in re.findall(r"`(--?[\w-]+)`", row.split(" | ")[0])
        }
        assert stated <= known, path


def test_every_bundle_field_is_documented() -> None:
    text = page("bundle.md")
    kinds = (
        bundle.BundleDescription,
        bundle.Part,
        bundle.Lineage,
        bundle.DataSet,
        bundle.ModelCard,
        bundle.TrainingSet,
        bundle.Measurement,
    )
    names = [name for kind in kinds for name in field_names(kind)]
    names += [*bundle.ROLES, *bundle.KINDS, *bundle.SETTING_GROUPS, "hash"]
    assert not missing_names(names, text)


@pytest.mark.parametrize("language", bundle.shipped_languages())
def test_every_setting_of_shipped_bundles_is_documented(language: str) -> None:
    settings = bundle.show_bundle(bundle.shipped_bundle_path(language)).description.settings
    text = page("bundle.md") + page("python.md")
    assert not missing_names([name for group in settings.values() for name in group], text)


def test_every_recogniser_option_is_documented() -> None:
    options = importlib.import_module("attune.recognize").Options
    assert not missing_names(field_names(options), sections(page("python.md"), 2)["Options"])


def test_everything_that_attune_exports_is_documented() -> None:
    assert not missing_names(attune.__all__, page("python.md"))


def test_every_field_of_the_training_configuration_is_documented() -> None:
    config = importlib.import_module("attune.train.acoustic.config")
    text = page("training.md")
    inner = sections(text, 3)
    names = [*field_names(config.AcousticConfig), *field_names(config.Source)]
    assert not missing_names(names, text)
    for field in dataclasses.fields(config.AcousticConfig):
        if dataclasses.is_dataclass(kind := field.default_factory):
            lacking = missing_names(field_names(kind), inner[f"Section `{field.name}`"])
            assert not lacking, f"{field.name}: {lacking}"


def test_data_formats_are_documented() -> None:
    text = page("data-formats.md")
    assert not missing_names([*HEADER, *(layout.name for layout in LAYOUTS)], text)
    names = [name for kind in TEXT_KINDS for name in (kind.name, kind.output)]
    assert not missing_names([*names, *(f"#{name}" for name in DISPLAY_SECTIONS)], text)


@pytest.mark.parametrize("language", ["english", "german", "chinese"])
def test_every_rule_of_normalisation_is_documented(language: str) -> None:
    rules = getattr(importlib.import_module(f"attune.text.{language}"), language.upper())
    text = sections(page("normalisation.md"), 2)[rules.language]
    assert not missing_names([rule.name for rule in rules.rules], text)


def test_environment_variables_are_documented() -> None:
    source = "".join(path.read_text("utf-8") for path in SOURCE.rglob("*.py"))
    names = set(re.findall(r"\bATTUNE_[A-Z_]+\b", source))
    assert names
    assert not missing_names(sorted(names), page("cli.md"))


@pytest.mark.parametrize("path", PAGES, ids=lambda path: str(path.relative_to(ROOT)))
def test_links_lead_somewhere(path: Path) -> None:
    text = re.sub(r"(?s)```.*?```", "", path.read_text("utf-8"))
    for target in re.findall(r"\]\(([^)\s]+)\)", text):
        if re.match(r"[a-z]+:", target):
            continue
        name, _, anchor = target.partition("#")
        file = path.parent / name if name else path
        assert file.exists(), f"{path}: {target}"
        if anchor:
            titles = re.findall(r"(?m)^#+ +(.+)$", file.read_text("utf-8"))
            slugs = {
                re.sub(r"[^\w\- ]", "", title).strip().lower().replace(" ", "-") for title in titles
            }
            assert anchor in slugs, f"{path}: {target}"


def test_fenced_python_is_python() -> None:
    for path in PAGES:
        for code in re.findall(r"(?s)```python\n(.*?)```", path.read_text("utf-8")):
            compile(code, str(path), "exec")
