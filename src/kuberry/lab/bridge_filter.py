"""Whether this machine's firewall drops what lab hosts send each other, as Docker's does."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

from kuberry.lab.program import run

_PROC = Path("/proc")
# https://docs.kernel.org/networking/bridge.html, "Netfilter": bridged frames pass iptables, too.
_SWITCH = "sys/net/bridge/bridge-nf-call-iptables"
_LEGACY_TABLES = "net/ip_tables_names"
_LEGACY = "iptables-legacy"
_REMEDY = "sudo iptables --insert FORWARD --in-interface kb+ --out-interface kb+ --jump ACCEPT"


async def warning() -> str | None:
    """Return what to tell the user where frames between hosts are dropped; else ``None``.

    Only looks: what passes this machine's firewall is the user's to say.
    """
    if not frames_pass_the_firewall():
        return None
    chains = dropping_chains(await run("nft", "-j", "list", "chains"))
    if legacy_is_used() and shutil.which(_LEGACY):
        chains += dropping_legacy_chains(await run(_LEGACY, "--list-rules", "FORWARD"))
    return sentence(chains) if chains else None


def frames_pass_the_firewall(proc: Path = _PROC) -> bool:
    """Return whether frames on bridges are shown to iptables (br_netfilter is loaded and on)."""
    try:
        return (proc / _SWITCH).read_text().strip() == "1"
    except FileNotFoundError:
        return False


def legacy_is_used(proc: Path = _PROC) -> bool:
    """Return whether the kernel has a filter table that nft cannot see; looking makes none."""
    try:
        return "filter" in (proc / _LEGACY_TABLES).read_text().split()
    except FileNotFoundError:
        return False


def dropping_chains(listed: str) -> tuple[str, ...]:
    """Return the chains for forwarded IPv4 that drop what no rule of theirs accepts.

    Args:
        listed: What ``nft -j list chains`` prints.
    """
    chains = [entry["chain"] for entry in json.loads(listed)["nftables"] if "chain" in entry]
    return tuple(
        f"{chain['family']} {chain['table']} {chain['name']}"
        for chain in chains
        if chain["family"] in ("ip", "inet")
        and chain.get("hook") == "forward"
        and chain.get("policy") == "drop"
    )


def dropping_legacy_chains(listed: str) -> tuple[str, ...]:
    """Return the chain of ``iptables-legacy --list-rules FORWARD``, if its policy is to drop."""
    drops = "-P FORWARD DROP" in listed.splitlines()
    return (f"{_LEGACY} filter FORWARD",) if drops else ()


def sentence(chains: tuple[str, ...]) -> str:
    """Return what is dropped by *chains*, and the line that lets it pass."""
    return (
        "warning: this machine's firewall sees what lab hosts send each other and drops it unless "
        f"a rule accepts it (policy of {', '.join(chains)}); if hosts cannot reach each other: "
        f"{_REMEDY}"
    )
