"""From tables to machines, and from machines to a host expression."""

from __future__ import annotations

import json

import pytest

from kuberry.actions.find import Search, expression, gather
from kuberry.cli.main import main
from kuberry.facts.neighbours import Announced
from kuberry.hostlist import expand
from kuberry.model.found import FindReport, FoundHost, is_raspberry_pi

PI, OTHER = "dc:a6:32:00:00:0", "02:00:00:00:00:0"


@pytest.mark.parametrize(
    ("mac", "expected"),
    [
        ("b8:27:eb:12:34:56", True),
        ("D8:3A:DD:12:34:56", True),
        ("88:a2:9e:12:34:56", True),
        ("02:b8:27:eb:34:56", False),
        (None, False),
    ],
)
def test_raspberry_pis_by_their_hardware_address(mac: str | None, expected: bool) -> None:  # noqa: FBT001
    """The first three bytes tell, in any case of letters."""
    assert is_raspberry_pi(mac) == expected


def test_what_is_known_from_several_sides_is_one_machine() -> None:
    """Neighbour table, mDNS and sweep; its IPv6 address is left out where it has IPv4, too."""
    table = {"10.0.0.2": f"{PI}1", "fd00::2": f"{PI}1", "fd00::3": f"{OTHER}3"}
    found = gather(table, (Announced("red.local", "10.0.0.2"),), {"10.0.0.2": "SSH-2.0-x"}, [])

    assert found == [
        FoundHost(
            address="10.0.0.2",
            name="red.local",
            mac=f"{PI}1",
            raspberry_pi=True,
            ssh="SSH-2.0-x",
            announces_ssh=True,
            sources=("neighbour", "mdns"),
        ),
        FoundHost(address="fd00::3", mac=f"{OTHER}3", sources=("neighbour",)),
    ]


def test_the_expression_holds_hosts_in_order_of_their_addresses() -> None:
    """Pis first, by name where announced, folded; routers are left out unless all are wanted."""
    table = {f"10.0.0.{number}": f"{PI}{number % 10}" for number in (10, 9, 8)}
    table |= {"10.0.0.1": f"{OTHER}1", "10.0.0.20": f"{OTHER}2"}
    ssh = dict.fromkeys(("10.0.0.1", "10.0.0.8"), "SSH-2.0-x")
    found = gather(table, (Announced("red.local", "10.0.0.20"),), ssh, [])

    pis = expression(found, any_machine=False)
    assert expand(pis) == ("10.0.0.8", "10.0.0.9", "10.0.0.10", "red.local")
    assert "[" in pis
    assert expand(expression(found, any_machine=True))[-2:] == ("10.0.0.1", "red.local")
    assert expression([], any_machine=True) == ""


def _report(*hosts: FoundHost, text: str = "") -> FindReport:
    return FindReport(expression=text, hosts=hosts, notes=("mDNS was not asked",))


def test_the_expression_alone_goes_to_standard_output(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """So that ``--hosts "$(kuberry hosts find)"`` works; what a machine says steers nothing."""
    nasty = FoundHost(address="10.0.0.2", ssh="SSH-2.0-\x1b[2J[red]x", raspberry_pi=True)

    async def look(_search: Search, **_: object) -> FindReport:
        return _report(nasty, text="10.0.0.2")

    monkeypatch.setattr("kuberry.api.find.find_hosts", look)
    assert main(["hosts", "find"]) == 0
    out, err = capsys.readouterr()

    assert out == "10.0.0.2\n"
    assert "Raspberry Pi" in err
    assert "[red]x" in err
    assert "mDNS was not asked" in err
    assert "\x1b" not in err


def test_json_is_the_whole_report_and_nobody_is_said(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """An empty expression is no line at all."""
    given = _report(FoundHost(address="10.0.0.1", sources=("neighbour",)))

    async def look(_search: Search, **_: object) -> FindReport:
        return given

    monkeypatch.setattr("kuberry.api.find.find_hosts", look)
    main(["hosts", "find", "-o", "json"])
    assert FindReport.model_validate(json.loads(capsys.readouterr().out)) == given
    main(["hosts", "find"])
    out, err = capsys.readouterr()
    assert out == ""
    assert "no Raspberry Pi; --sweep asks every address" in err


@pytest.mark.parametrize("words", [["--any"], ["--network", "10.0.0.0/24"]])
def test_what_only_a_sweep_can_do_wants_one(
    words: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    """Nobody is asked without it being said."""
    assert main(["hosts", "find", *words]) == 2
    assert "--sweep" in capsys.readouterr().err
