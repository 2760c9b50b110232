"""What the journal remembers, newest first."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path

from pydantic import ValidationError
from sqlalchemy import select, tuple_
from sqlalchemy.orm import Session, defer

from kuberry.errors import JournalUnusable, UsageError
from kuberry.journal.process import Process, is_alive
from kuberry.journal.store import Store
from kuberry.journal.tables import EventRow, RunRow
from kuberry.model.report import RunReport
from kuberry.model.run import EventRecord, RunDetail, RunRecord, RunState

LAST = "last"
"""Stands for the newest run where an id is asked for."""
_EVENTS_AT_ONCE = 500


class Journal:
    """The journal in *file*; runs can go on beside it.

    Args:
        file: Need not exist: then no run is known.
        store: Keeps connections for many questions; ``None`` opens the file anew for each.
    """

    def __init__(self, file: Path, store: Store | None = None) -> None:
        self._file = file
        self._store = store or Store(file)

    def runs(
        self, *, cluster: str | None = None, limit: int = 20, before: str | None = None
    ) -> tuple[RunRecord, ...]:
        """Return the newest runs, newest first.

        Args:
            cluster: Only runs of the cluster of that name.
            limit: At most so many.
            before: Only runs older than the one with this id; none where that is not known.

        Raises:
            JournalUnusable: The file cannot be read.
        """
        if not self._file.exists():
            return ()
        query = select(RunRow).options(defer(RunRow.report))
        query = query.order_by(RunRow.started.desc(), RunRow.id.desc())
        if cluster is not None:
            query = query.where(RunRow.cluster == cluster)
        if before is not None:
            began = select(RunRow.started).where(RunRow.id == before).scalar_subquery()
            query = query.where(tuple_(RunRow.started, RunRow.id) < tuple_(began, before))
        with self._session() as session:
            return tuple(_record(row) for row in session.scalars(query.limit(limit)))

    def find(self, run: str = LAST) -> RunDetail:
        """Return the run whose id is *run* or begins so, or the last one.

        Raises:
            UsageError: There is none, or there are several.
            JournalUnusable: The file, or the report in it, cannot be read.
        """
        with self._session() as session:
            row = self._row(session, run)
            return RunDetail(run=_record(row), report=self._report(row))

    def id_of(self, run: str) -> str:
        """Return the whole id of the run whose id is *run* or begins so, or of the last one.

        Raises:
            UsageError: There is none, or there are several.
            JournalUnusable: The file cannot be read.
        """
        with self._session() as session:
            return self._row(session, run).id

    def events(self, run: str, *, after: int = 0) -> Iterator[EventRecord]:
        """Yield the events of the run with id *run*, from the one behind number *after* on.

        Raises:
            JournalUnusable: The file, or an event in it, cannot be read.
        """
        while self._file.exists() and (page := self._page(run, after)):
            yield from page
            after = page[-1].seq

    def _row(self, session: Session, run: str) -> RunRow:
        newest = select(RunRow).order_by(RunRow.started.desc())
        if run == LAST:
            found = session.scalars(newest.limit(1)).all()
        else:
            begins_so = RunRow.id.startswith(run, autoescape=True)
            found = session.scalars(newest.where(begins_so).limit(2)).all()
        if len(found) != 1:
            word = "several runs begin" if found else "no run is known here that begins"
            raise UsageError(f"{word} with {run!r}", remedy="kuberry runs list")
        return found[0]

    def _page(self, run: str, after: int) -> tuple[EventRecord, ...]:
        query = (
            select(EventRow.record)
            .where(EventRow.run_id == run, EventRow.seq > after)
            .order_by(EventRow.seq)
            .limit(_EVENTS_AT_ONCE)
        )
        with self._session() as session:
            texts = session.scalars(query).all()
        try:
            return tuple(EventRecord.model_validate_json(text) for text in texts)
        except ValidationError as error:
            raise self._unusable(f"an event of {run} cannot be understood") from error

    def _report(self, row: RunRow) -> RunReport | None:
        try:
            return RunReport.model_validate_json(row.report) if row.report else None
        except ValidationError as error:
            raise self._unusable(f"the report of {row.id} cannot be understood") from error

    @contextmanager
    def _session(self) -> Iterator[Session]:
        if not self._file.exists():
            remedy = 'deploy a cluster first: kuberry deploy --hosts "red,red[01-02]"'
            raise UsageError("no run is known here", remedy=remedy)
        with self._store.session() as session:
            yield session

    def _unusable(self, why: str) -> JournalUnusable:
        return self._store.unusable(why)


def _record(row: RunRow) -> RunRecord:
    return RunRecord(
        id=row.id,
        command=row.command,
        cluster=row.cluster,
        hosts=tuple(json.loads(row.hosts)),
        version=row.version,
        started=datetime.fromisoformat(row.started),
        ended=datetime.fromisoformat(row.ended) if row.ended else None,
        state=_state(row),
        outcome="" if row.outcome == "interrupted" else row.outcome,
        code=row.code,
        message=row.message,
    )


def _state(row: RunRow) -> RunState:
    if row.outcome:
        return "interrupted" if row.outcome == "interrupted" else "ended"
    process = Process(row.boot_id, row.pid, row.process_started)
    return "running" if is_alive(process) else "interrupted"
