"""Settings for every test: caches go to a temporary folder, hypothesis runs without a clock."""

from __future__ import annotations

import signal
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import HealthCheck, settings

from attune.data import Manifest, Utterance

settings.register_profile(
    "attune",
    deadline=None,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.function_scoped_fixture],
)
settings.load_profile("attune")

# A shell that starts the tests in the background has them ignore Ctrl-C, and so would every
# program that they start and interrupt.
signal.signal(signal.SIGINT, signal.default_int_handler)


@pytest.fixture(autouse=True, scope="session")
def attune_cache(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """Keep the tests out of the user's own cache."""
    folder = tmp_path_factory.mktemp("cache")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("ATTUNE_CACHE", str(folder))
        yield folder


@pytest.fixture(scope="session")
def samples() -> tuple[Utterance, ...]:
    """The sample recordings of the repository, with their transcripts."""
    return tuple(Manifest(Path(__file__).parents[1] / "samples" / "manifest.tsv"))
