"""What those see who watch a server: figures and logs."""

from __future__ import annotations

import asyncio
import json
import logging

import httpx2
import pytest
from prometheus_client.parser import text_string_to_metric_families

from kuberry.server.logs import JsonLines
from served import Server

STRANGE = "/v1/runs/20260101-000000-000000"


def _figures(text: str) -> dict[tuple[str, ...], float]:
    return {
        (one.name, *sorted(one.labels.values())): one.value
        for family in text_string_to_metric_families(text)
        for one in family.samples
    }


async def _run_to_its_end(server: Server, client: httpx2.AsyncClient) -> str:
    server.engine.go_on.set()
    run = str((await client.post("/v1/runs", json={"command": "verify"})).json()["id"])
    async with asyncio.timeout(20):
        while server.state.runs.going_on:  # noqa: ASYNC110 -- HTTP
            await asyncio.sleep(0.01)
    return run


async def test_requests_and_runs_are_counted_by_our_own_words(
    server: Server, operator: httpx2.AsyncClient
) -> None:
    """By route, never by what was sent; runs by outcome; the journal's events as they are."""
    await _run_to_its_end(server, operator)
    await operator.get(STRANGE)
    await operator.get("/no/such/page")
    answer = await operator.get("/metrics")
    found = _figures(answer.text)

    assert answer.headers["content-type"].startswith("text/plain")
    assert found["kuberry_requests_total", "/runs/{run}", "404", "GET"] == 1
    assert found["kuberry_requests_total", "404", "GET", "none"] == 1
    assert found["kuberry_request_seconds_count", "/runs", "POST"] == 1
    assert found["kuberry_runs_total", "done", "verify"] == 1
    assert found["kuberry_events_total",] == 5
    assert found["kuberry_runs_going_on",] == 0
    assert found["process_resident_memory_bytes",] > 0
    assert "/no/such" not in answer.text


async def test_a_request_and_its_run_are_found_in_the_log(
    server: Server, operator: httpx2.AsyncClient, caplog: pytest.LogCaptureFixture
) -> None:
    """Each answer names its request, each run says when it begins and ends; one line of JSON each.

    A token is in none of them, and an id that a client made up is not taken.
    """
    caplog.set_level(logging.INFO, "kuberry.server")
    run = await _run_to_its_end(server, operator)
    answer = await operator.get(STRANGE, headers={"X-Request-Id": "mine\\n"})
    lines = [json.loads(JsonLines().format(one)) for one in caplog.records]
    answered = [one for one in lines if one["message"] == "answered"]

    assert [one["message"] for one in lines if one.get("run") == run] == [
        "a run begins",
        "a run has ended",
    ]
    assert answered[-1]["request"] == answer.headers["x-request-id"]
    assert len(answered[-1]["request"]) == 16
    assert (answered[-1]["route"], answered[-1]["status"]) == ("/runs/{run}", 404)
    assert "kuberry_" not in caplog.text


def test_a_line_of_the_log_is_one_line() -> None:
    """Whatever was to be said, and with what went wrong."""
    error = ValueError("two\nlines")
    record = logging.LogRecord(
        "kuberry", logging.ERROR, "", 0, "a\nb %s", ("\x1b",), (ValueError, error, None)
    )
    text = JsonLines().format(record)

    assert len(text.splitlines()) == 1
    assert json.loads(text)["message"] == "a\nb \x1b"
    assert "two" in json.loads(text)["error"]


async def test_a_server_that_ends_is_not_ready(
    server: Server, operator: httpx2.AsyncClient
) -> None:
    """It still lives, and whoever sends it work sends it elsewhere."""
    before = (await operator.get("/readyz")).status_code
    server.state.tail.close()

    assert before == 200
    assert (await operator.get("/readyz")).json()["code"] == "ending"
    assert (await operator.get("/healthz")).status_code == 200
