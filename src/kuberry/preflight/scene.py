"""What the checks look at: the wish, the bundle, and each host as it was seen."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Iterable, Mapping
from ipaddress import IPv4Interface, ip_interface
from typing import Generic, Protocol, TypeVar

from kuberry.model.bundle import Artifact, Bundle, Target
from kuberry.model.cluster import Cluster
from kuberry.model.facts import HostFacts
from kuberry.model.finding import Severity
from kuberry.model.installed import Installed


class SeenHost(Protocol):
    """A host as it was seen."""

    @property
    def facts(self) -> HostFacts:
        """Return what it is."""
        ...

    @property
    def installed(self) -> Installed:
        """Return what it holds."""
        ...


@dataclasses.dataclass(frozen=True, slots=True)
class Scene:
    """What the checks look at; hosts by the names the user calls them.

    Attributes:
        bundle: ``None`` while nothing is chosen to be installed: what rests on it is not checked.
    """

    cluster: Cluster
    hosts: Mapping[str, SeenHost]
    bundle: Bundle | None

    def is_ours(self, name: str) -> bool:
        """Return whether the host is a part of this cluster already."""
        record = self.hosts[name].installed.record
        return record is not None and record.cluster == self.cluster.name

    def is_control_plane(self, name: str) -> bool:
        """Return whether the host is to run the API server."""
        return name in self.cluster.servers

    def login_interface(self, name: str) -> IPv4Interface | None:
        """Return the IPv4 address, with its network, that the host is reached by.

        ``None`` where it has none, or was not seen.
        """
        network = self.hosts[name].facts.network if name in self.hosts else None
        found = network.login_interface if network else None
        for text in found.addresses if found else ():
            one = ip_interface(text)
            if network and isinstance(one, IPv4Interface) and str(one.ip) == network.login_address:
                return one
        return None

    def pieces(self, name: str) -> tuple[Artifact, ...] | None:
        """Return the artifacts for the host; ``None`` when nothing is known of it, or of them."""
        facts = self.hosts[name].facts
        if self.bundle is None or facts.os is None:
            return None
        if facts.architecture is None or facts.architecture.userland is None:
            return None
        target = Target(
            architecture=facts.architecture.userland,
            id=facts.os.id,
            version_id=facts.os.version_id,
        )
        return self.bundle.pieces_for(target)


@dataclasses.dataclass(frozen=True, slots=True)
class Observation:
    """One thing that is not as it should be; its check adds code and title.

    Attributes:
        host: ``None`` when it is about several hosts or none.
        proof: What was seen.
        remedy: What to do about it, one sentence.
    """

    host: str | None
    proof: str
    remedy: str
    severity: Severity = Severity.ERROR


SceneT = TypeVar("SceneT")


@dataclasses.dataclass(frozen=True, slots=True)
class Check(Generic[SceneT]):
    """One check; docs/checks.md is made of these.

    Attributes:
        code: Stable: ``KB101``.
        title: What is wrong where it finds something.
        look: Pure.
        why: What comes of it, for the manual page.
        remedy: What to do about it, for the manual page.
        severities: Those its findings may have, the worst first.
        must: Why it cannot be ignored; empty where it can.
    """

    code: str
    title: str
    look: Callable[[SceneT], Iterable[Observation]]
    why: str = ""
    remedy: str = ""
    severities: tuple[Severity, ...] = (Severity.ERROR,)
    must: str = ""
