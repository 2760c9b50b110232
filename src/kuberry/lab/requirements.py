"""Whether lab hosts can run on this machine, and what to do where they cannot."""

from __future__ import annotations

import os
import platform
import shutil
from collections.abc import Callable
from pathlib import Path

from kuberry.errors import LabUnavailable
from kuberry.lab.program import succeeds

PROGRAMS = {
    "ip": "iproute2",
    "mmdebstrap": "mmdebstrap",
    "nft": "nftables",
    "setpriv": "util-linux",
    "ssh": "openssh-client",
    "ssh-keygen": "openssh-client",
    "systemd-nspawn": "systemd-container",
    "unshare": "util-linux",
}
"""Each program that the lab starts, and the Debian and Ubuntu package that has it."""

_UNFIT_FOR_UPPER = ("overlay", "nfs", "nfs4", "vfat", "9p", "fuse")
_CGROUP2 = "boot with systemd.unified_cgroup_hierarchy=1 on the kernel command line"


async def check(lab_dir: Path) -> None:
    """Return when lab hosts can run here, their disks in *lab_dir*.

    Raises:
        LabUnavailable: They cannot; the error says why and what to do.
    """
    check_system()
    check_programs()
    _check_cgroups()
    _check_file_system(lab_dir)
    if not await succeeds("unshare", "--mount", "--net", "--pid", "--fork", "--cgroup", "true"):
        msg = "this machine lets no one make namespaces, as many containers do not"
        raise LabUnavailable(msg, remedy="run the lab on the machine itself, not in a container")


def check_system(system: str | None = None, user_id: int | None = None) -> None:
    """Return on Linux for root.

    Args:
        system: What ``platform.system`` says; ``None`` asks it.
        user_id: The effective user id; ``None`` asks for it.

    Raises:
        LabUnavailable: This is not Linux, or the user is not root.
    """
    system = system or platform.system()
    if system != "Linux":
        msg = f"lab hosts need the Linux kernel, and this machine runs {system}"
        raise LabUnavailable(msg, remedy="use a Linux machine, real or virtual, for the lab")
    if (os.geteuid() if user_id is None else user_id) != 0:
        msg = "lab hosts need root: they are namespaces, mounts and a bridge of this machine"
        line = 'sudo --preserve-env=HOME "$(command -v kuberry)" lab …'
        raise LabUnavailable(msg, remedy=f"run it with sudo, and your own home: {line}")


def check_programs(which: Callable[[str], str | None] = shutil.which) -> None:
    """Return when every program of `PROGRAMS` is there.

    Args:
        which: Finds a program on PATH.

    Raises:
        LabUnavailable: Some are missing.
    """
    missing = {program: package for program, package in PROGRAMS.items() if not which(program)}
    if missing:
        msg = f"the lab needs {', '.join(missing)}, not found on this machine"
        packages = " ".join(sorted(set(missing.values())))
        raise LabUnavailable(msg, remedy=f"sudo apt-get install --yes {packages}")


def _check_cgroups() -> None:
    from kuberry.lab import cgroups, scopes  # noqa: PLC0415 -- need Linux; this module does not

    found = cgroups.hierarchies()
    if not found:
        msg = "no control groups are mounted under /sys/fs/cgroup"
        raise LabUnavailable(msg, remedy="mount -t cgroup2 cgroup2 /sys/fs/cgroup")
    if scopes.systemd_is_init() and any(one.kind == "cgroup" for one in found):
        msg = "systemd of this machine still manages cgroup v1, which the lab cannot share with it"
        raise LabUnavailable(msg, remedy=_CGROUP2)


def _check_file_system(lab_dir: Path) -> None:
    """Refuse a file system that cannot hold the upper layer of an overlay (kernel: overlayfs)."""
    kind = file_system_of(lab_dir.resolve(), Path("/proc/self/mountinfo").read_text())
    if kind.startswith(_UNFIT_FOR_UPPER):
        msg = f"the disks of lab hosts cannot lie in {lab_dir}: its file system is {kind}"
        remedy = "set KUBERRY_STATE_DIR to a directory on a disk (ext4, xfs or btrfs)"
        raise LabUnavailable(msg, remedy=remedy)


def file_system_of(path: Path, mountinfo: str) -> str:
    """Return the kind of the file system that holds the absolute *path*.

    Args:
        mountinfo: Text as proc(5) describes it; of mounts at one place the last counts.
    """
    best, kind = Path("/"), ""
    for line in mountinfo.splitlines():
        fields = line.split()
        mount = Path(fields[4])
        if path.is_relative_to(mount) and len(mount.parts) >= len(best.parts):
            best, kind = mount, fields[fields.index("-") + 1]
    return kind
