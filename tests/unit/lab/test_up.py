"""Bringing hosts up: names are checked first, and one failure does not stop the others."""

from __future__ import annotations

import pytest

from kuberry.errors import KuberryError, UsageError
from kuberry.lab import base
from kuberry.lab.up import bounded, check_names


@pytest.mark.parametrize("name", ["red", "red01", "a-b", "0", "x" * 63])
def test_plain_names_are_accepted(name: str) -> None:
    """Names of one label, lower case."""
    check_names((name,))


@pytest.mark.parametrize(
    "name",
    ["kuberry@red", "red:22", "10.0.0.1", "red.local", "Red", "-x", "x-", "x" * 64, "::1", ""],
)
def test_other_names_are_refused(name: str) -> None:
    """Users, ports, addresses and domains are not ours to give to a virtual host."""
    with pytest.raises(UsageError, match="lab host"):
        check_names(("red", name))


async def test_one_failure_does_not_stop_the_others() -> None:
    """All tasks end, then the first failure is raised."""
    ended: list[int] = []

    async def task(number: int) -> None:
        if number == 1:
            raise KuberryError("first")
        ended.append(number)

    with pytest.raises(KuberryError, match="first"):
        await bounded([task(number) for number in range(9)])
    assert sorted(ended) == [0, *range(2, 9)]


async def test_few_boot_at_once() -> None:
    """However many hosts are asked for, the machine boots a handful at a time."""
    running, most = set[int](), [0]

    async def task(number: int) -> None:
        import asyncio  # noqa: PLC0415

        running.add(number)
        most[0] = max(most[0], len(running))
        await asyncio.sleep(0)
        running.discard(number)

    await bounded([task(number) for number in range(50)])
    assert 1 < most[0] <= 4


def test_another_base_has_another_key(monkeypatch: pytest.MonkeyPatch) -> None:
    """A base root is found again only if it was made of the same things."""
    keys = {base.key("debian12"), base.key("debian13")}
    monkeypatch.setattr(base, "PACKAGES", (*base.PACKAGES, "vim"))
    keys.add(base.key("debian12"))
    assert len(keys) == 3
