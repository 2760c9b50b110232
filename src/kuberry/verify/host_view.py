"""A node's host, seen from its own shell: one command, one pure parser."""

from __future__ import annotations

import dataclasses
import json
from datetime import UTC, datetime

from kuberry.errors import CommandFailed
from kuberry.facts.probe import Lines, Probe, Unparsable
from kuberry.shell import script
from kuberry.transports.transport import Transport

_DEADLINE_S = 20.0
_FIRST = "1"

# Whoever may ask for nothing else may ask for /readyz, so the kubelet's own credentials will do.
_LOOK = r"""
export LC_ALL=C PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin
echo "name:$(cat /proc/sys/kernel/hostname)"
echo "time:$(date +%s)"
ps -o pid=,etimes= -p 1 -C kubelet -C k3s-server -C k3s-agent 2>/dev/null | sed 's/^/process:/'
[ -e /etc/kuberry/host.json ] && echo "record:$(tr -d '\n' </etc/kuberry/host.json)"
ip -4 route show table main | sed 's/^/route:/'
ask="kubectl --kubeconfig /etc/kubernetes/kubelet.conf"
agent=/var/lib/rancher/k3s/agent/kubelet.kubeconfig
[ ! -e "$agent" ] || ask="k3s kubectl --kubeconfig $agent"
ask="$ask --request-timeout 4s get --raw /readyz"
if answer=$(timeout 5 $ask 2>&1); then echo "api:ok"
else printf '%s\n' "${answer:-no answer within 5 s}" | sed 's/^/api:/'
fi
"""


@dataclasses.dataclass(frozen=True, slots=True)
class HostView:
    """A host as its own shell sees it.

    Attributes:
        node: What its node is called: its own name, in small letters.
        time: By its clock.
        pod_network: The addresses of its pods; ``None`` when it holds no record of ours.
        routes: Gateway by destination; empty for what is directly connected.
        api_problem: Why it does not reach the API server; empty when it does.
        up_s: Seconds since its first process began; ``None`` when it does not tell.
        kubelet_s: Seconds since its kubelet began; ``None`` when none runs.
    """

    node: str
    time: datetime
    pod_network: str | None
    routes: dict[str, str]
    api_problem: str
    up_s: float | None = None
    kubelet_s: float | None = None


def _parse(output: str) -> HostView:
    lines = Lines(output)
    record = json.loads(lines.first("record") or "{}")
    ages = dict(_age(line) for line in lines.all("process"))
    api = [line for line in lines.all("api") if line]
    return HostView(
        node=lines.need("name").lower(),
        time=datetime.fromtimestamp(int(lines.need("time")), UTC),
        pod_network=record.get("pod_cidr"),
        routes=dict(_route(line) for line in lines.all("route") if line),
        api_problem="" if api == ["ok"] else (api or ["no answer"])[-1],
        up_s=ages.pop(_FIRST, None),
        kubelet_s=min(ages.values(), default=None),
    )


def _age(line: str) -> tuple[str, float]:
    pid, seconds = line.split()
    return pid, float(seconds)


def _route(line: str) -> tuple[str, str]:
    words = line.split()
    return words[0], words[words.index("via") + 1] if "via" in words else ""


PROBE = Probe("host-view", _LOOK, _parse, limit_s=int(_DEADLINE_S))


async def look(transport: Transport) -> HostView:
    """Return what the host's shell sees, as root.

    Raises:
        CommandFailed: Its answer makes no sense.
        TransportError: It cannot be asked.
    """
    result = await transport.run(script(_LOOK).as_root(), deadline_s=_DEADLINE_S)
    try:
        return PROBE.read(result.text)
    except Unparsable as error:
        raise CommandFailed(
            f"what it sees could not be read: {error}",
            command="host-view",
            exit_status=result.exit_status,
            stderr=result.stderr.decode(errors="replace"),
            host=transport.host.name,
        ) from None
