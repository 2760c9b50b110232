"""How hosts become nodes: init on the control plane, join on the workers, values in between.

A token per worker lives ten minutes and is revoked when all have joined. A half done init or join
(no mark of ours at its end) is reset before it is done again.
"""

from __future__ import annotations

from collections.abc import Iterator

from kuberry.distributions.files import paths_of
from kuberry.distributions.kubeadm.configuration import (
    ADMINISTRATOR,
    init_configuration,
    join_configuration,
    minor,
)
from kuberry.distributions.kubeadm.network import ROUTES_SCRIPT, ROUTES_UNIT
from kuberry.distributions.kubeadm.site import Site, has_cluster_dns, manifests
from kuberry.distributions.members import is_ready, predecessors
from kuberry.distributions.seen import Seen
from kuberry.distributions.switch_off import come_back
from kuberry.distributions.traces_text import PATH
from kuberry.model.plan import File, Gate, PutArtifact, Run, SetUnit, Step, WaitUntil, WriteFiles

KUBELET_UNIT = "/etc/systemd/system/kubelet.service"
_CA_HASH = "ca-hash"
_INIT_FILE, _JOIN_FILE = "/run/kuberry/init.yaml", "/run/kuberry/join.yaml"
_PATH = "export PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin\nset -eu\n"

# By the first six letters of a token, which are no secret.
_DELETE_TOKENS = """
listed=$(kubeadm token list)
printf '%s\\n' "$listed" | awk '{lines} {{ print substr($1, 1, 6) }}' |
    xargs -r -n 1 kubeadm token delete
"""

# $1 version, $2 a pattern of images that may be missing
_CHECK_IMAGES = f"""{_PATH}
there=$(ctr -n k8s.io images list -q)
wanted=$(kubeadm config images list --kubernetes-version "$1")
missing=
for image in $wanted; do
    case $image in $2) continue ;; esac
    printf '%s\\n' "$there" | grep -qxF "$image" || missing="$missing $image"
done
[ -z "$missing" ] || {{ echo "error: the bundle lacks$missing" >&2; exit 1; }}
"""
# What an init or join that did not come to its end has left is in the way of the
# next: kubeadm refuses half written keys, and files that are there. A join that failed has removed
# its bootstrap file and left the authority: runKubeletStartJoinPhase in
# kubernetes/cmd/kubeadm/app/cmd/phases/join/kubelet.go, v1.20.2.
_RESET_HALVES = """
for one in pki admin.conf kubelet.conf bootstrap-kubelet.conf manifests/kube-apiserver.yaml; do
    [ ! -e "/etc/kubernetes/$one" ] || { kubeadm reset --force --cri-socket "$3" >&2; break; }
done
"""
# $1 configuration, $2 preflight errors to ignore, $3 CRI socket, $4 phases to skip.
# init makes a token of its own, which lives for a day: it goes at once.
_INIT = f"""{_PATH}{_RESET_HALVES}
kubeadm init --config "$1" --skip-token-print --ignore-preflight-errors="$2" --skip-phases="$4"
rm -f "$1"
{_DELETE_TOKENS.format(lines="NR > 1")}
: >/var/lib/kuberry/initialised
"""
_JOIN = f"""{_PATH}{_RESET_HALVES}
kubeadm join --config "$1" --ignore-preflight-errors="$2" >&2
rm -f "$1"
: >/var/lib/kuberry/joined
echo yes
"""
# One line for the authority's hash, then one for each worker's token.
_TOKENS = f"""{_PATH}
hash=
for worker; do
    line=$(kubeadm token create --ttl 10m --description "kuberry: $worker" --print-join-command)
    if [ -z "$hash" ]; then
        hash=${{line##*--discovery-token-ca-cert-hash }}
        echo "${{hash%% *}}"
    fi
    token=${{line##*--token }}
    echo "${{token%% *}}"
done
"""
_REVOKE = _PATH + _DELETE_TOKENS.format(lines="/ kuberry: /")
_APPLY = f"""{_PATH}
kubectl --kubeconfig /etc/kubernetes/admin.conf apply -f "$1"
"""
# kubectl waits until the API server tells it: to start it anew for each question costs more than
# the kubelet does meanwhile. Every now and then it begins anew, also with the look at the kubelet.
_READY = """
export PATH=/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin
# What the API says may be older than the last start of the kubelet, which listens on 10250.
ss -Hltn 'sport = :10250' | grep -q . || exit 1
kubectl --kubeconfig /etc/kubernetes/kubelet.conf --request-timeout 20s \\
    wait --for=condition=Ready --timeout=15s "node/$1" >/dev/null 2>&1
"""

# A machine of the same name joins: kubeadm refuses it while the old node is Ready, and what the old
# one promised (labels, pods) is not true of the new one.
_FORGET_OLD = f"""{PATH}{ADMINISTRATOR}set -eu
for node; do
    kubectl --request-timeout 30s delete node "$node" --ignore-not-found >&2
    echo "notice: the node $node of before is forgotten: this name joins anew" >&2
done
"""

_INIT_DEADLINE_S = 900.0
_JOIN_DEADLINE_S = 600.0
_READY_DEADLINE_S = 300.0


