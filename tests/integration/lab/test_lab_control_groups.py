"""Each host has control groups of its own, and no more of the machine than it was given."""

from __future__ import annotations

import shlex
from typing import TYPE_CHECKING

import pytest

from kuberry.model.lab import LabState

if TYPE_CHECKING:
    from tests.integration.conftest import FreshHost, RunOn

pytestmark = [pytest.mark.integration, pytest.mark.timeout(960)]

_MIB = 2**20
_MEMORY = 256 * _MIB
# In every hierarchy of cgroup v1, or in the only one of v2.
_GROUPS = """
for group in $(findmnt -nro TARGET -t cgroup,cgroup2); do
    {}
done
"""
_EAT = "python3 -c 'bytearray({size})'"


def test_a_host_makes_control_groups_in_every_hierarchy(lab: LabState, run_on: RunOn) -> None:
    """A kubelet can make groups, put processes in them and remove them."""
    text = """
    mkdir $group/law || echo no $group
    for file in cpuset.cpus cpuset.mems; do
        test -e $group/law/$file && cat $group/$file > $group/law/$file
    done
    sh -c "echo \\$\\$ > $group/law/cgroup.procs && grep -q /law /proc/self/cgroup" || echo not in
    rmdir $group/law || echo stays $group
    """
    result = run_on(lab.login("red"), f"sudo sh -c {shlex.quote(_GROUPS.format(text))}")
    assert (result.stdout, result.returncode) == ("", 0), result.stderr


def test_a_host_sees_no_control_group_of_another(lab: LabState, run_on: RunOn) -> None:
    """What one host makes in any hierarchy does not exist for another."""
    make = shlex.quote(_GROUPS.format("mkdir $group/of-red"))
    look = _GROUPS.format("find $group -name of-red")
    remove = shlex.quote(_GROUPS.format("rmdir $group/of-red"))
    assert run_on(lab.login("red"), f"sudo sh -c {make}").returncode == 0
    try:
        assert run_on(lab.login("red01"), look).stdout == ""
        assert run_on(lab.login("red"), look).stdout != ""
    finally:
        run_on(lab.login("red"), f"sudo sh -c {remove}")


def test_memory_beyond_the_limit_is_refused(fresh_host: FreshHost, run_on: RunOn) -> None:
    """A process that wants more memory than its host has is killed; the host lives on."""
    host = fresh_host(memory_bytes=_MEMORY)
    limit = "cat /sys/fs/cgroup/memory/memory.limit_in_bytes /sys/fs/cgroup/memory.max 2>/dev/null"
    assert int(run_on(host, limit).stdout) == _MEMORY
    assert run_on(host, _EAT.format(size=_MEMORY // 4)).returncode == 0
    assert run_on(host, f"{_EAT.format(size=_MEMORY * 2)}; echo ended with $?").stdout == (
        "ended with 137\n"
    )


def test_time_beyond_the_limit_is_not_given(fresh_host: FreshHost, run_on: RunOn) -> None:
    """A busy host with a quota is throttled by the kernel."""
    host = fresh_host(cpus=0.25)
    quota = "cat /sys/fs/cgroup/cpu/cpu.cfs_quota_us /sys/fs/cgroup/cpu.max 2>/dev/null"
    assert run_on(host, quota).stdout.split()[0] == "25000"
    throttled = "cat /sys/fs/cgroup/cpu/cpu.stat /sys/fs/cgroup/cpu.stat 2>/dev/null"
    busy = f"""
    count() {{ {throttled} | sed -n 's/^nr_throttled //p'; }}
    before=$(count)
    while [ "$(count)" -le "$before" ]; do :; done
    echo throttled
    """
    assert run_on(host, busy).stdout == "throttled\n"
