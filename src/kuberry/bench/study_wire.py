"""What crosses the lab's links: counters of the kernel, read before and after."""

from __future__ import annotations

import contextlib
import dataclasses
import json
from collections.abc import Iterator
from pathlib import Path

from kuberry.bench.unmeasured import output_of
from kuberry.lab.names import Names
from kuberry.model.lab import LabState

_DEVICES = Path("/sys/class/net")
_RULES = """
table inet {table} {{
  counter logins {{ }}
  chain out {{
    type filter hook output priority 0;
    oifname "{bridge}" tcp dport 22 tcp flags & (syn | ack) == syn counter name logins
  }}
}}
"""


@dataclasses.dataclass(frozen=True, slots=True)
class Counts:
    """How much has crossed, since the lab is up."""

    controller_bytes: int
    link_bytes: int
    packets: int
    logins: int

    def since(self, before: Counts) -> dict[str, int]:
        """Return what has crossed since *before*."""
        then = dataclasses.asdict(before)
        return {name: now - then[name] for name, now in dataclasses.asdict(self).items()}


@contextlib.contextmanager
def counted(lab: LabState) -> Iterator[None]:
    """Have connections of this machine to SSH of the lab's hosts counted, within the block.

    Raises:
        CommandFailed: The kernel cannot do that.
    """
    bridge = Names(lab.lab_id).bridge
    rules = _RULES.format(table=_table(lab), bridge=bridge)
    output_of(("nft", "-f", "-"), stdin=rules.encode())
    try:
        yield
    finally:
        output_of(("nft", "delete", "table", "inet", _table(lab)))


def read(lab: LabState) -> Counts:
    """Return the counters of *lab*; a host that was switched off has no link any more."""
    names = Names(lab.lab_id)
    links = [_DEVICES / names.link(one.number) for one in lab.hosts]
    return Counts(
        controller_bytes=_sum(_DEVICES / names.bridge, "bytes"),
        link_bytes=sum(_sum(one, "bytes") for one in links if one.exists()),
        packets=_sum(_DEVICES / names.bridge, "packets"),
        logins=logins_of(
            output_of(("nft", "-j", "list", "counters", "table", "inet", _table(lab)))
        ),
    )


def logins_of(output: str) -> int:
    """Return the packets of the one counter in the JSON *output* of nft."""
    found = (one["counter"] for one in json.loads(output)["nftables"] if "counter" in one)
    return sum(int(one["packets"]) for one in found)


def _table(lab: LabState) -> str:
    return f"study_{lab.lab_id}"


def _sum(device: Path, what: str) -> int:
    texts = ((device / "statistics" / f"{way}_{what}").read_text() for way in ("rx", "tx"))
    return sum(int(text) for text in texts)
