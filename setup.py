"""The build steps pyproject.toml cannot state: compiling the decoder and tagging the wheel."""

from __future__ import annotations

import sys
from pathlib import Path

from setuptools import setup
from setuptools.command.bdist_wheel import bdist_wheel
from setuptools.command.build_py import build_py

ROOT = Path(__file__).resolve().parent
sys.path.insert(0, str(ROOT))

from build_backend import compile_library, library_name  # noqa: E402

PACKAGE = Path("attune", "decode")
LIBRARY = library_name("attune_decode")


class BuildWithLibrary(build_py):
    """build_py that also compiles attune.decode's library: beside the sources when editable."""

    def run(self) -> None:
        super().run()
        sources = sorted((ROOT / "src" / PACKAGE / "native").glob("*.c"))
        compile_library(sources, self._library())

    def _library(self) -> Path:
        base = ROOT / "src" if self.editable_mode else Path(self.build_lib)
        return base / PACKAGE / LIBRARY

    def get_outputs(self, include_bytecode: bool = True) -> list[str]:
        return [*super().get_outputs(include_bytecode), str(self._library())]


class PlatformWheel(bdist_wheel):
    """A wheel for one platform but every Python 3: the library does not use Python's C API."""

    def finalize_options(self) -> None:
        super().finalize_options()
        self.root_is_pure = False

    def get_tag(self) -> tuple[str, str, str]:
        return ("py3", "none", super().get_tag()[2])


setup(cmdclass={"build_py": BuildWithLibrary, "bdist_wheel": PlatformWheel})
