"""The stand-in for crictl does what kubeadm asks of it, through containerd's own ctr."""

from __future__ import annotations

import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest

from kuberry.lab.kubernetes.inputs import CRICTL

SOCKET = "/run/containerd/containerd.sock"
# Knows one image and one pod: sandbox s1 with the container c1. Notes all else.
CTR = """#!/bin/sh
echo "$*" >>"$0.log"
case "$*" in
version | *" tasks "* | *" containers rm "*) ;;
*"images list -q name==k8s.gcr.io/pause:3.2") echo k8s.gcr.io/pause:3.2 ;;
*"images list"*) ;;
*'containers list -q labels."io.cri-containerd.kind"==sandbox') echo s1 ;;
*"containers info s1") echo '  "io.kubernetes.pod.uid": "u-1"' ;;
*'containers list -q labels."io.kubernetes.pod.uid"==u-1') printf 's1\\nc1\\n' ;;
*) echo "unexpected: $*" >&2; exit 99 ;;
esac
"""
Call = Callable[..., "subprocess.CompletedProcess[str]"]


@pytest.fixture
def crictl(tmp_path: Path) -> Call:
    """Give a function that calls the stand-in."""
    for name, text in (("ctr", CTR), ("crictl", CRICTL)):
        (tmp_path / name).write_text(text)
        (tmp_path / name).chmod(0o755)

    def call(*words: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [str(tmp_path / "crictl"), *words],
            capture_output=True,
            text=True,
            check=False,
            timeout=10,
            env={"PATH": f"{tmp_path}:/usr/bin:/bin"},
        )

    return call


@pytest.mark.parametrize(
    ("words", "status"),
    [
        (("info",), 0),
        (("-r", SOCKET, "info"), 0),
        (("--runtime-endpoint", SOCKET, "inspecti", "k8s.gcr.io/pause:3.2"), 0),
        (("-r", SOCKET, "inspecti", "k8s.gcr.io/other:1"), 1),
        (("pull", "k8s.gcr.io/pause:3.2"), 0),
        (("pull", "k8s.gcr.io/coredns:1.7.0"), 1),
        (("exec",), 2),
        ((), 2),
    ],
)
def test_answers_are_exit_statuses(crictl: Call, words: tuple[str, ...], status: int) -> None:
    """What is there is found, what is not is not pretended, what is unknown is refused."""
    assert crictl(*words).returncode == status


def test_pods_are_sandboxes(crictl: Call) -> None:
    """A reset of kubeadm asks for them by id."""
    assert crictl("-r", SOCKET, "pods", "-q").stdout == "s1\n"


def test_a_pod_ends_with_all_its_containers(crictl: Call, tmp_path: Path) -> None:
    """A sandbox that went alone would leave its programs running, and their ports taken."""
    assert crictl("stopp", "s1").returncode == 0
    assert crictl("rmp", "s1").returncode == 0

    calls = (tmp_path / "ctr.log").read_text().splitlines()
    words = [line.removeprefix("-n k8s.io ") for line in calls]
    assert [line for line in words if " kill " in line or " rm " in line] == [
        "tasks kill -s SIGKILL c1",
        "tasks kill -s SIGKILL s1",
        "tasks rm -f c1",
        "containers rm c1",
        "tasks rm -f s1",
        "containers rm s1",
    ]
