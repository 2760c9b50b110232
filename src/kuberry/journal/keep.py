"""A run, kept while it goes on: its events, its end and its report."""

from __future__ import annotations

import asyncio
import contextlib
import secrets
import threading
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from importlib import metadata
from pathlib import Path

from kuberry.errors import KuberryError
from kuberry.journal import rows
from kuberry.journal.process import this_process
from kuberry.journal.stamp import Stamper
from kuberry.journal.writer import Writer
from kuberry.model.cluster import Cluster
from kuberry.model.event import AnyEvent, Emit, Notice, RunEnded, RunStarted, ignore
from kuberry.model.report import RunReport
from kuberry.model.run import RunRecord
from kuberry.model.sighting import HostConnected
from kuberry.reports.page import prepare
from kuberry.reports.story import Story
from kuberry.reports.write import write_report

_CLOSE_DEADLINE_S = 15.0  # longer than a writer waits for others


@asynccontextmanager
async def keep_run(
    file: Path, command: str, cluster: Cluster, emit: Emit = ignore
) -> AsyncIterator[Run]:
    """Keep a run in the journal *file*; what the body emits through the run is kept and passed on.

    Whatever ends the body is written down: its report, an error, an interruption. A journal that
    cannot be written is one notice, and the run goes on without it.

    Args:
        file: Made where it is missing.
        command: The verb: ``deploy``.
        emit: Is told every event, after the journal.
    """
    run = Run(file, emit)
    try:
        run.begin(command, cluster)
        yield run
    except (asyncio.CancelledError, KeyboardInterrupt):
        run.end("interrupted")
        raise
    except KuberryError as error:
        run.end("error", error.code, str(error))
        raise
    except BaseException as error:
        run.end("error", "bug", type(error).__name__)  # its text may hold anything
        raise
    else:
        run.end("done")
    finally:
        await run.close()


class Run:
    """One run under way; made by `keep_run`.

    Args:
        file: The journal.
        emit: Is told every event, after the journal.

    Attributes:
        id: For ``kuberry runs show``.
        started: UTC.
    """

    def __init__(self, file: Path, emit: Emit) -> None:
        self.started = datetime.now(UTC)
        self.id = new_id(self.started)
        self._file = file
        self._emit = emit
        self._loop = asyncio.get_running_loop()
        self._stamper = Stamper()
        self._zero = time.monotonic()
        self._report: RunReport | None = None
        self._story = Story()
        self._lock = threading.Lock()  # events may come from threads
        self._prepared = False
        self._record: RunRecord | None = None
        self._writer = Writer(file, self._on_failure)

    @property
    def elapsed_s(self) -> float:
        """Return the seconds since it began."""
        return round(time.monotonic() - self._zero, 6)

    def emit(self, event: AnyEvent) -> None:
        """Keep *event* and pass it on; never blocks."""
        record = self._stamper.stamp(event)
        self._writer.put(rows.happened(record))
        with self._lock:
            self._story.take(event, record.elapsed_s)
        if isinstance(event, HostConnected) and not self._prepared:
            self._prepared = True  # from now on the run mostly waits for its hosts
            threading.Thread(target=prepare, name="kuberry-report", daemon=True).start()
        self._emit(event)

    def report(self, report: RunReport) -> RunReport:
        """Keep how the run ended; return *report* with the run's id in it."""
        self._report = report.model_copy(update={"run": self.id})
        return self._report

    def begin(self, command: str, cluster: Cluster) -> None:
        """Write down that the run begins."""
        event = RunStarted(
            run=self.id,
            command=command,
            cluster=cluster.name,
            hosts=cluster.hosts,
            version=metadata.version("kuberry"),
            wish=cluster,
        )
        self._record = RunRecord(
            id=self.id,
            command=command,
            cluster=cluster.name,
            hosts=cluster.hosts,
            version=event.version,
            started=self.started,
            state="running",
        )
        self._writer.put(rows.begin(event, self.started, this_process()))
        self.emit(event)

    def end(self, outcome: str, code: str = "", message: str = "") -> None:
        """Write down how the run ended: as its report says, else with *outcome*."""
        event = RunEnded(
            run=self.id,
            outcome=self._report.outcome if self._report else outcome,
            duration_s=self.elapsed_s,
            code=code,
            message=message,
        )
        now = datetime.now(UTC)
        self.emit(event.model_copy(update={"page": self._write_report(event, now)}))
        self._writer.put(rows.end(event, now, self._report))

    def _write_report(self, event: RunEnded, now: datetime) -> str:
        """Write the run's report; return the path of its page, empty where that is impossible."""
        if self._record is None:
            return ""
        run = self._record.model_copy(
            update={
                "ended": now,
                "state": "interrupted" if event.outcome == "interrupted" else "ended",
                "outcome": "" if event.outcome == "interrupted" else event.outcome,
                "code": event.code,
                "message": event.message,
            }
        )
        self._story.take(event, event.duration_s)
        directory = reports_beside(self._file)
        try:
            return str(write_report(self._story.document(run, self._report), directory))
        except Exception as error:  # noqa: BLE001 -- whatever it is: a report stops no run
            why = getattr(error, "strerror", None) or type(error).__name__
            self.emit(Notice(message=f"this run's report is not written: {why} ({directory})"))
            return ""

    async def close(self) -> None:
        """Wait until all of it is in the file, with a deadline."""
        await asyncio.to_thread(self._writer.close, _CLOSE_DEADLINE_S)
        await asyncio.sleep(0)  # a failure of the last moment is said, too

    def _on_failure(self, why: str) -> None:
        """Say in the run's own thread that nothing is kept; called in the writer's."""
        message = f"this run is not kept in the journal: {why} ({self._file})"
        with contextlib.suppress(RuntimeError):  # the loop has ended: nobody listens any more
            self._loop.call_soon_threadsafe(self._emit, Notice(message=message))


def reports_beside(file: Path) -> Path:
    """Return the directory of the reports of the runs that the journal *file* keeps."""
    return file.parent / "reports"


def new_id(now: datetime) -> str:
    """Return an id for a run that begins *now*: ids sort by time and are easy to say."""
    return f"{now:%Y%m%d-%H%M%S}-{secrets.token_hex(3)}"
