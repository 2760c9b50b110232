"""The unit of systemd that the package brings."""

from __future__ import annotations

import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from kuberry.cli.main import main
from kuberry.errors import UsageError
from kuberry.server.unit import unit

MOST_EXPOSED = "12"
"""In tenths of 10, as ``systemd-analyze security --threshold`` counts; docs/server.md tells it."""
PYTHON = "/usr/bin/python3"
needs_systemd = pytest.mark.skipif(
    shutil.which("systemd-analyze") is None or not Path(PYTHON).exists(),
    reason="systemd is not here",
)


@pytest.fixture
def file(tmp_path: Path) -> Path:
    """Return the unit as a file."""
    path = tmp_path / "kuberry.service"
    path.write_text(unit(("--host", "192.0.2.1", "--name", "the shelf"), PYTHON))
    return path


def _analyze(*words: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        ("systemd-analyze", *words), capture_output=True, text=True, timeout=30, check=False
    )


@needs_systemd
def test_it_is_hardly_exposed(file: Path) -> None:
    """The judgement of systemd holds; the same unit without its fences would not pass."""
    words = ("security", "--offline=true", "--no-pager", f"--threshold={MOST_EXPOSED}")
    done = _analyze(*words, str(file))
    bare = file.with_name("bare.service")
    fences = ("Protect", "Private", "Restrict", "SystemCall", "Capability", "DynamicUser")
    lines = (one for one in file.read_text().splitlines() if not one.startswith(fences))
    bare.write_text("\n".join(lines))

    assert (done.returncode, "Overall exposure level" in done.stdout) == (0, True)
    assert _analyze(*words, str(bare)).returncode != 0


@needs_systemd
def test_systemd_knows_every_word_of_it(file: Path) -> None:
    """Nothing is unknown, and nothing contradicts."""
    done = _analyze("verify", "--man=no", str(file))

    assert (done.returncode, done.stderr) == (0, "")


def test_no_word_of_the_line_becomes_another(capsys: pytest.CaptureFixture[str]) -> None:
    """Blanks, quotes, specifiers and variables stay what they are; a line break is refused."""
    strange = 'a b" %h $HOME \\'
    text = unit(("--name", strange), PYTHON)

    assert 'ExecStart="/usr/bin/python3" -m kuberry serve --log json --name' in text
    assert '"a b\\" %%h $$HOME \\\\"\n' in text
    with pytest.raises(UsageError):
        unit(("--name", "a\nExecStartPre=/bin/false"), PYTHON)


def test_the_line_is_printed_as_it_was_typed(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """With the options that a server keeps; a Python that the service cannot see is refused."""
    monkeypatch.setattr(sys, "executable", PYTHON)
    assert main(["serve", "--print-unit", "--port", "443", "--allow-hosts", "red[01-20]"]) == 0
    said = capsys.readouterr().out
    monkeypatch.setattr(sys, "executable", "/home/red/venv/bin/python")

    assert '--host "127.0.0.1" --port 443 --allow-hosts "red[01-20]"\n' in said
    assert main(["serve", "--print-unit"]) == 2
    assert "home directory" in capsys.readouterr().err
