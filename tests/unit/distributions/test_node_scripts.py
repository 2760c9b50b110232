"""The shell text that drains, deletes, closes and opens nodes, against a stand-in for kubectl.

The stand-in answers as ``kubectl get -o jsonpath`` prints, and notes what it was asked
(kubernetes.io/docs/reference/kubectl/jsonpath); the real kubectl is asked in tests/e2e.
"""

from __future__ import annotations

import dataclasses
import os
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest

import made_up as make
from kuberry.distributions.kubeadm import install
from kuberry.distributions.seen import Seen
from kuberry.distributions.switch_off import Control, come_back, switch_off
from kuberry.distributions.traces_text import forget_node
from kuberry.model.installed import SeenNode
from kuberry.model.plan import Plan, Run

NAMES = ("red", "red01", "red02")
_KUBECTL = """#!/bin/sh
echo "$*" | head -n 1 >>"$ASKED"
case "$*" in
*"get node red02 -o"*) printf '%s' "$CLOSED" ;;
*"get nodes"*annotations*) printf 'red \\nred01 yes\\nred02 \\n' ;;
*"get nodes"*) printf 'red \\nred01 \\nred02 true\\n' ;;
drain*) echo 'error when evicting pods/"web-1" -n "default"' >&2; exit "$BLOCKED" ;;
*"get pods"*) printf 'default/web-1 ReplicaSet\\nkube-system/proxy DaemonSet\\nmy/static Node\\n' ;;
*budgets*) printf 'default/web 0\\nelsewhere/web 0\\ndefault/free 1\\ndefault/fresh \\n' ;;
esac
"""


@dataclasses.dataclass(frozen=True, slots=True)
class Done:
    """How a script ended, and what it has asked the API server to change."""

    status: int
    stdout: str
    stderr: str
    changes: list[str]


Play = Callable[..., Done]


@pytest.fixture
def play(tmp_path: Path) -> Play:
    """Give a function that runs shell text with the stand-in first on its path."""
    asked = tmp_path / "asked"
    for name, text in (("kubectl", _KUBECTL), ("systemctl", "#!/bin/sh\n")):
        (tmp_path / name).write_text(text)
        (tmp_path / name).chmod(0o755)

    def run(text: str, *arguments: str, closed: str = "", blocked: bool = False) -> Done:
        asked.write_text("")
        done = subprocess.run(
            ["/bin/sh", "-c", text, "sh", *arguments],
            capture_output=True,
            text=True,
            check=False,
            timeout=30,
            env=os.environ | {"ASKED": str(asked), "CLOSED": closed, "BLOCKED": str(int(blocked))},
        )
        words = (line.split() for line in asked.read_text().splitlines())
        rest = [one[2:] if one[0] == "--request-timeout" else one for one in words]
        changes = [f"{one[0]} {one[-1]}" for one in rest if one[0] in {"delete", "uncordon"}]
        changes += [f"annotate {one[-2]} {one[-1]}" for one in rest if one[0] == "annotate"]
        return Done(done.returncode, done.stdout, done.stderr, changes)

    return run


@pytest.fixture
def administrator(tmp_path: Path) -> str:
    """Give the shell text after which kubectl is the stand-in."""
    return f"export PATH={tmp_path}:$PATH\n"


def test_pods_that_stay_keep_their_node_and_are_named(play: Play, administrator: str) -> None:
    """So is the budget of their namespace that allows none of them to go, and no other."""
    done = play(forget_node(administrator), "red02", "5", "must", blocked=True)

    assert (done.status, done.stdout) == (1, "")
    assert done.stderr.splitlines()[-1] == (
        "error: pods are still on red02 after 5 s: default/web-1 "
        "(the PodDisruptionBudget default/web allows none of them to go)"
    )
    assert done.changes == ["uncordon red02"]


def test_a_node_that_was_closed_before_stays_closed(play: Play, administrator: str) -> None:
    """What its user has closed is not opened because a drain failed."""
    done = play(forget_node(administrator), "red02", "5", "must", closed="true", blocked=True)

    assert (done.status, done.changes) == (1, [])


@pytest.mark.parametrize(("seconds", "blocked"), [("5", False), ("5", True), ("0", True)])
def test_without_must_the_node_goes(
    play: Play, administrator: str, seconds: str, *, blocked: bool
) -> None:
    """Pods that stay are a notice; a dead host's node is not drained at all."""
    done = play(forget_node(administrator), "red02", seconds, "", blocked=blocked)

    assert (done.status, done.stdout, done.changes) == (0, "yes\n", ["delete red02"])
    assert ("notice: pods are still on red02" in done.stderr) is (blocked and seconds != "0")


