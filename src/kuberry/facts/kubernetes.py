"""Probes of what is installed: any Kubernetes, and the packages it rests on."""

from __future__ import annotations

import re

from kuberry.facts.probe import Lines, Probe
from kuberry.model.facts import KubernetesTraces, Package, Program, Unit

_UNITS = (
    "k3s",
    "k3s-agent",
    "kubelet",
    "containerd",
    "docker",
    "crio",
    "cri-docker",
    "etcd",
    "k0scontroller",
    "k0sworker",
    "rke2-server",
    "rke2-agent",
    "snap.microk8s.daemon-kubelite",
    "snap.k8s.kubelet",
)
_PATHS = (
    "/etc/kubernetes",
    "/etc/kubernetes/admin.conf",
    "/etc/kubernetes/kubelet.conf",
    "/etc/rancher/k3s",
    "/etc/rancher/node/password",
    "/var/lib/rancher/k3s",
    "/var/lib/rancher/rke2",
    "/var/lib/k0s",
    "/var/lib/kubelet",
    "/var/lib/etcd/member",
    "/var/lib/cni",
    "/var/snap/microk8s",
    "/opt/cni/bin",
    "/run/containerd/containerd.sock",
    "/run/k3s/containerd/containerd.sock",
)


def _traces(output: str) -> KubernetesTraces:
    lines = Lines(output)
    blocks = re.split(r"\n\s*\n", "\n".join(line or "" for line in lines.all("unit")))
    units = [_unit(block) for block in blocks if block.strip()]
    return KubernetesTraces(
        units=tuple(unit for unit in units if unit),
        paths=tuple(path for path in lines.all("path") if path in _PATHS),
        cni_configurations=None if lines.need("cni-dir") == "closed" else lines.all("cni"),
    )


def _unit(block: str) -> Unit | None:
    """Read a block of ``systemctl show``; units it does not know are ``not-found``."""
    values = dict(line.split("=", 1) for line in block.splitlines())
    if values["LoadState"] == "not-found":
        return None
    return Unit(
        name=values["Id"], active=values["ActiveState"], enabled=values.get("UnitFileState") or None
    )


# systemd.unit(5), "Unit File Load Path". To be asked for a unit that is not there costs systemd a
# search of its own, and for all of them as much as all other probes of root together.
_UNIT_DIRECTORIES = (
    "/etc/systemd/system",
    "/lib/systemd/system",
    "/usr/lib/systemd/system",
    "/usr/local/lib/systemd/system",
    "/run/systemd/system",
    "/run/systemd/transient",
    "/run/systemd/generator",
    "/run/systemd/generator.early",
    "/run/systemd/generator.late",
    "/etc/systemd/system.control",
    "/run/systemd/system.control",
    "/etc/systemd/system.attached",
    "/run/systemd/system.attached",
)
TRACES = Probe(
    "kubernetes",
    f"""\
set --
for unit in {" ".join(f"{name}.service" for name in _UNITS)}; do
  for directory in {" ".join(_UNIT_DIRECTORIES)}; do
    [ ! -e "$directory/$unit" ] || {{ set -- "$@" "$unit"; break; }}
  done
done
if [ $# -gt 0 ] && [ -d /run/systemd/system ]; then
  shown=$(systemctl show -p Id -p LoadState -p ActiveState -p UnitFileState "$@") || exit
  printf '%s\\n' "$shown" | sed 's/^/unit:/'
fi
for path in {" ".join(_PATHS)}; do
  [ ! -e "$path" ] || printf 'path:%s\\n' "$path"
done
if [ ! -e /etc/cni/net.d ]; then echo cni-dir:absent
elif cd /etc/cni/net.d && [ -r . ]; then
  echo cni-dir:open
  for name in *; do [ ! -e "$name" ] || printf 'cni:%s\\n' "$name"; done
else echo cni-dir:closed
fi
""",
    _traces,
)


def _programs(output: str) -> tuple[Program, ...]:
    return tuple(_program(line) for line in Lines(output).all("program"))


def _program(line: str) -> Program:
    name, path, *rest = line.split("\t")
    found = re.search(r"v?\d+\.\d+[\w.+~-]*", " ".join(rest), re.ASCII)
    return Program(name=name, path=path, version=found[0] if found else None)


# Where k3s is installed, kubectl, crictl and ctr are links to it that unpack files when they are
# run: they are found, never run. One program that hangs costs its version only.
_FIND = """\
for name in kubelet kubeadm kubectl k3s k0s rke2 microk8s containerd dockerd crio runc crun \\
  crictl ctr helm cilium etcd python3; do
  command -v "$name" >/dev/null || continue
  path=$(command -v "$name")
"""
PROGRAMS = Probe(
    "programs",
    _FIND
    + """\
  case $name in
    kubectl | crictl | ctr | helm | cilium) version= ;;
    microk8s) version=$(sed -n 's/^version://p' /snap/microk8s/current/meta/snap.yaml) ;;
    kubeadm) version=$(timeout 3 kubeadm version -o short) ;;
    k0s) version=$(timeout 3 k0s version) ;;
    *) version=$(timeout 3 "$name" --version) ;;
  esac
  version=$(printf %s "$version" | head -n 1 | head -c 200)
  printf 'program:%s\\t%s\\t%s\\n' "$name" "$path" "$version"
done
""",
    _programs,
    limit_s=20,
)
PROGRAMS_UNASKED = Probe(
    "programs", _FIND + '  printf \'program:%s\\t%s\\n\' "$name" "$path"\ndone\n', _programs
)
"""Which programs there are, without their versions: to run them all takes half a second."""

# What a cluster rests on, and what changes a host's swap, clock, names and packet filters.
_PACKAGES = (
    "avahi-daemon",
    "ca-certificates",
    "chrony",
    "cloud-init",
    "conntrack",
    "containerd",
    "containerd.io",
    "containernetworking-plugins",
    "cri-o",
    "cri-tools",
    "curl",
    "docker-ce",
    "docker.io",
    "dphys-swapfile",
    "ethtool",
    "iptables",
    "kubeadm",
    "kubectl",
    "kubelet",
    "kubernetes-cni",
    "linux-modules-extra-raspi",
    "nfs-common",
    "nftables",
    "ntpsec",
    "open-iscsi",
    "python3",
    "rpi-swap",
    "runc",
    "socat",
    "systemd-timesyncd",
    "systemd-zram-generator",
    "zram-tools",
)


def _packages(output: str) -> tuple[Package, ...]:
    rows = [line.split("\t") for line in Lines(output).all("package") if line.startswith("ii")]
    return tuple(
        Package(name=name, version=version, architecture=architecture)
        for _, name, version, architecture in rows
    )


PACKAGES = Probe(
    "packages",
    f"""\
command -v dpkg-query >/dev/null || exit
row='package:${{db:Status-Abbrev}}\\t${{Package}}\\t${{Version}}\\t${{Architecture}}\\n'
dpkg-query -W -f="$row" {" ".join(_PACKAGES)}
[ $? -le 1 ]
""",
    _packages,
)
