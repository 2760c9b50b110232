"""How hosts are to be prepared, and what that takes."""

from __future__ import annotations

from typing import Literal

from kuberry.model.plan import Plan
from kuberry.model.value import Value


class Preparation(Value):
    """What may be changed on hosts beyond what Kubernetes cannot do without: only when asked.

    Attributes:
        page_size: ``4k`` has a Raspberry Pi 5 boot the kernel with pages of 4 KiB, for images built
            for such; ``keep`` leaves the kernel as it is.
        new_machine_ids: Give every host but the first of those that share a machine id a new one.
        open_firewall: Have ufw, where it is on, let the cluster through.
        needs_vxlan: Whether the network of pods needs the kernel module vxlan (flannel does).
        pod_cidr: The range of pods, for packet filters.
        service_cidr: The range of services, for packet filters.
    """

    page_size: Literal["keep", "4k"] = "keep"
    new_machine_ids: bool = False
    open_firewall: bool = False
    needs_vxlan: bool = False
    pod_cidr: str = "10.244.0.0/16"
    service_cidr: str = "10.96.0.0/16"


class Prepared(Value):
    """What prepares the hosts.

    Attributes:
        plan: Steps host by host; empty when nothing is to do.
        cures: Host and code of findings that are gone when the plan is done.
        obstacles: Host, code and sentence: what should be done and cannot.
    """

    plan: Plan
    cures: tuple[tuple[str, str], ...] = ()
    obstacles: tuple[tuple[str, str, str], ...] = ()