def _scripts(plan: Plan) -> dict[str, Run]:
    (steps,) = (one.steps for one in plan.hosts if one.host == "red")
    return {step.id: step for step in steps if isinstance(step, Run)}


def _hosts(*closed: str) -> dict[str, Seen]:
    nodes = tuple(SeenNode(name=name, ready=True, switched_off=name in closed) for name in NAMES)
    return {
        name: make.seen(name, f"10.0.0.{number}", there=make.installed(nodes=nodes))
        for number, name in enumerate(NAMES, start=1)
    }


def test_a_stop_marks_what_it_closes_and_opens_only_that(play: Play, administrator: str) -> None:
    """red02 was closed by its user: it gets no mark, so nobody opens it."""
    control = Control(administrator=administrator, unit="no-such-unit.service")
    steps = _scripts(switch_off(make.cluster(*NAMES), _hosts(), control, drain_s=5))
    drained = play(steps["drain"].script, *steps["drain"].arguments)
    back = play(steps["unmark"].script, *steps["unmark"].arguments)

    assert (drained.status, drained.stdout) == (0, "drained\n")
    assert drained.changes == ["annotate red01 kuberry.internal/off=yes"]
    assert (back.status, back.stdout) == (0, "yes\n")
    assert back.changes == ["uncordon red01", "annotate red01 kuberry.internal/off-"]


def test_a_deploy_opens_what_a_stop_has_closed(play: Play, administrator: str) -> None:
    """Where nothing bears the mark there is no step."""
    (step,) = come_back(_hosts("red01")["red"], administrator)

    assert play(step.script).changes == [
        "uncordon red01",
        "annotate red01 kuberry.internal/off-",
    ]
    assert list(come_back(_hosts()["red"], administrator)) == []


_KUBEADM = """#!/bin/sh
echo "$1" >>"$KUBEADM_ASKED"
case $1 in
reset) rm -rf "$ROOT/etc/kubernetes" ;;
init | join) [ ! -e "$ROOT/etc/kubernetes" ] || { echo 'error: already exists' >&2; exit 1; } ;;
esac
"""


@pytest.mark.parametrize("worker", [False, True])
@pytest.mark.parametrize(
    "left",
    [
        "",
        "pki/ca.crt",
        "admin.conf",
        "kubelet.conf",
        "bootstrap-kubelet.conf",
        "manifests/kube-apiserver.yaml",
    ],
)
def test_what_a_half_init_or_join_has_left_is_in_nobodys_way(
    left: str, tmp_path: Path, *, worker: bool
) -> None:
    """It is reset before it is done again, and what is fresh is not.

    Half written keys come first, and a join that failed leaves the authority alone.
    """
    hosts = {name: make.seen(name, f"10.0.0.{number}") for number, name in enumerate(NAMES, 1)}
    plan = install(make.cluster(*NAMES), hosts, make.bundle())
    steps = [step for one in plan.hosts for step in one.steps if step.id == "join"]
    steps += [step for one in plan.hosts for step in one.steps if step.id == "init"]
    step = steps[0 if worker else -1]
    assert isinstance(step, Run)
    (tmp_path / "kubeadm").write_text(_KUBEADM)
    (tmp_path / "kubeadm").chmod(0o755)
    (tmp_path / "var/lib/kuberry").mkdir(parents=True)
    if left:
        (tmp_path / "etc/kubernetes" / left).parent.mkdir(parents=True)
        (tmp_path / "etc/kubernetes" / left).touch()
    text = step.script.replace("/etc/", f"{tmp_path}/etc/").replace("/var/", f"{tmp_path}/var/")
    text = text.replace("PATH=", f"PATH={tmp_path}:")
    asked = tmp_path / "asked"
    done = subprocess.run(
        ["/bin/sh", "-c", text, "sh", str(tmp_path / "none"), *step.arguments[1:]],
        capture_output=True,
        text=True,
        check=False,
        timeout=30,
        env=os.environ | {"KUBEADM_ASKED": str(asked), "ROOT": str(tmp_path)},
    )
    assert (done.returncode, done.stderr) == (0, "")
    assert ("reset" in asked.read_text().split()) is bool(left)
    assert (tmp_path / "var/lib/kuberry" / ("joined" if worker else "initialised")).exists()
