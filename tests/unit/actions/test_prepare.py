"""What preparation cures is no finding; what it cannot cure says why."""

from __future__ import annotations

import made_up as make
from kuberry.actions.prepare import for_cluster, remaining, together
from kuberry.model.finding import Finding, Severity
from kuberry.model.plan import Plan
from kuberry.model.preparation import Preparation, Prepared
from kuberry.model.report import HostReport, StepReport

EMPTY = Plan(title="prepare", hosts=())


def finding(code: str, host: str | None = "red") -> Finding:
    """Return an error."""
    return Finding(code=code, severity=Severity.ERROR, title="t", host=host, remedy="by hand")


def test_only_what_is_cured_goes() -> None:
    """Of the same code on another host, and of another code, nothing is forgotten."""
    found = [finding("KB205"), finding("KB205", "red01"), finding("KB301"), finding("KB103", None)]
    prepared = Prepared(plan=EMPTY, cures=(("red", "KB205"), ("red01", "KB103")))

    assert [(one.host, one.code) for one in remaining(found, prepared)] == [
        ("red01", "KB205"),
        ("red", "KB301"),
    ]


def test_what_stands_in_the_way_is_said() -> None:
    """The planner knows better than the check why it cannot be done."""
    prepared = Prepared(plan=EMPTY, obstacles=(("red", "KB205", "the kernel has none"),))
    first, second = remaining([finding("KB205"), finding("KB205", "red01")], prepared)

    assert (first.remedy, second.remedy) == ("the kernel has none", "by hand")


def step(name: str) -> StepReport:
    """Return a step that was done."""
    return StepReport(id=name, title=name, plan="p", started_s=0, ended_s=1)


def test_a_host_ends_once_with_the_steps_of_both_plans() -> None:
    """One that was only prepared was changed all the same."""
    before = (HostReport(host="red", ending="done", steps=(step("edit"),)),)
    after = (
        HostReport(host="red", ending="unchanged"),
        HostReport(host="red01", ending="unchanged"),
    )
    red, other = together(before, after)

    assert (red.ending, [one.id for one in red.steps]) == ("done", ["edit"])
    assert (other.ending, other.steps) == ("unchanged", ())


def test_the_network_of_the_cluster_decides_what_is_needed() -> None:
    """Plain routes need no vxlan; the ranges are the cluster's."""
    plain = make.cluster("red")
    flannel = plain.model_copy(update={"network": "flannel", "pod_cidr": "10.42.0.0/16"})

    assert not for_cluster(Preparation(), plain).needs_vxlan
    wish = for_cluster(Preparation(page_size="4k"), flannel)
    assert (wish.needs_vxlan, wish.pod_cidr, wish.page_size) == (True, "10.42.0.0/16", "4k")
