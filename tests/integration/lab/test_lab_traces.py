"""A lab leaves nothing on the machine, however it ends, and two labs do not meet."""

from __future__ import annotations

import asyncio
import json
import os
import re
import shutil
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from kuberry.api.lab import lab_down, lab_power, lab_shell, lab_up
from kuberry.lab import cgroups, locks, machine, sweep, sysctls
from kuberry.lab.names import RUN_DIR, Names, lab_id
from kuberry.model.event import Event
from kuberry.model.lab import LabState
from kuberry.settings import Settings

if TYPE_CHECKING:
    from tests.integration.conftest import RunOn

pytestmark = [pytest.mark.integration, pytest.mark.timeout(960)]

_ANY_LAB = re.compile(r"\b(?:kb|kuberry_|kuberry-lab/|kuberry)([0-9a-f]{6})(?:h\d+)?\b", re.ASCII)

Snapshot = dict[str, list[str]]


def _said(*argv: str) -> list[str]:
    return subprocess.run(argv, capture_output=True, text=True, check=True).stdout.splitlines()


def _foreign(text: str, own: str) -> bool:
    """Return whether *text* speaks of another lab, which may come and go meanwhile."""
    return bool(set(_ANY_LAB.findall(text)) - {own})


def _labs() -> set[str]:
    paths = RUN_DIR.iterdir() if RUN_DIR.is_dir() else ()
    return {path.name for path in paths if path.is_dir()}


def _processes() -> Iterator[str]:
    """Yield what is in a lab's control groups, which no process leaves, or works for a lab."""
    marks = (":/kuberry", "kuberry.lab.supervisor", "systemd-nspawn", f"{RUN_DIR}/")
    for entry in Path("/proc").iterdir():
        try:
            words = (entry / "cmdline").read_bytes().replace(b"\0", b" ").decode(errors="replace")
            groups = (entry / "cgroup").read_text().replace("\n", " ")
        except OSError:
            continue
        if words and any(mark in f"{words} {groups}" for mark in marks):
            yield f"{words} {groups}"


def _groups() -> Iterator[str]:
    """Yield the control groups at the top of every hierarchy, and all that are a lab's."""
    for one in cgroups.hierarchies():
        for directory, _, _ in os.walk(one.path):  # leaves out what vanishes meanwhile
            if Path(directory).parent == one.path or "kuberry" in directory:
                yield directory


def _tables() -> list[str]:
    """Return one line per table of the machine, whole."""
    listed = json.loads("".join(_said("nft", "-j", "list", "ruleset")))["nftables"]
    return [json.dumps(entry) for entry in listed if "metainfo" not in entry]


def _snapshot(own: str) -> Snapshot:
    """Return all that a lab could leave behind, but for what belongs to other labs."""
    everything = {
        "processes": list(_processes()),
        "mounts": [line.split(maxsplit=4)[-1] for line in _said("cat", "/proc/self/mountinfo")],
        "namespaces": _said("ip", "netns", "list"),
        "links": _said("ip", "-o", "-br", "link"),
        "addresses": _said("ip", "-o", "-4", "address"),
        "routes": _said("ip", "route", "show", "table", "all"),
        "rules": _tables(),
        "groups": list(_groups()),
        "record": [f"{RUN_DIR}/{one}" for one in _labs()],
    }
    return {
        kind: sorted(line for line in lines if not _foreign(line, own))
        for kind, lines in everything.items()
    }


def _difference(before: Snapshot, after: Snapshot) -> Snapshot:
    kinds = {kind: sorted(set(after[kind]) ^ set(before[kind])) for kind in before}
    return {kind: lines for kind, lines in kinds.items() if lines}


def _up(settings: Settings, names: str) -> LabState:
    return asyncio.run(lab_up(names, settings=settings)).lab


def _until(condition: Callable[[], bool], deadline_s: float = 60) -> None:
    end = time.monotonic() + deadline_s
    while not condition():
        assert time.monotonic() < end, "it did not happen"
        time.sleep(0.02)


