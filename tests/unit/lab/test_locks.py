"""One process at a time works on a lab."""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest

from kuberry.errors import HostBusy
from kuberry.lab import locks


async def test_a_held_lock_keeps_others_out(tmp_path: Path) -> None:
    """A second taker is refused after its deadline, and told who is in the way."""
    lock = tmp_path / "lock"
    async with locks.hold(lock):
        assert locks.is_held(lock)
        with pytest.raises(HostBusy, match=str(lock)):
            async with locks.hold(lock, deadline_s=0.1):
                pytest.fail("the lock was given twice")


async def test_a_lock_is_free_after_its_block(tmp_path: Path) -> None:
    """Whatever ends the block, even an error, ends the hold."""
    lock = tmp_path / "lock"
    with pytest.raises(RuntimeError):
        async with locks.hold(lock):
            raise RuntimeError
    assert not locks.is_held(lock)


async def test_waiting_ends_when_the_holder_does(tmp_path: Path) -> None:
    """Two that want the lock get it one after the other."""
    lock, order = tmp_path / "lock", list[str]()

    async def second() -> None:
        async with locks.hold(lock, deadline_s=30):
            order.append("second")

    async with asyncio.TaskGroup() as group, locks.hold(lock):
        group.create_task(second())
        await asyncio.sleep(0.1)
        order.append("first")
    assert order == ["first", "second"]


async def test_a_holder_may_remove_the_directory(tmp_path: Path) -> None:
    """Who waited for a directory that is gone gets the new one, not the old one's lock."""
    lock = tmp_path / "lock"
    async with locks.hold(lock):
        lock.rmdir()
        async with locks.hold(lock, deadline_s=5):
            assert lock.is_dir()


def test_what_does_not_exist_is_held_by_nobody(tmp_path: Path) -> None:
    """A missing directory is no lock, and asking makes none."""
    assert not locks.is_held(tmp_path / "missing")
    assert not (tmp_path / "missing").exists()
