"""Artifacts passed on from host to host: whatever breaks, all have the right bytes."""

from __future__ import annotations

import asyncio
import json
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from kuberry.lab.names import Names
from kuberry.model.host import Host
from kuberry.model.lab import LabState
from kuberry.settings import Settings
from pushing import (
    MIB,
    TARGET,
    Cargo,
    Pushing,
    agent,
    listeners,
    push,
    rules,
    sent_bytes,
    shaped,
)

pytestmark = pytest.mark.integration

NAMES = ("red", "red01", "red02")
DONE = [("done", "")] * 3
CONTROLLER = ""
RunOn = Callable[[Host, str], "subprocess.CompletedProcess[str]"]


@pytest.fixture
def cargo(tmp_path: Path) -> Cargo:
    """Give a file that takes more than a second to leave this machine."""
    return Cargo.made(tmp_path, 12 * MIB)


@pytest.fixture
def hosts(lab: LabState, run_on: RunOn) -> Iterator[list[Host]]:
    """Give three hosts behind a link of this machine of 64 Mbit/s; they are swept afterwards."""
    found = [lab.login(name) for name in NAMES]
    with shaped(Names(lab.lab_id).bridge, 64):
        yield found
    for host in found:
        run_on(host, f"sudo rm -rf {TARGET} /var/lib/kuberry")


async def test_one_copy_leaves_the_controller(
    lab: LabState, hosts: list[Host], cargo: Cargo
) -> None:
    """All have the file, sent once; a stranger gets nothing, and nothing listens afterwards."""
    heard: list[bytes] = []

    async def ask_without_the_secret(pushing: Pushing) -> None:
        await pushing.until_came("red01", MIB)
        place = listeners(lab, "red")["red"][0]
        heard.append(await asyncio.to_thread(_ask, place, cargo))

    before, sent = listeners(lab, *NAMES), sent_bytes(lab)
    pushing = await push(hosts, cargo, ask_without_the_secret)
    sent = sent_bytes(lab) - sent

    assert pushing.endings == DONE
    assert sent < 1.15 * cargo.size
    assert pushing.givers == {
        "red": {CONTROLLER: cargo.size},
        "red01": {CONTROLLER: 0, "red": cargo.size},
        "red02": {CONTROLLER: 0, "red01": cargo.size},
    }
    assert [len(one) for one in heard] == [33]  # the nonce of 32 digits, and the end
    assert "red gave nothing to" in pushing.notices
    assert listeners(lab, *NAMES) == before


def _ask(place: str, cargo: Cargo) -> bytes:
    """Ask for the file with a proof made up; return all that comes."""
    address, _, port = place.rpartition(":")
    with socket.create_connection((address, int(port)), timeout=10) as peer:
        peer.sendall(f"{cargo.artifact.sha256} 0 {'0' * 128}\n".encode())
        answer = b""
        while piece := peer.recv(65536):
            answer += piece
    return answer


async def test_a_hop_killed_in_the_middle_costs_no_second_copy(
    lab: LabState, hosts: list[Host], cargo: Cargo
) -> None:
    """The one behind it goes on with the one before it, at the byte it has."""

    async def kill_the_second(pushing: Pushing) -> None:
        await pushing.until_came("red02", 4 * MIB)
        os.kill(agent(lab, "red01"), signal.SIGKILL)

    sent = sent_bytes(lab)
    pushing = await push(hosts, cargo, kill_the_second)
    sent = sent_bytes(lab) - sent

    assert pushing.endings == DONE
    assert sent < 1.15 * cargo.size, (pushing.notices, pushing.givers)
    assert set(pushing.givers["red02"]) == {CONTROLLER, "red01", "red"}
    assert sum(pushing.givers["red02"].values()) == cargo.size
    assert "red01 no longer passes artifacts on" in pushing.notices


async def test_bytes_spoiled_on_the_way_are_refused_and_served_again(
    lab: LabState, hosts: list[Host], cargo: Cargo
) -> None:
    """One packet to the second host is changed: all behind it forget, and get the right bytes."""
    spoil = "tcp dport != 22 meta length > 1000 limit rate 1/hour burst 1 packets @th,800,32 set 7"
    async with rules(lab, "red01", spoil):
        pushing = await push(hosts, cargo)

    assert pushing.endings == DONE
    assert "red01 threw wrong bytes of cargo away, from red" in pushing.notices
    assert pushing.givers["red01"][CONTROLLER] + pushing.givers["red01"]["red"] > cargo.size


