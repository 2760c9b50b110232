"""Nodes and pods as an API server tells them, and a stand-in for the file of a release of Kueue.

Its layout is the one that `kuberry.queueing.release` cites.
"""

from __future__ import annotations

from typing import Any

CONTAINER: dict[str, Any] = {
    "name": "manager",
    "image": "registry.k8s.io/kueue/kueue:v0.0.0",
    "imagePullPolicy": "Always",
    "resources": {
        "limits": {"cpu": "2", "memory": "512Mi"},
        "requests": {"cpu": "500m", "memory": "512Mi"},
    },
}
DEPLOYMENT: dict[str, Any] = {
    "apiVersion": "apps/v1",
    "kind": "Deployment",
    "metadata": {"name": "kueue-controller-manager", "namespace": "kueue-system"},
    "spec": {"template": {"spec": {"containers": [CONTAINER, {"name": "other"}]}}},
}


def crd(name: str, **versions: bool) -> dict[str, Any]:
    """Return a definition with *versions*, by whether they are served."""
    return {
        "apiVersion": "apiextensions.k8s.io/v1",
        "kind": "CustomResourceDefinition",
        "metadata": {"name": f"{name}.kueue.x-k8s.io"},
        "spec": {"versions": [{"name": one, "served": has} for one, has in versions.items()]},
    }


def node(name: str, *taints: str, cpu: str = "4", memory: str = "1Gi") -> dict[str, Any]:
    """Return a node of arm64 that has *taints* of these effects."""
    return {
        "metadata": {"name": name},
        "spec": {"taints": [{"key": "k", "effect": effect} for effect in taints]},
        "status": {
            "allocatable": {"cpu": cpu, "memory": memory},
            "nodeInfo": {"architecture": "arm64"},
        },
    }


def container(cpu: str, memory: str = "0", **more: str) -> dict[str, Any]:
    """Return a container that requests so much."""
    return {"resources": {"requests": {"cpu": cpu, "memory": memory}}, **more}


def pod(*containers: dict[str, Any], on: str | None = "a", ns: str = "x", **spec: Any) -> Any:
    """Return a pod of these containers on a node."""
    spec |= {"containers": list(containers)} | ({} if on is None else {"nodeName": on})
    return {"metadata": {"name": "p", "namespace": ns}, "spec": spec}
