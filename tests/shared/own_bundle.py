"""A bundle as a user makes it: a directory of downloads, with a network add-on of the user's."""

from __future__ import annotations

import json
from pathlib import Path

from kuberry.bundles.store import Store
from kuberry.model.bundle import PROBE_IMAGE, Artifact, Bundle
from kuberry.settings import Settings

ADD_ON = "stand-in-network"
_PLUGIN = '#!/bin/sh\nexec /opt/cni/bin/bridge "$@"'
_CONFLIST = {
    "cniVersion": "0.4.0",
    "name": ADD_ON,
    "plugins": [
        {
            "type": ADD_ON,
            "bridge": "cni0",
            "isGateway": True,
            "ipMasq": True,
            "hairpinMode": True,  # a pod reaches itself through its service
            "ipam": {
                "type": "host-local",
                "ranges": [[{"subnet": "10.244.0.0/24"}]],
                "routes": [{"dst": "0.0.0.0/0"}],
            },
        },
        {"type": "portmap", "capabilities": {"portMappings": True}},
    ],
}


def put_downloads(bundle: Bundle, settings: Settings, directory: Path) -> None:
    """Lay the pieces of *bundle* out as docs/bundles.md says, under their own names."""
    store = Store(settings.bundles_dir)
    for one in bundle.artifacts:
        folder = directory / (one.architecture if one.architecture != "any" else "")
        folder = folder / str(one.system) if one.system else folder
        folder.mkdir(parents=True, exist_ok=True)
        (folder / _file_name(one)).symlink_to(store.blob(one))


def _file_name(one: Artifact) -> str:
    return one.name + {"deb": ".deb", "image-archive": ".tar"}.get(one.kind, "")


def put_add_on(directory: Path) -> None:
    """Put a network add-on beside the downloads: a stand-in for flannel, good for one node.

    As flannel does, it runs on every node, puts a plugin of its own beside those that it leaves the
    work to, and writes the CNI configuration; flannel's own images cannot be had without the
    Internet.
    https://github.com/flannel-io/flannel/blob/v0.26.1/Documentation/kube-flannel.yml
    """
    write = (
        f"cd /plugins; echo '{_PLUGIN}' >.new; chmod 755 .new; mv .new {ADD_ON}; "
        f"echo '{json.dumps(_CONFLIST)}' >/cni/10-{ADD_ON}.conflist; while sleep 3600; do :; done"
    )
    container = {
        "name": ADD_ON,
        "image": PROBE_IMAGE,
        "imagePullPolicy": "Never",
        "command": ["sh", "-c", write],
        "volumeMounts": [
            {"name": "cni", "mountPath": "/cni"},
            {"name": "plugins", "mountPath": "/plugins"},
        ],
    }
    labels = {"app": ADD_ON}
    manifest = {
        "apiVersion": "apps/v1",
        "kind": "DaemonSet",
        "metadata": {"name": ADD_ON, "namespace": "kube-system", "labels": labels},
        "spec": {
            "selector": {"matchLabels": labels},
            "template": {
                "metadata": {"labels": labels},
                "spec": {
                    "hostNetwork": True,
                    "terminationGracePeriodSeconds": 1,
                    "tolerations": [{"operator": "Exists"}],
                    "containers": [container],
                    "volumes": [
                        {"name": "cni", "hostPath": {"path": "/etc/cni/net.d"}},
                        {"name": "plugins", "hostPath": {"path": "/opt/cni/bin"}},
                    ],
                },
            },
        },
    }
    (directory / f"{ADD_ON}.yaml").write_text(json.dumps(manifest))
