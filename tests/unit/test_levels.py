"""The levels of tests keep their promises."""

from __future__ import annotations

import importlib.util
import socket
from pathlib import Path
from types import ModuleType

import pytest

CONFTEST = Path(__file__).parents[1] / "conftest.py"


def test_a_unit_test_opens_no_connection() -> None:
    """Neither a connection nor a listener is possible here."""
    with socket.socket() as one:
        with pytest.raises(AssertionError, match="opens no connection"):
            one.connect(("127.0.0.1", 9))
        with pytest.raises(AssertionError, match="opens no connection"):
            one.bind(("127.0.0.1", 0))


class _Reporter:
    """Stands in for pytest's terminal: what it was told."""

    def __init__(self, skipped: list[tuple[str, str]]) -> None:
        self.stats = {"skipped": [_Report(node, reason) for node, reason in skipped]}
        self.said: list[str] = []

    def section(self, text: str, **_how: object) -> None:
        self.said.append(text)

    def line(self, text: str, **_how: object) -> None:
        self.said.append(text)


class _Report:
    def __init__(self, nodeid: str, reason: str) -> None:
        self.nodeid = nodeid
        self.longrepr = ("file", 1, f"Skipped: {reason}")


def _conftest() -> ModuleType:
    spec = importlib.util.spec_from_file_location("the_conftest", CONFTEST)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def test_a_level_that_did_not_run_is_said_in_capitals() -> None:
    """Skipped levels are counted and named with the reason; a skipped unit test is not."""
    reporter = _Reporter(
        [
            ("tests/integration/a.py::x", "no root"),
            ("tests/integration/b.py::y", "no root"),
            ("tests/e2e/c.py::z", "no lab"),
            ("tests/unit/d.py::w", "no busybox"),
        ]
    )
    _conftest().pytest_terminal_summary(reporter)

    assert reporter.said == [
        "1 E2E TESTS DID NOT RUN",
        "no lab",
        "2 INTEGRATION TESTS DID NOT RUN",
        "no root",
    ]
