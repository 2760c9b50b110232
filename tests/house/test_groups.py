"""Tests that share a lab or a cluster run in one process."""

from __future__ import annotations

import os

import pytest


@pytest.mark.xdist_group("house")
def test_a_group_is_known_to_who_deals_tests_out(request: pytest.FixtureRequest) -> None:
    """Xdist marks the names of grouped tests; where it does not, each worker builds its own lab."""
    assert "PYTEST_XDIST_WORKER" not in os.environ or request.node.nodeid.endswith("@house")