async def test_a_host_without_python_is_served_by_this_machine(
    hosts: list[Host], cargo: Cargo, run_on: RunOn
) -> None:
    """The others pass the file on without it, and it is told why."""
    run_on(hosts[1], "sudo mv /usr/bin/python3 /usr/bin/python3.hidden")
    try:
        pushing = await push(hosts, cargo)
    finally:
        run_on(hosts[1], "sudo mv /usr/bin/python3.hidden /usr/bin/python3")

    assert pushing.endings == DONE
    assert pushing.givers == {
        "red": {CONTROLLER: cargo.size},
        "red02": {CONTROLLER: 0, "red": cargo.size},
    }
    expected = "red01 takes artifacts from this machine alone: there is no python3"
    assert pushing.notices == expected


async def test_where_hosts_do_not_reach_each_other_this_machine_serves_all(
    lab: LabState, hosts: list[Host], cargo: Cargo
) -> None:
    """Behind firewalls the file comes all the same, and the user is told."""
    closed = "tcp dport != 22 tcp flags & (syn | ack) == syn reject with tcp reset"
    async with rules(lab, "red", closed), rules(lab, "red01", closed):
        pushing = await push(hosts, cargo)

    assert pushing.endings == DONE
    assert [set(one) for one in pushing.givers.values()] == [{CONTROLLER}] * 3
    assert "red01 cannot take artifacts from red: " in pushing.notices


async def test_a_slow_host_is_served_last(lab: LabState, hosts: list[Host], tmp_path: Path) -> None:
    """The one behind it does not wait for it; it gets the file all the same."""
    cargo = Cargo.made(tmp_path, 32 * MIB)
    names = Names(lab.lab_id)
    number = next(one.number for one in lab.hosts if one.name == "red01")
    has_waited: list[int] = []

    async def widen(pushing: Pushing) -> None:
        await pushing.until(lambda: "red01 is far slower" in pushing.notices)
        await pushing.until_came("red02", cargo.size)
        has_waited.append(pushing.came("red01"))
        subprocess.run(("tc", "qdisc", "del", "dev", names.link(number), "root"), check=True)
        subprocess.run(
            ("tc", "qdisc", "add", "dev", names.link(number), "root", "pfifo"), check=True
        )

    with shaped(names.link(number), 8):
        pushing = await push(hosts, cargo, widen)

    assert pushing.endings == DONE
    assert has_waited[0] < cargo.size // 2
    assert pushing.givers["red01"].keys() == {CONTROLLER, "red", "red02"}


async def test_a_killed_controller_leaves_no_listener_and_its_next_run_goes_on(
    lab: LabState, hosts: list[Host], cargo: Cargo, lab_settings: Settings
) -> None:
    """Listeners end with the program that started them; what had come is not sent again."""
    before = listeners(lab, *NAMES)
    _killed_in_the_middle(cargo, lab_settings)
    deadline = time.monotonic() + 30
    while listeners(lab, *NAMES) != before:
        assert time.monotonic() < deadline
    pushing = await push(hosts, cargo)

    assert pushing.endings == DONE
    came = [sum(one.values()) for one in pushing.givers.values()]
    assert all(0 < one < cargo.size - 2 * MIB for one in came), came


def _killed_in_the_middle(cargo: Cargo, settings: Settings) -> None:
    """Have a program of ours push the file, and kill it when the last host has some of it."""
    words = ("--hosts", ",".join(NAMES), "--file", str(cargo.path))
    where = {
        "KUBERRY_STATE_DIR": str(settings.state_dir),
        "KUBERRY_CONFIG_DIR": str(settings.config_dir),
    }
    with subprocess.Popen(
        (sys.executable, "-m", "kuberry.bench.push", *words),
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
        text=True,
        env=os.environ | where,
    ) as program:
        came = 0
        for line in program.stderr or ():
            event = json.loads(line)
            if event["kind"] == "step-progress" and event["host"] == NAMES[-1]:
                came += event["bytes_sent"]
            if came >= 3 * MIB:
                break
        program.kill()
    assert came < cargo.size
