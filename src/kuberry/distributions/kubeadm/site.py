"""Everything that one plan rests on, and what follows from it for single hosts."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping

from kuberry.distributions import members
from kuberry.distributions.absent import absent
from kuberry.distributions.seen import NotSeen, Seen
from kuberry.model.bundle import Binary, Bundle, Deb, ImageArchive, PlainFile
from kuberry.model.cluster import Cluster

_CONTROL_PLANE_IMAGES = (
    "kube-apiserver",
    "kube-controller-manager",
    "kube-scheduler",
    "etcd",
)
_RIVALS = {"containerd": "containerd.io", "runc": "containerd.io", "containerd.io": "containerd"}
"""Docker's package conflicts with Debian's two: dpkg installs none beside the other."""
CNI_OF_DEBIAN = "/usr/lib/cni"
CNI_UPSTREAM = "/opt/cni/bin"
_PLACES = {"bin": "/usr/local/bin", "cni": CNI_UPSTREAM}


@dataclasses.dataclass(frozen=True, slots=True)
class Site:
    """Wish, hosts and bundle of one plan.

    Attributes:
        networks: Pod network by host.
    """

    cluster: Cluster
    hosts: Mapping[str, Seen]
    bundle: Bundle
    networks: Mapping[str, str]

    @property
    def control_plane(self) -> Seen:
        """Return the host that runs the API server."""
        return self.hosts[self.cluster.control_plane]

    def peers(self, host: Seen) -> dict[str, str]:
        """Return the pod networks of the other hosts by their address."""
        others = (one for one in self.hosts.values() if one.name != host.name)
        lost = absent(self.cluster, self.hosts)
        found = {one.address: self.networks[one.name] for one in others}
        found |= {one.address: one.network for one in lost if one.network}
        return dict(sorted(found.items()))

    def names(self) -> dict[str, str]:
        """Return the address of every name that hosts must be able to look up."""
        return members.names(self.cluster, self.hosts)

    def joiners(self) -> tuple[Seen, ...]:
        """Return the workers that are no node of the cluster yet, or no longer."""
        return members.joiners(self.cluster, self.hosts)

    @property
    def must_initialise(self) -> bool:
        """Return whether there is no control plane yet."""
        return members.must_initialise(self.cluster, self.hosts)


def binaries(site: Site, host: Seen) -> tuple[tuple[Binary, str], ...]:
    """Return the programs of the bundle for *host*, each with its path there."""
    pieces = site.bundle.pieces_for(host.target)
    return tuple((one, program_path(one)) for one in pieces if isinstance(one, Binary))


def program_path(program: Binary) -> str:
    """Return where *program* lies on hosts."""
    return f"{_PLACES[program.place]}/{program.name}"


def packages(site: Site, host: Seen) -> tuple[Deb, ...]:
    """Return the packages of the bundle for *host*, but for those whose rival is there already."""
    pieces = site.bundle.pieces_for(host.target)
    debs = (one for one in pieces if isinstance(one, Deb))
    return tuple(one for one in debs if _RIVALS.get(one.name) not in host.installed.packages)


def archives(site: Site, host: Seen) -> tuple[ImageArchive, ...]:
    """Return the image archives that *host* needs in its role."""
    pieces = site.bundle.pieces_for(host.target)
    found = (one for one in pieces if isinstance(one, ImageArchive))
    if host.name == site.cluster.control_plane:
        return tuple(found)
    return tuple(one for one in found if not all(map(_is_control_plane_image, one.images)))


def manifests(site: Site, host: Seen) -> tuple[PlainFile, ...]:
    """Return the Kubernetes manifests of the bundle, for networks that come as one."""
    if site.cluster.network == "host-gw":
        return ()
    pieces = site.bundle.pieces_for(host.target)
    return tuple(one for one in pieces if isinstance(one, PlainFile) and one.is_manifest)


def has_cluster_dns(site: Site, host: Seen) -> bool:
    """Return whether the bundle brings CoreDNS."""
    names = [name for one in archives(site, host) for name in one.images]
    return any(_repository(name).endswith("/coredns") for name in names)


def sandbox_image(site: Site, host: Seen) -> str:
    """Return the pause image of the bundle.

    Raises:
        NotSeen: It has none.
    """
    names = [name for one in archives(site, host) for name in one.images]
    found = next((name for name in names if _repository(name).endswith("/pause")), None)
    if found is None:
        raise NotSeen(f"the bundle {site.bundle.name} has no pause image for {host.name}")
    return found


def own_containerd(site: Site, host: Seen) -> Binary | None:
    """Return the containerd that the bundle brings as a program, which then is the one in use."""
    return next((one for one, _ in binaries(site, host) if one.name == "containerd"), None)


def containerd_version(site: Site, host: Seen) -> str:
    """Return the version of containerd that *host* has or will have.

    Raises:
        NotSeen: There is none on the host and none in the bundle.
    """
    if own := own_containerd(site, host):
        return own.version
    for name in ("containerd", "containerd.io"):
        there = host.installed.packages.get(name)
        if there:
            return there
        found = next((one for one in packages(site, host) if one.name == name), None)
        if found:
            return found.version
    raise NotSeen(f"neither {host.name} nor the bundle {site.bundle.name} has containerd")


def cni_directory(site: Site, host: Seen) -> str:
    """Return where the CNI plugins are: the bundle's own, else those of a package.

    Debian's is containernetworking-plugins; Kubernetes' own, kubernetes-cni, has them elsewhere
    (kubernetes/release, cmd/krel/templates/latest/kubernetes-cni/kubernetes-cni.spec).
    """
    if any(one.place == "cni" for one, _ in binaries(site, host)):
        return CNI_UPSTREAM
    names = {*host.installed.packages, *(one.name for one in packages(site, host))}
    is_upstreams = "kubernetes-cni" in names and "containernetworking-plugins" not in names
    return CNI_UPSTREAM if is_upstreams else CNI_OF_DEBIAN


def _repository(image: str) -> str:
    return image.rpartition(":")[0]


def _is_control_plane_image(image: str) -> bool:
    return _repository(image).rpartition("/")[2] in _CONTROL_PLANE_IMAGES
