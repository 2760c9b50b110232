"""The file ``manifests.yaml`` of a release of Kueue: read, and fitted to small hosts; pure.

Layout: kubernetes-sigs/kueue, config/default/kustomization.yaml (namespace ``kueue-system``, prefix
``kueue-``) and config/components/manager/manager.yaml, commit ff69552e79ad.
"""

from __future__ import annotations

import copy
from collections.abc import Sequence

import yaml

from kuberry.errors import BundleError
from kuberry.queueing.kueue import GROUP
from kuberry.queueing.manifests import Manifest

NAMESPACE, CONTROLLER, CONTAINER = "kueue-system", "kueue-controller-manager", "manager"
REQUESTS = {"cpu": "100m", "memory": "192Mi"}
"""Instead of 500m and 512Mi, which a host of 1 GiB cannot spare; not measured on one yet.

The limits stay as they are upstream, so that the controller may take more where there is more.
"""
_REMEDY = "fetch manifests.yaml of a release of Kueue again"


def documents(text: str, label: str) -> tuple[Manifest, ...]:
    """Return the objects of the file *text*.

    Args:
        label: What to call the file in messages.

    Raises:
        BundleError: It is no YAML, or no release of Kueue.
    """
    try:
        found = tuple(one for one in yaml.safe_load_all(text) if one is not None)
    except yaml.YAMLError as error:
        reason = str(error).splitlines()[0]
        raise BundleError(f"{label} is no YAML: {reason}", remedy=_REMEDY) from None
    if not all(isinstance(one, dict) for one in found) or not any(map(_is_controller, found)):
        raise BundleError(
            f"{label} is no release of Kueue: it has no Deployment {CONTROLLER}", remedy=_REMEDY
        )
    return found


def fitted(objects: Sequence[Manifest]) -> tuple[Manifest, ...]:
    """Return *objects* with a controller that requests what small hosts can spare.

    An image that is on the node already is taken as it is: upstream's ``imagePullPolicy: Always``
    asks a registry each time, and a cluster from a bundle has none.
    """
    return tuple(_fitted(one) if _is_controller(one) else one for one in objects)


def served(objects: Sequence[Manifest]) -> frozenset[str]:
    """Return the versions in which ClusterQueues are served once *objects* are there."""
    return frozenset(
        version["name"]
        for one in objects
        if one.get("kind") == "CustomResourceDefinition"
        and one["metadata"]["name"] == f"clusterqueues.{GROUP}"
        for version in one["spec"]["versions"]
        if version.get("served")
    )


def _is_controller(one: Manifest) -> bool:
    metadata = one.get("metadata") or {}
    where = (one.get("kind"), metadata.get("namespace"), metadata.get("name"))
    return where == ("Deployment", NAMESPACE, CONTROLLER)


def _fitted(deployment: Manifest) -> Manifest:
    made = copy.deepcopy(deployment)
    for container in made["spec"]["template"]["spec"]["containers"]:
        if container["name"] == CONTAINER:
            container.setdefault("resources", {})["requests"] = dict(REQUESTS)
            container["imagePullPolicy"] = "IfNotPresent"
    return made
