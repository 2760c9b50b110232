"""A firewall that drops what lab hosts send each other is seen, and named with the remedy."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from kuberry.lab import bridge_filter

DOCKER = {"family": "ip", "table": "filter", "name": "FORWARD", "hook": "forward", "policy": "drop"}


def _listed(*chains: dict[str, str]) -> str:
    return json.dumps({"nftables": [{"metainfo": {}}, *({"chain": chain} for chain in chains)]})


def _proc(tmp_path: Path, switch: str | None, tables: str | None = None) -> Path:
    for path, text in (
        ("sys/net/bridge/bridge-nf-call-iptables", switch),
        ("net/ip_tables_names", tables),
    ):
        if text is not None:
            (tmp_path / path).parent.mkdir(parents=True, exist_ok=True)
            (tmp_path / path).write_text(text)
    return tmp_path


@pytest.mark.parametrize(("switch", "expected"), [("1\n", True), ("0\n", False), (None, False)])
def test_only_br_netfilter_shows_frames_to_the_firewall(
    tmp_path: Path, *, switch: str | None, expected: bool
) -> None:
    """Not loaded or switched off, no policy can drop what stays on the bridge."""
    assert bridge_filter.frames_pass_the_firewall(_proc(tmp_path, switch)) is expected


@pytest.mark.parametrize(
    ("tables", "expected"), [("nat\nfilter\n", True), ("nat\n", False), ("", False), (None, False)]
)
def test_the_old_iptables_is_asked_only_where_it_has_a_filter(
    tmp_path: Path, *, tables: str | None, expected: bool
) -> None:
    """Asking it otherwise would load its modules."""
    assert bridge_filter.legacy_is_used(_proc(tmp_path, None, tables)) is expected


def test_the_chain_that_drops_is_named() -> None:
    """As Docker leaves it, among chains that do not matter."""
    accepts = {**DOCKER, "family": "inet", "table": "kuberry_0a1b2c", "policy": "accept"}
    listed = _listed(accepts, DOCKER, {"family": "ip", "table": "filter", "name": "DOCKER"})
    assert bridge_filter.dropping_chains(listed) == ("ip filter FORWARD",)


@pytest.mark.parametrize("other", [{"family": "ip6"}, {"hook": "input"}, {"policy": "accept"}])
def test_what_cannot_drop_frames_between_hosts_is_not_named(other: dict[str, str]) -> None:
    """Another protocol, another way through the machine, or a policy to accept."""
    assert bridge_filter.dropping_chains(_listed({**DOCKER, **other})) == ()


def test_the_policy_of_the_old_iptables_is_read() -> None:
    """Its first line is the policy; a rule that drops something is none."""
    assert bridge_filter.dropping_legacy_chains("-P FORWARD DROP\n-A FORWARD -j DOCKER-USER\n")
    assert not bridge_filter.dropping_legacy_chains("-P FORWARD ACCEPT\n-A FORWARD -j DROP\n")


async def test_the_user_is_told_the_chain_and_the_line(monkeypatch: pytest.MonkeyPatch) -> None:
    """Where frames pass the firewall; elsewhere nothing is said and nothing is asked."""
    asked: list[tuple[str, ...]] = []

    async def run(*words: str) -> str:
        asked.append(words)
        return _listed(DOCKER)

    monkeypatch.setattr(bridge_filter, "run", run)
    monkeypatch.setattr(bridge_filter, "legacy_is_used", lambda: False)
    monkeypatch.setattr(bridge_filter, "frames_pass_the_firewall", lambda: False)
    assert (await bridge_filter.warning(), asked) == (None, [])
    monkeypatch.setattr(bridge_filter, "frames_pass_the_firewall", lambda: True)
    said = await bridge_filter.warning()
    assert said is not None
    assert "ip filter FORWARD" in said
    assert said.endswith("FORWARD --in-interface kb+ --out-interface kb+ --jump ACCEPT")
