"""Debian's CNI plugins where network add-ons expect plugins to be."""

from __future__ import annotations

from kuberry.distributions.kubeadm import site as at
from kuberry.distributions.kubeadm.site import Site
from kuberry.distributions.seen import Seen

_NAMES = (
    "bandwidth",
    "bridge",
    "dhcp",
    "firewall",
    "host-device",
    "host-local",
    "ipvlan",
    "loopback",
    "macvlan",
    "portmap",
    "ptp",
    "sbr",
    "static",
    "tuning",
    "vlan",
    "vrf",
)
"""Those of containernetworking-plugins 1.1.1, as Debian 12 has it."""


def directory(site: Site, host: Seen) -> str:
    """Return where containerd looks for CNI plugins, which is one place only.

    A network add-on puts its own plugin into /opt/cni/bin, through a mount of the host
    (https://github.com/flannel-io/flannel/blob/v0.26.1/Documentation/kube-flannel.yml).
    """
    return at.CNI_UPSTREAM if _is_shared(site) else at.cni_directory(site, host)


def forwards(site: Site, host: Seen) -> dict[str, str]:
    """Return programs, by path, that hand over to Debian's plugins where an add-on shares them."""
    if not _is_shared(site) or at.cni_directory(site, host) != at.CNI_OF_DEBIAN:
        return {}
    return {
        f"{at.CNI_UPSTREAM}/{name}": f'#!/bin/sh\nexec {at.CNI_OF_DEBIAN}/{name} "$@"\n'
        for name in _NAMES
    }


def _is_shared(site: Site) -> bool:
    return site.cluster.network != "host-gw"
