"""Shell text that takes the work of k3s off a host.

After k3s-io/k3s@0136cf2, install.sh: create_killall and create_uninstall. Links, routes and rules
go by `kuberry.distributions.traces_text`, which leaves alone what was there before us.
"""

from __future__ import annotations

from kuberry.distributions.k3s import configuration as at
from kuberry.distributions.traces_text import PATH, forget_node

# k3s refuses a node of the same name with another password; the node's own object would take the
# secret with it, unless the controller is down at that moment (pkg/node/controller.go).
FORGET_NODE = (
    forget_node(at.ADMINISTRATOR)
    + """
kubectl --request-timeout 30s -n kube-system delete secret "$1.node-password.k3s" \\
    --ignore-not-found >&2
"""
)

# The same for a machine that comes anew under an old name; the server may just be starting.
FORGET_OLD = (
    PATH
    + at.ADMINISTRATOR
    + "until kubectl --request-timeout 5s get --raw /readyz >/dev/null 2>&1; do sleep 1; done\n"
    + FORGET_NODE
)

# A shim outlives its containerd, as everything k3s has started does (KillMode=process).
REMOVE_CONTAINERS = rf"""{PATH}
for unit in {at.SERVER_UNIT} {at.AGENT_UNIT}; do systemctl stop "$unit" 2>/dev/null; done
pkill -KILL -f '^{at.DATA}/data/[^/]*/bin/containerd-shim'
find /sys/fs/cgroup -path '*/kubepods*' -name cgroup.procs -exec cat {{}} + 2>/dev/null |
    sort -u | xargs -r kill -KILL 2>/dev/null
pkill -KILL -f '^[^ ]*{at.DATA}/data/[^/]*/'
here='^/run/k3s|^/var/lib/kubelet/|^/run/netns/cni-|^{at.DATA}/'
cut -d ' ' -f 2 /proc/self/mounts | grep -E "$here" | sort -r | while IFS= read -r place; do
    place=$(printf '%b' "$place")
    umount "$place" 2>/dev/null || umount -l "$place"
done
find /run/netns -name 'cni-*' -delete 2>/dev/null
rm -rf --one-file-system /run/k3s /run/flannel
systemctl stop kubepods.slice 2>/dev/null
find /sys/fs/cgroup -depth -type d -path '*/kubepods*' -exec rmdir {{}} + 2>/dev/null
for name in {" ".join(at.LINKS)}; do
    [ "$(readlink "/usr/local/bin/$name")" != k3s ] || rm -f "/usr/local/bin/$name"
done
exit 0
"""
