"""Services in temporary folders, whose jobs are worked on."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from job_bench import Bench

from attune.service import Service, Settings


@pytest.fixture(scope="session")
def bench(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Bench]:
    """A bench for kinds of jobs, shared by all tests."""
    folder = tmp_path_factory.mktemp("service")
    service = Service.open(Settings(data=folder / "data", workers=2, private_addresses=True))
    bench = Bench(service)
    service.start()
    yield bench
    service.close()
