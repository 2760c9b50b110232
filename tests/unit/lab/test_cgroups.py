"""Hierarchies of control groups as machines have them."""

from __future__ import annotations

from pathlib import Path

from kuberry.lab.cgroups import Hierarchy, hierarchies

V1 = """\
27 1 254:0 / / rw,relatime - ext4 /dev/vda rw
30 27 0:26 / /sys/fs/cgroup rw,relatime - tmpfs tmpfs rw,mode=755
31 30 0:27 / /sys/fs/cgroup/cpu,cpuacct rw,relatime shared:9 - cgroup cgroup rw,cpu,cpuacct
32 30 0:28 / /sys/fs/cgroup/cpuset rw - cgroup cgroup rw,cpuset,clone_children
33 30 0:29 / /sys/fs/cgroup/systemd rw - cgroup cgroup rw,xattr,release_agent=/x/y,name=systemd
34 30 0:30 / /sys/fs/cgroup/unified rw,relatime - cgroup2 cgroup2 rw,nsdelegate
35 27 0:27 /some/where /var/elsewhere rw - cgroup cgroup rw,cpu,cpuacct
"""
V2 = """\
27 1 254:0 / / rw,relatime - ext4 /dev/vda rw
30 27 0:26 / /sys/fs/cgroup rw,nosuid shared:4 - cgroup2 cgroup2 rw,nsdelegate,memory_recursiveprot
"""


def test_every_hierarchy_of_v1_can_be_mounted_again() -> None:
    """Controllers mounted together stay together, and the named one has no controller."""
    top = Path("/sys/fs/cgroup")
    assert hierarchies(V1) == (
        Hierarchy(top / "cpu,cpuacct", "cgroup", "cpu,cpuacct"),
        Hierarchy(top / "cpuset", "cgroup", "cpuset"),
        Hierarchy(top / "systemd", "cgroup", "none,name=systemd"),
        Hierarchy(top / "unified", "cgroup2", "rw"),
    )


def test_v2_is_one_hierarchy() -> None:
    """The single hierarchy is the directory itself."""
    assert hierarchies(V2) == (Hierarchy(Path("/sys/fs/cgroup"), "cgroup2", "rw"),)


def test_a_machine_without_control_groups_has_none() -> None:
    """Nothing is invented."""
    assert hierarchies("27 1 254:0 / / rw,relatime - ext4 /dev/vda rw\n") == ()
