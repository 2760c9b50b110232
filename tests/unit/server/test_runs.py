"""Runs over HTTP: begun once, followed, cancelled, paged."""

from __future__ import annotations

import asyncio
import hashlib
import json
from datetime import UTC, datetime
from typing import Any

import httpx2
import pytest

from kuberry.journal.keep import keep_run
from kuberry.journal.read import Journal
from kuberry.journal.requests import claim
from kuberry.model.access_token import Scope
from kuberry.model.event import Notice
from kuberry.settings import Settings
from served import CLUSTER, LATE, UNKNOWN, Server, serving

VERIFY = {"command": "verify"}


def told(text: str) -> list[tuple[int, dict[str, object]]]:
    """Return the numbers and records of a stream of events."""
    blocks = [one.split("\n") for one in text.split("\n\n") if "data: " in one]
    return [(int(one[0].removeprefix("id: ")), json.loads(one[1][6:])) for one in blocks]


async def begin(client: httpx2.AsyncClient, **headers: str) -> httpx2.Response:
    """Begin a run."""
    given = {name.replace("_", "-"): value for name, value in headers.items()}
    return await client.post("/v1/runs", json=VERIFY, headers=given)


async def until(client: httpx2.AsyncClient, run: str, state: str) -> dict[str, object]:
    """Return the run once it is in *state*."""
    async with asyncio.timeout(20):
        while (found := (await client.get(f"/v1/runs/{run}")).json()["run"])["state"] != state:  # noqa: ASYNC110 -- HTTP
            await asyncio.sleep(0.01)
    return dict(found)


async def test_a_run_is_begun_told_and_kept(server: Server, operator: httpx2.AsyncClient) -> None:
    """202 and the run; its events from the first to the last; the journal has the same."""
    answer = await begin(operator)
    run = answer.json()["id"]
    server.engine.go_on.set()
    stream = told((await operator.get("/v1/events", params={"run": run})).text)
    kept = list(Journal(server.settings.journal_file).events(run))

    assert (answer.status_code, answer.json()["state"]) == (202, "running")
    assert answer.headers["Location"] == f"/v1/runs/{run}"
    assert [record for _, record in stream] == [one.model_dump(mode="json") for one in kept]
    assert [number for number, _ in stream] == [1, 2, 3, 4, 5]
    assert (await until(operator, run, "ended"))["outcome"] == "done"


async def test_a_stream_is_taken_up_where_it_was_left(
    server: Server, operator: httpx2.AsyncClient
) -> None:
    """From behind the last id on; who has it all is told to come no more (204)."""
    server.engine.go_on.set()
    run = (await begin(operator)).json()["id"]
    await until(operator, run, "ended")
    rest = await operator.get("/v1/events", params={"run": run}, headers={"Last-Event-ID": "3"})
    end = await operator.get("/v1/events", params={"run": run}, headers={"Last-Event-ID": "5"})

    assert [number for number, _ in told(rest.text)] == [4, 5]
    assert rest.headers["content-type"].startswith("text/event-stream")
    assert end.status_code == 204


async def test_all_runs_are_told_as_they_happen_whoever_does_them(server: Server) -> None:
    """Fifty who follow share one look into the file; a run of no server is told like any other."""
    looks = 0
    page = server.state.tail._pages

    async def follow() -> list[str]:
        found: list[str] = []
        async for one in server.state.tail.follow("", 0):
            found += [one.record] if one else []
            if one and '"run-ended"' in one.record:
                break
        return found

    async with asyncio.timeout(30), asyncio.TaskGroup() as group:
        tasks = [group.create_task(follow()) for _ in range(50)]
        await asyncio.sleep(0)
        async with keep_run(server.settings.journal_file, "deploy", CLUSTER) as run:
            run.emit(Notice(message="from a command line"))
        looks = len(page)
    kept = [one.model_dump_json() for one in Journal(server.settings.journal_file).events(run.id)]

    assert [task.result() for task in tasks] == [kept] * 50
    assert looks <= 2
    assert server.state.tail.followers == 0


async def test_the_same_key_names_the_same_run(
    server: Server, operator: httpx2.AsyncClient
) -> None:
    """Sent three times at once and once later it is done once; another request is refused."""
    async with asyncio.TaskGroup() as group:
        tasks = [group.create_task(begin(operator, Idempotency_Key="k" * 8)) for _ in range(3)]
    later = await begin(operator, Idempotency_Key="k" * 8)
    other = await operator.post(
        "/v1/runs", json={"command": "stop"}, headers={"Idempotency-Key": "k" * 8}
    )
    runs = {task.result().json()["id"] for task in tasks} | {later.json()["id"]}

    assert len(runs) == len(server.engine.asked) == 1
    assert (other.status_code, other.json()["code"]) == (422, "idempotency-key-reused")
    async with server.client(Scope.ADMIN) as someone_else:
        assert (await begin(someone_else, Idempotency_Key="k" * 8)).json()["id"] not in runs


