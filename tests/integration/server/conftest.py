"""One server for all tests of this directory."""

from __future__ import annotations

import signal
from collections.abc import Iterator

import pytest

from kuberry.settings import Settings
from real_server import RealServer, start


@pytest.fixture(scope="session")
def real_server(lab_settings: Settings) -> Iterator[RealServer]:
    """Give a server that knows the hosts of the session's lab, where that is up."""
    one = start(lab_settings)
    yield one
    one.process.send_signal(signal.SIGTERM)
    _, rest = one.process.communicate(timeout=60)
    assert (one.process.returncode, rest) == (0, "")
