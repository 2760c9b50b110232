"""Who is let in, and for what."""

from __future__ import annotations

import contextlib
import sqlite3
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

import httpx2
import pytest

from kuberry.journal.database import open_database
from kuberry.model.access_token import Scope
from kuberry.server.app import document
from kuberry.server.attempts import MOST_FAILURES, Attempts
from served import Server

OPEN = {("GET", "/healthz"), ("GET", "/readyz"), ("GET", "/ca.pem")}
NEEDS = {
    ("POST", "/v1/runs"): Scope.OPERATE,
    ("POST", "/v1/runs/{run}/cancel"): Scope.OPERATE,
    ("DELETE", "/v1/requests/{key}"): Scope.OPERATE,
    ("POST", "/v1/plans"): Scope.OPERATE,
    ("GET", "/v1/tokens"): Scope.ADMIN,
    ("POST", "/v1/tokens"): Scope.ADMIN,
    ("DELETE", "/v1/tokens/{token}"): Scope.ADMIN,
    ("GET", "/v1/audit"): Scope.ADMIN,
}
"""All others need no more than to read."""
PARTS = {"run": "20260101-000000-000000", "token": "0" * 12, "name": "blue", "key": "k" * 8}


def endpoints(server: Server) -> Iterator[tuple[str, str]]:
    """Yield each endpoint, the description of them all among them."""
    yield "GET", "/v1/openapi.json"
    for path, operations in document(server.app)["paths"].items():
        for method in operations:
            yield method.upper(), path


async def test_every_endpoint_lets_in_whom_it_must_and_no_one_else(
    server: Server, monkeypatch: pytest.MonkeyPatch
) -> None:
    """With every scope, without a token, and with a wrong one; only health is open to all."""
    wrong: list[tuple[object, ...]] = []
    monkeypatch.setattr(Attempts, "wait_s", lambda *_: 0.0)  # so many are wrong here
    clients = {one: server.client(one) for one in Scope}
    nobody, liar = server.client(), server.client(token=f"kuberry_{'0' * 12}_{'a' * 43}")
    asked = list(endpoints(server))
    for method, path in asked:
        where = path.format(**PARTS)
        if path == "/v1/events":
            where += "?run=20260101-000000-000000"  # all runs have no end
        needed = NEEDS.get((method, path), Scope.READ)
        is_open = (method, path) in OPEN
        for client in (nobody, liar):
            status = (await client.request(method, where)).status_code
            wrong += [] if (status == 401) != is_open else [(method, path, status)]
        for scope, client in clients.items():
            answer = await client.request(method, where)
            is_refused = answer.status_code in {401, 403}
            if is_refused == scope.includes(needed) and not is_open:
                wrong.append((method, path, scope, answer.status_code))

    assert wrong == []
    assert set(NEEDS) <= set(asked)
    assert len(asked) > 20
    assert server.engine.asked == []


async def test_a_token_is_shown_once_and_kept_as_a_digest(
    server: Server, admin: httpx2.AsyncClient
) -> None:
    """Its text is in the answer that made it, and in no byte of what is written."""
    made = (await admin.post("/v1/tokens", json={"name": "page", "scope": "read"})).json()
    async with server.client(token=made["token"]) as client:
        me = (await client.get("/v1/me")).json()
    listed = (await admin.get("/v1/tokens")).text
    secret = made["token"].rpartition("_")[2].encode()
    written = [one for one in server.settings.state_dir.rglob("*") if one.is_file()]

    assert me["token"] == made["record"]
    assert secret.decode() not in listed
    assert [one for one in written if secret in one.read_bytes()] == []
    assert any(made["record"]["id"].encode() in one.read_bytes() for one in written)


async def test_a_revoked_token_and_an_old_one_let_nobody_in(
    server: Server, admin: httpx2.AsyncClient
) -> None:
    """From the next request on."""
    statuses = []
    for spoil in ("revoke", "age"):
        made = (await admin.post("/v1/tokens", json={"name": "page", "scope": "read"})).json()
        token_id = made["record"]["id"]
        async with server.client(token=made["token"]) as client:
            statuses.append((await client.get("/v1/me")).status_code)
            if spoil == "revoke":
                await admin.delete(f"/v1/tokens/{token_id}")
            else:
                past = (datetime.now(UTC) - timedelta(seconds=1)).isoformat()
                with contextlib.closing(open_database(server.settings.journal_file)) as db:
                    db.execute("UPDATE tokens SET expires = ? WHERE id = ?", (past, token_id))
            statuses.append((await client.get("/v1/me")).status_code)

    assert statuses == [200, 401, 200, 401]


async def test_who_guesses_is_not_listened_to(server: Server) -> None:
    """After ten wrong tokens not even the right one is tried, and it is said for how long."""
    async with server.client(token=f"kuberry_{'0' * 12}_{'a' * 43}") as liar:
        guesses = [(await liar.get("/v1/me")).status_code for _ in range(MOST_FAILURES)]
    async with server.client(Scope.ADMIN) as admin:
        answer = await admin.get("/v1/me")

    assert guesses == [401] * MOST_FAILURES
    assert (answer.status_code, answer.json()["code"]) == (429, "too-many-attempts")
    assert 0 < int(answer.headers["Retry-After"]) <= 60


def test_failures_are_forgotten_after_a_minute() -> None:
    """And those of one address are not held against another."""
    now = [0.0]
    attempts = Attempts(lambda: now[0])
    for _ in range(MOST_FAILURES):
        attempts.fail("a")
    waits = [attempts.wait_s("a"), attempts.wait_s("b")]
    now[0] = 60.0

    assert waits == [60.0, 0.0]
    assert attempts.wait_s("a") == 0.0


async def test_who_did_what_is_written_down_for_good(
    server: Server, admin: httpx2.AsyncClient, operator: httpx2.AsyncClient
) -> None:
    """What was let in, what was refused and what it led to; no row can be changed or taken away."""
    server.engine.go_on.set()
    run = (await operator.post("/v1/runs", json={"command": "verify"})).json()["id"]
    await operator.get("/v1/tokens")
    entries = (await admin.get("/v1/audit")).json()["entries"]
    token = server.tokens[Scope.OPERATE].record.id
    mine = [(one["action"], one["outcome"], one["subject"]) for one in entries]

    assert {one["token"] for one in entries} == {token}
    assert mine == [
        ("POST /runs", "let-in", ""),
        ("POST /runs", "begun", run),
        ("GET /tokens", "refused", "scope"),
    ]
    with contextlib.closing(open_database(server.settings.journal_file)) as db:
        for statement in ("DELETE FROM audit", "UPDATE audit SET token_id = 'x'"):
            with pytest.raises(sqlite3.IntegrityError, match="only grows"):
                db.execute(statement)
