"""Which images a version of kubeadm wants, and which a network add-on does.

kubeadm's own source tells it: the constants it was compiled with, at the tag of its version. They
are read, not run: so it works on every controller, and nothing that was downloaded is started.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

import yaml

from kuberry.bundles.upstream.web import Web
from kuberry.errors import BundleError

_SOURCE = "https://raw.githubusercontent.com/kubernetes/kubernetes"
_CONSTANTS = "cmd/kubeadm/app/constants/constants.go"
_REGISTRY = "registry.k8s.io"
_OWN = ("kube-apiserver", "kube-controller-manager", "kube-scheduler", "kube-proxy")
_ETCD_BY_MINOR = re.compile(r"SupportedEtcdVersion\s*=\s*map\[uint8\]string\s*\{(?P<pairs>[^}]*)\}")
_TAG = r'"(?P<tag>v?[0-9][A-Za-z0-9._-]*)"'


async def kubeadm_images(version: str, web: Web) -> tuple[str, ...]:
    """Return the full names of the images that ``kubeadm config images list`` would print.

    Raises:
        NotThere: There is no such version.
        BundleError: Its source does not tell.
        UpstreamUnreachable: The server does not answer.
    """
    url = f"{_SOURCE}/{version}/{_CONSTANTS}"
    text = (await web.read(url)).decode("utf-8", "replace")
    return (
        *(f"{_REGISTRY}/{name}:{version}" for name in _OWN),
        f"{_REGISTRY}/coredns/coredns:{_constant('CoreDNSVersion', text, url)}",
        f"{_REGISTRY}/pause:{_constant('PauseVersion', text, url)}",
        f"{_REGISTRY}/etcd:{_etcd(int(version.split('.')[1]), text, url)}",
    )


def flannel_images(manifest: bytes) -> tuple[str, ...]:
    """Return the images that the pods of *manifest* want, each once.

    Raises:
        BundleError: It is no manifest of Kubernetes, or names none.
    """
    try:
        documents = list(yaml.safe_load_all(manifest))
    except (yaml.YAMLError, UnicodeDecodeError) as error:
        raise BundleError("flannel's manifest is no YAML") from error
    found = tuple(dict.fromkeys(_images_in(documents)))
    if not found:
        raise BundleError("flannel's manifest names no image")
    return found


def _images_in(value: Any) -> Iterator[str]:
    if isinstance(value, dict):
        if isinstance(image := value.get("image"), str):
            yield image
        value = list(value.values())
    if isinstance(value, list):
        for one in value:
            yield from _images_in(one)


def _etcd(minor: int, text: str, source: str) -> str:
    """Return etcd's tag: the one for this minor version, else the default, as kubeadm chooses."""
    pairs = _ETCD_BY_MINOR.search(text)
    found = re.search(rf"\b{minor}:\s*{_TAG}", pairs["pairs"]) if pairs else None
    return found["tag"] if found else _constant("DefaultEtcdVersion", text, source)


def _constant(name: str, text: str, source: str) -> str:
    found = re.search(rf"^\s*{name}\s*=\s*{_TAG}", text, re.MULTILINE)
    if found is None:
        raise BundleError(f"{source} does not tell {name}", remedy="make the bundle of a directory")
    return found["tag"]
