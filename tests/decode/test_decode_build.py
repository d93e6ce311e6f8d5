"""The build: a system compiler when there is one, else a compiler from the package index."""

from __future__ import annotations

import ctypes
import importlib.util
from pathlib import Path
from types import ModuleType

import pytest

ROOT = Path(__file__).resolve().parents[2]


@pytest.fixture
def backend() -> ModuleType:
    """A fresh copy of the build backend: it remembers the compiler that it found."""
    spec = importlib.util.spec_from_file_location("attune_build", ROOT / "build_backend.py")
    assert spec is not None and spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def test_without_a_compiler_one_is_asked_for(
    backend: ModuleType, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    monkeypatch.delenv("CC", raising=False)
    for requirements in (
        backend.get_requires_for_build_wheel(),
        backend.get_requires_for_build_editable(),
    ):
        assert [r for r in requirements if r.startswith("ziglang")] == [backend.ZIG]


def test_a_compiler_that_cannot_build_is_not_used(
    backend: ModuleType, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    broken = tmp_path / "broken-cc"
    broken.write_text("#!/bin/sh\nexit 1\n")
    broken.chmod(0o755)
    monkeypatch.setenv("CC", str(broken))
    assert backend.system_compiler() is None


def test_with_a_compiler_nothing_is_downloaded(backend: ModuleType) -> None:
    if backend.system_compiler() is None:
        pytest.skip("this machine has no C compiler")
    assert not any("ziglang" in r for r in backend.get_requires_for_build_wheel())


def test_compiler_errors_are_shown(backend: ModuleType, tmp_path: Path) -> None:
    if backend.system_compiler() is None:
        pytest.skip("this machine has no C compiler")
    source = tmp_path / "wrong.c"
    source.write_text("int answer(void) { return unknown; }\n")
    with pytest.raises(SystemExit, match="unknown"):
        backend.compile_library([source], tmp_path / "wrong.so")
    assert sorted(path.name for path in tmp_path.iterdir()) == ["wrong.c"]


@pytest.mark.slow
def test_the_library_builds_and_loads(backend: ModuleType, tmp_path: Path) -> None:
    if backend.system_compiler() is None:
        pytest.skip("this machine has no C compiler")
    sources = sorted((ROOT / "src/attune/decode/native").glob("*.c"))
    target = tmp_path / backend.library_name("fresh")
    backend.compile_library(sources, target)
    assert ctypes.CDLL(str(target)).attune_decode_abi() > 0
