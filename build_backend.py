"""PEP 517 build backend: setuptools, plus a C compiler only where the machine has none.

The decoder is plain C99 behind a plain C interface (no Python.h), so one shared library serves
every Python version and any C compiler will do. `$CC` or the system's `cc`, `gcc` or `clang` is
used when it can build; otherwise the build asks the installer for `ziglang`, a self-contained
compiler from PyPI (about 100 MB, needed for the build only).
"""

from __future__ import annotations

import importlib.util
import os
import shlex
import shutil
import subprocess
import sys
import tempfile
from functools import cache
from pathlib import Path
from typing import Any

from setuptools import build_meta
from setuptools.build_meta import (
    build_editable,
    build_sdist,
    build_wheel,
    get_requires_for_build_sdist,
    prepare_metadata_for_build_editable,
    prepare_metadata_for_build_wheel,
)

__all__ = [
    "build_editable",
    "build_sdist",
    "build_wheel",
    "compile_library",
    "get_requires_for_build_editable",
    "get_requires_for_build_sdist",
    "get_requires_for_build_wheel",
    "library_name",
    "prepare_metadata_for_build_editable",
    "prepare_metadata_for_build_wheel",
]

ZIG = "ziglang>=0.13"
# Baseline instructions of the platform: the wheel must run on machines other than this one.
# Contraction into fused multiply-adds is off so that scores agree between processors.
FLAGS = ["-std=c99", "-O3", "-fno-math-errno", "-ffp-contract=off", "-fvisibility=hidden"]
WARNINGS = ["-Wall", "-Wextra"]


def get_requires_for_build_wheel(config_settings: Any = None) -> list[str]:
    """Requirements of a wheel build: `ziglang` when no system compiler works."""
    return build_meta.get_requires_for_build_wheel(config_settings) + _compiler_requirement()


def get_requires_for_build_editable(config_settings: Any = None) -> list[str]:
    """Requirements of an editable build: `ziglang` when no system compiler works."""
    return build_meta.get_requires_for_build_editable(config_settings) + _compiler_requirement()


def library_name(stem: str) -> str:
    """File name of the shared library `stem` on this platform."""
    if sys.platform == "win32":
        return f"{stem}.dll"
    return f"lib{stem}.dylib" if sys.platform == "darwin" else f"lib{stem}.so"


def compile_library(sources: list[Path], target: Path) -> None:
    """Compile C99 `sources` into the shared library `target`, replacing it atomically.

    Raises SystemExit with the compiler's own message when compilation fails.
    """
    compiler = system_compiler() or zig_compiler()
    if compiler is None:
        raise SystemExit("No C compiler found: install one (cc, gcc or clang) or `ziglang`.")
    target.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=target.parent) as folder:
        output = Path(folder) / target.name
        libraries = [] if sys.platform == "win32" else ["-lm"]
        position = [] if sys.platform == "win32" else ["-fPIC"]
        command = [*compiler, *FLAGS, *WARNINGS, *position, "-shared", "-o", str(output)]
        command += [*(str(source) for source in sources), *libraries]
        done = subprocess.run(command, capture_output=True, text=True)
        if done.returncode != 0:
            raise SystemExit(
                f"Compiling {target.name} failed: {shlex.join(command)}\n{done.stderr}"
            )
        os.replace(output, target)


@cache
def system_compiler() -> tuple[str, ...] | None:
    """The command of a system C compiler that can build a program, or None."""
    named = os.environ.get("CC")
    candidates = [shlex.split(named)] if named else [["cc"], ["gcc"], ["clang"]]
    for command in candidates:
        if command and shutil.which(command[0]) and _can_compile(command):
            return tuple(command)
    return None


def zig_compiler() -> tuple[str, ...] | None:
    """The command of the `ziglang` package's C compiler, or None when it is not installed."""
    if importlib.util.find_spec("ziglang") is None:
        return None
    # Without -mcpu, zig would compile for the very processor of this machine.
    return (sys.executable, "-m", "ziglang", "cc", "-mcpu=baseline", "-fno-sanitize=undefined")


def _compiler_requirement() -> list[str]:
    return [] if system_compiler() else [ZIG]


def _can_compile(command: list[str]) -> bool:
    """Whether the compiler finds its headers too: a bare `gcc` package comes without them."""
    with tempfile.TemporaryDirectory() as folder:
        source = Path(folder) / "probe.c"
        source.write_text("#include <math.h>\n#include <stdlib.h>\nint main(void) { return 0; }\n")
        try:
            done = subprocess.run(
                [*command, str(source), "-o", str(Path(folder) / "probe")], capture_output=True
            )
        except OSError:
            return False
        return done.returncode == 0
