"""What is written for a run: its beginning, its events, its end."""

from __future__ import annotations

import json
from datetime import UTC, datetime

from kuberry.journal.process import Process
from kuberry.journal.writer import Row
from kuberry.model.event import RunEnded, RunStarted
from kuberry.model.report import RunReport
from kuberry.model.run import EventRecord

_BEGIN = """
INSERT INTO runs (id, command, cluster, hosts, version, started, boot_id, pid, process_started)
VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)
"""
_EVENT = "INSERT INTO events (run_id, seq, record) VALUES (?, ?, ?)"
_END = "UPDATE runs SET ended = ?, outcome = ?, code = ?, message = ?, report = ? WHERE id = ?"


def text_of(time: datetime) -> str:
    """Return *time* as it is kept: UTC, of one length, so that texts sort as times do."""
    return time.astimezone(UTC).isoformat(timespec="microseconds")


def begin(event: RunStarted, time: datetime, process: Process) -> Row:
    """Return the row of a run that begins."""
    said = (event.run, event.command, event.cluster, json.dumps(event.hosts), event.version)
    whose = (process.boot_id, process.pid, process.started)
    return _BEGIN, (*said, text_of(time), *whose)


def happened(record: EventRecord) -> Row:
    """Return the row of an event."""
    return _EVENT, (record.run, record.seq, record.model_dump_json())


def end(event: RunEnded, time: datetime, report: RunReport | None) -> Row:
    """Return the change to the row of a run that has ended."""
    kept = report.model_dump_json() if report else None
    return _END, (text_of(time), event.outcome, event.code, event.message, kept, event.run)
