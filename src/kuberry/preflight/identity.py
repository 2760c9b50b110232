"""Are these different machines, and do they know who they are?"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Callable, Iterator
from itertools import combinations

from kuberry.model.facts import HostFacts, Identity
from kuberry.model.finding import Severity
from kuberry.preflight.scene import Check, Observation, Scene

IMAGE_NAME = "raspberrypi"
"""What every card of Raspberry Pi OS calls itself (RPi-Distro/pi-gen, build.sh)."""
_NODE_NAME = re.compile(
    r"[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?(\.[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?)*"
)


def _one_machine(scene: Scene) -> Iterator[Observation]:
    for first, second in combinations(scene.hosts, 2):
        reason = _same_machine(scene.hosts[first].facts, scene.hosts[second].facts)
        if reason:
            yield Observation(
                host=None,
                proof=f"{first} and {second}: {reason}",
                remedy=f"name this machine once: leave {second} out of --hosts",
            )


def _same_machine(first: HostFacts, second: HostFacts) -> str:
    if first.identity is None or second.identity is None:
        return ""
    if first.identity.boot_id == second.identity.boot_id:
        return f"both have the boot id {first.identity.boot_id}"
    common = _macs(first) & _macs(second)
    same_id = first.identity.machine_id == second.identity.machine_id is not None
    if same_id and common:
        return f"both have the machine id {first.identity.machine_id} and {min(common)}"
    return ""


def _macs(facts: HostFacts) -> set[str]:
    return {one.mac for one in (facts.network.interfaces if facts.network else ()) if one.mac}


def _same_names(scene: Scene) -> Iterator[Observation]:
    for word, names in _shared(scene, lambda identity: identity.hostname.lower()):
        yield Observation(
            host=None,
            proof=f"{', '.join(names)} all call themselves {word!r}",
            remedy="give each its own name: sudo hostnamectl set-hostname NAME",
        )


def _same_ids(scene: Scene) -> Iterator[Observation]:
    for word, names in _shared(scene, lambda identity: identity.machine_id):
        yield Observation(
            host=None,
            proof=f"{', '.join(names)} all have the machine id {word} (cards copied from another?)",
            remedy="kuberry deploy --new-machine-ids gives all but the first a new one",
        )


def _shared(
    scene: Scene, word_of: Callable[[Identity], str | None]
) -> Iterator[tuple[str, list[str]]]:
    """Yield each word that several machines share; two names of one machine are not several."""
    found: defaultdict[str, list[str]] = defaultdict(list)
    for name, host in scene.hosts.items():
        word = word_of(host.facts.identity) if host.facts.identity else None
        known = [scene.hosts[other].facts for other in found[word]] if word else []
        if word and not any(_same_machine(host.facts, other) for other in known):
            found[word].append(name)
    return ((word, names) for word, names in found.items() if len(names) > 1)


def _no_id(scene: Scene) -> Iterator[Observation]:
    for name, host in scene.hosts.items():
        if host.facts.identity and host.facts.identity.machine_id is None:
            yield Observation(
                host=name,
                proof="/etc/machine-id is missing or empty",
                remedy="sudo systemd-machine-id-setup",
                severity=Severity.WARNING,
            )


def _image_name(scene: Scene) -> Iterator[Observation]:
    for name, host in scene.hosts.items():
        identity = host.facts.identity
        if identity and identity.hostname.lower() == IMAGE_NAME:
            yield Observation(
                host=name,
                proof=f"it still has the name of the image, {IMAGE_NAME!r}",
                remedy=f"give it its own name: sudo hostnamectl set-hostname {name}",
                severity=Severity.INFO,
            )


def _no_node_name(scene: Scene) -> Iterator[Observation]:
    for name, host in scene.hosts.items():
        word = host.facts.identity.hostname if host.facts.identity else name
        lower = word.lower()
        if lower.split(".")[0] == "localhost" or not _NODE_NAME.fullmatch(lower):
            yield Observation(
                host=name,
                proof=f"it calls itself {word!r}",
                remedy="letters, digits and inner hyphens: sudo hostnamectl set-hostname NAME",
            )


CHECKS = (
    Check(
        "KB101",
        "two names for one machine",
        _one_machine,
        why="One machine cannot be two nodes. Equal boot ids, or equal machine ids together with "
        "an equal hardware address, give it away.",
        remedy="Name it once.",
        must="both names would be changed at once, each by steps of the other",
    ),
    Check(
        "KB102",
        "several machines with one host name",
        _same_names,
        why="A node has the name of its host: the second would take the place of the first.",
        remedy="Give each its own name: `sudo hostnamectl set-hostname NAME`. Where cloud-init "
        "manages the name, set it there.",
        must="the second node would take the place of the first",
    ),
    Check(
        "KB103",
        "several machines with one machine id",
        _same_ids,
        why="Cards that were copied share /etc/machine-id: they get one lease from DHCP, and "
        "networks of pods may give them equal hardware addresses.",
        remedy="`kuberry deploy --new-machine-ids`; by hand, on all but one: `sudo rm "
        "/etc/machine-id /var/lib/dbus/machine-id; sudo systemd-machine-id-setup; sudo reboot`.",
    ),
    Check(
        "KB104",
        "no machine id",
        _no_id,
        why="The kubelet reports it, and systemd needs it for its journal.",
        remedy="`sudo systemd-machine-id-setup`",
        severities=(Severity.WARNING,),
    ),
    Check(
        "KB105",
        "the host name can be no node's name",
        _no_node_name,
        why="A node's name has small letters, digits, hyphens and dots (RFC 1123), and is not "
        "localhost.",
        remedy="`sudo hostnamectl set-hostname NAME`",
        must="the API server refuses such a node",
    ),
    Check(
        "KB106",
        "the host name of a fresh card",
        _image_name,
        why="The next fresh card has the same name, and cannot join then.",
        remedy="`sudo hostnamectl set-hostname NAME`",
        severities=(Severity.INFO,),
    ),
)
