"""The state of a host as far as a cluster can change it: taken before, and compared after.

What is in it: files (path, kind, mode, owner, size, SHA-256; of those over 1 MiB the time of change
instead), packages, images of containerd, units, network links, routes, rules of the packet filters,
mounts and kernel settings. ``snapshot-ignored.txt`` names what changes by itself, with the reasons.
"""

from __future__ import annotations

import dataclasses
import fnmatch
import re
from collections.abc import Iterator, Mapping
from importlib import resources

from kuberry.facts.probe import Lines, Probe
from kuberry.facts.rules import rules_of
from kuberry.model.difference import Difference, Subject
from kuberry.shell import Command, script

SNAPSHOT_S = 300.0
"""Seconds for it all: a full card reads 20 MB/s, and there may be gigabytes of small files."""

Name = tuple[Subject, str]
Entries = Mapping[Name, str]
"""How each thing is, by subject and name."""

# Arguments: patterns of files to leave out. Only what belongs to the host is looked at: kernel
# settings outside network namespaces belong to the machine that a container shares.
_LOOK = r"""
export LC_ALL=C PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin
exec 2>/dev/null
set -f
left_out=
for pattern; do left_out="$left_out -path $pattern -o"; done
roots=
for root in /etc /usr/local /usr/libexec /opt /root /var/lib /var/lib/containerd /var/lib/etcd \
    /var/lib/kubelet /var/log/pods /var/log/containers \
    /boot/firmware/config.txt /boot/firmware/cmdline.txt /boot/firmware/current/cmdline.txt \
    /boot/config.txt /boot/cmdline.txt; do
    [ ! -e "$root" ] || roots="$roots $root"
done
files() { find $roots -xdev \( $left_out -path /var/lib/kuberry \) -prune -o "$@"; }
files -type d -printf 'file:d %m %U:%G\t%p\n' \
    -o -type l -printf 'file:l %l\t%p\n' \
    -o -type f -size +2048 -printf 'file:f %m %U:%G %s %Ts\t%p\n' \
    -o -printf 'file:%y %m %U:%G %s\t%p\n'
files -type f -size -2049 -print0 | xargs -0r sha256sum | sed 's/^/sum:/'
dpkg-query -W -f 'package:${Package}:${Architecture} ${Version} ${db:Status-Status}\n'
if systemctl --quiet is-active containerd; then
    timeout 20 ctr -n k8s.io images list -q | sed 's/^/image:/'
fi
systemctl list-unit-files --no-legend --no-pager --plain | sed 's/^/unit:/'
systemctl list-units --all --no-legend --no-pager --plain | sed 's/^/active:/'
ip -o link show | sed 's/^/link:/'
{ ip -4 route show table main; ip -6 route show table main; ip -4 rule; ip -6 rule; } |
    sed 's/^/route:/'
for program in iptables ip6tables iptables-legacy ip6tables-legacy; do
    "$program-save" | sed "s/^/rules:$program /"
done
nft --stateless list ruleset | sed 's/^/rules:nft /'
sed 's/^/mount:/' /proc/self/mounts
if systemd-detect-virt --quiet --container; then own='^net\.'; else own='^(fs|kernel|net|vm)\.'; fi
sysctl -a -r "$own" | sed 's/^/sysctl:/'
sed 's/ .*//; s/^/module:/' /proc/modules
echo end:
"""


@dataclasses.dataclass(frozen=True, slots=True)
class Ignored:
    """What is left out of the comparison.

    Attributes:
        pattern: As of fnmatch(3) without flags: ``*`` matches ``/``, too.
    """

    subject: str
    pattern: str
    reason: str


def ignored() -> tuple[Ignored, ...]:
    """Return what is left out, and why."""
    text = resources.files(__package__).joinpath("snapshot-ignored.txt").read_text("utf-8")
    lines = (line for line in text.splitlines() if line and not line.startswith("#"))
    return tuple(Ignored(*re.split(r"\s+", line, maxsplit=2)) for line in lines)


def snapshot_command() -> Command:
    """Return the command that writes the state of a host; as root it sees all, and only looks."""
    return script(_LOOK, *(one.pattern for one in ignored() if one.subject == "file"))


def _parse(output: str) -> Entries:
    lines = Lines(output)
    if not lines.all("end"):
        raise ValueError("it was cut off")
    return dict(_entries(lines))


PROBE: Probe[Entries] = Probe("snapshot", _LOOK, _parse)


def differences(before: Entries, after: Entries) -> tuple[Difference, ...]:
    """Return what is not as it was, without what is ignored.

    A kernel setting that is new or gone is none: it comes and goes with its module or interface.
    """
    rules = ignored()
    found = []
    for name in sorted(before.keys() | after.keys()):
        was, now = before.get(name), after.get(name)
        if was == now or (name[0] == "sysctl" and None in (was, now)) or _is_ignored(name, rules):
            continue
        found.append(Difference(subject=name[0], name=name[1], before=was, after=now))
    return tuple(found)


def _is_ignored(name: Name, rules: tuple[Ignored, ...]) -> bool:
    subject, text = name
    return any(one.subject == subject and fnmatch.fnmatchcase(text, one.pattern) for one in rules)


def _entries(lines: Lines) -> Iterator[tuple[Name, str]]:
    yield from _files(lines)
    for line in lines.all("package"):
        name, _, state = line.partition(" ")
        yield ("package", name), state
    for line in lines.all("image"):
        yield ("image", line), "there"
    yield from _units(lines)
    for line in lines.all("link"):
        yield _link(line)
    for line in lines.all("route"):
        yield ("route", re.sub(r" (expires \d+sec|linkdown|dead)", "", line)), "there"
    for rule in rules_of(lines.all("rules")):
        yield ("rule", rule), "there"
    for line in lines.all("mount"):
        device, place, kind, *_ = line.split(" ")
        yield ("mount", place), f"{kind} {device}"
    for line in lines.all("sysctl"):
        name, _, value = line.partition(" =")
        yield ("sysctl", name), value.strip()


def _files(lines: Lines) -> Iterator[tuple[Name, str]]:
    sums = {line[66:]: line[:64] for line in lines.all("sum")}
    for line in lines.all("file"):
        what, _, path = line.partition("\t")
        yield ("file", path), f"{what} {sums[path]}" if path in sums else what


def _units(lines: Lines) -> Iterator[tuple[Name, str]]:
    """Yield units by their files; whether they run counts for those that boot starts."""
    running = {line.split()[0]: line.split()[2] for line in lines.all("active") if line}
    for line in lines.all("unit"):
        name, state, *_ = line.split()
        if state in {"transient", "generated"}:
            continue
        yield ("unit", name), f"{state} {running.get(name)}" if state == "enabled" else state
    for name, state in running.items():
        if state == "failed":
            yield ("unit", f"{name} (failed)"), "failed"


def _link(line: str) -> tuple[Name, str]:
    found = re.match(r"\d+: ([^:@]+)(?:@\S+)?: .*? mtu (\d+) .*?(link/\S+)", line)
    if found is None:
        raise ValueError(f"{line[:40]!r} is no link")
    return ("link", found[1]), f"mtu {found[2]} {found[3]}"
