"""Switch a cluster off, so that power alone brings it back."""

from __future__ import annotations

from kuberry.actions import stop as action
from kuberry.api.hosts import resolve
from kuberry.api.operator import operator
from kuberry.clusters import Clusters
from kuberry.journal.keep import keep_run
from kuberry.model.connection import ConnectOptions
from kuberry.model.event import Emit, ignore
from kuberry.model.report import RunReport
from kuberry.settings import Settings

DRAIN_S = 60


async def stop(
    cluster: str | None = None,
    *,
    drain_s: int = DRAIN_S,
    options: ConnectOptions | None = None,
    settings: Settings | None = None,
    emit: Emit = ignore,
) -> RunReport:
    """Switch the hosts of *cluster* off, its control plane last.

    Args:
        cluster: Its name; ``None`` means the last one.
        drain_s: Seconds for pods to end; what has not ended then ends with its host.
        options: How to log in; ``None`` means the defaults.
        settings: Where things are kept; ``None`` asks the environment.
        emit: Is told what happens.

    Returns:
        How it ended: what went wrong on hosts is in the report, not raised.

    Raises:
        UsageError: No such cluster is known here.
    """
    where = settings or Settings()
    known = Clusters(where.clusters_dir).load(cluster)
    hosts = resolve(known.hosts, where, emit)
    async with keep_run(where.journal_file, "stop", known, emit) as run:
        work = action.Work(
            cluster=known,
            hosts=hosts,
            drain_s=drain_s,
            options=options or ConnectOptions(),
            emit=run.emit,
            operator=operator("stop", run.id),
        )
        return run.report(await action.stop(work))
