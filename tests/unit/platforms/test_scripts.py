"""The shell text of preparation does what its step says, with stand-ins for the host's programs."""

from __future__ import annotations

import os
import subprocess
from pathlib import Path

import pytest

from kuberry.platforms import clock, firewall, kernel, memory, page_size
from kuberry.shell import script


def run(text: str, *arguments: str, programs: Path) -> subprocess.CompletedProcess[str]:
    """Run *text* with *programs* found first."""
    return subprocess.run(
        script(text, *arguments).argv(),
        capture_output=True,
        text=True,
        check=False,
        timeout=30,
        env={"PATH": f"{programs}:{os.environ['PATH']}"},
    )


def program(directory: Path, name: str, text: str) -> None:
    """Write a program."""
    file = directory / name
    file.write_text(f"#!/bin/sh\n{text}\n")
    file.chmod(0o755)


def test_ufw_lets_hosts_in_and_pods_through(tmp_path: Path) -> None:
    """Ranges are forwarded, too; each rule carries our name."""
    log = tmp_path / "log"
    program(tmp_path, "ufw", f'echo "$@" >>{log}')

    done = run(firewall._ALLOW, "10.0.0.2", "10.244.0.0/16", programs=tmp_path)

    assert done.returncode == 0
    assert log.read_text().splitlines() == [
        "allow from 10.0.0.2 comment kuberry",
        "allow from 10.244.0.0/16 comment kuberry",
        "route allow from 10.244.0.0/16 comment kuberry",
    ]


def test_a_refusal_of_ufw_fails_the_step(tmp_path: Path) -> None:
    """Half an opening is none."""
    program(tmp_path, "ufw", "echo ERROR: bad address; exit 1")

    done = run(firewall._ALLOW, "10.0.0.2", programs=tmp_path)

    assert (done.returncode, done.stderr) == (1, "ERROR: bad address\n")


@pytest.mark.parametrize(
    ("service", "synchronised", "notice"),
    [
        ("yes", "yes", ""),
        ("yes", "no", "notice: its clock was not set by a time server within 0 s\n"),
        ("no", "no", "notice: nothing sets its clock: sudo timedatectl set-ntp true\n"),
    ],
)
def test_a_clock_that_is_not_set_is_said_and_stops_nothing(
    tmp_path: Path, service: str, synchronised: str, notice: str
) -> None:
    """A network of its own may have no time server at all."""
    answers = f"case $3 in NTP) echo {service} ;; *) echo {synchronised} ;; esac"
    program(tmp_path, "timedatectl", answers)

    done = run(clock._WAIT, "0", programs=tmp_path)

    assert (done.returncode, done.stderr) == (0, notice)


def test_pages_are_proven(tmp_path: Path) -> None:
    """A kernel that stayed fails the step, with the size it has."""
    program(tmp_path, "getconf", "echo 16384")
    large = run(page_size._PROOF, programs=tmp_path)
    program(tmp_path, "getconf", "echo 4096")
    small = run(page_size._PROOF, programs=tmp_path)

    assert (large.returncode, small.returncode) == (1, 0)
    assert "16384 bytes" in large.stderr


@pytest.mark.parametrize(
    ("line", "asked"),
    [
        ("quiet cgroup_enable=memory", True),
        ("cgroup_enable=cpuset,memory quiet", True),
        ("cgroup_enable=memoryless", False),
        ("xcgroup_enable=memory", False),
        ("cgroup_enable=cpuset cgroup_memory=1", False),
    ],
)
def test_the_proof_reads_the_command_line_word_by_word(
    tmp_path: Path, line: str, *, asked: bool
) -> None:
    """It tells a kernel that was not asked from one that does not deliver."""
    (tmp_path / "cmdline").write_text(f"{line}\n")
    (tmp_path / "cgroups").write_text("#subsys_name hierarchy num_cgroups enabled\nmemory 0 1 0\n")
    (tmp_path / "controllers").write_text("cpu io\n")
    text = memory._PROOF.replace("/proc/cmdline", str(tmp_path / "cmdline"))
    text = text.replace("/proc/cgroups", str(tmp_path / "cgroups"))
    text = text.replace("/sys/fs/cgroup/cgroup.controllers", str(tmp_path / "controllers"))

    done = run(text, "/boot/firmware/cmdline.txt", programs=tmp_path)

    assert done.returncode == 1
    assert ("has no memory controller" in done.stderr) is asked
    assert ("was started without" in done.stderr) is not asked


def test_the_package_of_modules_is_noted_before_it_is_installed(tmp_path: Path) -> None:
    """A reset then takes it away; the release of the running kernel is in its name."""
    log, notes = tmp_path / "log", tmp_path / "notes"
    program(tmp_path, "uname", "echo 5.15.0-1061-raspi")
    program(tmp_path, "dpkg-query", "exit 1")
    program(tmp_path, "modprobe", f'echo "modprobe $@" >>{log}')
    program(tmp_path, "apt-get", f'cat {notes}/packages >>{log}; echo "apt-get $@" >>{log}')
    text = kernel._EXTRA.replace("/var/lib/kuberry", str(notes))

    first = run(text, programs=tmp_path)
    run(text, programs=tmp_path)

    assert first.returncode == 0
    lines = log.read_text().splitlines()
    assert lines[0] == "linux-modules-extra-5.15.0-1061-raspi"
    assert lines[-1] == "modprobe vxlan"
    assert any("install -y" in line and "extra-5.15.0-1061-raspi" in line for line in lines)
    assert (notes / "packages").read_text() == "linux-modules-extra-5.15.0-1061-raspi\n"
