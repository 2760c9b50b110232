"""Shell text that takes any Kubernetes off a host's network, and a node out of a cluster."""

from __future__ import annotations

from kuberry.model.installed import BEFORE

PATH = "export PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin\n"

# $1 node, $2 seconds for its pods to go; 0 does not ask them. $3 says "must" where pods that stay
# keep their node, which then takes pods as before. Pods of a DaemonSet, and static ones, never go;
# a PodDisruptionBudget that allows nothing keeps the pods it is for.
_FORGET_NODE = """
set -eu
pods() {
    kubectl --request-timeout 30s get pods --all-namespaces --field-selector "spec.nodeName=$1" \\
        -o jsonpath='{range .items[*]}{.metadata.namespace}/{.metadata.name} '\\
'{.metadata.ownerReferences[0].kind}{"\\n"}{end}' |
        awk '$2 != "DaemonSet" && $2 != "Node" { print $1 }'
}
budgets() {
    kubectl --request-timeout 30s get poddisruptionbudgets --all-namespaces \\
        -o jsonpath='{range .items[*]}{.metadata.namespace}/{.metadata.name} '\\
'{.status.disruptionsAllowed}{"\\n"}{end}' | awk '$2 == 0 && NF == 2 { print $1 }' |
        while IFS=/ read -r space name; do
            case " $1" in *" $space/"*) printf '%s ' "$space/$name" ;; esac
        done
}
blocked() {
    left=$(pods "$1" | head -n 10 | tr '\\n' ' ')
    by=$(budgets "$left")
    printf '%s' "pods are still on $1 after $2 s: ${left:-none that can be named }"
    [ -z "$by" ] || printf '%s' "(the PodDisruptionBudget ${by}allows none of them to go)"
}
if kubectl --request-timeout 10s get node "$1" >/dev/null 2>&1; then
    closed=$(kubectl --request-timeout 10s get node "$1" -o jsonpath='{.spec.unschedulable}')
    if [ "$2" -gt 0 ] && ! kubectl drain "$1" --ignore-daemonsets --delete-emptydir-data --force \\
        --timeout "$2s" >&2; then
        why=$(blocked "$1" "$2") || why="pods are still on $1 after $2 s"
        if [ "$3" = must ]; then
            [ -n "$closed" ] || kubectl --request-timeout 10s uncordon "$1" >&2 || true
            echo "error: $why" >&2
            exit 1
        fi
        echo "notice: $why" >&2
    fi
    kubectl --request-timeout 30s delete node "$1" >&2
fi
echo yes
"""


def forget_node(administrator: str) -> str:
    """Return the script that drains a node and takes it out of its cluster.

    Args:
        administrator: Shell text after which ``kubectl`` is the administrator's.
    """
    return PATH + administrator + _FORGET_NODE


# $1 the range of pods. Rules go by name, in one transaction for each table: those of others, and
# what they count, stay. Tables of nftables that were not there before go when they are empty.
REMOVE_NETWORK = rf"""{PATH}
was() {{ zcat {BEFORE} | grep -qE -e "$1"; }}
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
