"""One base of whistled speech for every test of keywords made of it."""

from __future__ import annotations

import pytest
from tone_keywords import write_base

from attune.bundle import Bundle


@pytest.fixture(scope="session")
def tone_base(tmp_path_factory: pytest.TempPathFactory) -> Bundle:
    """A base whose bank holds a few minutes of random whistling."""
    return write_base(tmp_path_factory.mktemp("keywords") / "base", hours=0.1)
