"""What is started for a lab host: everything a kubelet needs, nothing that changes the machine."""

from __future__ import annotations

import dataclasses

import pytest

from kuberry.lab import launch, scopes
from kuberry.model.lab import LabShape

SPEC = launch.Spec(
    name="red",
    disk="/lab/hosts/red",
    netns="/run/kuberry-lab/0a1b2c/hosts/red/netns",
    link="kb0a1b2ch2",
    machine_id="0" * 32,
    group="kuberry0a1b2c/red",
    enter=("enter", "--"),
    hierarchies=(("cgroup", "cpu", "/sys/fs/cgroup/cpu"), ("cgroup2", "rw", "/sys/fs/cgroup/un")),
    legacy=True,
)


def test_a_spec_survives_its_file() -> None:
    """The supervisor reads what was written for it."""
    assert launch.Spec.from_json(SPEC.to_json()) == SPEC


@pytest.mark.parametrize(
    "name", ["@clock", "@module", "@swap", "@raw-io", "kexec_load", "open_by_handle_at"]
)
def test_calls_that_change_the_machine_are_forbidden(name: str) -> None:
    """The filter names each group that has no namespace, and allows none of it."""
    filters = [word for word in launch.nspawn(SPEC) if word.startswith("--system-call-filter=")]
    allowed, forbidden = filters
    assert forbidden.startswith("--system-call-filter=~")
    assert name in forbidden.partition("~")[2].split()
    assert name not in allowed.partition("=")[2].split()
    assert "@privileged" not in allowed


def test_the_clock_and_modules_are_out_of_reach() -> None:
    """Both capabilities are dropped from all others."""
    words = launch.nspawn(SPEC)
    assert "--drop-capability=CAP_SYS_MODULE,CAP_SYS_TIME" in words


def test_the_host_dies_with_its_supervisor() -> None:
    """The chain starts with the signal on the parent's death and has a process namespace."""
    words = launch.argv(SPEC, monotonic_s=5.9, boottime_s=7.9)
    assert words[:4] == ("setpriv", "--pdeathsig", "KILL", "--")
    assert {"--pid", "--fork", "--kill-child"} <= set(words)


def test_uptime_starts_at_zero() -> None:
    """The clocks of uptime are set back by what this machine's show, in whole seconds."""
    words = launch.argv(SPEC, monotonic_s=5.9, boottime_s=7.9)
    assert words[words.index("--monotonic") + 1] == "-5"
    assert words[words.index("--boottime") + 1] == "-7"


def test_a_new_systemd_is_told_to_accept_old_control_groups() -> None:
    """Both systemd-nspawn and the host's systemd get the word, and only where it is needed."""
    word = "SYSTEMD_CGROUP_ENABLE_LEGACY_FORCE=1"
    assert launch.nspawn(SPEC).count(word) == 1
    assert f"--setenv={word}" in launch.nspawn(SPEC)
    modern = launch.nspawn(dataclasses.replace(SPEC, legacy=False))
    assert not any(word in one for one in modern)


def test_a_scope_carries_the_limits() -> None:
    """Where systemd is PID 1, limits are properties of a delegated scope."""
    shape = LabShape(cpus=1.5, memory_bytes=2**30)
    words = scopes.enter("kuberry0a1b2c", "red", shape)
    assert words[:2] == ("systemd-run", "--scope")
    assert {
        "--property=Delegate=yes",
        "--property=CPUQuota=150%",
        "--property=MemoryMax=1073741824",
        "--property=MemorySwapMax=0",
        "--slice=kuberry0a1b2c.slice",
        "--unit=kuberry0a1b2c-red.scope",
    } <= set(words)
    assert words[-1] == "--"


def test_a_scope_without_limits_sets_none() -> None:
    """No limit asked for is no limit set."""
    assert not any("Max" in word or "Quota" in word for word in scopes.enter("g", "h", LabShape()))
