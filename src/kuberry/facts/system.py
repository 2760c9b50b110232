"""Probes of what runs on the host: operating system, kernel, control groups, processes."""

from __future__ import annotations

import re
import shlex
from typing import Literal, cast, get_args

from kuberry.facts.probe import Lines, Probe, natural
from kuberry.model.facts import (
    Architecture,
    Cgroups,
    Identity,
    InitSystem,
    Kernel,
    KernelModule,
    OperatingSystem,
    Sysctl,
)


def _os(output: str) -> OperatingSystem:
    """Read os-release(5): shell assignments; ID and PRETTY_NAME have defaults there."""
    lines = Lines(output)
    entries = [line.partition("=") for line in lines.all("os")]
    values = {key: " ".join(shlex.split(value)) for key, equals, value in entries if equals}
    if not values:
        raise LookupError("no line of os-release")
    identifier = values.get("ID", "linux")
    return OperatingSystem(
        id=identifier,
        version_id=values.get("VERSION_ID"),
        pretty_name=values.get("PRETTY_NAME", "Linux"),
        codename=values.get("VERSION_CODENAME"),
        raspberry_pi_os=identifier == "raspbian" or bool(lines.all("rpi")),
        image=lines.first("rpi"),
    )


OS = Probe(
    "os",
    """\
told() {
  while IFS= read -r line || [ -n "$line" ]; do printf '%s:%s\\n' "$1" "$line"; done <"$2"
}
[ ! -e /etc/rpi-issue ] || told rpi /etc/rpi-issue
if [ -r /etc/os-release ]; then told os /etc/os-release; else told os /usr/lib/os-release; fi
""",
    _os,
)


def _kernel(output: str) -> Kernel:
    lines = Lines(output)
    return Kernel(
        release=lines.need("release"),
        page_size_bytes=lines.integer("page"),
        command_line=tuple((lines.first("cmdline") or "").split()),
    )


KERNEL = Probe(
    "kernel",
    """\
release=; read -r release </proc/sys/kernel/osrelease
line=; read -r line </proc/cmdline
printf 'release:%s\\npage:%s\\ncmdline:%s\\n' "$release" "$(getconf PAGESIZE)" "$line"
""",
    _kernel,
)


def _architecture(output: str) -> Architecture:
    lines = Lines(output)
    return Architecture(
        machine=lines.need("machine"),
        userland=lines.first("userland"),
        long_bit=lines.integer("bits"),
    )


# Linux 6.1 and later tell in a file what `uname -m` says (admin-guide/sysctl/kernel.rst).
ARCHITECTURE = Probe(
    "architecture",
    """\
if [ -r /proc/sys/kernel/arch ]; then read -r machine </proc/sys/kernel/arch
else machine=$(uname -m)
fi
printf 'machine:%s\\n' "$machine"
printf 'userland:%s\\nbits:%s\\n' "$(dpkg --print-architecture)" "$(getconf LONG_BIT)"
""",
    _architecture,
)


def _cgroups(output: str) -> Cgroups:
    """Decide as k3s's installer does: cgroup.controllers, or `enabled` in /proc/cgroups."""
    lines = Lines(output)
    unified = (lines.first("controllers") or "").split()
    rows = [line.split() for line in lines.all("proc") if not line.startswith("#")]
    enabled = [row[0] for row in rows if row[3:] == ["1"]]
    version: Literal["v1", "v2", "hybrid"]
    if lines.need("type") == "cgroup2fs":
        version, controllers = "v2", unified
    elif lines.first("unified") == "cgroup2fs":
        version, controllers = "hybrid", enabled
    elif lines.need("type") == "tmpfs":
        version, controllers = "v1", enabled
    else:
        raise ValueError(f"unknown file system {lines.need('type')[:40]!r}")
    memory = "memory" in unified or "memory" in enabled
    return Cgroups(version=version, controllers=tuple(controllers), memory=memory)


CGROUPS = Probe(
    "cgroups",
    """\
cd /sys/fs/cgroup || exit
set -- $(stat -fc %T . unified)
printf 'type:%s\\nunified:%s\\n' "$1" "$2"
while read -r line; do printf 'proc:%s\\n' "$line"; done </proc/cgroups
[ -e cgroup.controllers ] || exit 0
read -r line <cgroup.controllers
printf 'controllers:%s\\n' "$line"
""",
    _cgroups,
)


def _identity(output: str) -> Identity:
    """Read who the host is; machine-id(5) may say ``uninitialized``."""
    lines = Lines(output)
    machine_id = lines.first("machine") or ""
    uptime = (lines.first("uptime") or "").split(" ")[0]
    return Identity(
        hostname=lines.need("hostname"),
        machine_id=machine_id if re.fullmatch("[0-9a-f]{32}", machine_id) else None,
        boot_id=lines.need("boot"),
        uptime_s=float(uptime) if re.fullmatch(r"[0-9]{1,12}\.[0-9]{1,6}", uptime) else None,
    )


