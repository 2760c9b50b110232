"""Clusters that are remembered, their hosts, and what was found there."""

from __future__ import annotations

import asyncio
from typing import Annotated

from fastapi import APIRouter, Path, Query, Request

from kuberry.api.check import check
from kuberry.api.status import status
from kuberry.clusters import Clusters
from kuberry.errors import UsageError
from kuberry.journal.read import Journal
from kuberry.model.check import CheckReport
from kuberry.model.cluster import Cluster
from kuberry.model.finding import Outcome
from kuberry.model.request import ClusterName, DeployRequest, HostsText
from kuberry.model.status import StatusReport
from kuberry.model.wire import ClusterList, FindingList, RunFindings
from kuberry.server.access import looking
from kuberry.server.orders import wanted_of
from kuberry.server.problems import Refused
from kuberry.server.state import State, state_of

router = APIRouter()
_LOOK_DEADLINE_S = 120.0
_RUNS = 20
Name = Annotated[ClusterName, Path()]


@router.get("/clusters", dependencies=[looking()], tags=["clusters"])
def list_clusters(request: Request) -> ClusterList:
    """List the clusters that this server's user has deployed."""
    known = Clusters(state_of(request).settings.clusters_dir)
    found = (known.find(name) for name in known.names())
    return ClusterList(clusters=tuple(one for one in found if one is not None))


@router.get("/clusters/{name}", dependencies=[looking()], tags=["clusters"])
def get_cluster(request: Request, name: Name) -> Cluster:
    """Return one cluster: what was wished for last."""
    return _cluster(state_of(request), name)


@router.get("/clusters/{name}/hosts", dependencies=[looking()], tags=["hosts"])
async def look_at_cluster(request: Request, name: Name) -> StatusReport:
    """Look at the hosts of a cluster: their facts and how they feel; takes a second or two."""
    state = state_of(request)
    return await _look(state, ",".join(_cluster(state, name).hosts))


@router.get("/hosts", dependencies=[looking()], tags=["hosts"])
async def look_at_hosts(request: Request, hosts: Annotated[HostsText, Query()]) -> StatusReport:
    """Look at hosts that this server may be sent to; takes a second or two."""
    state = state_of(request)
    await asyncio.to_thread(state.allowed.check, hosts)
    return await _look(state, hosts)


@router.get("/hosts/names", dependencies=[looking()], tags=["hosts"])
def list_host_names(request: Request) -> list[str]:
    """List the hosts that requests may name."""
    return list(state_of(request).allowed.names())


@router.post("/checks", dependencies=[looking()], tags=["findings"])
async def check_hosts(request: Request, wish: DeployRequest) -> CheckReport:
    """Check whether hosts are fit for what a deploy would make of them; changes nothing."""
    state = state_of(request)
    await asyncio.to_thread(state.allowed.check_request, wish)
    async with asyncio.timeout(_LOOK_DEADLINE_S):
        return await state.looks.do(
            lambda: check(wish.hosts, wanted=wanted_of(wish), settings=state.settings)
        )


@router.get("/findings", dependencies=[looking()], tags=["findings"])
def list_findings(request: Request) -> FindingList:
    """List what the last run of each cluster found, with remedies."""
    state = state_of(request)
    names = Clusters(state.settings.clusters_dir).names()
    found = (_findings(state.journal, name) for name in names)
    return FindingList(clusters=tuple(one for one in found if one is not None))


def _findings(journal: Journal, cluster: str) -> RunFindings | None:
    """Return what the newest run of *cluster* found that came to a report."""
    ended = (one for one in journal.runs(cluster=cluster, limit=_RUNS) if one.outcome)
    for run in ended:
        report = journal.find(run.id).report
        if report is not None:
            failed = tuple(one for one in report.probes if one.outcome is Outcome.FAIL)
            return RunFindings(cluster=cluster, run=run.id, findings=report.findings, probes=failed)
    return None


async def _look(state: State, hosts: str) -> StatusReport:
    async with asyncio.timeout(_LOOK_DEADLINE_S):
        return await state.looks.do(lambda: status(hosts, settings=state.settings))


def _cluster(state: State, name: str) -> Cluster:
    try:
        return Clusters(state.settings.clusters_dir).load(name)
    except UsageError as error:
        raise Refused(404, "no-such-cluster", error.message, remedy="GET /v1/clusters") from None
