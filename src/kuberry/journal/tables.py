"""The journal's tables for readers; `kuberry.journal.schema` makes them."""

from __future__ import annotations

from sqlalchemy import ForeignKey
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column


class Table(DeclarativeBase):
    """What all tables have in common."""


class RunRow(Table):
    """One run. Times are UTC in ISO 8601 of one length; lists and reports are JSON."""

    __tablename__ = "runs"

    id: Mapped[str] = mapped_column(primary_key=True)
    command: Mapped[str]
    cluster: Mapped[str]
    hosts: Mapped[str]
    version: Mapped[str]
    started: Mapped[str]
    ended: Mapped[str | None]
    outcome: Mapped[str]
    code: Mapped[str]
    message: Mapped[str]
    report: Mapped[str | None]
    boot_id: Mapped[str]
    pid: Mapped[int]
    process_started: Mapped[str]


class EventRow(Table):
    """One event; `record` is the JSON of a `kuberry.model.run.EventRecord`."""

    __tablename__ = "events"

    id: Mapped[int] = mapped_column(primary_key=True)
    run_id: Mapped[str] = mapped_column(ForeignKey("runs.id"))
    seq: Mapped[int]
    record: Mapped[str]