async def test_a_key_whose_fate_is_not_known_is_not_done_again(settings: Settings) -> None:
    """The server was killed too early to know; a request that led to no run can be sent again."""
    async with serving(settings) as server, server.client(Scope.OPERATE) as client:
        wrong = {"command": "verify", "cluster": UNKNOWN}
        twice = [
            await client.post("/v1/runs", json=wrong, headers={"Idempotency-Key": "w" * 8})
            for _ in range(2)
        ]
        digest = hashlib.sha256(b'{"command":"verify","cluster":null}').hexdigest()
        token = server.tokens[Scope.OPERATE].record.id
        claim(server.state.store, token, "u" * 8, digest, datetime.now(UTC))
        unknown = await begin(client, Idempotency_Key="u" * 8)

    assert [(one.status_code, one.json()["code"]) for one in twice] == [(400, "usage")] * 2
    assert len(server.engine.asked) == 2
    assert (unknown.status_code, unknown.json()["code"]) == (409, "outcome-unknown")


async def test_a_run_is_cancelled(server: Server, operator: httpx2.AsyncClient) -> None:
    """It ends as interrupted; one that has ended, and one of another process, cannot be."""
    run = (await begin(operator)).json()["id"]
    answer = await operator.post(f"/v1/runs/{run}/cancel")
    found = await until(operator, run, "interrupted")
    again = await operator.post(f"/v1/runs/{run}/cancel")
    async with keep_run(server.settings.journal_file, "deploy", CLUSTER) as other:
        await until_there(operator, other.id)
        foreign = await operator.post(f"/v1/runs/{other.id}/cancel")

    assert answer.status_code == 202
    assert found["ended"] is not None
    assert (again.status_code, again.json()["code"]) == (409, "run-ended")
    assert (foreign.status_code, foreign.json()["code"]) == (409, "not-of-this-server")


async def test_what_has_not_begun_is_taken_back(
    server: Server, operator: httpx2.AsyncClient
) -> None:
    """By its key: it never begins. One that has begun is cancelled; a stranger's key is unknown."""
    late = {"command": "verify", "cluster": LATE}
    asking = asyncio.create_task(
        operator.post("/v1/runs", json=late, headers={"Idempotency-Key": "l" * 8})
    )
    async with asyncio.timeout(20):
        while not server.engine.asked:  # noqa: ASYNC110 -- another thread
            await asyncio.sleep(0.01)
    taken_back = await operator.delete("/v1/requests/" + "l" * 8)
    never = await asking
    run = (await begin(operator, Idempotency_Key="k" * 8)).json()["id"]
    async with server.client(Scope.ADMIN) as someone_else:
        strange = await someone_else.delete("/v1/requests/" + "k" * 8)
    cancelled = await operator.delete("/v1/requests/" + "k" * 8)

    assert (taken_back.status_code, taken_back.json(), never.status_code) == (202, None, 400)
    assert (strange.status_code, strange.json()["code"]) == (404, "no-such-request")
    assert (cancelled.status_code, cancelled.json()["id"]) == (202, run)
    await until(operator, run, "interrupted")
    assert [one["id"] for one in (await operator.get("/v1/runs")).json()["runs"]] == [run]


async def until_there(client: httpx2.AsyncClient, run: str) -> None:
    """Wait until the server knows *run*."""
    async with asyncio.timeout(20):
        while (await client.get(f"/v1/runs/{run}")).status_code != 200:  # noqa: ASYNC110 -- HTTP
            await asyncio.sleep(0.01)


async def test_a_server_that_ends_interrupts_its_runs(settings: Settings) -> None:
    """They are written down as interrupted, not left as if they went on."""
    async with serving(settings) as server, server.client(Scope.OPERATE) as client:
        run = (await begin(client)).json()["id"]

    detail = Journal(settings.journal_file).find(run).run
    assert (detail.state, detail.ended is not None) == ("interrupted", True)


async def test_no_more_runs_than_there_is_room_for(
    server: Server, operator: httpx2.AsyncClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The next one is refused, and may come when one has ended."""
    monkeypatch.setattr("kuberry.server.runs.MOST_RUNS", 1)
    first = await begin(operator)
    second = await begin(operator)

    assert (first.status_code, second.status_code) == (202, 429)
    assert second.json()["code"] == "too-many-runs"


async def test_pages_hold_all_runs_and_events_once(
    server: Server, operator: httpx2.AsyncClient
) -> None:
    """Whatever their size."""
    server.engine.go_on.set()
    begun = [(await begin(operator)).json()["id"] for _ in range(3)]
    seen: list[str] = []
    page: dict[str, Any] = {"next": None}
    while page["next"] or not seen:
        cursor = {"before": page["next"]} if page["next"] else {}
        page = (await operator.get("/v1/runs", params={"limit": 2, **cursor})).json()
        seen += [one["id"] for one in page["runs"]]
    await until(operator, begun[0], "ended")
    where = f"/v1/runs/{begun[0]}/events"
    first = (await operator.get(where, params={"limit": 3})).json()
    second = (await operator.get(where, params={"after": first["next"]})).json()

    assert sorted(seen) == sorted(begun)
    assert [one["seq"] for one in first["events"] + second["events"]] == [1, 2, 3, 4, 5]
    assert second["next"] is None


async def test_a_run_is_a_page_that_may_do_nothing(
    server: Server, operator: httpx2.AsyncClient
) -> None:
    """The report is told as a document and as a page; a browser runs nothing of it."""
    server.engine.go_on.set()
    run = (await begin(operator)).json()["id"]
    await until(operator, run, "ended")
    document = (await operator.get(f"/v1/runs/{run}/document")).json()
    page = await operator.get(f"/v1/runs/{run}/report")

    assert document["run"]["id"] == run
    assert run in page.text
    assert page.headers["content-security-policy"].startswith("sandbox; default-src 'none'")
