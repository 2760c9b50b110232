"""Which Kubernetes a cluster has: it decides what can be made there."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from kuberry.errors import UsageError
from kuberry.kube.objects import UNSTAMPED
from kuberry.queueing.manifests import Version

if TYPE_CHECKING:
    from kuberry.kube.client import Kube


async def kubernetes(kube: Kube) -> str:
    """Return the version of the cluster.

    An API server that was built without a version, as the lab's is, has at least that of the newest
    kubelet, which must not be newer: https://kubernetes.io/releases/version-skew-policy/.
    """
    version = await kube.version()
    if not version.startswith(UNSTAMPED):
        return version
    nodes = (await kube.call("GET", "/api/v1/nodes")).get("items") or []
    kubelets = (node["status"]["nodeInfo"].get("kubeletVersion") for node in nodes)
    return max(filter(None, kubelets), key=version_of, default=version)


def version_of(text: str) -> Version:
    """Return what counts of ``v1.20.2+k3s1``.

    Raises:
        UsageError: It is no version.
    """
    found = re.match(r"v(\d+)\.(\d+)", text)
    if not found:
        raise UsageError(f"the cluster calls its version {text!r}, which makes no sense")
    return int(found[1]), int(found[2])