IDENTITY = Probe(
    "identity",
    """\
for pair in hostname:/proc/sys/kernel/hostname machine:/etc/machine-id uptime:/proc/uptime \\
  boot:/proc/sys/kernel/random/boot_id; do
  line=; read -r line <"${pair#*:}"
  printf '%s:%s\\n' "${pair%%:*}" "$line"
done
""",
    _identity,
)

_State = Literal["loaded", "builtin", "loadable", "absent"]


def _modules(output: str) -> tuple[KernelModule, ...]:
    rows = [line.split() for line in Lines(output).all("module")]
    if not rows:
        raise LookupError("no module")
    return tuple(KernelModule(name=name, state=_state(state)) for name, state in rows)


def _state(word: str) -> _State | None:
    return cast("_State", word) if word in get_args(_State) else None


# What is built in has no initstate (Linux, Documentation/ABI/testing/sysfs-module).
# Without a directory of modules (a container, a kernel without modules) nothing says "absent".
MODULES = Probe(
    "modules",
    """\
read -r release </proc/sys/kernel/osrelease
tree=/lib/modules/$release
for name in overlay br_netfilter vxlan; do
  state=unknown
  if [ -e "/sys/module/$name/initstate" ]; then state=loaded
  elif [ -d "/sys/module/$name" ]; then state=builtin
  elif [ "$name" = br_netfilter ] && [ -d /proc/sys/net/bridge ]; then state=builtin
  elif [ "$name" = overlay ] && grep -qw overlay /proc/filesystems; then state=builtin
  elif [ ! -d "$tree" ]; then :
  elif grep -q "/$name[.]ko" "$tree/modules.builtin"; then state=builtin
  elif grep -q "/$name[.]ko[^:/]*:" "$tree/modules.dep"; then state=loadable
  elif [ -e "$tree/modules.dep" ]; then state=absent
  fi
  printf 'module:%s %s\\n' "$name" "$state"
done
""",
    _modules,
)

_SYSCTLS = (
    "net.ipv4.ip_forward",
    "net.ipv6.conf.all.forwarding",
    "net.bridge.bridge-nf-call-iptables",
    "net.bridge.bridge-nf-call-ip6tables",
    "fs.inotify.max_user_instances",
    "fs.inotify.max_user_watches",
    "kernel.panic",
    "kernel.panic_on_oops",
    "vm.overcommit_memory",
    "vm.panic_on_oom",
)


def _sysctls(output: str) -> tuple[Sysctl, ...]:
    lines = Lines(output)
    values = [(name, lines.first(name)) for name in _SYSCTLS if lines.all(name)]
    if not values:
        raise LookupError("no setting")
    return tuple(Sysctl(name=name, value=int(value) if value else None) for name, value in values)


SYSCTLS = Probe(
    "sysctls",
    f"""\
for pair in {" ".join(f"{name}:{name.replace('.', '/')}" for name in _SYSCTLS)}; do
  value=; read -r value <"/proc/sys/${{pair#*:}}"
  printf '%s:%s\\n' "${{pair%:*}}" "$value"
done
""",
    _sysctls,
)


def _init(output: str) -> InitSystem:
    lines = Lines(output)
    state = lines.first("state")
    failed = tuple(line.split()[0] for line in lines.all("failed") if line)
    return InitSystem(
        name=lines.need("name"),
        state=state,
        failed_units=failed if state else None,
        reboot_required=lines.first("reboot") == "yes",
    )


INIT = Probe(
    "init",
    """\
read -r name </proc/1/comm || exit
printf 'name:%s\\n' "$name"
if [ -d /run/systemd/system ]; then
  state=$(systemctl is-system-running)
  printf 'state:%s\\n' "$state"
  [ "$state" = running ] ||
    systemctl list-units --failed --plain --no-legend --no-pager | sed 's/^/failed:/'
fi
[ ! -e /run/reboot-required ] || echo reboot:yes
""",
    _init,
)


def _one_word(output: str) -> str:
    word = output.strip()
    if not re.fullmatch(r"[A-Za-z0-9_.@-]{1,64}", word):
        raise ValueError(f"{word[:40]!r} is no word")
    return word


VIRTUALIZATION = Probe("virtualization", "systemd-detect-virt || [ $? = 1 ]", _one_word)
USER = Probe("user", "id -un", _one_word)


def _time_sync(output: str) -> bool:
    return {"yes": True, "no": False}[output.strip()]


TIME_SYNC = Probe("time-sync", "timedatectl show -p NTPSynchronized --value", _time_sync)


def _clock(output: str) -> tuple[float, float]:
    """Return seconds since 1970 and how finely they are told; busybox's date knows no %N."""
    seconds, _, fraction = output.strip().partition(".")
    whole = natural(seconds)
    if whole > 2**40:
        raise ValueError("no time of this universe")
    if len(fraction) == len("123456789") and fraction.isdigit() and fraction.isascii():
        return whole + int(fraction) / 1e9, 0.0
    return whole + 0.5, 0.5


CLOCK = Probe("clock", "date +%s.%N", _clock)
