"""Models in memory."""

from __future__ import annotations

import asyncio
import threading
from pathlib import Path

import pytest
from deployments import Ground

from attune.errors import InputError
from attune.service.errors import Busy, NotFound
from attune.service.recognition.model_cache import ModelCache


@pytest.fixture
def bundles(shared: Ground, tmp_path: Path) -> list[str]:
    """Three folders of 1,000 bytes in the store."""
    found = []
    for name in "abc":
        folder = tmp_path / name
        folder.mkdir()
        (folder / "weights").write_bytes(name.encode() * 1000)
        found.append(shared.store.put_folder(folder))
    return found


class Loading:
    """A loader that counts, and fails when told to."""

    def __init__(self) -> None:
        self.count = 0
        self.broken = False
        self.go_on = threading.Event()
        self.go_on.set()

    def __call__(self, folder: Path) -> bytes:
        self.count += 1
        self.go_on.wait(10)
        if self.broken:
            raise InputError("the bundle is damaged")
        return (folder / "weights").read_bytes()


def test_several_that_wait_load_once(shared: Ground, bundles: list[str]) -> None:
    loading = Loading()
    cache = ModelCache(shared.store, loading, 10_000)

    async def attempt() -> None:
        leases = await asyncio.gather(*(cache.lease(bundles[0]) for _ in range(5)))
        assert {lease.model for lease in leases} == {b"a" * 1000}
        for lease in leases:
            lease.release()
            lease.release()
        assert (await cache.lease(bundles[0])).model == b"a" * 1000

    asyncio.run(attempt())
    assert loading.count == 1
    cache.close()


def test_what_failed_is_tried_again(shared: Ground, bundles: list[str]) -> None:
    loading = Loading()
    cache = ModelCache(shared.store, loading, 10_000)

    async def attempt() -> None:
        loading.broken = True
        for lease in await asyncio.gather(
            *(cache.lease(bundles[0]) for _ in range(3)), return_exceptions=True
        ):
            assert isinstance(lease, InputError)
        assert cache.loaded == 0
        loading.broken = False
        await cache.lease(bundles[0])
        with pytest.raises(NotFound):
            await cache.lease("0" * 64)

    asyncio.run(attempt())
    assert (loading.count, cache.loaded) == (2, 1)
    cache.close()


def test_idle_models_are_unloaded_and_used_ones_stay(shared: Ground, bundles: list[str]) -> None:
    cache = ModelCache(shared.store, Loading(), 10_000, idle_seconds=0.0)

    async def attempt() -> None:
        held = await cache.lease(bundles[0])
        (await cache.lease(bundles[1])).release()
        assert (cache.sweep(), cache.loaded) == (1, 1)
        held.release()
        assert (cache.sweep(), cache.loaded) == (1, 0)

    asyncio.run(attempt())
    cache.close()


def test_memory_is_bounded(shared: Ground, bundles: list[str]) -> None:
    loading = Loading()
    cache = ModelCache(shared.store, loading, 2_500)

    async def attempt() -> None:
        first, second = [await cache.lease(name) for name in bundles[:2]]
        with pytest.raises(Busy) as refused:
            await cache.lease(bundles[2])
        assert refused.value.retry_after > 0
        second.release()
        first.release()  # idle for less long than the second
        third = await cache.lease(bundles[2])
        assert (third.model, cache.loaded) == (b"c" * 1000, 2)
        before = loading.count
        await cache.lease(bundles[0])
        assert loading.count == before

    asyncio.run(attempt())
    cache.close()


def test_one_model_may_be_larger_than_the_bound(shared: Ground, bundles: list[str]) -> None:
    cache = ModelCache(shared.store, Loading(), 100)
    assert len(asyncio.run(cache.lease(bundles[0])).model) == 1000
    cache.close()
