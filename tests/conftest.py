"""Say loudly which levels of tests could not run here; look longer in campaigns."""

from __future__ import annotations

import asyncio
import os
import signal
from collections import Counter
from pathlib import Path

import hypothesis
import pytest

from kuberry.errors import LabUnavailable
from kuberry.lab import requirements

LEVELS = ("integration", "e2e")
_NICE = 5

hypothesis.settings.register_profile("campaign", max_examples=20_000, deadline=None)
hypothesis.settings.register_profile("default", deadline=None, max_examples=40)  # busy is no bug
hypothesis.settings.load_profile(os.environ.get("HYPOTHESIS_PROFILE", "default"))


def pytest_configure() -> None:
    """Hear Ctrl-C again: what a shell has put in the background is born deaf to it."""
    if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
        signal.signal(signal.SIGINT, signal.default_int_handler)


def pytest_runtest_setup(item: pytest.Item) -> None:
    """Let tests with a Kubernetes go first: it eats CPU as long as it is up, also when idle.

    No process that has been nice gets them later, because xdist deals out large groups first.
    """
    if os.nice(0) == 0 and item.get_closest_marker("e2e") is None:
        os.nice(_NICE)


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """Print a banner when whole levels were skipped, so that a green run is not misread."""
    skipped: Counter[tuple[str, str]] = Counter()
    for report in terminalreporter.stats.get("skipped", []):
        level = next((one for one in LEVELS if f"tests/{one}/" in report.nodeid), "")
        reason = str(report.longrepr[2] if isinstance(report.longrepr, tuple) else report.longrepr)
        skipped[level, reason.removeprefix("Skipped: ")] += 1
    for (level, reason), count in sorted(skipped.items()):
        if level:
            terminalreporter.section(
                f"{count} {level.upper()} TESTS DID NOT RUN", sep="!", red=True
            )
            terminalreporter.line(reason, red=True)


@pytest.fixture(scope="session")
def lab_machine() -> None:
    """Skip where lab hosts cannot run."""
    try:
        asyncio.run(requirements.check(Path("/var/tmp/kuberry-probe")))  # noqa: S108 -- never made
    except LabUnavailable as error:
        pytest.skip(f"the lab cannot run here: {error}")
