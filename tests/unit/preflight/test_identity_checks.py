"""Are these different machines, and can they be nodes?"""

from __future__ import annotations

import pytest

import fit
from fit import Found, check, host


def test_one_machine_by_boot_id() -> None:
    """Two names that reach one boot are one machine, and not two with one name or id."""
    again = host("red01", identity=fit.identity("red"))

    assert check(host("red"), again) == [Found("KB101", "error", None)]


def test_one_machine_by_machine_id_and_hardware_address() -> None:
    """A machine that rebooted between two looks is still one machine."""
    identity = fit.identity("red", boot_id="another")
    again = host("red01", identity=identity, network=fit.network("red", "10.0.0.1/24"))

    assert check(host("red"), again) == [Found("KB101", "error", None)]


def test_copied_cards() -> None:
    """Two machines with one host name, or with one machine id, are told apart and refused."""
    same_name = host("red01", identity=fit.identity("red01", hostname="RED"))
    same_id = host("red01", identity=fit.identity("red01", machine_id="id-red"))

    assert check(host("red"), same_name) == [Found("KB102", "error", None)]
    assert check(host("red"), same_id) == [Found("KB103", "error", None)]


def test_no_machine_id() -> None:
    """It works without, so it is a warning; two without are no copies of each other."""
    hosts = [host(name, identity=fit.identity(name, machine_id=None)) for name in ("red", "red01")]

    assert check(*hosts) == [
        Found("KB104", "warning", "red"),
        Found("KB104", "warning", "red01"),
    ]


@pytest.mark.parametrize("word", ["localhost", "localhost.localdomain", "my_pi", "-pi", "pi."])
def test_a_host_name_that_no_node_can_have(word: str) -> None:
    """Kubernetes wants an RFC 1123 name, and one that means this host."""
    assert check(host("red", identity=fit.identity("red", hostname=word))) == [
        Found("KB105", "error", "red")
    ]


@pytest.mark.parametrize("word", ["Red", "red.local", "r3d", "r"])
def test_host_names_that_nodes_can_have(word: str) -> None:
    """Capitals become small; domains are fine."""
    assert check(host("red", identity=fit.identity("red", hostname=word))) == []
