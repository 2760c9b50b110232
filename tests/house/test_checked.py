"""Types and rooms are checked beside the other tests, for they take half a minute of one core."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
PROGRAMS = Path(sys.executable).parent


@pytest.mark.timeout(900)  # beside clusters that come up
@pytest.mark.parametrize(
    "words", [("mypy",), ("lint-imports", "--no-logo")], ids=["types", "rooms"]
)
def test_what_make_check_looks_at_is_in_order(words: tuple[str, ...]) -> None:
    """Strict types, by mypy, and which room may import which: the same as `make check`."""
    done = subprocess.run(
        (str(PROGRAMS / words[0]), *words[1:]),
        cwd=ROOT,
        capture_output=True,
        text=True,
        timeout=900,
        check=False,
    )

    assert done.returncode == 0, done.stdout + done.stderr
