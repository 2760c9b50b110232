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
from kuberry.distributions.k3s import configuration as at
from kuberry.distributions.k3s.nodes import agent_steps, server_steps, turns
from kuberry.distributions.k3s.nodes_text import MAKE_LINKS
from kuberry.distributions.k3s.site import Site
from kuberry.distributions.seen import Seen
from kuberry.model.bundle import Bundle
from kuberry.model.cluster import Cluster
from kuberry.model.plan import File, HostPlan, Plan, PutArtifact, RecordState, Run, Step, WriteFiles

_HOSTS = "/etc/hosts"
_PRIVATE = (at.CONFIG, at.REGISTRIES)
"""A registry's address may have a password in it."""


def install(cluster: Cluster, hosts: Mapping[str, Seen], bundle: Bundle) -> Plan:
    """Return what is still to do for *cluster*; empty when nothing is.

    Args:
        hosts: By name; hosts of the cluster that are missing here get no plan.

    Raises:
        NotSeen: A fact it needs is not known, or the bundle lacks a piece.
    """
    site = Site(cluster, hosts, bundle)
    plans = [HostPlan(host=name, steps=tuple(_host(site, hosts[name]))) for name in hosts]
    return Plan(title="install", hosts=turns(cluster, plans))


def _host(site: Site, host: Seen) -> Iterator[Step]:
    files = _files(site, host)
    changed = changed_files(host, files)
    if not host.installed.is_recorded and not host.installed.files:
        yield RecordState(id="before", title="note how the host is before the first change")
    if changed:
        due = tuple(_with_mode(one) for one in changed)
        yield WriteFiles(id="files", title=f"write {len(due)} files", files=due)
    missing = tuple(_missing(site, host))
    yield from missing
    if missing or not _has_links(host):
        yield Run(id="links", title=f"link {', '.join(at.LINKS)} to k3s", script=MAKE_LINKS)
    reads = files.keys() - {_HOSTS, HOST_RECORD} | {path for _, path in site.pieces(host)}
    unit = at.SERVER_UNIT if site.is_server(host) else at.AGENT_UNIT
    is_old = not host.installed.is_in_effect(unit, reads)
    is_stale = bool(missing or paths_of(changed) & reads or is_old)
    steps = server_steps if site.is_server(host) else agent_steps
    yield from steps(site, host, is_stale=is_stale)


def _files(site: Site, host: Seen) -> dict[str, str]:
    is_server = site.is_server(host)
    unit = at.SERVER_UNIT if is_server else at.AGENT_UNIT
    configuration = at.server_configuration if is_server else at.agent_configuration
    files = {
        HOST_RECORD: json.dumps({"cluster": site.cluster.name}) + "\n",
        _HOSTS: hosts_file(host.installed.hosts_file, site.names()),
        at.CONFIG: configuration(site.cluster, host),
        f"{at.UNITS}/{unit}": at.unit("server" if is_server else "agent"),
    }
    if registries := at.registries(site.cluster):
        files[at.REGISTRIES] = registries
    if host.is_container:
        files[f"{at.UNITS}/{unit}.d/kuberry.conf"] = CONTAINER_LIMITS
    return files


def _with_mode(file: File) -> File:
    return file.model_copy(update={"mode": 0o600}) if file.path in _PRIVATE else file


def _missing(site: Site, host: Seen) -> Iterator[PutArtifact]:
    for artifact, path in site.pieces(host):
        if not host.installed.has_file(path, artifact.sha256):
            yield PutArtifact(
                id=f"put-{artifact.name}",
                title=f"bring {artifact.name}",
                artifact=artifact,
                path=path,
                mode=0o755 if path == at.PROGRAM else 0o644,
            )


def _has_links(host: Seen) -> bool:
    """Return whether all names of k3s are there; where programs are not known, they are."""
    if host.facts.programs is None:
        return True
    return {one.name for one in host.facts.programs}.issuperset(at.LINKS)
