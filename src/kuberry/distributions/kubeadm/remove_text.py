"""Shell text that takes a kubelet's work off a host: processes, mounts, links, routes, rules."""

from __future__ import annotations

from kuberry.distributions.kubeadm.network import ROUTES_SCRIPT
from kuberry.model.installed import BEFORE

PATH = "export PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin\n"

# $1 node, $2 seconds for its pods to go. A drain that does not come to its end stops nothing.
FORGET_NODE = f"""{PATH}
set -eu
export KUBECONFIG=/etc/kubernetes/admin.conf
if kubectl --request-timeout 10s get node "$1" >/dev/null 2>&1; then
    said=$(kubectl drain "$1" --ignore-daemonsets --delete-emptydir-data --force \\
        --timeout "$2s" 2>&1) ||
        echo "notice: not all pods have left $1 within $2 s: $(printf %s "$said" | tail -n 1)" >&2
    kubectl --request-timeout 30s delete node "$1" >&2
fi
echo yes
"""

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

# $1 the range of pods. Rules go by name, in one transaction for each table: those of others, and
# what they count, stay. Tables of nftables that were not there before go when they are empty.
REMOVE_NETWORK = rf"""{PATH}
was() {{ zcat {BEFORE} | grep -qE -e "$1"; }}
if [ -e {ROUTES_SCRIPT} ]; then
    sed -n 's/^ip route replace /ip route del /p' {ROUTES_SCRIPT} | sh 2>/dev/null
    sed -n 's/^.*|| \(iptables .*\)-A /\1-D /p' {ROUTES_SCRIPT} | sh 2>/dev/null
fi
for link in $(ip -o link show | sed 's/^[0-9]*: \([^:@]*\).*/\1/'); do
    case $link in
    cni0 | flannel* | cali* | vxlan.calico | cilium_* | lxc* | kube-* | nodelocaldns)
        was "^link:[0-9]+: $link[:@]" || ip link delete "$link" ;;
    esac
done
ip route show root "$1" | while IFS= read -r route; do
    was "^route:$route *$" || ip route del $route
done
for program in iptables ip6tables iptables-legacy ip6tables-legacy; do
    command -v "$program-save" >/dev/null || continue
    "$program-save" | awk '
        function ours(name) {{ return name ~ /^(KUBE|CNI|FLANNEL|CILIUM|cali)[-_:]/ }}
        /^\*/ {{ rules = flush = drop = ""; table = $0; next }}
        /^:/ {{
            name = substr($1, 2)
            if (ours(name)) {{ flush = flush "-F " name "\n"; drop = drop "-X " name "\n" }}
        }}
        /^-A/ && !ours($2) {{
            for (i = 3; i < NF; i++)
                if (($i == "-j" || $i == "-g") && ours($(i + 1))) {{
                    rules = rules "-D" substr($0, 3) "\n"
                    break
                }}
        }}
        /^COMMIT/ && (rules flush drop != "") {{
            printf "%s\n%s%s%sCOMMIT\n", table, rules, flush, drop
        }}
    ' | "$program-restore" --noflush --wait 10
done
command -v nft >/dev/null || exit 0
nft list tables | while read -r _ family name; do
    was "^rules:nft table $family $name {{" && continue
    [ "$name" != kube-proxy ] || nft delete table "$family" "$name"
    nft --stateless list table "$family" "$name" 2>/dev/null |
        grep -qvE '^(#.*|table .*|[[:space:]]*chain .*|[[:space:]]*type .*|[[:space:]]*\}}|)$' ||
        nft delete table "$family" "$name" 2>/dev/null
done
exit 0
"""
