"""What a host holds of what a plan wants: one command as root, one pure parser."""

from __future__ import annotations

import json

from pydantic import ValidationError

from kuberry.errors import CommandFailed
from kuberry.facts.probe import Lines, Probe, Unparsable
from kuberry.model.facts import Unit
from kuberry.model.installed import HostRecord, Installed, KeptFile, SeenNode
from kuberry.shell import script
from kuberry.transports.transport import Transport

_DEADLINE_S = 60.0

_PATH = "export LC_ALL=C PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin\n"
_WAYS = """
kubectl=kubectl admin=/etc/kubernetes/admin.conf kubelet=/etc/kubernetes/kubelet.conf
if [ -e /etc/rancher/k3s/config.yaml ]; then
    kubectl='k3s kubectl' admin=/etc/rancher/k3s/k3s.yaml
    kubelet=/var/lib/rancher/k3s/agent/kubelet.kubeconfig
fi
"""

# A file is hashed only where its size or time is not what we noted when we wrote it.
# systemctl is asked once for all units: it answers in the order of the question.
# crictl and ctr are silent without a running containerd; kubectl is asked on a control plane only.
_LOOK = (
    _PATH
    + r"""
command -v dpkg-query >/dev/null &&
    dpkg-query -W -f 'package:${Package} ${Version} ${db:Status-Status}\n'
for kept in /var/lib/kuberry/files/*; do
    case $kept in *.* | *'*') continue ;; esac
    { IFS= read -r path; IFS= read -r sum; IFS= read -r mode; IFS= read -r stamp; } <"$kept"
    if now=$(stat -c '%s %Y %a' "$path" 2>/dev/null); then
        [ "${now% *}" = "$stamp" ] || sum=$(sha256sum "$path" | cut -d ' ' -f 1)
        echo "file:$sum ${now##* } $path"
    else
        echo "file:- - $path"
    fi
done
if cd /var/lib/kuberry/units 2>/dev/null && [ -n "$(ls)" ]; then
    systemctl show --property=ActiveState --property=UnitFileState -- * |
        awk -v names="$(echo *)" '
            function tell() { print "unit:" name[++i] " " is " " will_be; is = will_be = "" }
            BEGIN { split(names, name, " ") }
            /^ActiveState=/ { is = substr($0, 13) }
            /^UnitFileState=/ { will_be = substr($0, 15) }
            /^$/ { tell() }
            END { tell() }'
fi
for kept in /var/lib/kuberry/set/*; do
    [ -e "$kept" ] || continue
    unit=${kept##*/}
    echo "set:$unit"
    find /var/lib/kuberry/files -type f ! -name '*.*' -newer "$kept" -exec head -q -n 1 {} + |
        sed "s/^/newer:$unit /"
done
if command -v ctr >/dev/null && systemctl --quiet is-active containerd; then
    timeout 20 ctr -n k8s.io images list -q | sed 's/^/image:/'
fi
[ -d /var/lib/kuberry ] && echo "ours:yes"
[ -e /var/lib/kuberry/before.gz ] && echo "recorded:yes"
[ -e /var/lib/kuberry/packages ] && sed 's/^/added:/' /var/lib/kuberry/packages
[ -e /etc/kuberry/host.json ] && echo "record:$(tr -d '\n' </etc/kuberry/host.json)"
sed 's/^/hosts:/' /etc/hosts
"""
    + _WAYS
    + r"""
[ -e /var/lib/kuberry/joined ] && [ -e "$kubelet" ] && echo "joined:yes"
if [ -e /var/lib/kuberry/initialised ] && [ -e "$admin" ]; then
    echo "initialised:yes"
    nodes=$(timeout 10 $kubectl --kubeconfig "$admin" get nodes -o jsonpath='
{range .items[*]}node:{.metadata.name} {.status.conditions[?(@.type=="Ready")].status}'\
' off={.metadata.annotations.kuberry\.internal/off}{"\n"}{end}
') && echo "nodes:known" && printf '%s\n' "$nodes"
fi
echo "end:"
"""
)

