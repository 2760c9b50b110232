"""A host dressed as a Raspberry Pi that cannot be made fit is left without a Kubernetes.

From the card to a cluster and back: test_interrupt.
"""

from __future__ import annotations

import asyncio
import subprocess
from collections.abc import Iterator

import pytest

from kuberry.api.bundle import lab_bundle
from kuberry.api.deploy import deploy
from kuberry.api.lab import lab_down, lab_shell, lab_up
from kuberry.model.finding import Severity
from kuberry.model.lab import LabShape
from kuberry.settings import Settings
from one_cluster import own_settings

pytestmark = pytest.mark.xdist_group("reset")

PI = "pi"


@pytest.fixture
def card(lab_machine: None, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Settings]:
    """Give the settings of a lab with one host dressed as Raspberry Pi OS."""
    settings = own_settings(tmp_path_factory.mktemp("kuberry-pi"))
    asyncio.run(lab_bundle(settings=settings))
    shape = LabShape(os="debian12", dress="raspberry-pi-os-12")
    try:
        asyncio.run(lab_up(PI, shape=shape, settings=settings))
        yield settings
    finally:
        asyncio.run(lab_down(settings=settings))


def _on(settings: Settings, text: str) -> str:
    words = (*lab_shell(PI, settings=settings), "--", text)
    return subprocess.run(words, capture_output=True, text=True, timeout=60, check=True).stdout


def test_a_kernel_that_does_not_deliver_stops_the_deploy_before_it_installs(
    card: Settings,
) -> None:
    """The proof fails, then the finding says why; the card is edited once, nothing is installed."""
    _on(card, "sudo touch /usr/local/lib/kuberry-lab/firmware/stubborn")

    first = asyncio.run(deploy(PI, settings=card))
    edited = _on(card, "stat -c '%i %y' /boot/firmware/cmdline.txt")
    second = asyncio.run(deploy(PI, settings=card))

    assert first.outcome == "failed", first.model_dump_json(indent=2)
    assert first.hosts[0].failed_step == "prove the memory controller"
    assert second.outcome == "refused", second.model_dump_json(indent=2)
    refused = [one for one in second.findings if one.severity is Severity.ERROR]
    assert [(one.code, one.host) for one in refused] == [("KB205", PI)]
    assert "full-upgrade" in refused[0].remedy
    assert _on(card, "stat -c '%i %y' /boot/firmware/cmdline.txt") == edited
    assert _on(card, "ls -d /etc/kubernetes /usr/local/bin/kubelet 2>/dev/null; true") == ""
