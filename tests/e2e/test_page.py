"""The page of a real cluster, in a real browser; its pictures are those of the manual."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

import pytest

from browsed import PHONE, Looker, browser, looking
from cluster_shell import On
from one_cluster import Deployed
from real_server import RealServer, start, stop

PICTURES = os.environ.get("KUBERRY_PICTURES")
"""Where `make docs` wants them."""


@pytest.fixture
def server(deployed: Deployed, on: On) -> Iterator[RealServer]:
    """Give a server of the user who deployed the cluster."""
    one = start(deployed.settings)
    yield one
    stop(one)


async def _shoot(looker: Looker, name: str) -> None:
    """Find nothing serious in what is shown, and keep its picture where one is wanted."""
    assert await looker.faults() == []
    if PICTURES:
        await looker.page.screenshot(path=Path(PICTURES) / f"page-{name}.png", full_page=True)


async def test_a_real_cluster_is_seen_healed_and_proven(server: RealServer, on: On) -> None:
    """What has drifted stands in the plan; the run is followed to its proof; its report comes."""
    on("red02", "sudo ip route del 10.244.0.0/24")
    async with browser() as driver, looking(driver, server) as one:
        await one.go("#/", "article table")
        assert await one.page.locator("article .badge.good").count() >= 3
        await _shoot(one, "clusters")

        await one.page.get_by_role("link", name="Deploy again").click()
        await one.page.get_by_role("button", name="Show the plan").click()
        await one.page.wait_for_selector("#plan summary")
        assert "red02: " in await one.page.locator("#plan summary").first.inner_text()
        await one.page.locator("#plan summary").first.click()
        await _shoot(one, "plan")

        await one.page.get_by_role("button", name="Deploy now").click()
        await one.page.wait_for_selector("progress")
        await one.sees("Probes: ")
        text = await one.text()
        assert " 0 failed" in text
        assert "3 of 3 ready" in text
        async with one.page.expect_download() as waited:
            await one.page.get_by_role("button", name="Report").click()
        report = await (await waited.value).path()
        assert report.read_bytes()[:15].lower() == b"<!doctype html>"
        assert one.complaints == []
    assert "10.244.0.0/24" in on("red02", "ip route")


async def test_a_first_deploy_is_told_and_proven_again(server: RealServer) -> None:
    """Its steps on all hosts and its critical path; verify is begun with one press, on a phone."""
    with server.ask() as client:
        first = next(
            one.id for one in reversed(client.runs(limit=200).runs) if one.command == "deploy"
        )
    async with browser() as driver:
        async with looking(driver, server) as one:
            await one.go(f"#/runs/{first}", "figure rect.critical")
            assert await one.page.locator("figure svg.lane").count() == 3
            await one.sees("Probes: ")
            await _shoot(one, "run")
        async with looking(driver, server, viewport=PHONE, color_scheme="dark") as one:
            await one.go("#/begin/verify", "form")
            await one.page.get_by_role("button", name="Verify").click()
            await one.sees("Probes: ", "done")
            await _shoot(one, "phone")
            assert one.complaints == []
