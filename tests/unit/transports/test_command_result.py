"""What a command that failed is answered with."""

from __future__ import annotations

import pytest

from kuberry.transports.transport import CommandResult


@pytest.mark.parametrize(
    ("stderr", "cause"),
    [
        (b"cat: /x: Permission denied\n", "cat: /x: Permission denied"),
        (b"one\r\n\n  two \n", "one; two"),
        (b"\xff\n", "\ufffd"),
        (b" \n", "exit status 7"),
        (b"", "exit status 7"),
    ],
)
def test_a_failure_names_its_cause(stderr: bytes, cause: str) -> None:
    """All complaints in one line; without any, the exit status."""
    result = CommandResult(exit_status=7, stdout=b"", stderr=stderr)
    error = result.failure("/x could not be read", command="get /x", host="red")
    assert error.message == f"/x could not be read: {cause}"
    assert (error.command, error.exit_status, error.host) == ("get /x", 7, "red")
    assert error.stderr == stderr.decode(errors="replace")
