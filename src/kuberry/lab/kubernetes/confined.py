"""Long-running programs of the build: in namespaces that end with us, written to a log."""

from __future__ import annotations

import asyncio
import shlex
from asyncio.subprocess import DEVNULL, STDOUT
from pathlib import Path

from kuberry.errors import CommandFailed, CommandTimeout
from kuberry.lab.kubernetes.phases import Tick

_TICK_S = 30.0
_TAIL_BYTES = 4000
# Ended with us, and with all it mounted, whatever ends us.
_CONFINED = (
    *("setpriv", "--pdeathsig", "KILL"),
    *("nice", "-n", "5"),
    *("unshare", "--mount", "--pid", "--fork", "--kill-child", "--mount-proc"),
)
_ENTER = 'mount -t proc proc "$1/proc" && cd "$1" && exec chroot "$@"'


async def run_logged(
    *argv: str, log: Path, tick: Tick, deadline_s: float, cwd: Path | None = None
) -> None:
    """Run *argv* in mount and process namespaces of its own; its words go to *log*.

    Raises:
        CommandFailed: It ended with an exit status other than 0.
        CommandTimeout: It did not end in time; it has been killed.
    """
    await _run((*_CONFINED, *argv), argv, log, tick, deadline_s, cwd)


async def run_in_root(root: Path, *argv: str, log: Path, tick: Tick, deadline_s: float) -> None:
    """Run *argv* in the Debian below *root*, without any network.

    Raises:
        CommandFailed: It ended with an exit status other than 0.
        CommandTimeout: It did not end in time; it has been killed.
    """
    clean = ("/usr/bin/env", "-i", "PATH=/usr/sbin:/usr/bin:/sbin:/bin")
    inner = ("sh", "-c", _ENTER, "sh", str(root), *clean, *argv)
    await _run((*_CONFINED, "--net", *inner), argv, log, tick, deadline_s, None)


async def _run(
    argv: tuple[str, ...],
    shown: tuple[str, ...],
    log: Path,
    tick: Tick,
    deadline_s: float,
    cwd: Path | None,
) -> None:
    with log.open("ab") as file:
        process = await asyncio.create_subprocess_exec(
            *argv, stdin=DEVNULL, stdout=file, stderr=STDOUT, cwd=cwd
        )
    try:
        async with asyncio.timeout(deadline_s):
            status = await _wait(process, tick)
    except TimeoutError as error:
        msg = f"{shown[0]} did not end within {deadline_s / 60:.0f} minutes"
        raise CommandTimeout(msg, remedy=f"see {log}; the same command goes on there") from error
    finally:
        if process.returncode is None:
            process.kill()
            await asyncio.shield(process.wait())
    if status:
        raise _failed(shown, status, log)


async def _wait(process: asyncio.subprocess.Process, tick: Tick) -> int:
    waiting = asyncio.ensure_future(process.wait())
    try:
        while not (await asyncio.wait({waiting}, timeout=_TICK_S))[0]:
            tick()
        return waiting.result()
    finally:
        waiting.cancel()


def _failed(argv: tuple[str, ...], status: int, log: Path) -> CommandFailed:
    tail = log.read_bytes()[-_TAIL_BYTES:].decode(errors="replace")
    last = (tail.strip().splitlines() or ["it said nothing"])[-1]
    error = CommandFailed(
        f"{argv[0]} ended with {status} on this machine: {last}",
        command=shlex.join(argv),
        exit_status=status,
        stderr=tail,
    )
    error.remedy = f"see {log}; the same command goes on where this one stopped"
    return error
