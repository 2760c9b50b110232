"""A case strikes one step of the plan, whatever the plan is."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

import made_up as make
from kuberry.campaign.aim import ALL_HOSTS, CONTROLLER, aim
from kuberry.campaign.case import FAULTS, HOSTS, OF_ARTIFACTS, Case, Fault
from kuberry.distributions.kubeadm import install
from kuberry.model.plan import HostPlan, Plan, artifacts_of

FRACTIONS = st.floats(min_value=0, max_value=1, exclude_max=True)


def _plan() -> Plan:
    wish = make.cluster(*HOSTS)
    seen = {name: make.seen(name, f"10.0.0.{number}") for number, name in enumerate(HOSTS, 1)}
    return install(wish, seen, make.bundle())


def _case(
    fault: Fault, *, where: float = 0.5, moment: float = 0.5, elsewhere: bool = False
) -> Case:
    return Case(
        seed=1,
        number=1,
        before="clean",
        command="deploy",
        fault=fault,
        where=where,
        moment=moment,
        elsewhere=elsewhere,
        cut_s=3,
    )


PLAN = _plan()


@given(fault=st.sampled_from(FAULTS), where=FRACTIONS, moment=FRACTIONS, elsewhere=st.booleans())
def test_what_is_struck_is_in_the_plan(
    *, fault: Fault, where: float, moment: float, elsewhere: bool
) -> None:
    """The step is one of its host, the moment lies within it, the victim is one that there is."""
    goal = aim(_case(fault, where=where, moment=moment, elsewhere=elsewhere), PLAN)

    assert goal is not None
    steps = {one.host: {step.id: step for step in one.steps} for one in PLAN.hosts}
    step = steps[goal.host][goal.step]
    assert goal.delay_s >= 0
    assert goal.victim in {*HOSTS, ALL_HOSTS, CONTROLLER}
    if fault in OF_ARTIFACTS:
        assert goal.digest in {one.sha256 for one in artifacts_of(step)}


def test_every_step_can_be_struck() -> None:
    """From the first of the first host to the last of the last."""
    total = sum(len(one.steps) for one in PLAN.hosts)
    goals = [aim(_case("host rebooted", where=index / total), PLAN) for index in range(total)]

    assert [(goal.host, goal.step) for goal in goals if goal] == [
        (one.host, step.id) for one in PLAN.hosts for step in one.steps
    ]


def test_what_makes_hosts_fit_can_be_struck() -> None:
    """A line may have two plans, one after the other."""
    goal = aim(_case("host rebooted", where=0.999), Plan(title="prepare", hosts=()), PLAN)

    assert goal == aim(_case("host rebooted", where=0.999), PLAN, Plan(title="x", hosts=()))


def test_the_other_host_can_be_struck() -> None:
    """While one is at its step."""
    goal = aim(_case("host rebooted", where=0, elsewhere=True), PLAN)

    assert goal is not None
    assert (goal.host, goal.victim) == HOSTS


def test_a_plan_without_steps_is_not_struck() -> None:
    """Neither is one that brings nothing, where bytes are to be corrupted."""
    empty = Plan(title="install", hosts=(HostPlan(host="gold"),))

    assert aim(_case("host rebooted"), empty) is None
    assert aim(_case("corrupted in the cache"), empty) is None
