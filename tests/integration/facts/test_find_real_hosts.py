"""`kuberry hosts find` finds the lab's hosts on the lab's own bridge, and looks nowhere else."""

from __future__ import annotations

import asyncio

import pytest

from kuberry import find_hosts, hostlist
from kuberry.actions.find import Search
from kuberry.model.lab import LabState

pytestmark = [pytest.mark.integration, pytest.mark.timeout(960)]


def test_lab_hosts_are_found_by_a_sweep_of_their_network(lab: LabState) -> None:
    """Each by its address, with its SSH server; the unused address is nobody."""
    logins = {name: lab.login(name).address for name in ("red", "red01", "red02")}
    network = f"{str(logins['red']).rpartition('.')[0]}.0/24"
    search = Search(timeout_s=2, sweep=True, network=network, any_machine=True)
    report = asyncio.run(find_hosts(search))
    found = {one.address: one for one in report.hosts}

    assert report.swept == (network,)
    assert set(logins.values()) <= set(hostlist.expand(report.expression))
    for address in logins.values():
        assert address is not None
        assert (found[address].ssh or "").startswith("SSH-2.0-OpenSSH")
        assert "sweep" in found[address].sources
    assert str(lab.unused_address) not in found
