"""Is there another Kubernetes, and has the bundle what a host needs?"""

from __future__ import annotations

from collections.abc import Collection, Iterator

from kuberry.hostlist import fold
from kuberry.model.bundle import (
    PROBE_IMAGE,
    Artifact,
    Binary,
    Deb,
    PlainFile,
    image_names,
)
from kuberry.model.facts import KubernetesTraces
from kuberry.model.installed import Installed
from kuberry.preflight.scene import Check, Observation, Scene
from kuberry.preflight.versions import minor, upstream

_PROGRAMS = ("kubeadm", "kubelet", "kubectl")
_PACKAGES = ("iptables",)  # kubeadm and kube-proxy do not start without
_CONNTRACK_UNTIL = 32  # as before: https://github.com/kubernetes/kubernetes/pull/126953
_CONTAINERD = ("containerd", "containerd.io")
_CNI = ("containernetworking-plugins", "kubernetes-cni")
_IMAGES = ("kube-proxy", "pause")
_CONTROL_PLANE_IMAGES = ("kube-apiserver", "kube-controller-manager", "kube-scheduler", "etcd")
_ETCD_DATA = "/var/lib/etcd/member"
_CRI_V1_SINCE, _CRI_V1_ONLY_SINCE = 23, 26  # Kubernetes; see docs of containerd and KEP 4033


def _other_kubernetes(scene: Scene) -> Iterator[Observation]:
    for name, host in scene.hosts.items():
        traces, record = host.facts.kubernetes, host.installed.record
        if record is not None or traces is None:
            continue
        found = _traces(traces)
        if found:
            yield Observation(
                host=name,
                proof=f"there is {', '.join(found)}, and it is not ours",
                remedy=_removal(traces),
            )


def _traces(traces: KubernetesTraces) -> tuple[str, ...]:
    running = [
        one.name for one in traces.units if one.name == "kubelet.service" and one.active == "active"
    ]
    data = [path for path in traces.paths if path == _ETCD_DATA]
    return (*traces.distributions, *running, *data)


def _removal(traces: KubernetesTraces) -> str:
    words = {
        "k3s": "k3s-uninstall.sh or k3s-agent-uninstall.sh",
        "rke2": "rke2-uninstall.sh",
        "k0s": "sudo k0s reset",
        "microk8s": "sudo snap remove --purge microk8s",
    }
    known = [words[one] for one in traces.distributions if one in words]
    return f"take another host, or remove it there: {'; '.join(known) or 'sudo kubeadm reset'}"


def _other_cluster(scene: Scene) -> Iterator[Observation]:
    for name, host in scene.hosts.items():
        record = host.installed.record
        if record is not None and record.cluster != scene.cluster.name:
            yield Observation(
                host=name,
                proof=f"it is of the cluster {record.cluster!r}, not of {scene.cluster.name!r}",
                remedy=f"go on with that one (--name {record.cluster}), or reset the host first",
            )


def _pieces(scene: Scene) -> Iterator[Observation]:
    for name, host in scene.hosts.items():
        pieces = scene.pieces(name)
        if pieces is None:
            continue
        missing = tuple(_missing(scene, name, pieces, host.installed))
        if missing:
            yield Observation(
                host=name,
                proof=f"{scene.cluster.bundle} has not, for this host: {', '.join(missing)}",
                remedy=f"make a bundle that has it for {_target(scene, name)}: "
                "kuberry bundle create (docs/bundles.md)",
            )


def _target(scene: Scene, name: str) -> str:
    facts = scene.hosts[name].facts
    system = f"{facts.os.id} {facts.os.version_id}" if facts.os else "its system"
    return f"{system} on {facts.architecture.userland if facts.architecture else 'its processor'}"


def _missing(
    scene: Scene, name: str, pieces: tuple[Artifact, ...], installed: Installed
) -> Iterator[str]:
    binaries = {one.name for one in pieces if isinstance(one, Binary)}
    if scene.cluster.distribution == "k3s":
        yield from _missing_of_k3s(binaries, image_names(pieces))
        return
    packages = {one.name for one in pieces if isinstance(one, Deb)} | set(installed.packages)
    images = {one.rpartition(":")[0].rpartition("/")[2] for one in image_names(pieces)}
    yield from (f"the program {one}" for one in _PROGRAMS if one not in binaries)
    needed: tuple[str, ...] = _PACKAGES
    if (minor(scene.cluster.version) or 0) < _CONNTRACK_UNTIL:
        needed = ("conntrack", *_PACKAGES)
    yield from (f"the package {one}" for one in needed if one not in packages)
    if "containerd" not in binaries and not packages.intersection(_CONTAINERD):
        yield "containerd"
    if not any(isinstance(one, Binary) and one.place == "cni" for one in pieces) and (
        not packages.intersection(_CNI)
    ):
        yield "CNI plugins"
    is_ours = scene.cluster.network == "host-gw" or not scene.is_control_plane(name)
    if not is_ours and not any(isinstance(one, PlainFile) and one.is_manifest for one in pieces):
        yield "the manifest of a network add-on"
    wanted = _IMAGES + (_CONTROL_PLANE_IMAGES if scene.is_control_plane(name) else ())
    yield from (f"the image {one}" for one in wanted if one not in images)


