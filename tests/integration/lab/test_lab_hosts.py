"""What a lab host is: a Debian of its own with systemd, an SSH server and a user who may sudo."""

from __future__ import annotations

import shlex
import subprocess
from typing import TYPE_CHECKING

import pytest

from kuberry.api.lab import lab_shell
from kuberry.lab import base
from kuberry.model.lab import LabState
from kuberry.settings import Settings

if TYPE_CHECKING:
    from tests.integration.conftest import FreshHost, RunOn

pytestmark = [pytest.mark.integration, pytest.mark.timeout(960)]


def test_a_host_is_up_and_healthy(lab: LabState, run_on: RunOn) -> None:
    """When up returns, a host lets its user in, and every unit starts."""
    result = run_on(lab.login("red"), "sudo systemctl is-system-running --wait")
    failed = run_on(lab.login("red"), "systemctl --failed --no-legend").stdout
    assert result.stdout == "running\n", failed


@pytest.mark.parametrize(
    "question", ["hostname", "cat /etc/machine-id", "cat /etc/ssh/ssh_host_ed25519_key.pub"]
)
def test_no_two_hosts_are_the_same(lab: LabState, run_on: RunOn, question: str) -> None:
    """Each host has a name, a machine id and a host key of its own."""
    answers = [run_on(lab.login(host.name), question).stdout for host in lab.hosts]
    assert all(answers)
    assert len(set(answers)) == len(answers)


def test_the_login_is_by_key_only(lab: LabState, lab_settings: Settings) -> None:
    """A host offers no password login, and turns away who has not the lab's key."""
    words = list(lab_shell("red", settings=lab_settings))
    words[1:1] = ["-o", "BatchMode=yes", "-o", "IdentityFile=/dev/null"]
    words = [word for word in words if str(lab.identity_file) not in word]
    words = [word for index, word in enumerate(words) if word != "-o" or words[index + 1] != "-o"]
    done = subprocess.run([*words, "true"], capture_output=True, text=True, timeout=30, check=False)
    assert done.returncode == 255
    assert "Permission denied (publickey)" in done.stderr


def test_hosts_know_each_other_by_name(lab: LabState, run_on: RunOn) -> None:
    """Names resolve without a name service, and lead to the right host."""
    result = run_on(lab.login("red"), "getent hosts red01 && ping -c 1 -W 2 red01")
    assert result.returncode == 0, result.stdout
    assert str(lab.login("red01").address) in result.stdout


def test_hosts_added_later_are_known_to_those_that_run(
    lab: LabState, run_on: RunOn, fresh_host: FreshHost
) -> None:
    """A new host finds the old ones by name, and the old ones find it."""
    new = fresh_host()
    assert run_on(lab.login("red"), f"getent hosts {new.name}").stdout.split()[0] == new.address
    assert run_on(new, "getent hosts red").stdout.split()[0] == lab.login("red").address


def test_only_sudo_makes_root(lab: LabState, run_on: RunOn) -> None:
    """The user is unprivileged, and may become root without a password."""
    assert run_on(lab.login("red"), "id -u; sudo -n id -u").stdout == "1000\n0\n"


def test_the_swap_of_the_machine_is_not_the_hosts(lab: LabState, run_on: RunOn) -> None:
    """A host sees no swap, whatever the machine below has."""
    assert len(run_on(lab.login("red"), "cat /proc/swaps").stdout.splitlines()) == 1


def test_containerd_has_a_real_file_system(lab: LabState, run_on: RunOn) -> None:
    """An overlay can be mounted in /var/lib/containerd, as its snapshotter will do."""
    text = """
    set -e
    cd /var/lib/containerd
    mkdir lower upper work merged
    mount -t overlay -o lowerdir=lower,upperdir=upper,workdir=work overlay merged
    umount merged
    rm -r lower upper work merged
    """
    result = run_on(lab.login("red"), f"sudo sh -c {shlex.quote(text)}")
    assert result.returncode == 0, result.stderr


def test_what_a_kubelet_expects_is_there(lab: LabState, run_on: RunOn) -> None:
    """The root is shared, /dev/kmsg exists, and what a kubelet writes below /proc/sys it can."""
    settings = ("kernel.panic", "kernel.panic_on_oops", "vm.overcommit_memory", "vm.panic_on_oom")
    writes = " && ".join(f"sudo sysctl -qw {name}=$(sudo sysctl -n {name})" for name in settings)
    text = f"findmnt -no PROPAGATION / && test -c /dev/kmsg && {writes} && echo written"
    assert run_on(lab.login("red"), text).stdout == "shared\nwritten\n"


def test_every_package_is_there(lab: LabState, run_on: RunOn) -> None:
    """All packages of the base are installed."""
    text = f"dpkg-query -Wf '${{Status}}\\n' {' '.join(base.PACKAGES)} | sort -u"
    assert run_on(lab.login("red"), text).stdout == "install ok installed\n"


def test_a_host_of_the_next_debian_boots_too(fresh_host: FreshHost, run_on: RunOn) -> None:
    """A host with --os debian13 is a healthy Debian 13."""
    host = fresh_host(os="debian13")
    text = ". /etc/os-release; echo $VERSION_ID; sudo systemctl is-system-running --wait"
    result = run_on(host, text)
    failed = run_on(host, "systemctl --failed --no-legend").stdout
    assert result.stdout == "13\nrunning\n", failed