def test_down_leaves_nothing(own_lab: Settings) -> None:
    """Up, reboot, off and down: then the machine is as before, and only the base root is more."""
    own = lab_id(own_lab.lab_dir)
    before = _snapshot(own)
    lab = _up(own_lab, "blue,blue[01-02]")
    assert set(_difference(before, _snapshot(own))) >= {
        *("processes", "links", "addresses", "rules", "groups", "record", "mounts")
    }
    asyncio.run(lab_power("blue", "reboot", settings=own_lab))
    asyncio.run(lab_power("blue01", "poweroff", settings=own_lab))
    asyncio.run(lab_down(settings=own_lab))
    assert _difference(before, _snapshot(own)) == {}
    assert not lab.lab_dir.exists()


def test_the_last_lab_puts_kernel_settings_back(lab_alone: None, own_lab: Settings) -> None:
    """A setting that a host changed is as before after the last `down`, and not earlier."""
    before = sysctls.snapshot()
    second = own_lab.model_copy(update={"state_dir": own_lab.state_dir / "second"})
    said: list[str] = []
    try:
        _up(second, "green")
        _up(own_lab, "blue")
        text = "sudo sysctl -qw kernel.panic=17 vm.overcommit_memory=1"
        subprocess.run((*lab_shell("blue", settings=own_lab), "--", text), check=True)
        asyncio.run(lab_down(settings=own_lab))
        assert sysctls.snapshot()["kernel/panic"] == "17"
    finally:
        asyncio.run(lab_down(settings=second, emit=lambda event: said.append(str(event))))
    assert sysctls.snapshot() == before
    assert not RUN_DIR.exists()
    assert any(f"kernel.panic: 17 → {before['kernel/panic']}" in line for line in said)


def test_a_lab_comes_back_after_a_reboot_of_the_machine(own_lab: Settings) -> None:
    """Of a reboot only disks are left: `up` brings the hosts back with addresses, keys, files."""
    lab = _up(own_lab, "blue,blue01")
    keys = lab.known_hosts_file.read_text()
    subprocess.run((*lab_shell("blue01", settings=own_lab), "--", "touch kept; sync"), check=True)
    asyncio.run(sweep.clear(lab.lab_id))
    assert {machine.power(lab, host.name) for host in lab.hosts} == {"off"}
    back = _up(own_lab, "blue,blue01")
    assert back == lab
    assert back.known_hosts_file.read_text() == keys
    words = (*lab_shell("blue01", settings=own_lab), "--", "ls")
    assert subprocess.run(words, capture_output=True, check=True).stdout == b"kept\n"


def test_two_labs_at_once_do_not_meet(lab: LabState, own_lab: Settings, run_on: RunOn) -> None:
    """Two labs have different networks, same names do not clash, and one's end spares the other."""
    other = _up(own_lab, "red")
    assert not other.subnet.overlaps(lab.subnet)
    text = f"ping -c 1 -W 1 {other.login('red').address}"
    assert run_on(lab.login("red"), text).returncode != 0
    asyncio.run(lab_down(settings=own_lab))
    assert run_on(lab.login("red"), "hostname").stdout == "red\n"


def test_up_again_changes_nothing(own_lab: Settings) -> None:
    """Up for hosts that run leaves their boots, addresses and keys alone; new ones are added."""
    first = _up(own_lab, "blue")
    boot = machine.boot_id(first, "blue")
    keys = first.known_hosts_file.read_text()
    second = _up(own_lab, "blue,blue01")
    assert machine.boot_id(second, "blue") == boot
    assert second.known_hosts_file.read_text().startswith(keys)
    assert [host.name for host in second.hosts] == ["blue", "blue01"]
    assert second.find("blue") == first.find("blue")


def test_a_host_ends_with_its_supervisor_and_up_revives_it(own_lab: Settings) -> None:
    """A killed supervisor takes its host with it; `up` boots it again from the same disk."""
    lab = _up(own_lab, "blue")
    keys = lab.known_hosts_file.read_text()
    process = machine.supervisor_of(lab, "blue")
    assert process is not None
    process.kill(signal.SIGKILL)
    _until(lambda: not cgroups.pids(f"{Names(lab.lab_id).cgroup}/blue"))
    lab = _up(own_lab, "blue")
    assert machine.power(lab, "blue") == "on"
    assert lab.known_hosts_file.read_text() == keys


