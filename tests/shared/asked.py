"""A cluster as verify sees it, made up from few words, and a stand-in for its API server."""

# ruff: noqa: ARG002 -- the stand-in takes what the client takes

from __future__ import annotations

import asyncio
import dataclasses
from datetime import UTC, datetime, timedelta
from typing import Any

import made_up as make
from kuberry.errors import KuberryError
from kuberry.kube.objects import Execution, Node, Pod, Service
from kuberry.model.finding import Outcome, ProbeResult
from kuberry.verify import inside, manifests
from kuberry.verify.host_view import HostView
from kuberry.verify.ledger import Ledger
from kuberry.verify.manifests import PAYLOAD_BYTES
from kuberry.verify.sight import Sight

NOW = datetime(2026, 1, 2, 3, 4, 5, tzinfo=UTC)
HOSTS = ("red", "red01", "red02")
ADDRESSES = {name: f"10.0.0.{number}" for number, name in enumerate(HOSTS, 1)}
NETWORKS = {name: f"10.244.{number}.0/24" for number, name in enumerate(HOSTS)}
_COMPONENTS = ("etcd", "kube-apiserver", "kube-controller-manager", "kube-scheduler")


def node(name: str, **changes: Any) -> Node:
    """Return a node that is fine."""
    known: dict[str, Any] = {
        "ready": True,
        "problem": "",
        "version": "v1.20.2",
        "address": ADDRESSES.get(name),
        "repels": name == HOSTS[0],
    }
    return Node(name=name, **(known | changes))


def view(name: str, **changes: Any) -> HostView:
    """Return what the shell of a host that is fine sees."""
    known: dict[str, Any] = {
        "node": name,
        "time": NOW,
        "pod_network": NETWORKS[name],
        "routes": {NETWORKS[other]: ADDRESSES[other] for other in HOSTS if other != name},
        "api_problem": "",
    }
    return HostView(**(known | changes))


def pod(name: str, host: str | None, **changes: Any) -> Pod:
    """Return a pod that is ready."""
    known: dict[str, Any] = {"phase": "Running", "ready": True, "labels": {}}
    return Pod(name=name, node=host, **(known | changes))


def system_pods() -> tuple[Pod, ...]:
    """Return what kubeadm leaves in kube-system, without a cluster DNS."""
    static = [
        pod(f"{name}-red", "red", labels={"tier": "control-plane", "component": name})
        for name in _COMPONENTS
    ]
    proxies = [pod(f"kube-proxy-{name}", name, labels={"k8s-app": "kube-proxy"}) for name in HOSTS]
    return (*static, *proxies)


def sight(**changes: Any) -> Sight:
    """Return the sight of a cluster of three that is fine."""
    known: dict[str, Any] = {
        "cluster": make.cluster(*HOSTS),
        "views": {name: view(name) for name in HOSTS},
        "nodes": {name: node(name) for name in HOSTS},
        "leases": dict.fromkeys(HOSTS, NOW - timedelta(seconds=9)),
        "now": NOW,
        "version": "v1.20.2",
        "kubelets": dict.fromkeys(HOSTS, ""),
        "pods": system_pods(),
        "services": (),
        "storage_class": None,
    }
    return Sight(**(known | changes))


def outcomes(ledger: Ledger, outcome: Outcome) -> set[tuple[str, str | None]]:
    """Return probe and place of all results that came out like that."""
    return {(one.id, one.where) for one in ledger.results() if one.outcome is outcome}


def result(ledger: Ledger, probe: str) -> ProbeResult:
    """Return the one result of that probe that is neither ok nor skipped, else the first."""
    found = [one for one in ledger.results() if one.id == probe]
    return next((one for one in found if one.outcome is Outcome.FAIL), found[0])


