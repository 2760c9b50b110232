"""Run a program of this machine and wait for its end."""

from __future__ import annotations

import asyncio
import shlex
from asyncio.subprocess import DEVNULL, PIPE, Process
from pathlib import Path

from kuberry.errors import CommandFailed, CommandTimeout

_NOT_FOUND = 127  # as a shell would end


async def run(*argv: str, stdin: str = "", deadline_s: float = 30.0) -> str:
    """Run *argv* and return what it wrote to standard output.

    Args:
        stdin: What the program reads.
        deadline_s: Seconds the program may take.

    Raises:
        CommandFailed: It ended with an exit status other than 0, or is not installed (127).
        CommandTimeout: It did not end in time; it has been killed.
    """
    try:
        process = await asyncio.create_subprocess_exec(*argv, stdin=PIPE, stdout=PIPE, stderr=PIPE)
    except FileNotFoundError as error:
        raise failed(argv, _NOT_FOUND, f"{argv[0]} is not installed") from error
    try:
        async with asyncio.timeout(deadline_s):
            stdout, stderr = await process.communicate(stdin.encode())
    except TimeoutError as error:
        msg = f"{shlex.join(argv)} did not end within {deadline_s:g} s on this machine"
        raise CommandTimeout(msg) from error
    finally:
        await _end(process)
    if process.returncode:
        raise failed(argv, process.returncode, stderr.decode(errors="replace"))
    return stdout.decode(errors="replace")


def failed(argv: tuple[str, ...], exit_status: int, stderr: str) -> CommandFailed:
    """Return the error of *argv* that ended with *exit_status* on this machine."""
    last = stderr.strip().splitlines()[-1:] or ["it said nothing"]
    return CommandFailed(
        f"{argv[0]} ended with {exit_status} on this machine: {last[0]}",
        command=shlex.join(argv),
        exit_status=exit_status,
        stderr=stderr,
    )


async def succeeds(*argv: str, deadline_s: float = 30.0) -> bool:
    """Run *argv* and return whether it ended with 0."""
    process = await asyncio.create_subprocess_exec(
        *argv, stdin=DEVNULL, stdout=DEVNULL, stderr=DEVNULL
    )
    try:
        async with asyncio.timeout(deadline_s):
            return await process.wait() == 0
    finally:
        await _end(process)


async def detach(*argv: str, log: Path) -> None:
    """Start *argv* as a process of its own that outlives this one and its terminal.

    Args:
        log: File that takes what it writes to standard error.
    """
    with log.open("wb") as stderr:
        words = ("setsid", "--fork", *argv)
        process = await asyncio.create_subprocess_exec(
            *words, cwd="/", stdin=DEVNULL, stdout=DEVNULL, stderr=stderr
        )
        status = await process.wait()
    if status:
        raise failed(words, status, log.read_text(errors="replace"))


async def _end(process: Process) -> None:
    if process.returncode is None:
        process.kill()
        await asyncio.shield(process.wait())
