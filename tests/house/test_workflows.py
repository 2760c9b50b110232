"""What runs elsewhere calls what is here: nobody sees it fail before the day it runs."""

from __future__ import annotations

import re
import shlex
from pathlib import Path
from typing import Any

import pytest
import typer
import yaml

from kuberry.cli.main import app_for

ROOT = Path(__file__).parents[2]
WORKFLOWS = sorted((ROOT / ".github/workflows").glob("*.yml"))
MAKEFILE = (ROOT / "Makefile").read_text("utf-8")
TARGETS = set(re.findall(r"^([a-z][a-z0-9]*):", MAKEFILE, re.MULTILINE))


def _jobs() -> list[dict[str, Any]]:
    pages = [yaml.safe_load(path.read_text("utf-8")) for path in WORKFLOWS]
    return [job for page in pages for job in page["jobs"].values()]


STEPS = [step for job in _jobs() for step in job["steps"]]
LINES = [line for step in STEPS for line in str(step.get("run", "")).splitlines() if line.strip()]


def test_there_is_a_workflow() -> None:
    """Else the rest of this page would prove nothing."""
    assert {"make demo", "make integration", "make e2e"} <= {
        " ".join(shlex.split(one)[:2]) for one in LINES
    }


@pytest.mark.parametrize("line", LINES)
def test_every_command_of_a_workflow_is_there(line: str) -> None:
    """Targets are those of the Makefile, their settings are read, and kuberry knows the words."""
    program, *words = shlex.split(re.sub(r"\$\{\{.*?\}\}", "X", line))
    if program == "make":
        settings = [one.partition("=")[0] for one in words if "=" in one]
        assert {one for one in words if "=" not in one} <= TARGETS
        assert all(f"$({one})" in MAKEFILE for one in settings)
    elif program == ".venv/bin/kuberry":
        _check_words(words)
    else:
        assert program == "mkdir"


def _check_words(words: list[str]) -> None:
    command: Any = typer.main.get_command(app_for(()))
    while hasattr(command, "commands"):
        command = command.commands[words.pop(0)]
    known = {option for one in command.params for option in one.opts}
    assert {one for one in words if one.startswith("--")} <= known


def test_actions_have_a_version() -> None:
    """A moving word such as ``main`` would run what nobody has looked at."""
    used = [step["uses"] for step in STEPS if "uses" in step]

    assert used
    assert all(re.search(r"@v\d+\.\d+\.\d+$", one) for one in used)


def test_a_workflow_may_read_and_ends() -> None:
    """No job writes to the repository, and none runs for ever."""
    pages = [yaml.safe_load(path.read_text("utf-8")) for path in WORKFLOWS]

    assert all(page["permissions"] == {"contents": "read"} for page in pages)
    assert all(job["timeout-minutes"] <= 120 for job in _jobs())


def test_the_tests_it_picks_exist() -> None:
    """`-k` of nothing would be a job that proves nothing."""
    picked = [
        word
        for step in STEPS
        for word in re.findall(r"-k (\S+)", step.get("env", {}).get("PYTEST_ADDOPTS", ""))
    ]
    sources = [path.read_text("utf-8") for path in (ROOT / "tests/integration").rglob("test_*.py")]

    assert picked
    assert all(any(f"def {word}" in text for text in sources) for word in picked)
