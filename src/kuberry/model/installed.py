"""What a host holds of what a plan wants: the ground for planning only what is missing."""

from __future__ import annotations

from collections.abc import Collection

from pydantic import Field

from kuberry.model.facts import Unit
from kuberry.model.value import Value

BEFORE = "/var/lib/kuberry/before.gz"
"""On a host: how it was before our first change (`kuberry.facts.snapshot`)."""


class KeptFile(Value):
    """A file that we wrote, as it is now.

    Attributes:
        sha256: Of what stands there; ``None`` when nothing does.
    """

    path: str
    sha256: str | None
    mode: str | None


class HostRecord(Value):
    """What we noted on the host itself: /etc/kuberry/host.json.

    Attributes:
        cluster: Name of the cluster it belongs to.
        pod_cidr: The addresses of its pods.
    """

    cluster: str
    pod_cidr: str | None = None


class SeenNode(Value):
    """A node of Kubernetes, seen from its control plane.

    Attributes:
        switched_off: Whether `kuberry stop` closed it for new pods.
    """

    name: str
    ready: bool
    switched_off: bool = False


class Installed(Value):
    """What there is on one host.

    Attributes:
        packages: Versions of the installed Debian packages.
        files: What we wrote, by path.
        units: What we set, by name.
        images: References known to containerd's namespace ``k8s.io``.
        record: ``None`` on a host that is no part of a cluster of ours.
        hosts_file: The text of /etc/hosts.
        initialised: Whether we set up a control plane here, to its end.
        joined: Whether we let a kubelet join a cluster here, to its end.
        nodes: On a control plane: the cluster's nodes; ``None`` when the API server is silent.
        is_ours: Whether we have written anything here since it was last reset.
        is_recorded: Whether it holds how it was before our first change.
        added_packages: Names of the packages that were not there before us.
        written_since: By unit that we started or restarted: what we have written after that.
    """

    packages: dict[str, str]
    files: dict[str, KeptFile]
    units: dict[str, Unit]
    images: frozenset[str]
    record: HostRecord | None
    hosts_file: str
    initialised: bool
    joined: bool
    nodes: tuple[SeenNode, ...] | None
    is_ours: bool = False
    is_recorded: bool = False
    added_packages: frozenset[str] = frozenset()
    written_since: dict[str, frozenset[str]] = Field(default_factory=dict)

    def has_file(self, path: str, sha256: str) -> bool:
        """Return whether we wrote *path* and it still has that content."""
        kept = self.files.get(path)
        return kept is not None and kept.sha256 == sha256

    def is_running(self, unit: str) -> bool:
        """Return whether *unit* is enabled and active."""
        seen = self.units.get(unit)
        return seen is not None and (seen.active, seen.enabled) == ("active", "enabled")

    def is_in_effect(self, unit: str, paths: Collection[str]) -> bool:
        """Return whether *unit* was started by us after all of *paths* were written."""
        since = self.written_since.get(unit)
        return since is not None and since.isdisjoint(paths)
