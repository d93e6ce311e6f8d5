"""Importing is quick, and the runtime works where nothing but its dependencies is installed."""

from __future__ import annotations

import subprocess
import sys

import pytest

BARRED = ("torch", "scipy", "numba", "onnx", "pandas", "matplotlib", "tensorboard", "sounddevice")

# A finder that hides packages: what a machine with the bare runtime would meet.
WITHOUT = f"""
import sys
class Hidden:
    def find_spec(self, name, path=None, target=None):
        if name.split(".")[0] in {BARRED!r}:
            raise ModuleNotFoundError(f"No module named {{name!r}}", name=name)
sys.meta_path.insert(0, Hidden())
"""

ALL_RUNTIME_MODULES = """
import importlib, pkgutil, attune
for found in pkgutil.walk_packages(attune.__path__, "attune."):
    if found.name.split(".")[1] not in ("train", "models") and "__main__" not in found.name:
        importlib.import_module(found.name)
        print(found.name)
"""

TIMED = """
import time
start = time.perf_counter()
{imports}
print(time.perf_counter() - start)
"""


def run(code: str) -> str:
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, timeout=120, check=False
    )
    assert done.returncode == 0, done.stderr
    return done.stdout


def seconds(imports: str) -> float:
    """The fastest of three fresh processes: other work on the machine only ever adds."""
    return min(float(run(TIMED.format(imports=imports))) for _ in range(3))


def test_importing_attune_loads_nothing_heavy() -> None:
    loaded = run("import sys, attune; print(*sys.modules)").split()
    assert "attune" in loaded
    heavy = {*BARRED, "numpy", "onnxruntime", "soundfile", "typer", "rich", "yaml"}
    assert not heavy & {name.split(".")[0] for name in loaded}


def test_runtime_modules_import_without_training_packages() -> None:
    imported = run(WITHOUT + ALL_RUNTIME_MODULES).split()
    assert {"attune.recognize", "attune.cli", "attune.bundle", "attune.audio"} <= set(imported)


def test_hidden_packages_are_really_hidden() -> None:
    with pytest.raises(AssertionError, match="No module named 'scipy'"):
        run(WITHOUT + "import scipy")


def test_import_time_is_within_the_budget() -> None:
    bare = seconds("import numpy, onnxruntime")
    assert seconds("import attune") <= max(0.3, 0.5 * bare)
    assert seconds("import attune.recognize") <= max(0.6, 2.0 * bare)