# $1 seconds
_WAIT_FOR_API = (
    _PATH
    + _WAYS
    + r"""
end=$(($(cut -d . -f 1 /proc/uptime) + $1))
until timeout 10 $kubectl --kubeconfig "$admin" get --raw /readyz >/dev/null 2>&1; do
    [ "$(cut -d . -f 1 /proc/uptime)" -lt "$end" ] || exit 1
    sleep 1
done
"""
)


def _parse(output: str) -> Installed:
    lines = Lines(output)
    if not lines.all("end"):
        raise ValueError("the answer was cut off")
    nodes = tuple(_node(line) for line in lines.all("node")) if lines.first("nodes") else None
    return Installed(
        packages=_packages(lines),
        files={one.path: one for one in map(_file, lines.all("file"))},
        units={one.name: one for one in map(_unit, lines.all("unit"))},
        images=frozenset(lines.all("image")),
        record=_record(lines.first("record")),
        hosts_file="".join(f"{line}\n" for line in _hosts_lines(output)),
        initialised=lines.first("initialised") is not None,
        joined=lines.first("joined") is not None,
        nodes=nodes,
        is_ours=lines.first("ours") is not None,
        is_recorded=lines.first("recorded") is not None,
        added_packages=frozenset(lines.all("added")),
        written_since=_written_since(lines),
    )


PROBE = Probe("installed", _LOOK, _parse, limit_s=int(_DEADLINE_S))


async def look(transport: Transport) -> Installed:
    """Return what the host holds, in one round trip as root.

    Raises:
        CommandFailed: Its answer makes no sense.
    """
    result = await transport.run(script(_LOOK).as_root(), deadline_s=_DEADLINE_S)
    try:
        return PROBE.read(result.text)
    except Unparsable as error:
        raise CommandFailed(
            f"what is installed could not be read: {error}",
            command="installed",
            exit_status=result.exit_status,
            stderr=result.stderr.decode(errors="replace"),
            host=transport.host.name,
        ) from None


async def wait_for_api(transport: Transport, *, within_s: int) -> bool:
    """Return whether the API server of a control plane answers in time, asked on the host itself.

    Raises:
        TransportError: The host was lost meanwhile.
        CommandTimeout: It gives no answer at all.
    """
    words = script(_WAIT_FOR_API, str(within_s)).as_root()
    return (await transport.run(words, deadline_s=within_s + _DEADLINE_S)).ok


def _packages(lines: Lines) -> dict[str, str]:
    rows = (line.split() for line in lines.all("package"))
    return {row[0]: row[1] for row in rows if len(row) == 3 and row[2] == "installed"}  # noqa: PLR2004


def _file(line: str) -> KeptFile:
    sha256, mode, path = line.split(" ", 2)
    missing = sha256 == "-"
    return KeptFile(path=path, sha256=None if missing else sha256, mode=None if missing else mode)


def _unit(line: str) -> Unit:
    name, active, *enabled = line.split()
    return Unit(name=name, active=active, enabled=enabled[0] if enabled else None)


def _node(line: str) -> SeenNode:
    name, *words = line.split()
    said = dict(word.split("=", 1) for word in words if "=" in word)
    return SeenNode(
        name=name,
        ready="True" in words,
        switched_off=bool(said.get("off")),
    )


def _written_since(lines: Lines) -> dict[str, frozenset[str]]:
    pairs = [line.split(" ", 1) for line in lines.all("newer")]
    return {
        unit: frozenset(path for name, path in pairs if name == unit) for unit in lines.all("set")
    }


def _record(text: str | None) -> HostRecord | None:
    if text is None:
        return None
    try:
        return HostRecord.model_validate(json.loads(text))
    except ValidationError as error:
        raise ValueError(str(error)) from None


def _hosts_lines(output: str) -> list[str]:
    prefix = "hosts:"
    return [line.removeprefix(prefix) for line in output.splitlines() if line.startswith(prefix)]
