"""What the lab bundle is made of. A change here, and only that, has it built again. Pure."""

from __future__ import annotations

VERSION = "v1.20.2"
SOURCE_VERSION = "1.20.2"
SUITE = "bookworm"
"""Debian 12: its source package ``kubernetes`` is the only one that holds the server parts."""

ROOT_PACKAGES = (
    "dpkg-dev",
    "gcc",
    "golang-github-modern-go-reflect2-dev",
    "golang-go",
    "jq",
    "libc6-dev",
    "make",
    "rsync",
)

HOST_PACKAGES = (
    "conntrack",
    "containerd",
    "containernetworking-plugins",
    "ebtables",
    "ethtool",
    "iproute2",
    "iptables",
    "kmod",
    "runc",
    "socat",
)
"""For hosts with Debian 12, with all they need beyond Debian's essential packages."""

PROXY_PACKAGES = (
    "libc6",
    "libgcc-s1",
    "conntrack",
    "ipset",
    "iptables",
    "kmod",
    "libip4tc2",
    "libip6tc2",
    "libipset13",
    "libkmod2",
    "liblzma5",
    "libmnl0",
    "libnetfilter-conntrack3",
    "libnfnetlink0",
    "libnftnl11",
    "libssl3",
    "libxtables12",
    "libzstd1",
    "netbase",
)
ETCD_PACKAGES = ("libc6", "etcd-server")
PAUSE_PACKAGES = ("catatonit",)
PROBE_PACKAGES = ("busybox-static",)
IMAGE_PACKAGES = tuple(sorted({*PROXY_PACKAGES, *ETCD_PACKAGES, *PAUSE_PACKAGES, *PROBE_PACKAGES}))

PROGRAMS = (
    "kubeadm",
    "kubectl",
    "kubelet",
    "kube-apiserver",
    "kube-controller-manager",
    "kube-proxy",
    "kube-scheduler",
)
HOST_PROGRAMS = ("kubeadm", "kubectl", "kubelet")

_ENVIRONMENT = """set -eu
export HOME=/build GOPATH=/build/go GOCACHE=/build/gocache GO111MODULE=off CGO_ENABLED=0
export GOFLAGS=-trimpath LC_ALL=C.UTF-8 TZ=UTC
cd /build
"""

# The vendored reflect2 1.0.1 crashes under Go 1.18 and later as soon as a map is marshalled
# (https://github.com/modern-go/reflect2/pull/22); Debian's 1.0.2 does not.
GENERATE = (
    _ENVIRONMENT
    + """
rm -rf tree
dpkg-source --no-check -x source/*.dsc tree
ours=tree/vendor/github.com/modern-go/reflect2
theirs=/usr/share/gocode/src/github.com/modern-go/reflect2
rm -rf "$ours"/*
cp "$theirs"/*.go "$theirs"/*.s "$ours"/
mkdir -p go/src/k8s.io
ln -sfn /build/tree go/src/k8s.io/kubernetes
cd go/src/k8s.io/kubernetes
make generated_files
"""
)

# Without the vendor prefix the flags have no effect, and kubeadm rejects the kubelet.
COMPILE = (
    _ENVIRONMENT
    + f"""
cd go/src/k8s.io/kubernetes
v=k8s.io/kubernetes/vendor/k8s.io/component-base/version
flags="-s -w -X $v.gitVersion={VERSION} -X $v.gitMajor=1 -X $v.gitMinor=20"
flags="$flags -X $v.gitTreeState=archive -X $v.gitCommit=debian-{SUITE}"
flags="$flags -X $v.buildDate=2021-01-13T00:00:00Z"
mkdir -p /build/out
go build -p "$1" -o /build/out/ -ldflags "$flags" {" ".join(f"./cmd/{one}" for one in PROGRAMS)}
"""
)

CRICTL = r"""#!/bin/sh
# A stand-in for crictl: the few calls that kubeadm 1.20 makes, done with containerd's own ctr.
while [ "${1#-}" != "${1:-}" ]; do
    case $1 in -r | -i | --*-endpoint) shift 2 ;; *) shift ;; esac
done
in_k8s() { ctr -n k8s.io "$@"; }
containers_of() { # all containers of the pod whose sandbox is $1, the sandbox last
    uid=$(in_k8s containers info "$1" | sed -n 's/.*"io.kubernetes.pod.uid": "\([^"]*\)".*/\1/p')
    in_k8s containers list -q "labels.\"io.kubernetes.pod.uid\"==$uid" | grep -vx "$1"
    echo "$1"
}
call=${1:-}
[ $# -gt 0 ] && shift
case $call in
info) ctr version >/dev/null && echo '{"status": "stand-in"}' ;;
inspecti | pull)
    for image; do [ -n "$(in_k8s images list -q name=="$image")" ] || exit 1; done ;;
pods) in_k8s containers list -q 'labels."io.cri-containerd.kind"==sandbox' ;;
stopp) for pod; do for id in $(containers_of "$pod"); do
    in_k8s tasks kill -s SIGKILL "$id" 2>/dev/null || :
done; done ;;
rmp) for pod; do for id in $(containers_of "$pod"); do
    in_k8s tasks rm -f "$id" >/dev/null 2>&1 || :
    in_k8s containers rm "$id" || exit 1
done; done ;;
*) echo "this stand-in for crictl knows no '$call'" >&2; exit 2 ;;
esac
"""
