"""The memory controller: off on Raspberry Pi OS until the kernel's command line asks for it; pure.

Whether it is on is decided by what the running kernel offers, never by the name of the system:
some images of Ubuntu have it off, too.
"""

from __future__ import annotations

import contextlib

from kuberry.model.facts import Boot
from kuberry.model.plan import File, Run, WaitUntil
from kuberry.platforms import command_line
from kuberry.platforms.boot_config import Undecided, command_line_name
from kuberry.platforms.measure import NOTHING, Measure, SeenHost

CODE = "KB205"
BOOT_FILE_MODE = 0o755
"""What every file of a FAT partition has as it is mounted on these systems (umask 022)."""

# k3s's installer asks the same (install.sh, service_enable_and_start); since kernel 6.12 a working
# controller may be missing from /proc/cgroups.
_PROOF = r"""
file=$1
if ! grep -qE '(^| )cgroup_enable=([a-z,]*,)?memory(,| |$)' /proc/cmdline; then
    echo "error: the kernel was started without cgroup_enable=memory, though $file says so:" \
        "another file must have been read" >&2
    exit 1
fi
grep -qsw memory /sys/fs/cgroup/cgroup.controllers && exit 0
awk '$1 == "memory" && $4 == 1 { found = 1 } END { exit !found }' /proc/cgroups && exit 0
echo "error: the kernel was started with cgroup_enable=memory and has no memory controller all" \
    "the same: sudo apt-get full-upgrade, reboot, and run the same line again" >&2
exit 1
"""

# On trial, new boot files are promoted only late in the second boot; until then it may end again.
_SETTLED = '[ ! -f "$1/new/state" ] || ! grep -qx "unknown\\|trying" "$1/new/state"'


def memory(host: SeenHost) -> Measure:
    """Return what switches the memory controller on."""
    cgroups, boot = host.facts.cgroups, host.facts.boot
    if cgroups is None or cgroups.memory:
        return NOTHING
    kernel = host.facts.kernel
    if kernel and command_line.memory_is_asked_for(kernel.command_line):
        return Measure(
            obstacle="the running kernel was asked for it and has none: a matter of the kernel, "
            "not of its command line (sudo apt-get full-upgrade, then reboot)"
        )
    if boot is None or boot.directory is None:
        return Measure(obstacle="this host has no config.txt of a Raspberry Pi's firmware")
    try:
        return _edit(host, boot)
    except Undecided as undecided:
        return Measure(obstacle=str(undecided))


def _edit(host: SeenHost, boot: Boot) -> Measure:
    model = host.facts.board.model if host.facts.board else None
    live = command_line_name(boot, model)
    found = boot.command_line(live)
    if found is None or not found.first_line:
        raise Undecided(f"{boot.directory}/{live} has an empty first line")
    path = f"{boot.directory}/{live}"
    proof = Run(
        id="memory-proof",
        title="prove the memory controller",
        script=_PROOF,
        arguments=(path,),
    )
    settled = WaitUntil(
        id="boot-settled",
        title="wait until the new boot files have passed their trial",
        script=_SETTLED,
        arguments=(str(boot.directory),),
        deadline_s=300.0,
    )
    return Measure(
        files=tuple(_files(boot, live, model)),
        reboot="to switch the memory controller on",
        proofs=(settled, proof) if boot.staged else (proof,),
        cures=(CODE,),
    )


def _files(boot: Boot, live: str, model: str | None) -> list[File]:
    """Return the live file and, where a boot on trial is next, its copy, as far as they differ.

    The copy gets no record: once it is live it has the live one's name, and that has its record.
    """
    names = [live]
    with contextlib.suppress(Undecided):
        names.append(command_line_name(boot, model, tryboot=True))
    files = []
    for name in dict.fromkeys(names):
        found = boot.command_line(name)
        line = command_line.with_memory(found.first_line) if found else ""
        if found and found.first_line and not (found.is_one_line and found.first_line == line):
            files.append(
                File(
                    path=f"{boot.directory}/{name}",
                    content=(f"{line}\n",),
                    mode=BOOT_FILE_MODE,
                    volatile=name != live,
                )
            )
    return files
