"""Flags, and the configuration file that is turned into flags.

``k3s server`` and ``k3s agent`` put every key of the file before their own arguments, as
``--key=value`` (rancher/k3s@aef8a6a pkg/configfilearg/parser.go:31-49,131-198); what is no flag
ends the program ("flag provided but not defined", urfave/cli). Newer ones only log it and go on
(k3s-io/k3s pkg/configfilearg); the stand-in of both generations ends.
"""

from __future__ import annotations

import os

import yaml
from tests.standins.k3s import errors, release

CONFIG = "/etc/rancher/k3s/config.yaml"  # pkg/cli/cmds/config.go:11-16

# rancher/k3s@aef8a6a pkg/cli/cmds/agent.go:59-280, log.go:29-44, root.go:16
_BOTH = frozenset(
    [
        "config",
        "debug",
        "v",
        "vmodule",
        "log",
        "alsologtostderr",
        "token",
        "token-file",
        "server",
        "data-dir",
        "node-name",
        "with-node-id",
        "node-label",
        "node-taint",
        "container-runtime-endpoint",
        "pause-image",
        "snapshotter",
        "private-registry",
        "airgap-extra-registry",
        "node-ip",
        "node-external-ip",
        "resolv-conf",
        "flannel-iface",
        "flannel-conf",
        "kubelet-arg",
        "kube-proxy-arg",
        "protect-kernel-defaults",
        "rootless",
        "selinux",
        "lb-server-port",
        "docker",
        "image-credential-provider-bin-dir",
        "image-credential-provider-config",
    ]
)
# rancher/k3s@aef8a6a pkg/cli/cmds/server.go:88-480
_SERVER = frozenset(
    [
        "bind-address",
        "https-listen-port",
        "advertise-address",
        "advertise-port",
        "tls-san",
        "cluster-cidr",
        "service-cidr",
        "service-node-port-range",
        "cluster-dns",
        "cluster-domain",
        "flannel-backend",
        "agent-token",
        "agent-token-file",
        "write-kubeconfig",
        "write-kubeconfig-mode",
        "kube-apiserver-arg",
        "kube-scheduler-arg",
        "kube-controller-manager-arg",
        "kube-cloud-controller-manager-arg",
        "datastore-endpoint",
        "datastore-cafile",
        "datastore-certfile",
        "datastore-keyfile",
        "etcd-expose-metrics",
        "etcd-disable-snapshots",
        "etcd-snapshot-name",
        "etcd-snapshot-schedule-cron",
        "etcd-snapshot-retention",
        "etcd-snapshot-dir",
        "default-local-storage-path",
        "disable",
        "disable-scheduler",
        "disable-cloud-controller",
        "disable-kube-proxy",
        "disable-network-policy",
        "disable-helm-controller",
        "cluster-init",
        "cluster-reset",
        "cluster-reset-restore-path",
        "secrets-encryption",
        "system-default-registry",
    ]
)
# k3s-io/k3s@005499a pkg/cli/cmds/server.go, agent.go
_NEWER = ["flannel-ipv6-masq", "egress-selector-mode", "prefer-bundled-bin", "etcd-arg"]
_NEWER_SERVER = [*_NEWER, "embedded-registry", "tls-san-security", "write-kubeconfig-group"]
_SHORT = {"c": "config", "t": "token", "s": "server", "d": "data-dir", "i": "node-ip", "l": "log"}
_LISTS = {"tls-san", "disable", "node-ip", "node-label", "node-taint", "kubelet-arg"}
# k3s-io/docs docs/cli/server.md; rancher/k3s@aef8a6a pkg/cli/cmds/server.go (DisableItems)
_COMPONENTS = {"coredns", "servicelb", "traefik", "local-storage", "metrics-server"}

Options = dict[str, "str | list[str]"]


def parse(command: str, words: list[str]) -> Options:
    """Return the options of ``k3s`` *command*, those of its file included."""
    known = {*_BOTH, *(_SERVER if command == "server" else ())}
    if release.HAS_READYZ:
        known |= {*(_NEWER_SERVER if command == "server" else _NEWER)}
    options: Options = {}
    for word in (*_from_file(), *_joined(words)):
        name, _, value = word.lstrip("-").partition("=")
        name = _SHORT.get(name, name)
        if not word.startswith("-") or name not in known:
            raise errors.Fatal(f"flag provided but not defined: -{name}")
        if name in _LISTS:
            kept = options.setdefault(name, [])
            assert isinstance(kept, list)
            kept.append(value)
        else:
            options[name] = value
    _check(options)
    return options


def text(options: Options, name: str, default: str = "") -> str:
    """Return the value of a flag that is given once."""
    value = options.get(name, default)
    return value if isinstance(value, str) else ",".join(value)


def several(options: Options, name: str) -> list[str]:
    """Return the values of a flag that may be given again and again."""
    value = options.get(name, [])
    return [value] if isinstance(value, str) else value


def _joined(words: list[str]) -> list[str]:
    """Return ``--key value`` as ``--key=value``."""
    joined: list[str] = []
    for word in words:
        if joined and not word.startswith("-") and "=" not in joined[-1]:
            joined[-1] += f"={word}"
        else:
            joined.append(word)
    return joined


def _from_file() -> list[str]:
    """Return the file's keys as flags; without a file there are none."""
    path = os.environ.get("K3S_CONFIG_FILE", CONFIG)
    if not os.path.exists(path):  # noqa: PTH110
        return []
    with open(path, encoding="utf-8") as file:  # noqa: PTH123
        data = yaml.safe_load(file) or {}
    words = []
    for key, value in data.items():
        values = value if isinstance(value, list) else [value]
        words += [f"--{key}={_said(one)}" for one in values]
    return words


def _said(value: object) -> str:
    return str(value).lower() if isinstance(value, bool) else str(value)


def _check(options: Options) -> None:
    unknown = {*several(options, "disable")} - _COMPONENTS
    if unknown:
        raise errors.Fatal(f"there is no component {', '.join(sorted(unknown))}")
    backend = text(options, "flannel-backend", "vxlan")
    if backend not in ("none", "vxlan", "host-gw", "wireguard-native", "ipsec", "wireguard"):
        raise errors.Fatal(f"unknown flannel backend {backend}")
    mode = text(options, "write-kubeconfig-mode", "0600")
    if not mode.startswith("0") or int(mode, 8) & 0o077:
        raise errors.Fatal(f"a kubeconfig of mode {mode} is not its owner's alone")