class StandIn:
    """Stands in for the API server of a cluster in which everything is fine, but for what is said.

    Attributes:
        objects: What was created, by kind and name.
        asleep: Nodes whose pods never start, with the problem they show.
        mute: Nodes whose pods obey no command.
        lost: Pairs of nodes between which nothing comes.
        broken: What raises: names of methods.
        wrong: What the service answers instead of the anchor's word.
        dns: What name servers answer.
        late_endpoints: How many looks for the service's endpoints find none.
        looks_for_endpoints: How many there were.
    """

    def __init__(self) -> None:
        self.objects: dict[tuple[str, str], manifests.Manifest] = {}
        self.deleted: list[str] = []
        self.left: tuple[str, ...] = ()
        self.asleep: dict[str, str] = {}
        self.mute: dict[str, KuberryError] = {}
        self.lost: set[tuple[str, str]] = set()
        self.broken: dict[str, KuberryError] = {}
        self.wrong: str | None = None
        self.dns = "Address: 10.96.0.1"
        self.system: tuple[Pod, ...] = system_pods()
        self.rolled_out = manifests.REPLICAS
        self.rollout_made = asyncio.Event()
        self.late_endpoints = self.looks_for_endpoints = 0
        self.claimed: Pod = pod("claim", "red01", phase="Succeeded", ready=False)

    def _may(self, method: str) -> None:
        if method in self.broken:
            raise self.broken[method]

    async def create(self, manifest: manifests.Manifest) -> None:
        """Keep what is created."""
        await asyncio.sleep(0)
        self._may("create")
        self.objects[manifest["kind"], manifest["metadata"]["name"]] = manifest
        if manifest["kind"] == "Deployment":
            self.rollout_made.set()

    async def namespaces(self, label: str) -> tuple[str, ...]:
        """Return what was left behind and not deleted since, and what was created."""
        assert label == manifests.LABEL
        self._may("namespaces")
        created = tuple(name for kind, name in self.objects if kind == "Namespace")
        return tuple(name for name in (*self.left, *created) if name not in self.deleted)

    async def delete_namespace(self, name: str) -> None:
        """Note the deletion."""
        await asyncio.sleep(0)
        self._may("delete_namespace")
        self.deleted.append(name)

    async def pods(self, namespace: str) -> tuple[Pod, ...]:
        """Return the system's pods, or those that were created, each with an address."""
        self._may("pods")
        if namespace == "kube-system":
            return self.system
        made = [one for (kind, _), one in self.objects.items() if kind == "Pod"]
        ours = [one["spec"]["nodeName"] for one in made if "nodeName" in one["spec"]]
        claims = [self.claimed] if ("Pod", "claim") in self.objects else []
        return (*map(self._pod, ours), *claims)

    def _pod(self, name: str) -> Pod:
        sleeping = name in self.asleep
        return pod(
            f"on-{name}",
            name,
            phase="Pending" if sleeping else "Running",
            ready=not sleeping,
            problem=self.asleep.get(name, ""),
            address=None if sleeping else f"pod-{name}",
        )

    async def services(self, namespace: str) -> tuple[Service, ...]:
        """Return the service that was created, and Kubernetes' own."""
        if namespace == "default":
            return (Service("kubernetes", "10.96.0.1"),)
        return tuple(
            Service(name, "10.96.7.7", 30001) for kind, name in self.objects if kind == "Service"
        )

    async def endpoints(self, namespace: str, service: str) -> tuple[str, ...]:
        """Return the address of the pod that the service leads to, once it is known."""
        self.looks_for_endpoints += 1
        return ("10.244.0.7",) if self.looks_for_endpoints > self.late_endpoints else ()

    async def warnings(self, namespace: str) -> dict[str, str]:
        """Return a warning about what does not come to its end."""
        return {"rollout-1": "FailedScheduling: full", "on-red02": "FailedMount: no way"}

    async def replicas(self, namespace: str, deployment: str) -> int:
        """Return how many are there."""
        return self.rolled_out

    async def log(self, namespace: str, name: str) -> str:
        """Return the pod's word."""
        self._may("log")
        manifest = self.objects["Pod", name]
        return f"{manifest['spec']['containers'][0]['command'][-1]}\n"

    async def execute(
        self, namespace: str, name: str, words: tuple[str, ...], *, deadline_s: float
    ) -> Execution:
        """Answer as the script in the pod would."""
        own = name.removeprefix("on-")
        if own in self.mute:
            raise self.mute[own]
        word, _service, dns, *peers = words[4:]
        token = word.removesuffix(f"-{own}")
        lines = [f"word:{word}", f"service:{self.wrong or f'{token}-{self._anchor()}'}"]
        for peer in peers:
            cut = (own, peer.removeprefix("pod-")) in self.lost
            lines.append(f"peer:{peer} {0 if cut else PAYLOAD_BYTES} -")
        if dns != "-":
            lines.append(f"dns:{self.dns}")
        return Execution(0, "\n".join(lines), "")

    def _anchor(self) -> str:
        selector = self.objects["Service", "probe"]["spec"]["selector"]
        pods = [one for (kind, _), one in self.objects.items() if kind == "Pod"]
        chosen = [one for one in pods if one["metadata"]["labels"].items() >= selector.items()]
        return str(chosen[0]["spec"]["nodeName"])


def seen_inside(**changes: Any) -> inside.Inside:
    """Return what a pod sees of a cluster in which everything is fine."""
    known: dict[str, Any] = {
        "word": "w",
        "service": "w-red",
        "peers": {f"pod-{name}": PAYLOAD_BYTES for name in HOSTS},
        "small": frozenset(),
        "dns": "",
    }
    return dataclasses.replace(inside.Inside(**known), **changes)
