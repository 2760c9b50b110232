"""Run a program that nobody measures, and have what it wrote."""

from __future__ import annotations

import subprocess
from collections.abc import Sequence

from kuberry.errors import CommandFailed, CommandTimeout


def output_of(words: Sequence[str], *, stdin: bytes = b"", deadline_s: float = 60.0) -> str:
    """Run *words* and return what they wrote to standard output.

    Raises:
        CommandFailed: They failed, or there is no such program.
        CommandTimeout: They did not end in time.
    """
    line = " ".join(words)
    try:
        done = subprocess.run(  # noqa: S603 -- the bench's own words
            words, input=stdin, capture_output=True, timeout=deadline_s, check=False
        )
    except FileNotFoundError:
        message = f"{words[0]} is not installed"
        raise CommandFailed(message, command=line, exit_status=127, stderr="") from None
    except subprocess.TimeoutExpired:
        raise CommandTimeout(f"{line} did not end within {deadline_s:g} s") from None
    if done.returncode:
        said = done.stderr.decode(errors="replace").strip()
        message = f"{line} failed: {said}"
        raise CommandFailed(message, command=line, exit_status=done.returncode, stderr=said)
    return done.stdout.decode(errors="replace")
