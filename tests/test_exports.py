"""What packages offer: curated, complete, documented."""

from __future__ import annotations

import ast
import importlib
import inspect
import pkgutil
from functools import cached_property
from pathlib import Path

import pytest

import attune

SOURCE = Path(__file__).parents[1] / "src" / "attune"
MODULES = sorted(SOURCE.rglob("*.py"))
PACKAGES = [
    "attune",
    *(found.name for found in pkgutil.walk_packages([str(SOURCE)], "attune.") if found.ispkg),
]

Documented = ast.ClassDef | ast.FunctionDef | ast.AsyncFunctionDef


def parsed(path: Path) -> ast.Module:
    return ast.parse(path.read_bytes(), str(path))


def imported_names(tree: ast.Module) -> set[str]:
    """The public names that a package's `__init__` takes from its own modules."""
    nodes = [node for node in ast.walk(tree) if isinstance(node, ast.ImportFrom)]
    own = [node for node in nodes if node.level or (node.module or "").startswith("attune")]
    names = {alias.asname or alias.name for node in own for alias in node.names}
    return {name for name in names if not name.startswith("_")}


def listed_names(tree: ast.Module) -> list[str] | None:
    """The names in a module's `__all__`, None when it has none."""
    for node in tree.body:
        if isinstance(node, ast.Assign) and ast.unparse(node.targets[0]) == "__all__":
            names: list[str] = ast.literal_eval(node.value)
            return names
    return None


def undocumented(item: str, value: object) -> list[str]:
    """The exported thing and its public methods and properties that have no docstring.

    What is inherited counts: a method that says nothing keeps its base's word.
    """
    if not (inspect.isclass(value) or inspect.isroutine(value)):
        return []
    bare = [] if inspect.getdoc(value) else [item]
    if inspect.isclass(value):
        for name, member in vars(value).items():
            asked = isinstance(member, property | classmethod | staticmethod | cached_property)
            if not name.startswith("_") and (asked or inspect.isfunction(member)):
                bare += [] if inspect.getdoc(getattr(value, name)) else [f"{item}.{name}"]
    return bare


@pytest.mark.parametrize("name", PACKAGES)
def test_package_exports_resolve_and_are_documented(name: str) -> None:
    package = importlib.import_module(name)
    exported = package.__all__
    assert len(set(exported)) == len(exported)
    assert package.__doc__, f"{name} has no docstring"
    bare = [lacking for item in exported for lacking in undocumented(item, getattr(package, item))]
    assert not bare, f"{name}: no docstring: {', '.join(bare)}"


@pytest.mark.parametrize("name", PACKAGES)
def test_package_exports_are_complete(name: str) -> None:
    path = SOURCE.joinpath(*name.split(".")[1:], "__init__.py")
    tree = parsed(path)
    missing = imported_names(tree) - set(listed_names(tree) or ())
    # What the package itself works with, such as routers that it puts together, is no export.
    missing -= {node.id for node in ast.walk(tree) if isinstance(node, ast.Name)}
    # A package imported as a module (for `__getattr__`) is none either.
    assert not {item for item in missing if f"{name}.{item}" not in PACKAGES}


@pytest.mark.parametrize("path", MODULES, ids=lambda path: str(path.relative_to(SOURCE)))
def test_module_lists_its_exports_and_they_exist(path: Path) -> None:
    tree = parsed(path)
    listed = listed_names(tree)
    if path.name == "__main__.py":
        return
    assert listed is not None, f"{path} has no __all__"
    bound = {
        node.id
        for node in ast.walk(tree)
        if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store)
    }
    bound |= {node.name for node in ast.walk(tree) if isinstance(node, Documented)}
    bound |= {
        (alias.asname or alias.name).split(".")[0]
        for node in ast.walk(tree)
        if isinstance(node, ast.Import | ast.ImportFrom)
        for alias in node.names
    }
    assert set(listed) <= bound


@pytest.mark.parametrize("path", MODULES, ids=lambda path: str(path.relative_to(SOURCE)))
def test_module_says_what_it_is(path: Path) -> None:
    assert ast.get_docstring(parsed(path)), f"{path} has no docstring"


def test_the_package_itself_offers_what_the_readme_shows() -> None:
    assert {"load", "Model", "AttuneError", "InputError"} <= set(attune.__all__)
    assert callable(attune.load)
    with pytest.raises(AttributeError, match="has no attribute 'nonsense'"):
        _ = attune.nonsense
