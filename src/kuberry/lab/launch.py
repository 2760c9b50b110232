"""The chain of programs that becomes one lab host. Pure; imports nothing heavy (see supervisor)."""

from __future__ import annotations

import dataclasses
import json
from pathlib import Path
from typing import Any

from kuberry.lab import firmware
from kuberry.shell import script

REBOOT_STATUS = 133
"""What systemd-nspawn ends with when the host asked for a reboot."""

# Beyond nspawn's own list: what containerd, runc and a kubelet need. @privileged as a whole would
# let the clock, the modules and the swap of the machine below be changed.
_ALLOWED = (
    *("@debug", "@keyring", "@mount", "bpf", "fanotify_init", "fanotify_mark"),
    *("quotactl", "quotactl_fd", "setdomainname", "sethostname"),
)
# By a handle, root opens any file of a file system of which a part is bind-mounted, as part of the
# machine's is; nothing on a node calls it.
_BY_HANDLE = "open_by_handle_at"
_FORBIDDEN = ("@clock", "@module", "@raw-io", "@swap", "kexec_load", "kexec_file_load", _BY_HANDLE)
_DROPPED = ("CAP_SYS_MODULE", "CAP_SYS_TIME")

_ENTER = script(
    """
while [ "$1" != -- ]; do echo $$ > "$1/cgroup.procs"; shift; done
shift
exec "$@"
"""
)

# Runs in a mount namespace of its own, so its mounts end with the host, whatever ends the host.
# The kernel refuses the same hierarchy twice on one mount point: hence the empty tmpfs first.
_MOUNT = script(
    """
set -e
mkdir -p /run/systemd/nspawn
mount -t tmpfs tmpfs /run/systemd/nspawn
mount -t tmpfs -o mode=755 tmpfs /sys/fs/cgroup
while [ "$1" != -- ]; do
    mkdir -p "$3"
    mount -t "$1" -o "$2" "$1" "$3"
    shift 3
done
shift
mount -t overlay -o lowerdir=base,upperdir=upper,workdir=work overlay root
exec "$@"
"""
)

# systemd-nspawn mounts every hierarchy of cgroup v1 that this table calls enabled.
_TABLE = script('mount --bind "$1" /proc/cgroups; shift; exec "$@"')


@dataclasses.dataclass(frozen=True, slots=True)
class Spec:
    """What a supervisor must know to boot its host.

    Attributes:
        name: Host name.
        disk: Directory with ``base`` (link to the base root), ``upper``, ``work``, ``root`` and
            ``containerd``.
        netns: File of the network namespace.
        link: Outer end of the host's link.
        machine_id: 32 hexadecimal digits.
        group: Control group of the host, when this project makes it itself; else empty.
        enter: Words before a command that make it run in the host's control group.
        hierarchies: Kind, options and path of each hierarchy of control groups.
        legacy: Whether the host's systemd must be forced to accept cgroup v1.
        cgroups: File below *disk* that stands in for /proc/cgroups; empty leaves that as it is.
    """

    name: str
    disk: str
    netns: str
    link: str
    machine_id: str
    group: str
    enter: tuple[str, ...]
    hierarchies: tuple[tuple[str, str, str], ...]
    legacy: bool
    cgroups: str = ""

    def to_json(self) -> str:
        """Return the JSON that `from_json` reads."""
        return json.dumps(dataclasses.asdict(self))

    @classmethod
    def from_json(cls, text: str) -> Spec:
        """Return the spec that `to_json` wrote."""
        fields: dict[str, Any] = json.loads(text)
        fields["enter"] = tuple(fields["enter"])
        fields["hierarchies"] = tuple(tuple(one) for one in fields["hierarchies"])
        return cls(**fields)


def without_memory(spec: Spec) -> Spec:
    """Return *spec* for a kernel whose memory controller is off: without that hierarchy (v1)."""
    kept = tuple(one for one in spec.hierarchies if "memory" not in one[1].split(","))
    table = f"upper/{firmware.SAID}/cgroups"
    return dataclasses.replace(spec, hierarchies=kept, cgroups=table)


def enter(directories: tuple[Path, ...]) -> tuple[str, ...]:
    """Return the words that make a command run in the control groups *directories*."""
    return (*_ENTER.argv(), "enter", *map(str, directories), "--")


def argv(spec: Spec, *, monotonic_s: float, boottime_s: float) -> tuple[str, ...]:
    """Return the words that boot the host of *spec*; its clocks of uptime start at zero.

    Args:
        monotonic_s: CLOCK_MONOTONIC of this machine.
        boottime_s: CLOCK_BOOTTIME of this machine.
    """
    mounts = (word for hierarchy in spec.hierarchies for word in hierarchy)
    return (
        *("setpriv", "--pdeathsig", "KILL", "--"),
        *spec.enter,
        *("unshare", "--mount", "--propagation", "private", "--cgroup"),
        *("--pid", "--fork", "--kill-child", "--mount-proc"),
        *("--time", "--monotonic", f"-{int(monotonic_s)}", "--boottime", f"-{int(boottime_s)}"),
        *("--", *_MOUNT.argv(), "mount", *mounts, "--"),
        *((*_TABLE.argv(), "table", spec.cgroups) if spec.cgroups else ()),
        *nspawn(spec),
    )


def nspawn(spec: Spec) -> tuple[str, ...]:
    """Return the words that start systemd-nspawn for the host of *spec*."""
    force = ("SYSTEMD_CGROUP_ENABLE_LEGACY_FORCE=1",) if spec.legacy else ()
    return (
        *("env", "SYSTEMD_NSPAWN_API_VFS_WRITABLE=1", *force, "systemd-nspawn", "--quiet"),
        *("--directory=root", f"--machine={spec.name}", f"--uuid={spec.machine_id}"),
        *("--keep-unit", "--register=no", "--link-journal=no"),
        f"--network-namespace-path={spec.netns}",
        *("--capability=all", f"--drop-capability={','.join(_DROPPED)}"),
        f"--system-call-filter={' '.join(_ALLOWED)}",
        f"--system-call-filter=~{' '.join(_FORBIDDEN)}",
        *("--bind=/dev/kmsg", f"--bind={spec.disk}/containerd:/var/lib/containerd"),
        *("--resolv-conf=off", "--timezone=off", "--console=read-only"),
        *(f"--setenv={setting}" for setting in force),
        "--boot",
    )
