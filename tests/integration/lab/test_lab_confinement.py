"""Hosts have no way out of their network and cannot change the machine below them."""

from __future__ import annotations

import asyncio
import errno
import json
import os
import platform
import socket
import subprocess
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from kuberry.lab import network, sysctls
from kuberry.model.host import Host
from kuberry.model.lab import LabState

if TYPE_CHECKING:
    from tests.integration.conftest import RunOn

pytestmark = [pytest.mark.integration, pytest.mark.timeout(960)]

ELSEWHERE = "198.51.100.1"
"""Reserved for documentation (RFC 5737): nobody is there, and no packet to it leaves the lab."""

_CURL_TIMEOUT = 28

# Numbers of <asm/unistd.h>. With arguments that fail otherwise too, but not with EPERM.
_CALLS = {
    "settimeofday": {"x86_64": 164, "aarch64": 170},
    "clock_settime": {"x86_64": 227, "aarch64": 112},
    "clock_adjtime": {"x86_64": 305, "aarch64": 266},
    "adjtimex": {"x86_64": 159, "aarch64": 171},
    "init_module": {"x86_64": 175, "aarch64": 105},
    "finit_module": {"x86_64": 313, "aarch64": 273},
    "delete_module": {"x86_64": 176, "aarch64": 106},
    "swapon": {"x86_64": 167, "aarch64": 224},
    "swapoff": {"x86_64": 168, "aarch64": 225},
    "kexec_load": {"x86_64": 246, "aarch64": 104},
    "open_by_handle_at": {"x86_64": 304, "aarch64": 265},
}
_CALL = 'my $status = syscall({number}, -1, -1, -1, 0); print $status, " ", $! + 0'
_EPERM, _EFAULT = f"-1 {errno.EPERM}", f"-1 {errno.EFAULT}"


@pytest.mark.parametrize("name", sorted(_CALLS))
def test_calls_that_would_change_the_machine_are_refused(
    lab: LabState, run_on: RunOn, name: str
) -> None:
    """Not even root of a host may call what sets the clock, loads modules or switches swap."""
    number = _CALLS[name].get(platform.machine())
    if number is None:
        pytest.skip(f"the number of {name} on {platform.machine()} is not known here")
    text = f"sudo perl -e '{_CALL.format(number=number)}'"
    assert run_on(lab.login("red"), text).stdout == _EPERM


def test_the_same_calls_reach_the_kernel_outside() -> None:
    """The probe tells a refusal from a wrong argument: here, nothing is filtered."""
    number = _CALLS["swapoff"].get(platform.machine())
    if number is None or os.geteuid() != 0:
        pytest.skip("needs root, and a known system-call number")
    done = subprocess.run(
        ["perl", "-e", _CALL.format(number=number)], capture_output=True, text=True, check=True
    )
    assert done.stdout == _EFAULT


def test_the_capability_to_set_the_clock_is_gone(lab: LabState, run_on: RunOn) -> None:
    """CAP_SYS_TIME (25) and CAP_SYS_MODULE (16) are in no set of root's."""
    text = "sudo grep -E '^Cap(Prm|Eff|Bnd)' /proc/self/status"
    sets = [int(line.split()[1], 16) for line in run_on(lab.login("red"), text).stdout.splitlines()]
    assert [(one >> 25 & 1, one >> 16 & 1) for one in sets] == [(0, 0)] * 3


_GUARDED = (
    *("/proc/sysrq-trigger", "/sys/power/state", "/proc/sys/kernel/core_pattern"),
    *("/proc/sys/kernel/modules_disabled", "/proc/sys/kernel/kexec_load_disabled"),
    "/proc/sys/kernel/unprivileged_bpf_disabled",
)


@pytest.mark.parametrize("file", _GUARDED)
def test_what_the_machine_could_not_take_back_is_read_only(
    lab: LabState, run_on: RunOn, file: str
) -> None:
    """Root of a host cannot even open for writing what the machine would run, or end by."""
    if not Path(file).exists():
        pytest.skip(f"the kernel of this machine has no {file}")
    opened = run_on(lab.login("red"), f"sudo sh -c ': >{file}'")
    assert opened.returncode != 0
    assert "Read-only file system" in opened.stderr


def test_other_settings_of_the_same_room_can_be_written(lab: LabState, run_on: RunOn) -> None:
    """The guard is for single files: a kubelet must be able to open its own settings."""
    assert run_on(lab.login("red"), "sudo sh -c ': >/proc/sys/kernel/panic'").returncode == 0


