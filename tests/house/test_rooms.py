"""Laws of the house that no linter knows."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
SOURCES = sorted((ROOT / "src").rglob("*.py"))
LONGEST_FILE = 300


@pytest.mark.parametrize("path", SOURCES, ids=lambda path: str(path.relative_to(ROOT)))
def test_a_file_holds_one_idea(path: Path) -> None:
    """No file is longer than 300 lines."""
    assert len(path.read_text("utf-8").splitlines()) <= LONGEST_FILE


def test_the_makefile_stays_short() -> None:
    """The Makefile has at most 30 lines."""
    assert len((ROOT / "Makefile").read_text("utf-8").splitlines()) <= 30


def test_requirements_are_pinned_by_hash_and_name_no_index() -> None:
    """Every requirement has a hash, and none says where it comes from."""
    for path in (ROOT / "requirements").glob("*.txt"):
        text = path.read_text("utf-8")
        assert "://" not in text
        assert "--index-url" not in text
        for line in text.splitlines():
            assert line.startswith("    --hash=sha256:") or ("==" in line and line.endswith("\\"))


BLOCKED = ("fcntl", "pwd", "grp", "termios", "tty", "pty", "resource", "syslog")
LINUX_ONLY = {"lab", "campaign"}
_IMPORT_ALL = """
import importlib, sys
sys.modules.update(dict.fromkeys({blocked!r}))
for module in {modules!r}:
    importlib.import_module(module)
"""


def test_a_controller_needs_no_posix_module() -> None:
    """All but the lab and its campaign can be imported where fcntl, pwd and termios are missing."""
    parts = [path.relative_to(ROOT / "src").with_suffix("").parts for path in SOURCES]
    modules = [
        ".".join(part).removesuffix(".__init__")
        for part in parts
        if part[0] == "kuberry" and part[1] not in LINUX_ONLY and part[-1] != "__main__"
    ]
    code = _IMPORT_ALL.format(blocked=BLOCKED, modules=modules)
    done = subprocess.run(
        [sys.executable, "-W", "error", "-c", code],
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
    )

    assert (done.returncode, done.stderr) == (0, "")
    assert len(modules) > len(LINUX_ONLY)
