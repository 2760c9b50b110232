"""What a lab host is: a Debian of its own with systemd, an SSH server and a user who may sudo."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from kuberry.model.lab import LabState

if TYPE_CHECKING:
    from tests.integration.conftest import RunOn

pytestmark = [pytest.mark.integration, pytest.mark.timeout(960)]


def test_a_host_is_up_and_healthy(lab: LabState, run_on: RunOn) -> None:
    """When up returns, a host lets its user in, and every unit has started."""
    result = run_on(lab.login("red"), "sudo systemctl is-system-running --wait")
    assert result.stdout == "running\n", result.stderr
