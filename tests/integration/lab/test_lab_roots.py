"""A base root is made once, whole or not at all."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from pathlib import Path

import pytest

from kuberry.errors import CommandFailed
from kuberry.lab import base, roots
from kuberry.model.event import AnyEvent, ignore

pytestmark = [pytest.mark.integration, pytest.mark.usefixtures("lab_machine")]


MakeMmdebstrap = Callable[[str], None]
_MAKE_TARGET = "for target; do :; done\nmkdir -p $target/etc\n"


@pytest.fixture
def mmdebstrap(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> MakeMmdebstrap:
    """Give a function that puts a stand-in of the given shell text before the real mmdebstrap."""
    program = tmp_path / "bin" / "mmdebstrap"
    program.parent.mkdir()
    program.touch(mode=0o755)
    monkeypatch.setenv("PATH", str(program.parent), prepend=":")

    def write(text: str) -> None:
        program.write_text(f"#!/bin/sh\n{text}")

    return write


def _roots(cache_dir: Path) -> list[str]:
    return [path.name for path in (cache_dir / "lab" / "roots").iterdir() if path.is_dir()]


async def test_a_failed_build_leaves_nothing(mmdebstrap: MakeMmdebstrap, tmp_path: Path) -> None:
    """The error carries what mmdebstrap said and what to do."""
    mmdebstrap(f"{_MAKE_TARGET}echo 'E: no such suite' >&2\nexit 25\n")
    with pytest.raises(CommandFailed, match="no such suite") as caught:
        await roots.base_root(tmp_path, "debian12", ignore)
    assert caught.value.exit_status == 25
    assert "apt-get update" in caught.value.remedy
    assert _roots(tmp_path) == []


async def test_an_interrupted_build_leaves_nothing(
    mmdebstrap: MakeMmdebstrap, tmp_path: Path
) -> None:
    """Ctrl-C ends mmdebstrap and removes what it had made."""
    mmdebstrap(f"{_MAKE_TARGET}echo 'I: running apt-get update' >&2\nexec sleep 600\n")
    started = asyncio.Event()

    def emit(event: AnyEvent) -> None:
        if "(1 of" in str(event):
            started.set()

    task = asyncio.create_task(roots.base_root(tmp_path, "debian12", emit))
    async with asyncio.timeout(30):
        await started.wait()
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task
    assert _roots(tmp_path) == []


async def test_what_a_killed_build_left_is_never_used(
    mmdebstrap: MakeMmdebstrap, tmp_path: Path
) -> None:
    """Half a root under the unfinished name is gone before the next build starts."""
    _make(tmp_path / "lab" / "roots" / "unfinished" / "etc")
    mmdebstrap("for target; do :; done\ntest -e $target && exit 26\nexit 25\n")
    with pytest.raises(CommandFailed) as caught:
        await roots.base_root(tmp_path, "debian12", ignore)
    assert caught.value.exit_status == 25
    assert _roots(tmp_path) == []


async def test_a_root_that_is_there_is_used_as_it_is(
    mmdebstrap: MakeMmdebstrap, tmp_path: Path
) -> None:
    """Nothing is built when the root of the same key exists."""
    mmdebstrap("exit 25\n")
    root = _make(tmp_path / "lab" / "roots" / f"debian13-{base.key('debian13')}")
    assert await roots.base_root(tmp_path, "debian13", ignore) == root


def _make(directory: Path) -> Path:
    directory.mkdir(parents=True)
    return directory