def test_settings_that_hosts_change_are_put_back(
    lab: LabState, run_on: RunOn, tmp_path: Path
) -> None:
    """What a kubelet writes reaches the machine below, and is undone from what was saved."""
    wanted = {"kernel.panic": "10", "kernel.panic_on_oops": "1", "vm.overcommit_memory": "1"}
    files = {name: Path("/proc/sys") / name.replace(".", "/") for name in wanted}
    before = {name: file.read_text() for name, file in files.items()}
    saved = tmp_path / "sysctls.json"
    sysctls.save(saved)
    try:
        words = " ".join(f"{name}={value}" for name, value in wanted.items())
        assert run_on(lab.login("red"), f"sudo sysctl -qw {words}").returncode == 0
        reached = {name: file.read_text().strip() for name, file in files.items()}
    finally:
        said = sysctls.restore(saved)
    assert reached == wanted
    assert {name: file.read_text() for name, file in files.items()} == before
    changed = {name for name, value in wanted.items() if before[name].strip() != value}
    assert changed <= {line.partition(":")[0] for line in said.back}


def _dropped(lab: LabState) -> dict[str, int]:
    return asyncio.run(network.dropped(lab))


@pytest.mark.parametrize(
    "text",
    [
        f"ping -c 2 -i 0.2 -W 1 {ELSEWHERE}",
        f"curl --max-time 1 --silent http://{ELSEWHERE}/",
    ],
    ids=["ping", "tcp"],
)
def test_there_is_no_way_out_and_the_attempt_is_counted(
    lab: LabState, run_on: RunOn, text: str
) -> None:
    """What a host sends beyond the lab gets no answer, and the counter of `lab status` grows."""
    before = _dropped(lab)
    assert run_on(lab.login("red"), text).returncode != 0
    after = _dropped(lab)
    assert after[network.BEYOND] > before[network.BEYOND]
    assert after[network.CONTROLLER] == before[network.CONTROLLER]


def test_every_way_beyond_the_subnet_is_the_bridge(lab: LabState, run_on: RunOn) -> None:
    """A host's only routes are its own network and the machine, where the drop is."""
    routes = json.loads(run_on(lab.login("red"), "ip -json route").stdout)
    assert {route["dst"] for route in routes} == {"default", str(lab.subnet)}
    assert run_on(lab.login("red"), "ip -6 route show default").stdout == ""


@pytest.fixture
def listener(lab: LabState) -> Iterator[int]:
    """Listen on the lab's address of this machine; give the port."""
    with socket.create_server((str(lab.controller), 0)) as server:
        thread = threading.Thread(target=_accept, args=(server,), daemon=True)
        thread.start()
        yield int(server.getsockname()[1])
        server.shutdown(socket.SHUT_RDWR)
        thread.join(5)


def _accept(server: socket.socket) -> None:
    try:
        while True:
            server.accept()[0].close()
    except OSError:
        return


def test_a_host_cannot_call_the_machine(lab: LabState, run_on: RunOn, listener: int) -> None:
    """Hosts answer this machine, they do not open connections to it; attempts are counted."""
    before = _dropped(lab)
    connect = f'socket.create_connection(("{lab.controller}", {listener}), 1)'
    result = run_on(lab.login("red"), f"python3 -c 'import socket; {connect}'")
    assert "timed out" in result.stderr.lower()
    after = _dropped(lab)
    assert after[network.CONTROLLER] > before[network.CONTROLLER]
    assert after[network.BEYOND] == before[network.BEYOND]


def test_traffic_among_hosts_is_not_dropped(lab: LabState, run_on: RunOn) -> None:
    """Hosts reach each other, also for addresses that one routes to another (pods)."""
    red, red01 = (Host.model_validate(lab.login(name)) for name in ("red", "red01"))
    pod = "10.244.7.1"
    before = _dropped(lab)
    run_on(red01, f"sudo ip address add {pod}/32 dev lo")
    run_on(red, f"sudo ip route add {pod}/32 via {red01.address}")
    try:
        assert run_on(red, f"ping -c 1 -W 2 {pod}").returncode == 0
    finally:
        run_on(red, f"sudo ip route delete {pod}/32")
        run_on(red01, f"sudo ip address delete {pod}/32 dev lo")
    assert _dropped(lab) == before


def test_nobody_is_at_the_unused_address(lab: LabState, run_on: RunOn) -> None:
    """The address for tests of unreachable hosts belongs to nobody, and stays in the lab."""
    before = _dropped(lab)
    assert run_on(lab.login("red"), f"ping -c 1 -W 1 {lab.unused_address}").returncode != 0
    assert str(lab.unused_address) not in {str(host.address) for host in lab.hosts}
    assert _dropped(lab) == before
