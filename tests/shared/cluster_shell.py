"""Shell on the hosts of the real cluster, by OpenSSH and not by our own transport."""

from __future__ import annotations

import subprocess
from collections.abc import Callable

from kuberry.api.lab import lab_shell
from kuberry.settings import Settings

KUBECTL = "sudo kubectl --kubeconfig /etc/kubernetes/admin.conf"
On = Callable[[str, str], str]
"""Runs shell text on a host, and returns what it says."""
# Until every node has renewed its lease, every kubelet answers and every system pod is ready:
# a kubelet that was cut off takes its time to notice that its old connection is dead.
WHOLE = f"""
fresh() {{
  renewed=$({KUBECTL} -n kube-node-lease get lease "$1" -o jsonpath='{{.spec.renewTime}}')
  [ $(($(date +%s) - $(date -d "$renewed" +%s))) -lt 12 ]
}}
for i in $(seq 120); do
  [ "$i" = 1 ] || sleep 1
  nodes=$({KUBECTL} get nodes -o jsonpath='{{.items[*].metadata.name}}' 2>/dev/null)
  [ "$(echo $nodes | wc -w)" = 3 ] || continue
  {KUBECTL} wait --for=condition=Ready nodes --all --timeout=1s >/dev/null 2>&1 || continue
  for node in $nodes; do
    {KUBECTL} get --raw "/api/v1/nodes/$node/proxy/healthz" >/dev/null 2>&1 || continue 2
    fresh "$node" 2>/dev/null || continue 2
  done
  [ "$({KUBECTL} -n kube-system get pods -o name | wc -l)" -ge 7 ] || continue
  {KUBECTL} -n kube-system wait --for=condition=Ready pods --all --timeout=1s \
    >/dev/null 2>&1 || continue
  exit 0
done
exit 1
"""


def shell_of(settings: Settings) -> On:
    """Return what runs shell text on a lab host by OpenSSH, not by our own transport."""

    def run(name: str, text: str) -> str:
        words = (*lab_shell(name, settings=settings), "--", text)
        done = subprocess.run(words, capture_output=True, text=True, timeout=300, check=False)
        assert done.returncode == 0, f"{text}: {done.stderr}"
        return done.stdout

    return run
