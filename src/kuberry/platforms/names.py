"""Who a host says it is, and what would undo that: machine ids, cloud-init; pure."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Mapping

from kuberry.model.facts import CloudInit
from kuberry.model.plan import File, Run
from kuberry.platforms.measure import NOTHING, Measure, SeenHost, missing

CLONED = "KB103"
PRESERVE = "/etc/cloud/cloud.cfg.d/99-kuberry.cfg"
_CONFIGURATION = "/etc/cloud/cloud.cfg"
_MODULE = re.compile(r"\s*-\s*update_etc_hosts\s*")

# systemd-machine-id-setup would take the id of the virtual machine where there is one.
_NEW_ID = r"""
set -eu
rm -f /etc/machine-id.new
systemd-id128 new >/etc/machine-id.new
chmod 444 /etc/machine-id.new
if [ -f /var/lib/dbus/machine-id ] && [ ! -L /var/lib/dbus/machine-id ]; then
    cp /etc/machine-id.new /var/lib/dbus/machine-id
fi
sync /etc/machine-id.new
mv /etc/machine-id.new /etc/machine-id
echo "notice: it has a new machine id; its DHCP server may give it another address" >&2
"""


def clones(hosts: Mapping[str, SeenHost]) -> frozenset[str]:
    """Return the hosts whose machine id another one before them has, too."""
    owners: defaultdict[str, list[str]] = defaultdict(list)
    for name, host in hosts.items():
        identity = host.facts.identity
        if identity and identity.machine_id:
            owners[identity.machine_id].append(name)
    return frozenset(name for names in owners.values() for name in names[1:])


def new_machine_id() -> Measure:
    """Return what gives a cloned host a machine id of its own; no reset brings the old one back."""
    step = Run(id="machine-id", title="make a new machine id", script=_NEW_ID)
    return Measure(first=(step,), reboot="for the new machine id", cures=(CLONED,))


def kept_names(host: SeenHost) -> Measure:
    """Return what keeps cloud-init from undoing the host's name and its /etc/hosts.

    rpi-imager 2 writes ``hostname:`` and ``manage_etc_hosts: true`` into the user-data of the card
    (raspberrypi/rpi-imager issue 1462, RPi-Distro/raspi-config issue 297). User-data outweighs
    cloud.cfg.d and is cached while the instance lives, so the module that writes /etc/hosts has to
    be left out of cloud.cfg (seen on a board: wr/macintosh-mini pull request 20).
    """
    cloud = host.facts.cloud_init
    if cloud is None or not cloud.enabled:
        return NOTHING
    files = (*_preserved(host, cloud), *_own_hosts_file(cloud))
    return Measure(files=missing(host, *files))


def _preserved(host: SeenHost, cloud: CloudInit) -> tuple[File, ...]:
    identity = host.facts.identity
    undone = identity and cloud.hostname not in {None, identity.hostname}
    if PRESERVE not in host.installed.files and (cloud.preserves_hostname or not undone):
        return ()
    text = "# Written by kuberry: the host's name is its node's name.\npreserve_hostname: true\n"
    return (File(path=PRESERVE, content=(text,)),)


def _own_hosts_file(cloud: CloudInit) -> tuple[File, ...]:
    kept = [line for line in cloud.configuration if not _MODULE.fullmatch(line)]
    if not cloud.manages_hosts_file or len(kept) == len(cloud.configuration):
        return ()
    return (File(path=_CONFIGURATION, content=("\n".join(kept).rstrip("\n") + "\n",)),)
