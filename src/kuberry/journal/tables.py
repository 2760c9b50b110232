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


class TokenRow(Table):
    """Who may ask a server; of a token only the digest is kept."""

    __tablename__ = "tokens"

    id: Mapped[str] = mapped_column(primary_key=True)
    name: Mapped[str]
    scope: Mapped[str]
    digest: Mapped[str]
    created: Mapped[str]
    expires: Mapped[str | None]
    revoked: Mapped[str | None]


class RequestRow(Table):
    """A request that is to be done once, however often it is sent (Idempotency-Key)."""

    __tablename__ = "requests"

    token_id: Mapped[str] = mapped_column(primary_key=True)
    key: Mapped[str] = mapped_column(primary_key=True)
    digest: Mapped[str]
    created: Mapped[str]
    run_id: Mapped[str | None]


class AuditRow(Table):
    """Who asked a server for what; rows are only ever added, and the file itself sees to that."""

    __tablename__ = "audit"

    id: Mapped[int] = mapped_column(primary_key=True)
    time: Mapped[str]
    token_id: Mapped[str]
    address: Mapped[str]
    action: Mapped[str]
    outcome: Mapped[str]
    subject: Mapped[str]
