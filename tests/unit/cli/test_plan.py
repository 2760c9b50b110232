"""A dry run shows what makes the hosts fit, and then what is installed."""

from __future__ import annotations

import json

import pytest

import made_up as make
from kuberry.cli.options import Output
from kuberry.cli.render.plan import show
from kuberry.model.bundle import Binary, Deb
from kuberry.model.plan import (
    File,
    HostPlan,
    InstallPackages,
    Plan,
    PutArtifact,
    Reboot,
    Run,
    SetUnit,
    Step,
    WriteFiles,
)
from kuberry.model.report import FileChange, PlanReport

CMDLINE = "/boot/firmware/cmdline.txt"
EDIT = WriteFiles(
    id="prepare-files", title="write 1 files", files=(File(path=CMDLINE, content=("quiet\n",)),)
)
BOOT = Reboot(id="prepare-boot", title="boot anew to switch the memory controller on")
INIT = Run(id="init", title="start the control plane", script="true")


def report(*steps: Step) -> PlanReport:
    """Return what a dry run found where *steps* make red fit."""
    return PlanReport(
        cluster=make.cluster("red"),
        findings=(),
        prepare=Plan(title="prepare", hosts=(HostPlan(host="red", steps=steps),)),
        plan=Plan(title="install", hosts=(HostPlan(host="red", steps=(INIT,)),)),
        files=(FileChange(host="red", path=CMDLINE, before="loud\n", after="quiet\n"),),
    )


def test_both_plans_are_shown_and_the_second_says_what_it_rests_on(
    capsys: pytest.CaptureFixture[str],
) -> None:
    """The boot is announced, the edit is shown once, with what stands there today."""
    show(report(EDIT, BOOT), Output.TABLE)
    out = capsys.readouterr().out

    assert out.index("prepare") < out.index("boot anew") < out.index("install")
    assert out.index("rests on what the hosts are today") < out.index("start the control plane")
    assert "1 reboots" in out
    assert out.count("-loud") == out.count("+quiet") == 1


def test_hosts_that_are_fit_have_one_plan(capsys: pytest.CaptureFixture[str]) -> None:
    """Nothing is said of a preparation that does nothing."""
    show(report(), Output.TABLE)

    assert "prepare" not in capsys.readouterr().out


def test_programs_get_both_plans(capsys: pytest.CaptureFixture[str]) -> None:
    """As data, apart from each other."""
    show(report(EDIT, BOOT), Output.JSON)
    found = json.loads(capsys.readouterr().out)

    assert [one["id"] for one in found["prepare"]["hosts"][0]["steps"]] == [EDIT.id, BOOT.id]
    assert [one["id"] for one in found["plan"]["hosts"][0]["steps"]] == ["init"]
    assert found["outcome"] == "done"


def test_a_host_that_only_has_to_boot_is_not_unchanged() -> None:
    """Fit and installed: both must be empty for nothing to do."""
    done = report(BOOT)
    nothing = Plan(title="install", hosts=())

    assert done.model_copy(update={"plan": nothing}).outcome == "done"
    assert report().model_copy(update={"plan": nothing}).outcome == "unchanged"


def test_what_a_host_is_in_for_stands_in_one_line(capsys: pytest.CaptureFixture[str]) -> None:
    """Steps, bytes, packages, units (each once) and boots; and why it is that control plane."""
    debs = tuple(one for one in make.bundle().artifacts if isinstance(one, Deb))
    large = Binary(name="x", version="1", architecture="any", size_bytes=5 << 20, sha256="a" * 64)
    steps = (
        InstallPackages(id="p", title="install 2 packages", packages=debs),
        PutArtifact(id="x", title="install x", artifact=large, path="/x"),
        SetUnit(id="c", title="restart containerd", unit="containerd.service"),
        SetUnit(id="k", title="start it", unit="kubelet.service"),
        SetUnit(id="k2", title="again", unit="kubelet.service"),
    )
    plan = Plan(title="install", hosts=(HostPlan(host="red", steps=steps),))
    show(report().model_copy(update={"plan": plan}), Output.TABLE)
    out = " ".join(capsys.readouterr().out.split())

    assert (
        "red 5 steps · 5 MiB to send · 2 packages · units containerd.service, kubelet.service · "
        "no reboot"
    ) in out
    assert "control plane red: the first host" in out
