"""What verify creates, all of it in one namespace; pure."""

from __future__ import annotations

import dataclasses
import hashlib
from collections.abc import Sequence
from typing import Any

from kuberry.model.bundle import PROBE_IMAGE

LABEL = "kuberry.internal/verify"
_NODE = "kuberry.internal/verify-node"
PORT = 8080
PAYLOAD_BYTES = 65536
"""More than seven packets of 9000 bytes: whatever the MTU, some packets are full."""
SERVICE, ROLLOUT, CLAIM = "probe", "rollout", "claim"
REPLICAS = 2
Manifest = dict[str, Any]

# The word is written to the log last, when everything is in place.
_SERVE = f"""
mkdir -p /tmp/www
head -c {PAYLOAD_BYTES} /dev/zero >/tmp/www/payload
echo "$1" >/tmp/www/word
echo "$1"
exec httpd -f -p {PORT} -h /tmp/www
"""
_STORE = 'echo "$1" >/claim/word && sync && cat /claim/word'


@dataclasses.dataclass(frozen=True, slots=True)
class Site:
    """The namespace of one run.

    Attributes:
        word: Unlike that of any other run; what pods say to show that it is they who answer.
    """

    namespace: str
    word: str

    def word_of(self, node: str) -> str:
        """Return what the pod on *node* says."""
        return f"{self.word}-{node}"


def namespace(site: Site) -> tuple[Manifest, Manifest]:
    """Return the namespace, and its account, which else would take controllers a moment."""
    return (
        _object("v1", "Namespace", site.namespace, labels={LABEL: site.word}),
        _object("v1", "ServiceAccount", "default", namespace=site.namespace),
    )


def pod(site: Site, node: str) -> Manifest:
    """Return a pod on *node*, placed there by us: neither taints nor a scheduler matter."""
    words = ["sh", "-c", _SERVE, "sh", site.word_of(node)]
    return _object(
        "v1",
        "Pod",
        pod_name(node),
        namespace=site.namespace,
        labels={LABEL: "pod", _NODE: _digest(node)},
        spec=_pod_spec(words) | {"nodeName": node},
    )


def pod_name(node: str) -> str:
    """Return the name of the pod on *node*."""
    return f"on-{node}"


def service(site: Site, node: str) -> Manifest:
    """Return the service that leads to the pod on *node*, from inside and from outside."""
    return _object(
        "v1",
        "Service",
        SERVICE,
        namespace=site.namespace,
        spec={
            "type": "NodePort",
            "selector": {_NODE: _digest(node)},
            "ports": [{"port": PORT, "targetPort": PORT, "protocol": "TCP"}],
        },
    )


def rollout(site: Site, nodes: Sequence[str]) -> Manifest:
    """Return a Deployment that the scheduler spreads over *nodes*."""
    labels = {LABEL: ROLLOUT}
    spec = _pod_spec(["sh", "-c", "exec sleep 3600"]) | {"affinity": _only_on(nodes)}
    return _object(
        "apps/v1",
        "Deployment",
        ROLLOUT,
        namespace=site.namespace,
        spec={
            "replicas": REPLICAS,
            "selector": {"matchLabels": labels},
            "template": {"metadata": {"labels": labels}, "spec": spec},
        },
    )


def claim(site: Site, nodes: Sequence[str]) -> tuple[Manifest, Manifest]:
    """Return a claim to a volume of the default class, and a pod that writes and reads it."""
    wanted = _object(
        "v1",
        "PersistentVolumeClaim",
        CLAIM,
        namespace=site.namespace,
        spec={"accessModes": ["ReadWriteOnce"], "resources": {"requests": {"storage": "16Mi"}}},
    )
    spec = _pod_spec(["sh", "-c", _STORE, "sh", site.word])
    spec["containers"][0]["volumeMounts"] = [{"name": CLAIM, "mountPath": "/claim"}]
    spec["volumes"] = [{"name": CLAIM, "persistentVolumeClaim": {"claimName": CLAIM}}]
    spec |= {"restartPolicy": "Never", "affinity": _only_on(nodes)}
    user = _object("v1", "Pod", CLAIM, namespace=site.namespace, labels={LABEL: CLAIM}, spec=spec)
    return wanted, user


def _pod_spec(words: list[str]) -> Manifest:
    container = {
        "name": "probe",
        "image": PROBE_IMAGE,
        "imagePullPolicy": "Never",
        "command": words,
    }
    return {
        "containers": [container],
        "automountServiceAccountToken": False,
        "enableServiceLinks": False,
        "terminationGracePeriodSeconds": 0,
        "tolerations": [{"operator": "Exists"}],
    }


def _only_on(nodes: Sequence[str]) -> Manifest:
    names = [{"key": "metadata.name", "operator": "In", "values": [node]} for node in nodes]
    terms = [{"matchFields": [name]} for name in names]
    return {
        "nodeAffinity": {
            "requiredDuringSchedulingIgnoredDuringExecution": {"nodeSelectorTerms": terms}
        }
    }


def _digest(node: str) -> str:
    """Return *node* as a label's value, which must be short."""
    return hashlib.sha256(node.encode()).hexdigest()[:16]


def _object(
    version: str,
    kind: str,
    name: str,
    *,
    namespace: str | None = None,
    labels: dict[str, str] | None = None,
    spec: Manifest | None = None,
) -> Manifest:
    metadata: Manifest = {"name": name, "labels": labels or {}}
    if namespace:
        metadata["namespace"] = namespace
    value: Manifest = {"apiVersion": version, "kind": kind, "metadata": metadata}
    return value | ({"spec": spec} if spec is not None else {})
