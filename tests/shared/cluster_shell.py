"""Shell on the hosts of the real cluster, by OpenSSH and not by our own transport."""

from __future__ import annotations

import subprocess
import time
from collections.abc import Callable

from kuberry.api.lab import lab_shell
from kuberry.settings import Settings

KUBECTL = "sudo kubectl --kubeconfig /etc/kubernetes/admin.conf"
LEFT = f"{KUBECTL} get namespaces -l kuberry.internal/verify -o name"
On = Callable[[str, str], str]
"""Runs shell text on a host, and returns what it says."""
_ROW = (
    '{{.kind}} {{or .metadata.namespace "-"}} {{.metadata.name}} {{if eq .kind "Lease"}}'
    '{{.spec.renewTime}}{{else}}{{range .status.conditions}}{{if eq .type "Ready"}}{{.status}}'
    '{{end}}{{end}}{{end}}{{"\\n"}}'
)
# Until every node has renewed its lease, every kubelet answers and every system pod is ready:
# a kubelet that was cut off takes its time to notice that its old connection is dead.
WHOLE = f"""
of() {{ printf '%s\\n' "$seen" | awk -v kind="$1" -v space="$2" '$1 == kind && $2 == space'; }}
for i in $(seq 120); do
  [ "$i" = 1 ] || sleep 1
  seen=$({KUBECTL} get nodes,leases,pods -A \\
    -o go-template='{{{{range .items}}}}{_ROW}{{{{end}}}}' 2>/dev/null) || continue
  [ "$(of Node - | awk '{{print $4}}' | xargs)" = "True True True" ] || continue
  [ "$(of Pod kube-system | wc -l)" -ge 7 ] || continue
  of Pod kube-system | grep -qv ' True$' && continue
  for node in $(of Node - | awk '{{print $3}}'); do
    renewed=$(of Lease kube-node-lease | awk -v name="$node" '$3 == name {{print $4}}')
    [ $(($(date +%s) - $(date -d "$renewed" +%s))) -lt 12 ] || continue 2
    {KUBECTL} get --raw "/api/v1/nodes/$node/proxy/healthz" >/dev/null 2>&1 || continue 2
  done
  exit 0
done
exit 1
"""


def nothing_is_left(on: On) -> bool:
    """Return whether the namespaces of all checks go, and with them what was made there."""
    for _ in range(120):
        if on("red", LEFT) == "":
            return True
        time.sleep(0.5)
    return False


def shell_of(settings: Settings) -> On:
    """Return what runs shell text on a lab host by OpenSSH, not by our own transport."""

    def run(name: str, text: str) -> str:
        words = (*lab_shell(name, settings=settings), "--", text)
        done = subprocess.run(words, capture_output=True, text=True, timeout=300, check=False)
        assert done.returncode == 0, f"{text}: {done.stderr}"
        return done.stdout

    return run
