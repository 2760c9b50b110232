"""Shell text that takes a kubelet's work off a host: processes, mounts, links, routes, rules."""

from __future__ import annotations

from kuberry.distributions.kubeadm.network import ROUTES_SCRIPT
from kuberry.distributions.traces_text import PATH

# $@ networks of pods
FORGET_ROUTES = f"""{PATH}
for network; do ip route del "$network" 2>/dev/null; done
exit 0
"""

# What its own version knows to undo; what is missing or stuck is undone by the steps after it.
KUBEADM_RESET = f"""{PATH}
command -v kubeadm >/dev/null || exit 0
case $(kubeadm version -o short) in
v1.1?.* | v1.2[01].*) socket=/run/containerd/containerd.sock ;;
*) socket=unix:///run/containerd/containerd.sock ;;
esac
timeout -k 10 90 kubeadm reset --force --cri-socket "$socket" ||
    echo "kubeadm reset did not come to its end" >&2
exit 0
"""

# A shim outlives its containerd. Only what is in the namespace and the control groups of
# Kubernetes is ended, and only its mounts are taken away.
REMOVE_CONTAINERS = rf"""{PATH}
ctr() {{ timeout 60 "$(command -v ctr)" -n k8s.io "$@"; }}
if command -v containerd >/dev/null && systemctl start containerd; then
    for task in $(ctr tasks ls -q); do
        ctr tasks kill --signal KILL "$task"
        ctr tasks delete --force "$task"
    done >/dev/null 2>&1
    for container in $(ctr containers ls -q); do ctr containers delete "$container"; done
fi
pkill -KILL -f '^[^ ]*containerd-shim[^ ]* -namespace k8s.io '
find /sys/fs/cgroup -path '*/kubepods*' -name cgroup.procs -exec cat {{}} + 2>/dev/null |
    sort -u | xargs -r kill -KILL 2>/dev/null
here='^/var/lib/kubelet/|^/run/containerd/io.containerd.grpc.v1.cri/'
here="$here|^/run/containerd/io.containerd.runtime.v2.task/k8s.io/|^/run/netns/cni-"
cut -d ' ' -f 2 /proc/self/mounts | grep -E "$here" | sort -r | while IFS= read -r place; do
    place=$(printf '%b' "$place")
    umount "$place" 2>/dev/null || umount -l "$place"
done
find /run/netns -name 'cni-*' -delete 2>/dev/null
rm -rf /run/containerd/io.containerd.runtime.v2.task/k8s.io /run/kubernetes
systemctl stop kubepods.slice 2>/dev/null
find /sys/fs/cgroup -depth -type d -path '*/kubepods*' -exec rmdir {{}} + 2>/dev/null
exit 0
"""

# The routes and rules that our own script has set.
REMOVE_ROUTES = rf"""{PATH}
if [ -e {ROUTES_SCRIPT} ]; then
    sed -n 's/^ip route replace /ip route del /p' {ROUTES_SCRIPT} | sh 2>/dev/null
    sed -n 's/^.*|| \(iptables .*\)-A /\1-D /p' {ROUTES_SCRIPT} | sh 2>/dev/null
fi
"""
