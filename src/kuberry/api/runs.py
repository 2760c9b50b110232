"""Runs, as the journal remembers them."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

from kuberry.journal.stamp import Stamper
from kuberry.model.document import RunDocument
from kuberry.model.event import Emit
from kuberry.model.run import EventRecord, RunDetail, RunRecord
from kuberry.reports.page import page
from kuberry.reports.story import tell
from kuberry.settings import Settings

LAST = "last"
"""Stands for the newest run."""


def list_runs(
    *, cluster: str | None = None, limit: int = 20, settings: Settings | None = None
) -> tuple[RunRecord, ...]:
    """Return the newest runs, newest first.

    Args:
        cluster: Only runs of the cluster of that name.
        limit: At most so many.
        settings: Where the journal is; ``None`` asks the environment.

    Raises:
        JournalUnusable: The journal cannot be read.
    """
    from kuberry.journal.read import Journal  # noqa: PLC0415 -- SQLAlchemy takes its time

    return Journal(_file(settings)).runs(cluster=cluster, limit=limit)


def load_run(run: str = LAST, *, settings: Settings | None = None) -> RunDetail:
    """Return one run with its report.

    Args:
        run: Its id, or how that begins; ``last`` is the newest run.
        settings: Where the journal is; ``None`` asks the environment.

    Raises:
        UsageError: There is none, or several begin so.
        JournalUnusable: The journal cannot be read.
    """
    from kuberry.journal.read import Journal  # noqa: PLC0415 -- SQLAlchemy takes its time

    return Journal(_file(settings)).find(run)


def run_events(
    run: str = LAST, *, after: int = 0, settings: Settings | None = None
) -> Iterator[EventRecord]:
    """Return the events of one run as they happened; of one that goes on, those so far.

    Args:
        run: Its id, or how that begins; ``last`` is the newest run.
        after: Leave out the events up to this number.
        settings: Where the journal is; ``None`` asks the environment.

    Raises:
        UsageError: There is no such run, or several begin so.
        JournalUnusable: The journal cannot be read.
    """
    from kuberry.journal.read import Journal  # noqa: PLC0415 -- SQLAlchemy takes its time

    journal = Journal(_file(settings))
    return journal.events(journal.id_of(run), after=after)


def run_document(run: str = LAST, *, settings: Settings | None = None) -> RunDocument:
    """Return all that is known of one run: its steps in time, its critical path, its digests.

    Args:
        run: Its id, or how that begins; ``last`` is the newest run.
        settings: Where the journal is; ``None`` asks the environment.

    Raises:
        UsageError: There is no such run, or several begin so.
        JournalUnusable: The journal cannot be read.
    """
    from kuberry.journal.read import Journal  # noqa: PLC0415 -- SQLAlchemy takes its time

    journal = Journal(_file(settings))
    detail = journal.find(run)
    return tell(detail.run, journal.events(detail.run.id), detail.report)


def run_page(run: str = LAST, *, settings: Settings | None = None) -> str:
    """Return one run as a page of HTML that needs nothing but itself.

    Args:
        run: Its id, or how that begins; ``last`` is the newest run.
        settings: Where the journal is; ``None`` asks the environment.

    Raises:
        UsageError: There is no such run, or several begin so.
        JournalUnusable: The journal cannot be read.
    """
    return page(run_document(run, settings=settings))


def stamped(take: Callable[[EventRecord], None]) -> Emit:
    """Return an emit that gives *take* each event with its run, number and time.

    Runs that go on at the same time need one each.
    """
    stamper = Stamper()
    return lambda event: take(stamper.stamp(event))


def _file(settings: Settings | None) -> Path:
    return (settings or Settings()).journal_file