_UP = """
import asyncio, sys
from pathlib import Path
from kuberry.api.lab import lab_up
from kuberry.settings import Settings
state = Path(sys.argv[1])
asyncio.run(lab_up("blue,blue01", settings=Settings(state_dir=state, config_dir=state)))
"""

_MOMENTS: dict[str, Callable[[Names, Path], bool]] = {
    "network": lambda names, _: names.bridge in {name for _, name in socket.if_nameindex()},
    "namespace": lambda names, _: (names.netns("blue")).exists(),
    "disk": lambda _, lab_dir: (lab_dir / "hosts" / "blue").exists(),
    "supervisor": lambda names, _: (names.host_dir("blue") / "supervisor").exists(),
}


_LIKE_OTHERS = ("namespace", "disk")


@pytest.mark.parametrize("cure", ["up", "down"])
@pytest.mark.parametrize(
    "moment",
    [
        pytest.param(one, marks=[pytest.mark.campaign] if one in _LIKE_OTHERS else [])
        for one in sorted(_MOMENTS)
    ],
)
def test_what_a_killed_up_left_is_cleared(own_lab: Settings, moment: str, cure: str) -> None:
    """However far a killed `up` came, the next `up` works, and the next `down` leaves nothing."""
    names = Names(lab_id(own_lab.lab_dir))
    before = _snapshot(names.lab_id)
    with subprocess.Popen([sys.executable, "-c", _UP, str(own_lab.state_dir)]) as process:
        _until(lambda: _MOMENTS[moment](names, own_lab.lab_dir))
        process.kill()
    if cure == "up":
        lab = _up(own_lab, "blue")
        assert machine.power(lab, "blue") == "on"
    asyncio.run(lab_down(settings=own_lab))
    assert _difference(before, _snapshot(names.lab_id)) == {}
    assert not own_lab.lab_dir.exists()


@pytest.mark.parametrize("lost", ["state", "record", "both"])
def test_a_lost_lab_is_found_by_the_next_up_elsewhere(
    own_lab: Settings, tmp_path: Path, lost: str
) -> None:
    """A running lab whose directory, or whose record, has vanished is cleared by any other `up`.

    Also by one of another test, which then does not say it here: then it is tried again.
    """
    own = lab_id(own_lab.lab_dir)
    for _ in range(3):
        before = _snapshot(own)
        _lose(_up(own_lab, "blue"), own, lost)
        other = own_lab.model_copy(update={"state_dir": tmp_path / "other"})
        said: list[Event] = []
        try:
            asyncio.run(lab_up("green", settings=other, emit=said.append))
            left = _difference(before, _snapshot(own))
        finally:
            asyncio.run(lab_down(settings=other))
        assert left == {}
        if any(own in str(one) for one in said):
            return
    raise AssertionError(f"nobody said that {own} was cleared")


def _lose(lab: LabState, own: str, lost: str) -> None:
    if lost in ("state", "both"):
        shutil.rmtree(lab.lab_dir)
    if lost in ("record", "both"):
        for file in Names(own).run_dir.rglob("*"):
            if file.is_file() and not os.path.ismount(file):
                file.unlink(missing_ok=True)


def test_a_lab_at_work_is_no_lost_lab(own_lab: Settings, tmp_path: Path) -> None:
    """While one process works on a lab that has no memory yet, another's `up` leaves it alone."""
    own = lab_id(own_lab.lab_dir)

    async def up_beside() -> None:
        async with locks.hold(Names(own).run_dir):
            sweep.record(own, own_lab.lab_dir)
            other = own_lab.model_copy(update={"state_dir": tmp_path / "other"})
            try:
                await lab_up("green", settings=other)
                assert (Names(own).run_dir / "lab.json").exists()
            finally:
                await lab_down(settings=other)

    asyncio.run(up_beside())
