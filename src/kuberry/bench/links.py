"""Every link of a lab as slow as a given rate, in both directions: the hosts' and this machine's.

What this machine receives is shaped on an ifb device, which its bridge hands all frames to.
"""

from __future__ import annotations

import contextlib
from collections.abc import Iterator

from kuberry.bench.unmeasured import output_of
from kuberry.lab.names import Names
from kuberry.model.lab import LabState

_LATENCY = "100ms"


@contextlib.contextmanager
def shaped(lab: LabState, rate_mbit_s: int) -> Iterator[None]:
    """Have no link of *lab* carry more than so many megabits a second, for the ``with`` block.

    Raises:
        CommandFailed: The kernel cannot do that.
    """
    names = Names(lab.lab_id)
    mirror = f"{names.bridge}i"
    output_of(("ip", "link", "add", mirror, "type", "ifb"))
    try:
        output_of(("ip", "link", "set", mirror, "up"))
        _tc(*_outside(names, mirror, [one.number for one in lab.hosts], rate_mbit_s))
        for host in lab.hosts:
            _tc(_limit("eth0", rate_mbit_s), inside=str(names.netns(host.name)))
        yield
    finally:
        for host in lab.hosts:
            _tc("qdisc del dev eth0 root", inside=str(names.netns(host.name)))
        links = (names.bridge, *(names.link(one.number) for one in lab.hosts))
        _tc(*(f"qdisc del dev {link} root" for link in links))
        _tc(f"qdisc del dev {names.bridge} ingress")
        output_of(("ip", "link", "del", mirror))


def _outside(names: Names, mirror: str, numbers: list[int], rate_mbit_s: int) -> tuple[str, ...]:
    """Return what shapes the links as this machine sees them."""
    links = (names.bridge, mirror, *(names.link(one) for one in numbers))
    redirect = f"action mirred egress redirect dev {mirror}"
    return (
        *(_limit(link, rate_mbit_s) for link in links),
        f"qdisc add dev {names.bridge} ingress",
        f"filter add dev {names.bridge} parent ffff: protocol all u32 match u32 0 0 {redirect}",
    )


def _limit(link: str, rate_mbit_s: int) -> str:
    shape = f"tbf rate {rate_mbit_s}mbit burst 64k latency {_LATENCY}"
    return f"qdisc replace dev {link} root {shape}"


def _tc(*lines: str, inside: str = "") -> None:
    enter = ("nsenter", f"--net={inside}") if inside else ()
    output_of((*enter, "tc", "-force", "-batch", "-"), stdin="\n".join((*lines, "")).encode())
