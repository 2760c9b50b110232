"""What a host holds of what a plan wants: one command as root, one pure parser."""

from __future__ import annotations

import json

from pydantic import Field, ValidationError

from kuberry.errors import CommandFailed
from kuberry.facts.probe import Lines, Probe, Unparsable
from kuberry.model.facts import Unit
from kuberry.model.installed import HostRecord, Installed, KeptFile, SeenNode
from kuberry.model.value import Value
from kuberry.shell import script
from kuberry.transports.transport import Transport

_DEADLINE_S = 60.0

_PATH = "export LC_ALL=C PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin\n"
_WAYS = """
kubectl=kubectl admin=/etc/kubernetes/admin.conf kubelet=/etc/kubernetes/kubelet.conf
ca=/etc/kubernetes/pki/ca.crt client=/etc/kubernetes/pki/apiserver-kubelet-client
if [ -e /etc/rancher/k3s/config.yaml ]; then
    kubectl='k3s kubectl' admin=/etc/rancher/k3s/k3s.yaml
    kubelet=/var/lib/rancher/k3s/agent/kubelet.kubeconfig
    ca=/var/lib/rancher/k3s/server/tls/server-ca.crt
    client=/var/lib/rancher/k3s/server/tls/client-admin
fi
"""

# A file is hashed only where its size or time is not what we noted when we wrote it.
# stat is asked once for all files, and systemctl for all units: they answer in the order of the
# question, stat without what is not there; containerd comes last.
# crictl and ctr are silent without a running containerd; nodes are asked for on a control plane
# only. kubectl costs ten times what curl does, which logs in as kubeadm's
# apiserver-kubelet-client or k3s's client-admin: both may read all, and are files of root.
_LOOK = (
    _PATH
    + r"""
command -v dpkg-query >/dev/null &&
    dpkg-query -W -f 'package:${Package} ${Version} ${db:Status-Status}\n'
set -- && there=
for kept in /var/lib/kuberry/files/*; do
    case $kept in *.* | *'*') continue ;; esac
    IFS= read -r path <"$kept"
    set -- "$@" "$path"
done
line='
'
[ $# = 0 ] || there=$(stat -c '%s %Y %a %n' -- "$@" 2>/dev/null)$line
for kept in /var/lib/kuberry/files/*; do
    case $kept in *.* | *'*') continue ;; esac
    { IFS= read -r path; IFS= read -r sum; IFS= read -r mode; IFS= read -r stamp; } <"$kept"
    now=${there%%"$line"*}
    case $now in *" $path") there=${there#*"$line"} now=${now%" $path"} ;; *) now= ;; esac
    if [ "$now" ]; then
        [ "${now% *}" = "$stamp" ] || sum=$(sha256sum "$path" | cut -d ' ' -f 1)
        echo "file:$sum ${now##* } $path"
    else
        echo "file:- - $path"
    fi
done
set --
if cd /var/lib/kuberry/units 2>/dev/null; then set -- *; [ -e "$1" ] || shift; fi
shown=$(systemctl show --property=ActiveState --property=UnitFileState -- "$@" containerd.service)
[ $# = 0 ] || printf '%s\n' "$shown" | awk -v names="$*" '
    function tell() { if (++i in name) print "unit:" name[i] " " is " " will_be; is = will_be = "" }
    BEGIN { split(names, name, " ") }
    /^ActiveState=/ { is = substr($0, 13) }
    /^UnitFileState=/ { will_be = substr($0, 15) }
    /^$/ { tell() }'
for kept in /var/lib/kuberry/set/*; do
    [ -e "$kept" ] || continue
    unit=${kept##*/}
    echo "set:$unit"
    for file in $(find /var/lib/kuberry/files -type f ! -name '*.*' -newer "$kept"); do
        IFS= read -r path <"$file"
        echo "newer:$unit $path"
    done
done
case ${shown##*ActiveState=} in
active*)
    ! command -v ctr >/dev/null || timeout 20 ctr -n k8s.io images list -q | sed 's/^/image:/'
    ;;
esac
[ -d /var/lib/kuberry ] && echo "ours:yes"
[ -e /var/lib/kuberry/before.gz ] && echo "recorded:yes"
[ -e /var/lib/kuberry/packages ] && sed 's/^/added:/' /var/lib/kuberry/packages
[ -e /etc/kuberry/host.json ] && echo "record:$(tr -d '\n' </etc/kuberry/host.json)"
while IFS= read -r row || [ -n "$row" ]; do printf 'hosts:%s\n' "$row"; done </etc/hosts
"""
    + _WAYS
    + r"""
[ -e /var/lib/kuberry/joined ] && [ -e "$kubelet" ] && echo "joined:yes"
if [ -e /var/lib/kuberry/initialised ] && [ -e "$admin" ]; then
    echo "initialised:yes"
    if said=$(curl --silent --fail --noproxy '*' --max-time 10 --user-agent kuberry --cacert "$ca" \
        --cert "$client.crt" --key "$client.key" https://127.0.0.1:6443/api/v1/nodes); then
        printf 'nodes:known\napi:%s\n' "$said"
    elif nodes=$(timeout 10 $kubectl --kubeconfig "$admin" get nodes -o jsonpath='
{range .items[*]}node:{.metadata.name} {.status.conditions[?(@.type=="Ready")].status}'\
' off={.metadata.annotations.kuberry\.internal/off}{"\n"}{end}
'); then
        printf 'nodes:known\n%s\n' "$nodes"
    fi
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


class _Condition(Value, extra="ignore"):
    type: str
    status: str


class _Metadata(Value, extra="ignore"):
    name: str
    annotations: dict[str, str] = Field(default_factory=dict)


class _Status(Value, extra="ignore"):
    conditions: tuple[_Condition, ...] = ()


class _Node(Value, extra="ignore"):
    metadata: _Metadata
    status: _Status = _Status()


class _NodeList(Value, extra="ignore"):
    """What the API server writes of nodes, as far as it is read: v1 NodeList."""

    items: tuple[_Node, ...]


_SWITCHED_OFF = "kuberry.internal/off"


def _parse(output: str) -> Installed:
    lines = Lines(output)
    if not lines.all("end"):
        raise ValueError("the answer was cut off")
    return Installed(
        packages=_packages(lines),
        files={one.path: one for one in map(_file, lines.all("file"))},
        units={one.name: one for one in map(_unit, lines.all("unit"))},
        images=frozenset(lines.all("image")),
        record=_record(lines.first("record")),
        hosts_file="".join(f"{line}\n" for line in _hosts_lines(output)),
        initialised=lines.first("initialised") is not None,
        joined=lines.first("joined") is not None,
        nodes=_nodes(lines),
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


def _nodes(lines: Lines) -> tuple[SeenNode, ...] | None:
    if lines.first("nodes") is None:
        return None
    said = lines.first("api")
    if said is None:
        return tuple(_node(line) for line in lines.all("node"))
    try:
        return tuple(_listed(one) for one in _NodeList.model_validate_json(said).items)
    except ValidationError as error:
        raise ValueError(str(error)) from None


def _listed(one: _Node) -> SeenNode:
    ready = any(it.type == "Ready" and it.status == "True" for it in one.status.conditions)
    off = one.metadata.annotations.get(_SWITCHED_OFF)
    return SeenNode(name=one.metadata.name, ready=ready, switched_off=bool(off))


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
