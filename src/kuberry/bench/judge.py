"""The same end for all: what a cluster has to be, asked by OpenSSH, whoever deployed it."""

from __future__ import annotations

import dataclasses
import json

from kuberry.bench.place import Place
from kuberry.errors import KuberryError
from kuberry.model.cluster import Cluster
from kuberry.model.plan import Plan, PutArtifact

_NODES = "sudo kubectl --kubeconfig /etc/kubernetes/admin.conf get nodes -o json"
_DIGESTS = "sha256sum /usr/local/bin/*"
_UNITS = (
    "for unit in containerd kubelet kuberry-routes; do"
    ' echo "$unit $(systemctl is-enabled $unit) $(systemctl is-active $unit)"; done'
)
_ENABLED = ["containerd enabled active", "kubelet enabled active", "kuberry-routes enabled active"]


@dataclasses.dataclass(frozen=True, slots=True)
class End:
    """Where a deployment has to arrive.

    Attributes:
        plan: Of the hosts as they were before.
    """

    cluster: Cluster
    plan: Plan

    def fault(self, place: Place) -> str:
        """Return what is not as it should be; empty when all is."""
        try:
            nodes = place.on(self.cluster.control_plane, _NODES)
            fault = fault_of_nodes(nodes, self.cluster)
            for host in self.plan.hosts:
                wanted = {
                    step.path: step.artifact.sha256
                    for step in host.steps
                    if isinstance(step, PutArtifact)
                }
                fault = fault or fault_of_programs(place.on(host.host, _DIGESTS), wanted)
                fault = fault or fault_of_units(place.on(host.host, _UNITS))
        except KuberryError as error:
            return error.message
        return fault


def fault_of_nodes(output: str, cluster: Cluster) -> str:
    """Return what is wrong with the nodes in kubectl's JSON *output*; empty when nothing is."""
    nodes = json.loads(output)["items"]
    names = sorted(one["metadata"]["name"] for one in nodes)
    if names != sorted(cluster.hosts):
        return f"the nodes are {', '.join(names)}"
    for one in nodes:
        name, status = one["metadata"]["name"], one["status"]
        ready = [item["status"] for item in status["conditions"] if item["type"] == "Ready"]
        if ready != ["True"]:
            return f"{name} is not Ready"
        if status["nodeInfo"]["kubeletVersion"] != cluster.version:
            return f"{name} has {status['nodeInfo']['kubeletVersion']}"
    return ""


def fault_of_programs(output: str, wanted: dict[str, str]) -> str:
    """Return which program has not its digest in the *output* of sha256sum.

    Args:
        wanted: Digests by path.
    """
    there = {path: digest for digest, path in (line.split() for line in output.splitlines())}
    wrong = sorted(path for path, digest in wanted.items() if there.get(path) != digest)
    return f"not the bytes of the bundle: {', '.join(wrong)}" if wrong else ""


def fault_of_units(output: str) -> str:
    """Return which units would not come back after a boot, or do not run."""
    wrong = [line for line in _ENABLED if line not in output.splitlines()]
    return f"not so: {'; '.join(wrong)}" if wrong else ""
