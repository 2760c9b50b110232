"""From wish, hosts and bundle to a plan that holds only what is missing."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping

from kuberry.distributions.files import (
    CONTAINER_LIMITS,
    HOST_RECORD,
    changed_files,
    hosts_file,
    paths_of,
)
from kuberry.distributions.kubeadm import plugins, system
from kuberry.distributions.kubeadm import site as at
from kuberry.distributions.kubeadm.network import (
    ROUTES_SCRIPT,
    ROUTES_UNIT,
    cni_configuration,
    pod_networks,
    routes_script,
    routes_unit,
)
from kuberry.distributions.kubeadm.nodes import KUBELET_UNIT, control_plane_steps, worker_steps
from kuberry.distributions.kubeadm.site import Site
from kuberry.distributions.seen import Seen
from kuberry.model.bundle import Bundle
from kuberry.model.cluster import Cluster
from kuberry.model.plan import (
    File,
    Gate,
    HostPlan,
    InstallPackages,
    LoadImages,
    Plan,
    PutArtifact,
    RecordState,
    Run,
    SetUnit,
    Step,
    WriteFiles,
)

_CONTAINERD = "containerd.service"
_CONTAINERD_UNIT = "/etc/systemd/system/containerd.service"
_LIMITS = "/etc/systemd/system/containerd.service.d/kuberry.conf"
_ROUTES_UNIT = f"/etc/systemd/system/{ROUTES_UNIT}"
_CNI = "/etc/cni/net.d/10-kuberry.conflist"
_KERNEL = "modprobe -a -q overlay br_netfilter || true; sysctl -q -p /etc/sysctl.d/90-kuberry.conf"
_EXECUTABLE = (ROUTES_SCRIPT, at.CNI_UPSTREAM)
_OF_THE_NODE = {"kubeadm", "kubelet", "kubectl", "crictl"}
"""Programs that containerd does not need: they come while it imports images."""


def install(cluster: Cluster, hosts: Mapping[str, Seen], bundle: Bundle) -> Plan:
    """Return what is still to do for *cluster*; empty when nothing is.

    Args:
        hosts: By name; hosts of the cluster that are missing here get no plan.

    Raises:
        NotSeen: A fact it needs is not known, or the bundle lacks a piece.
        ValueError: The pod range is too small.
    """
    site = Site(cluster, hosts, bundle, pod_networks(cluster, hosts))
    plans = (HostPlan(host=name, steps=tuple(_host(site, hosts[name]))) for name in hosts)
    return Plan(title="install", hosts=tuple(plans))


def _host(site: Site, host: Seen) -> Iterator[Step]:
    changed = changed_files(host, _files(site, host))
    if not host.installed.is_recorded and not host.installed.files:
        yield RecordState(id="before", title="note how the host is before the first change")
    if changed:
        files = tuple(_with_mode(one) for one in changed)
        yield WriteFiles(id="files", title=f"write {len(files)} files", files=files)
    yield from _packages(site, host)
    programs = tuple(_programs(site, host))
    yield from (one for one in programs if one.artifact.name not in _OF_THE_NODE)
    yield from _kernel_and_containerd(site, host, changed)
    images = tuple(_images(site, host))
    yield from images
    yield from (one for one in programs if one.artifact.name in _OF_THE_NODE)
    if images:
        title = "wait until the images are imported"
        yield Gate(id="images", title=title, value=_imported(host))
    is_control_plane = host.name == site.cluster.control_plane
    steps = control_plane_steps if is_control_plane else worker_steps
    yield from steps(site, host, changed)


def _files(site: Site, host: Seen) -> dict[str, str]:
    cluster, network = site.cluster, site.networks[host.name]
    record = json.dumps({"cluster": cluster.name, "pod_cidr": network}) + "\n"
    files = {
        HOST_RECORD: record,
        **system.kernel_files(host),
        "/etc/hosts": hosts_file(host.installed.hosts_file, site.names()),
        system.CONTAINERD_CONFIG: system.containerd_config(
            host,
            version=at.containerd_version(site, host),
            sandbox=at.sandbox_image(site, host),
            cni_bin=plugins.directory(site, host),
        ),
        KUBELET_UNIT: system.KUBELET_UNIT,
        **plugins.forwards(site, host),
    }
    if at.own_containerd(site, host):
        files[_CONTAINERD_UNIT] = system.CONTAINERD_UNIT
    if host.is_container:
        files[_LIMITS] = CONTAINER_LIMITS
    return files | (_host_gw(site, host) if cluster.network == "host-gw" else {})


def _host_gw(site: Site, host: Seen) -> dict[str, str]:
    interface = host.facts.network.login_interface if host.facts.network else None
    mtu = interface.mtu if interface else 1500
    return {
        _CNI: cni_configuration(site.networks[host.name], mtu=mtu),
        ROUTES_SCRIPT: routes_script(site.cluster, host, site.peers(host)),
        _ROUTES_UNIT: routes_unit(),
    }


def _with_mode(file: File) -> File:
    return file.model_copy(update={"mode": 0o755}) if file.path.startswith(_EXECUTABLE) else file


def _packages(site: Site, host: Seen) -> Iterator[Step]:
    there = host.installed.packages
    missing = tuple(one for one in at.packages(site, host) if one.name not in there)
    if missing:
        title = f"install {len(missing)} packages"
        yield InstallPackages(id="packages", title=title, packages=missing)


def _kernel_and_containerd(site: Site, host: Seen, changed: tuple[File, ...]) -> Iterator[Step]:
    paths = paths_of(changed)
    if paths & system.kernel_files(host).keys() or not system.is_kernel_set(host):
        yield Run(id="kernel", title="load modules, set kernel settings", script=_KERNEL)
    own = at.own_containerd(site, host)
    is_new = own is not None and not host.installed.has_file(at.program_path(own), own.sha256)
    reads = {system.CONTAINERD_CONFIG, _CONTAINERD_UNIT, _LIMITS}
    reads |= {at.program_path(own)} if own else set()
    if _starts_with_its_package(site, host):
        yield SetUnit(id="containerd", title="start containerd", unit=_CONTAINERD)
    elif is_new or paths & reads or not host.installed.is_in_effect(_CONTAINERD, reads):
        yield SetUnit(
            id="containerd", title="restart containerd", unit=_CONTAINERD, action="restart"
        )
    elif not host.installed.is_running(_CONTAINERD):
        yield SetUnit(id="containerd", title="start containerd", unit=_CONTAINERD)


def _starts_with_its_package(site: Site, host: Seen) -> bool:
    """Return whether containerd starts for the first time now, with all our files in their place.

    Its package starts it at the end of its installation; to start it again right then costs a fresh
    host some seconds that everything else waits for.
    """
    traces = host.facts.kubernetes
    is_there = traces is None or any(unit.name == _CONTAINERD for unit in traces.units)
    is_brought = any(one.name == "containerd" for one in at.packages(site, host))
    return is_brought and not is_there and at.own_containerd(site, host) is None


def _programs(site: Site, host: Seen) -> Iterator[PutArtifact]:
    for artifact, path in at.binaries(site, host):
        if not host.installed.has_file(path, artifact.sha256):
            yield PutArtifact(
                id=f"put-{artifact.name}",
                title=f"install {artifact.name}",
                artifact=artifact,
                path=path,
                mode=0o755,
            )


def _images(site: Site, host: Seen) -> Iterator[Step]:
    archives = at.archives(site, host)
    missing = [one for one in archives if not host.installed.images.issuperset(one.images)]
    for archive in missing:
        yield LoadImages(
            id=f"images-{archive.name}",
            title=f"import {archive.name}",
            archive=archive,
            captures=(_imported(host),) if archive is missing[-1] else (),
        )


def _imported(host: Seen) -> str:
    return f"images:{host.node}"
