"""The layers of the design: imports point down only, and the runtime stays small."""

from __future__ import annotations

import ast
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

SOURCE = Path(__file__).parents[1] / "src" / "attune"
MODULES = sorted(SOURCE.rglob("*.py"))

# From the bottom up. A package may import those of the lines above its own.
LAYERS: tuple[tuple[str, ...], ...] = (
    ("errors",),
    ("bundle",),
    ("audio",),
    ("acoustic",),
    ("decode", "language", "lexicon", "text"),
    ("keyword", "recognize"),
    ("data", "evaluate"),
    ("customize",),
    ("train", "convert"),
    ("service",),
    ("portal", "protocols", "client"),
    ("cli",),
)
# Imports within a layer that the design allows.
BESIDE = {
    "decode": {"language", "lexicon"},
    "evaluate": {"data"},
    "keyword": {"recognize"},
}

RUNTIME = {
    *("kaldi_native_fbank", "numpy", "onnxruntime", "rich", "soundfile", "soxr", "typer", "yaml"),
}
EXTRA_IMPORTS = {
    "acoustic": {"onnx"},
    "audio": {"sounddevice"},
    "train": {"espeakng_loader", "onnx", "scipy", "tensorboard", "torch"},
    "service": {
        *("alembic", "fsspec", "httpx", "prometheus_client", "ray", "sqlalchemy"),
    },
    "protocols": {
        *("fastapi", "h11", "httpx", "pydantic", "python_multipart"),
        *("starlette", "uvicorn", "wyoming"),
    },
    "portal": {"fastapi", "jinja2", "markdown_it", "markupsafe", "starlette"},
    "client": {"httpx", "websockets"},
    "cli": {"fastapi"},
}
BARRED_NAMES = {
    "common",
    "core",
    "helper",
    "helpers",
    "manager",
    "managers",
    "misc",
    "util",
    "utils",
}
LONGEST_MODULE = 400

RANK = {name: rank for rank, names in enumerate(LAYERS) for name in names}


def package_of(module: Path) -> str:
    """The layer's name of a module: its first folder, its own name, or "" for attune itself."""
    first = module.relative_to(SOURCE).parts[0]
    return first.removesuffix(".py").replace("__init__", "")


def imports(module: Path) -> Iterator[tuple[int, str]]:
    """(line, dotted name) of everything that a module imports anywhere in it."""
    inside = ("attune", *module.relative_to(SOURCE).with_suffix("").parts)
    for node in ast.walk(ast.parse(module.read_bytes(), str(module))):
        if isinstance(node, ast.Import):
            yield from ((node.lineno, alias.name) for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            above = inside[: -node.level] if node.level else ()
            origin = ".".join((*above, node.module) if node.module else above)
            if origin == "attune":
                yield from ((node.lineno, f"attune.{alias.name}") for alias in node.names)
            else:
                yield node.lineno, origin


def allowed(importer: str, imported: str) -> bool:
    if importer == imported or imported in BESIDE.get(importer, ()):
        return True
    return RANK[imported] < RANK[importer]


@pytest.mark.parametrize(
    ("importer", "imported", "verdict"),
    [
        ("cli", "errors", True),
        ("recognize", "decode", True),
        ("decode", "language", True),
        ("language", "decode", False),
        ("text", "lexicon", False),
        ("evaluate", "data", True),
        ("data", "evaluate", False),
        ("keyword", "recognize", True),
        ("recognize", "keyword", False),
        ("recognize", "train", False),
        ("bundle", "audio", False),
    ],
)
def test_rules_say_what_the_design_says(importer: str, imported: str, verdict: bool) -> None:
    assert allowed(importer, imported) is verdict


def test_every_package_has_a_layer() -> None:
    assert {package_of(module) for module in MODULES} - {""} <= RANK.keys()


@pytest.mark.parametrize("module", MODULES, ids=lambda path: str(path.relative_to(SOURCE)))
def test_imports_point_down(module: Path) -> None:
    importer = package_of(module)
    if not importer:
        return
    wrong = [
        f"{module}:{line} imports {name}"
        for line, name in imports(module)
        if name.startswith("attune.")
        and (imported := name.split(".")[1]) in RANK
        and not allowed(importer, imported)
    ]
    assert not wrong


@pytest.mark.parametrize("module", MODULES, ids=lambda path: str(path.relative_to(SOURCE)))
def test_runtime_needs_nothing_but_its_dependencies(module: Path) -> None:
    usable = {"attune", *sys.stdlib_module_names, *RUNTIME}
    usable |= EXTRA_IMPORTS.get(package_of(module), set())
    wrong = [
        f"{module}:{line} imports {name}"
        for line, name in imports(module)
        if name.split(".")[0] not in usable
    ]
    assert not wrong


def test_names_say_what_they_hold() -> None:
    named = [*MODULES, *(path for path in SOURCE.rglob("*") if path.is_dir())]
    assert not [path for path in named if path.stem.strip("_") in BARRED_NAMES]


def test_modules_hold_one_idea() -> None:
    lengths = {path: len(path.read_text("utf-8").splitlines()) for path in MODULES}
    long = [f"{path}: {count} lines" for path, count in lengths.items() if count > LONGEST_MODULE]
    assert not long
