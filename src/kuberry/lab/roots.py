"""Base roots: one unpacked Debian per operating system, made once and shared by all hosts."""

from __future__ import annotations

import asyncio
import shutil
import time
from asyncio.subprocess import DEVNULL, PIPE
from pathlib import Path

from kuberry.errors import CommandFailed, CommandTimeout
from kuberry.lab import base, locks
from kuberry.lab.program import failed, run
from kuberry.model.event import Emit, Notice
from kuberry.model.lab import USER, LabOs

_BUILD_DEADLINE_S = 900.0
_USUAL_S = 60.0
_STAGES = {
    "running apt-get update": "reading the package lists",
    "downloading packages": "downloading packages",
    "extracting archives": "unpacking",
    "installing essential": "installing the essential packages",
    "installing remaining": "installing the other packages",
    "cleaning package lists": "cleaning up",
}
"""What mmdebstrap says, and what we make of it; its own words may name servers."""


async def base_root(cache_dir: Path, os: LabOs, emit: Emit) -> Path:
    """Return the directory of the base root of *os*; the first call builds it.

    Raises:
        CommandFailed: mmdebstrap failed.
        CommandTimeout: It took longer than 15 minutes.
        HostBusy: Another process has been building it for longer than that.
    """
    roots = cache_dir / "lab" / "roots"
    root = roots / f"{os}-{base.key(os)}"
    if root.is_dir():
        return root
    async with locks.hold(roots, deadline_s=_BUILD_DEADLINE_S):
        if not root.is_dir():
            await _build(roots, root, os, emit)
    return root


async def _build(roots: Path, root: Path, os: LabOs, emit: Emit) -> None:
    """Build *root* under another name and rename it when it is whole."""
    unfinished = roots / "unfinished"
    _discard(unfinished)
    memory = roots / f"{os}.seconds"
    usual = float(memory.read_text()) if memory.exists() else _USUAL_S
    emit(Notice(message=f"building the base of {os} hosts, once: about {usual:.0f} s"))
    started = time.monotonic()
    try:
        await _debootstrap(unfinished, os, emit)
        await _customize(unfinished)
        unfinished.rename(root)
    finally:
        _discard(unfinished)
    taken = time.monotonic() - started
    memory.write_text(f"{taken:.1f}\n")
    emit(Notice(message=f"the base of {os} hosts is ready after {taken:.0f} s"))


async def _debootstrap(target: Path, os: LabOs, emit: Emit) -> None:
    argv = (
        # In namespaces of its own, ended with us: nothing is left mounted, whatever happens.
        *("setpriv", "--pdeathsig", "KILL"),
        *("unshare", "--mount", "--pid", "--fork", "--kill-child", "--mount-proc"),
        *("mmdebstrap", "--mode=root", "--variant=minbase", f"--include={','.join(base.PACKAGES)}"),
        *(base.SUITES[os], str(target)),
    )
    process = await asyncio.create_subprocess_exec(
        *argv, stdin=DEVNULL, stdout=DEVNULL, stderr=PIPE
    )
    try:
        async with asyncio.timeout(_BUILD_DEADLINE_S):
            said = await _follow(process.stderr, os, emit)
            status = await process.wait()
    except TimeoutError as error:
        msg = f"mmdebstrap did not end within {_BUILD_DEADLINE_S / 60:.0f} minutes"
        raise CommandTimeout(msg, remedy="is the Debian mirror reachable? try again") from error
    finally:
        if process.returncode is None:
            process.kill()
            await asyncio.shield(process.wait())
    if status:
        raise _explained(argv, status, said)


def _explained(argv: tuple[str, ...], status: int, said: str) -> CommandFailed:
    errors = [line for line in said.splitlines() if line.startswith("E:")] or [said]
    error = failed(("mmdebstrap",), status, errors[0])
    error.command = " ".join(argv)
    error.stderr = said
    error.remedy = "is the Debian mirror reachable? `apt-get update` must work; then try again"
    return error


async def _follow(stream: asyncio.StreamReader | None, os: LabOs, emit: Emit) -> str:
    """Tell of each stage as mmdebstrap comes to it; return all that it said."""
    said: list[str] = []
    count = 0
    while stream and (line := (await stream.readline()).decode(errors="replace")):
        said.append(line)
        stage = next((text for key, text in _STAGES.items() if key in line), None)
        if stage:
            count += 1
            emit(Notice(message=f"base of {os}: {stage} ({count} of {len(_STAGES)})"))
    return "".join(said)


async def _customize(root: Path) -> None:
    """Make the plain Debian in *root* a lab host's."""
    await run(
        "chroot",
        str(root),
        *("useradd", "--create-home", "--shell", "/bin/bash", "--uid", str(base.USER_ID), USER),
    )
    for path, (mode, text) in base.FILES.items():
        file = root / path
        file.parent.mkdir(parents=True, exist_ok=True)
        file.unlink(missing_ok=True)
        file.write_text(text)
        file.chmod(mode)
    for path, target in base.LINKS.items():
        link = root / path
        link.parent.mkdir(parents=True, exist_ok=True)
        link.unlink(missing_ok=True)
        link.symlink_to(target)
    for key in (root / "etc/ssh").glob("ssh_host_*"):
        key.unlink()  # every host gets its own
    shutil.rmtree(root / "var/cache/apt", ignore_errors=True)


def _discard(directory: Path) -> None:
    if directory.exists():
        shutil.rmtree(directory)
