"""Hosts made fit: what deploy does between looking at them and installing anything."""

from __future__ import annotations

from collections.abc import Iterable

from kuberry.model.cluster import Cluster
from kuberry.model.finding import Finding
from kuberry.model.preparation import Preparation, Prepared
from kuberry.model.report import HostReport


def for_cluster(wish: Preparation, cluster: Cluster) -> Preparation:
    """Return *wish* with what follows from *cluster*: its ranges, and what its network needs."""
    return wish.model_copy(
        update={
            "needs_vxlan": wish.needs_vxlan or cluster.network != "host-gw",
            "pod_cidr": cluster.pod_cidr,
            "service_cidr": cluster.service_cidr,
        }
    )


def remaining(findings: Iterable[Finding], prepared: Prepared) -> tuple[Finding, ...]:
    """Return the findings that the preparation does not cure, with its reason where it cannot."""
    cured = set(prepared.cures)
    codes = {code for _, code in cured}
    reasons = {(host, code): reason for host, code, reason in prepared.obstacles}
    left = (
        one
        for one in findings
        if (one.host, one.code) not in cured and not (one.host is None and one.code in codes)
    )
    return tuple(_explained(one, reasons.get((one.host or "", one.code))) for one in left)


def together(
    before: tuple[HostReport, ...], after: tuple[HostReport, ...]
) -> tuple[HostReport, ...]:
    """Return how hosts ended that were first prepared and then installed to."""
    steps = {one.host: one.steps for one in before}
    return tuple(_with_steps(one, steps.get(one.host, ())) for one in after)


def _explained(finding: Finding, reason: str | None) -> Finding:
    return finding.model_copy(update={"remedy": reason}) if reason else finding


def _with_steps(report: HostReport, steps: tuple[object, ...]) -> HostReport:
    if not steps:
        return report
    ending = "done" if report.ending == "unchanged" else report.ending
    return report.model_copy(update={"steps": (*steps, *report.steps), "ending": ending})
