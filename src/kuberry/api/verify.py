"""A running cluster proves itself."""

from __future__ import annotations

from kuberry.actions import verify as action
from kuberry.api.hosts import resolve
from kuberry.clusters import Clusters
from kuberry.journal.keep import keep_run
from kuberry.model.connection import ConnectOptions
from kuberry.model.event import Emit, ignore
from kuberry.model.finding import ProbeResult
from kuberry.model.report import RunReport
from kuberry.settings import Settings


async def verify(
    cluster: str | None = None,
    *,
    options: ConnectOptions | None = None,
    settings: Settings | None = None,
    emit: Emit = ignore,
) -> tuple[ProbeResult, ...]:
    """Ask a running cluster everything that a user will rely on, and leave nothing behind.

    A probe that fails because of another is skipped and names that one as its cause: what is left
    as failed are root causes, each with a host and a remedy.

    Args:
        cluster: Its name; ``None`` means the last one used.
        options: How to log in; ``None`` means the defaults.
        settings: Where things are kept; ``None`` asks the environment.
        emit: Is told what happens.

    Raises:
        UsageError: No such cluster is known here.
        HostBusy: Another check of this cluster is under way.
    """
    where = settings or Settings()
    known = Clusters(where.clusters_dir).load(cluster)
    hosts = resolve(known.hosts, where, emit)
    async with keep_run(where.journal_file, "verify", known, emit) as run:
        probes = await action.verify(known, hosts, options or ConnectOptions(), run.emit)
        run.report(
            RunReport(
                command="verify",
                cluster=known,
                started=run.started,
                duration_s=run.elapsed_s,
                probes=probes,
            )
        )
    return probes