def _missing_of_k3s(binaries: Collection[str], images: Collection[str]) -> Iterator[str]:
    """Yield what is missing of the two that k3s consists of; it has containerd and CNI inside."""
    if "k3s" not in binaries:
        yield "the program k3s"
    if not set(images) - {PROBE_IMAGE}:
        yield "the images of k3s (k3s-airgap-images)"


def _containerd(scene: Scene) -> Iterator[Observation]:
    kubernetes = minor(scene.cluster.version)
    for name in scene.hosts if scene.cluster.distribution == "kubeadm" else ():
        version = _containerd_version(scene, name)
        number = upstream(version) if version else None
        if kubernetes is None or number is None:
            continue
        reason = _misfit(kubernetes, number)
        if reason:
            yield Observation(
                host=name,
                proof=f"containerd {version}, Kubernetes {scene.cluster.version}: {reason}",
                remedy="put a fitting containerd for this system into the bundle, "
                "and remove the one of the host",
            )


def _misfit(kubernetes: int, containerd: tuple[int, int]) -> str:
    if kubernetes < _CRI_V1_SINCE and containerd >= (2, 0):
        return "this kubelet speaks CRI v1alpha2, which containerd dropped in 2.0"
    if kubernetes >= _CRI_V1_ONLY_SINCE and containerd < (1, 6):
        return "this kubelet speaks CRI v1, which containerd knows from 1.6 on"
    return ""


def _containerd_version(scene: Scene, name: str) -> str | None:
    """Return the program of the bundle; else what the host has; else the bundle's package."""
    pieces = scene.pieces(name) or ()
    own = [one for one in pieces if isinstance(one, Binary) and one.name == "containerd"]
    if own:
        return own[0].version
    installed = scene.hosts[name].installed.packages
    there = next((installed[one] for one in _CONTAINERD if one in installed), None)
    debs = [one for one in pieces if isinstance(one, Deb)]
    return there or next((one.version for one in debs if one.name in _CONTAINERD), None)


def _begins_anew(scene: Scene) -> Iterator[Observation]:
    first = scene.cluster.control_plane
    host = scene.hosts.get(first)
    if not scene.cluster.has_many_servers or host is None or host.installed.is_ours:
        return
    others = [name for name in scene.cluster.more_servers if name in scene.hosts]
    members = [
        name for name in others if scene.is_ours(name) and scene.hosts[name].installed.joined
    ]
    if members:
        yield Observation(
            host=first,
            proof=f"it holds nothing, and {fold(members)} hold the cluster {scene.cluster.name}",
            remedy="put its old disk back; or save what you need (sudo k3s kubectl on "
            f"{members[0]}), then reset the cluster and deploy it anew",
        )


CHECKS = (
    Check(
        "KB501",
        "another Kubernetes",
        _other_kubernetes,
        why="Two Kubernetes on one host fight for ports, network and control groups, and this one "
        "is not ours to remove.",
        remedy="Take another host, or remove it there by its own means.",
        must="it would break the Kubernetes that is there",
    ),
    Check(
        "KB502",
        "a host of another cluster of ours",
        _other_cluster,
        why="A host is a node of one cluster.",
        remedy="Go on with that cluster (`--name`), or reset the host first.",
        must="it would break the cluster it belongs to",
    ),
    Check(
        "KB503",
        "the bundle lacks what a host needs",
        _pieces,
        why="Nothing is fetched while hosts are at work: all must be in the bundle, for this "
        "system and architecture.",
        remedy="Make a bundle that has it: `kuberry bundle create` ([bundles](bundles.md)).",
        must="there would be nothing to install",
    ),
    Check(
        "KB504",
        "containerd and Kubernetes do not fit",
        _containerd,
        why="A kubelet up to 1.22 speaks CRI v1alpha2, which containerd dropped in 2.0; one from "
        "1.26 on speaks CRI v1, which containerd knows from 1.6 on.",
        remedy="Put a fitting containerd into the bundle, and remove the one of the host.",
        must="the kubelet could not talk to it",
    ),
    Check(
        "KB505",
        "the first server is empty, and the others hold its cluster",
        _begins_anew,
        why="The first of several servers begins the cluster, and the others join it by its name. "
        "One that was installed anew would begin another cluster beside the one that is there; "
        "kuberry cannot yet have it join the others.",
        remedy="Put its old disk back; or save what you need, reset the cluster and deploy it "
        "anew.",
        must="there would be two clusters of one name",
    ),
)
