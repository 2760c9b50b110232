"""A program that fails is not measured; the peers prepare what our plan prepares."""

from __future__ import annotations

import dataclasses
from pathlib import Path

import pytest
import yaml

import made_up as make
from kuberry.bench.deploying import NoCluster
from kuberry.bench.figures import Pair, Sample
from kuberry.bench.place import Place
from kuberry.bench.scenarios import SCENARIOS
from kuberry.distributions.kubeadm import install
from kuberry.errors import CommandTimeout, KuberryError
from kuberry.model.plan import PutArtifact, SetUnit, WriteFiles

ROOT = Path(__file__).parents[3]
PLAYBOOK = ROOT / "bench/peers/ansible/prepare.yml"
PLACE = Place(Path("nowhere"), Path("nowhere"), Path("nowhere"))


def _measure(error: KuberryError) -> str:
    """Measure a scenario whose program of ours ends with *error*; return the figure's fault."""

    def fails(_place: Place) -> Sample:
        raise error

    scenario = dataclasses.replace(
        SCENARIOS[0], prepare=lambda _: None, mine=fails, other=lambda _: Sample(seconds=1)
    )
    told: list[Pair] = []
    found = scenario.measure(PLACE, 1, told.append)
    assert told == []
    return found.fault


def test_a_failed_deploy_ends_the_benchmarks_with_its_reason() -> None:
    """All figures rest on the cluster that our program brings."""
    with pytest.raises(NoCluster, match="red01: join: no route"):
        _measure(NoCluster.because("red01: join: no route"))


def test_any_other_trouble_costs_one_figure() -> None:
    """The others are measured, and the reason is published."""
    assert _measure(CommandTimeout("no answer")) == "no answer"


def test_the_playbook_writes_what_the_plan_writes() -> None:
    """The same files, programs and units: otherwise it would be measured at other work."""
    plan = install(
        make.cluster("red", "red01"),
        {
            name: make.seen(name, f"10.0.0.{number}", virtualization="systemd-nspawn")
            for number, name in enumerate(("red", "red01"), 1)
        },
        make.bundle(),
    )
    steps = [step for one in plan.hosts for step in one.steps]
    written = [one for step in steps if isinstance(step, WriteFiles) for one in step.files]
    tasks = {one["name"]: one for one in yaml.safe_load(PLAYBOOK.read_text("utf-8"))[0]["tasks"]}

    files = {item["path"] for item in tasks["Configuration"]["loop"]}
    assert files == {one.path for one in written if not one.volatile}
    programs = {step.path for step in steps if isinstance(step, PutArtifact)}
    assert programs <= {f"/usr/local/bin/{name}" for name in tasks["Programs"]["loop"]}
    units = {step.unit.removesuffix(".service") for step in steps if isinstance(step, SetUnit)}
    assert units <= {*tasks["Units"]["loop"]}
