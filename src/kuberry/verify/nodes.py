"""Are the hosts nodes, and are the nodes alive? Judged from what was seen; pure."""

from __future__ import annotations

from datetime import timedelta

from kuberry.kube.objects import UNSTAMPED, Node
from kuberry.verify import remedies
from kuberry.verify.ledger import CLUSTER, Ledger, at, between
from kuberry.verify.sight import Sight

LEASE_S = 20.0
_SKEW_S = 3.0
_AGAIN = "the same `kuberry deploy` as before completes it"


def judge_nodes(sight: Sight, ledger: Ledger) -> None:
    """Record what the nodes are like."""
    _judge_version(sight, ledger)
    _judge_set(sight, ledger)
    for host in sight.cluster.hosts:
        node = sight.node_of(host)
        _judge_api(sight, ledger, host)
        _judge_kubelet(sight, ledger, host, node)
        _judge_ready(sight, ledger, host, node)
        version = node.version if node else ""
        ledger.judge(
            "nodes.version",
            at(host),
            "" if version == sight.cluster.version else f"it has {version or 'none'}",
            f"wished for is {sight.cluster.version}; {_AGAIN}",
        )


def judge_routes(sight: Sight, ledger: Ledger) -> None:
    """Record whether each host has the route to each other's pods, where they are of our making."""
    cluster = sight.cluster
    ours = cluster.distribution == "kubeadm" and cluster.network == "host-gw"
    for source in cluster.hosts if ours else ():
        for target in cluster.hosts:
            if source != target:
                _judge_route(sight, ledger, source, target)


def _judge_version(sight: Sight, ledger: Ledger) -> None:
    wanted = sight.cluster.version
    if sight.version.startswith(UNSTAMPED):
        if not ledger.skip("api.version", CLUSTER):
            detail = f"it was built without a version (it says {sight.version})"
            ledger.absent("api.version", CLUSTER, detail)
        return
    problem = "" if sight.version == wanted else f"it has {sight.version}, wished for is {wanted}"
    ledger.judge("api.version", CLUSTER, problem, f"{_AGAIN} (upgrades come later)")


def _judge_set(sight: Sight, ledger: Ledger) -> None:
    for host in sight.cluster.hosts:
        problem = "" if sight.node_of(host) else "it is no node of the cluster"
        ledger.judge("nodes.set", at(host), problem, f"let it join again: {_AGAIN}")
    known = {node.name for host in sight.cluster.hosts if (node := sight.node_of(host))}
    for name in sight.nodes.keys() - known:
        ledger.fail(
            "nodes.set",
            at(name),
            "a node that is none of the cluster's hosts",
            f"kuberry kubectl delete node {name}, or name the host in --hosts",
        )


def _judge_api(sight: Sight, ledger: Ledger, host: str) -> None:
    view = sight.views.get(host)
    endpoint = f"{sight.cluster.endpoint}:6443"
    problem = view.api_problem if view else "its shell could not be asked"
    ledger.judge(
        "nodes.api",
        at(host),
        problem and f"{endpoint}: {problem}",
        f"does a firewall on {host} or {sight.cluster.control_plane} drop port 6443, or does "
        f"/etc/hosts of {host} name another address?",
    )


def _judge_kubelet(sight: Sight, ledger: Ledger, host: str, node: Node | None) -> None:
    problem = sight.kubelets.get(node.name, "not asked") if node else "not asked"
    if "connection refused" in problem:
        remedy = f"start it on {host}: {remedies.restart(sight.cluster, host)}; "
        remedy += f"why it ended: {remedies.journal(sight.cluster, host)}"
    else:
        again = remedies.restart(sight.cluster, host)
        remedy = f"does a firewall on {host} drop port 10250? Else: {again}"
    ledger.judge("nodes.kubelet", at(host), problem, remedy)


def _judge_ready(sight: Sight, ledger: Ledger, host: str, node: Node | None) -> None:
    if node is None or not node.ready:
        problem = node.problem if node else "there is no such node"
        remedy = f"look on {host}: {remedies.journal(sight.cluster, host)}"
        ledger.fail("nodes.ready", at(host), f"not Ready: {problem}", remedy)
        return
    renewed = sight.leases.get(node.name)
    if renewed is None:
        again = remedies.restart(sight.cluster, host)
        ledger.fail("nodes.ready", at(host), "it has no Lease", f"on {host}: {again}")
        return
    age = sight.now - renewed
    if age <= timedelta(seconds=LEASE_S):
        if not ledger.skip("nodes.ready", at(host)):
            ledger.ok("nodes.ready", at(host), f"lease {max(age.total_seconds(), 0):.0f} s old")
        return
    detail = f"Ready, but its lease is {age.total_seconds():.0f} s old"
    ledger.fail("nodes.ready", at(host), *_stale(sight, host, detail))


def _stale(sight: Sight, host: str, detail: str) -> tuple[str, str]:
    """Return detail and remedy of a lease that is too old: is it the kubelet or the clock?"""
    first, own = sight.views.get(sight.cluster.control_plane), sight.views.get(host)
    behind = (first.time - own.time).total_seconds() if first and own else 0.0
    if behind > _SKEW_S:
        text = f"{detail}; the host's clock is {behind:.0f} s behind the control plane's"
        return text, f"have the clock of {host} set: sudo timedatectl set-ntp true"
    return detail, f"does {host} reach the API server? {remedies.journal(sight.cluster, host)}"


def _judge_route(sight: Sight, ledger: Ledger, source: str, target: str) -> None:
    view, other, node = sight.views.get(source), sight.views.get(target), sight.node_of(target)
    network = other.pod_network if other else None
    address = node.address if node else None
    place = between(source, target)
    if view is None or network is None or address is None:
        if not ledger.skip("network.routes", place):
            problem = f"the pod network or the address of {target} is not known"
            ledger.fail("network.routes", place, problem, _AGAIN)
        return
    gateway = view.routes.get(network)
    problem = (
        ""
        if gateway == address
        else f"{network} leads to {gateway}, not to {address}"
        if gateway
        else f"there is no route to {network} via {address}"
    )
    remedy = f"on {source}: sudo systemctl restart kuberry-routes"
    ledger.judge("network.routes", place, problem, remedy)