def control_plane_steps(site: Site, host: Seen, changed: tuple[File, ...]) -> Iterator[Step]:
    """Yield what makes *host* the control plane and lets the workers in."""
    if site.must_initialise:
        text = init_configuration(site.cluster, host)
        has_dns = has_cluster_dns(site, host)
        yield Run(
            id="check-images",
            title="ask kubeadm which images it needs",
            script=_CHECK_IMAGES,
            arguments=(site.cluster.version, "" if has_dns else "*/coredns:*"),
        )
        yield _private_file("init-file", _INIT_FILE, (text,))
        yield Run(
            id="init",
            title="start the control plane",
            script=_INIT,
            arguments=(*_words(site, host, _INIT_FILE), "" if has_dns else "addon/coredns"),
            deadline_s=_INIT_DEADLINE_S,
        )
    joiners = site.joiners()
    if old := predecessors(site.cluster, site.hosts):
        yield Run(
            id="forget-old",
            title=f"forget {len(old)} machines that had the same names",
            script=_FORGET_OLD,
            arguments=old,
            deadline_s=120.0,
        )
    if joiners:
        yield Run(
            id="tokens",
            title=f"make {len(joiners)} join tokens",
            script=_TOKENS,
            arguments=tuple(one.name for one in joiners),
            captures=(_CA_HASH, *(_token(one) for one in joiners)),
            deadline_s=180.0,
        )
    yield from _network_add_on(site, host)
    yield from _services(site, host, changed, is_new=site.must_initialise)
    for one in joiners:
        title = f"wait for {one.name} to join"
        yield Gate(id=f"joined-{one.node}", title=title, value=_joined(one), tolerant=True)
    if joiners:
        yield Run(id="revoke", title="revoke the join tokens", script=_REVOKE, deadline_s=120.0)
    yield from come_back(host, ADMINISTRATOR)


def _network_add_on(site: Site, host: Seen) -> Iterator[Step]:
    """Yield what brings the network add-on of the bundle into a new cluster."""
    for artifact in manifests(site, host):
        path = f"/var/lib/kuberry/manifests/{artifact.name}"
        if not host.installed.has_file(path, artifact.sha256):
            yield PutArtifact(
                id=f"put-{artifact.name}",
                title=f"bring {artifact.name}",
                artifact=artifact,
                path=path,
            )
            yield Run(
                id=f"apply-{artifact.name}",
                title=f"apply {artifact.name}",
                script=_APPLY,
                arguments=(path,),
                deadline_s=120.0,
            )


def worker_steps(site: Site, host: Seen, changed: tuple[File, ...]) -> Iterator[Step]:
    """Yield what makes *host* a worker."""
    is_new = host in site.joiners()
    if is_new:
        content = join_configuration(site.cluster, host, token=_token(host), ca_hash=_CA_HASH)
        yield _private_file("join-file", _JOIN_FILE, content)
        yield Run(
            id="join",
            title="join the cluster",
            script=_JOIN,
            arguments=_words(site, host, _JOIN_FILE),
            captures=(_joined(host),),
            deadline_s=_JOIN_DEADLINE_S,
        )
    yield from _services(site, host, changed, is_new=is_new)


def _services(site: Site, host: Seen, changed: tuple[File, ...], *, is_new: bool) -> Iterator[Step]:
    """Yield what keeps a node a node over boots, and the wait until it is Ready."""
    paths = paths_of(changed)
    if site.cluster.network == "host-gw" and _routes_are_due(site, host, paths):
        yield SetUnit(id="routes", title="set the pod routes", unit=ROUTES_UNIT, action="restart")
    is_old = not host.installed.is_in_effect("kubelet.service", {KUBELET_UNIT})
    unit_changed = (KUBELET_UNIT in paths or is_old) and not is_new
    starts = is_new or unit_changed or not host.installed.is_running("kubelet.service")
    if starts:
        yield SetUnit(
            id="kubelet",
            title="keep the kubelet running",
            unit="kubelet.service",
            action="restart" if unit_changed else "start",
        )
    if starts or not is_ready(site.cluster, site.hosts, host):
        yield WaitUntil(
            id="ready",
            title="wait until the node is Ready",
            script=_READY,
            arguments=(host.node,),
            deadline_s=_READY_DEADLINE_S,
        )


def _routes_are_due(site: Site, host: Seen, paths: frozenset[str]) -> bool:
    is_running = host.installed.is_running(ROUTES_UNIT)
    return ROUTES_SCRIPT in paths or not is_running or not _has_routes(site, host)


def _has_routes(site: Site, host: Seen) -> bool:
    """Return whether the routes to the peers' pods are there, whoever may have removed one."""
    network = host.facts.network
    there = {(one.destination, one.gateway) for one in network.routes} if network else set()
    return all((route, address) in there for address, route in site.peers(host).items())


def _private_file(step_id: str, path: str, content: tuple[object, ...]) -> WriteFiles:
    file = File.model_validate({"path": path, "content": content, "mode": 0o600, "volatile": True})
    return WriteFiles(id=step_id, title="write kubeadm's configuration", files=(file,))


def _words(site: Site, host: Seen, path: str) -> tuple[str, str, str]:
    scheme = "unix://" if minor(site.cluster.version) >= 22 else ""  # noqa: PLR2004
    return path, ",".join(_ignored(host)), f"{scheme}/run/containerd/containerd.sock"


def _ignored(host: Seen) -> tuple[str, ...]:
    """Return kubeadm's preflight errors that are none here.

    Swap is allowed by the kubelet's configuration; images are looked for by a step of ours, which
    knows that a bundle may be without CoreDNS; the kernel of a container belongs to its machine.
    """
    if not host.is_container:
        return ("Swap", "ImagePull")
    bridge = "FileContent--proc-sys-net-bridge-bridge-nf-call-iptables"
    return ("Swap", "ImagePull", "SystemVerification", bridge)


def _token(host: Seen) -> str:
    return f"token:{host.name}"


def _joined(host: Seen) -> str:
    return f"joined:{host.name}"
