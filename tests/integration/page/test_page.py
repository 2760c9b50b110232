"""The page, in a real browser, of a real server whose hosts do not answer."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager

import pytest
import pytest_asyncio

import made_up as make
from browsed import PHONE, Looker, browser, looking
from kuberry.clusters import Clusters
from kuberry.errors import CommandFailed
from kuberry.journal.keep import Run, keep_run
from kuberry.model.event import (
    HostEnded,
    Notice,
    Phase,
    PlanStarted,
    StepFailed,
    StepFinished,
    StepProgress,
    StepStarted,
)
from kuberry.model.finding import Finding, Severity
from kuberry.model.heat import HostFelt
from kuberry.model.sighting import HostsChecked
from kuberry.settings import Settings
from one_cluster import own_settings
from real_server import RealServer, start, stop

pytestmark = [pytest.mark.integration, pytest.mark.asyncio(loop_scope="module")]
SHELF = make.cluster("red", "red01").model_copy(update={"name": "shelf"})
HOSTILE = '<img src=x onerror="window.stolen=1"><script>window.stolen=1</script>'
MIB = 1 << 20
WARNING = Finding(
    code="KB101", severity=Severity.WARNING, title="little memory", host="red01", remedy="add some"
)
PLACES = {
    "#/": "article table, article .problem",
    "#/runs": "main table",
    "#/runs/last": "figure",
    "#/begin/deploy": "form",
    "#/begin/reset?cluster=shelf": "form",
}


@pytest.fixture(scope="module")
def settings(tmp_path_factory: pytest.TempPathFactory) -> Settings:
    """Return settings that know a cluster whose hosts are off: nobody listens there."""
    own = own_settings(tmp_path_factory.mktemp("page"))
    hosts = ", ".join(f"{name}: {{address: 127.0.0.1, port: 9}}" for name in SHELF.hosts)
    own.inventory_file.parent.mkdir(parents=True, exist_ok=True)
    own.inventory_file.write_text(f"hosts: {{{hosts}}}\n")
    Clusters(own.clusters_dir).save(SHELF)
    return own


@pytest.fixture(scope="module")
def server(settings: Settings) -> Iterator[RealServer]:
    """Give a server of their own."""
    one = start(settings)
    yield one
    stop(one)


@pytest_asyncio.fixture(loop_scope="module", scope="module")
async def looker(server: RealServer) -> AsyncIterator[Looker]:
    """Give somebody who looks, logged in as the admin."""
    async with browser() as driver, looking(driver, server) as one:
        yield one


@asynccontextmanager
async def _deploy(settings: Settings) -> AsyncIterator[Run]:
    """Keep a run as the command line would: two hosts, two steps each."""
    async with keep_run(settings.journal_file, "deploy", SHELF) as run:
        run.emit(HostsChecked(findings=(WARNING,)))
        steps, ids = dict.fromkeys(SHELF.hosts, 2), ("files", "join")
        run.emit(
            PlanStarted(
                plan="install",
                steps=steps,
                bytes_to_send=dict.fromkeys(SHELF.hosts, 8 * MIB),
                step_ids=dict.fromkeys(SHELF.hosts, ids),
            )
        )
        for host in SHELF.hosts:
            run.emit(StepStarted(host=host, step="files", title="bring the files"))
        yield run


@asynccontextmanager
async def _suppressed() -> AsyncIterator[None]:
    """Take the error that ended a run."""
    with contextlib.suppress(CommandFailed):
        yield


def _finish(run: Run, host: str) -> None:
    run.emit(StepFinished(host=host, step="files", title="bring the files", duration_s=1))
    run.emit(StepStarted(host=host, step="join", title="join the cluster"))
    run.emit(StepFinished(host=host, step="join", title="join the cluster", duration_s=1))
    run.emit(HostEnded(host=host, ending="done"))


async def test_nobody_sees_anything_without_a_token(server: RealServer, looker: Looker) -> None:
    """A wrong one is refused with its reason; a right one is in no cookie and in no other tab."""
    driver = looker.page.context.browser
    assert driver is not None
    async with looking(driver, server, token="") as one:
        await one.go("#/runs", "#token")
        await one.page.fill("#token", "kuberry_wrong")
        await one.page.keyboard.press("Enter")
        await one.sees("this token is wrong")
        await one.page.fill("#token", server.token)
        await one.page.keyboard.press("Enter")
        await one.page.get_by_role("heading", name="Runs").wait_for()
        assert server.token not in one.page.url
        assert await one.page.context.cookies() == []
        assert await one.page.evaluate("localStorage.length") == 0
        other = await one.page.context.new_page()
        await other.goto(server.url)
        await other.wait_for_selector("#token")
        await one.page.get_by_role("button", name="Log out").click()
        await one.page.wait_for_selector("#token")
        assert await one.page.evaluate("sessionStorage.length") == 0
        assert one.complaints == []


async def test_a_run_of_a_command_line_is_seen_as_it_goes_on(
    settings: Settings, looker: Looker
) -> None:
    """Steps, bytes, heat and what is left of each host; then its end, and all of its steps."""
    async with _deploy(settings) as run:
        await looker.go(f"#/runs/{run.id}")
        await looker.sees("running", "bring the files")
        run.emit(StepProgress(host="red", step="files", bytes_sent=2 * MIB))
        run.emit(HostFelt(host="red", temperature_c=61.4, complaints=("under-voltage",)))
        await looker.sees("2.0 MiB of 8.0 MiB", "61 °C, under-voltage", "≈")
        run.emit(StepFinished(host="red", step="files", title="bring the files", duration_s=1))
        await looker.sees("50 %", "0 of 2 ready")
        run.emit(Phase(name="verify", message="proving the cluster"))
        run.emit(Notice(message="all is well"))
        await looker.sees("proving the cluster", "all is well")
        run.emit(HostEnded(host="red", ending="done"))
        _finish(run, "red01")
        assert await looker.page.get_by_role("button", name="Cancel").is_visible()
    await looker.sees("2 of 2 ready", "All 3 steps", "little memory", "add some")
    assert await looker.page.locator("figure rect").count() == 3
    assert await looker.page.get_by_role("button", name="Cancel").count() == 0
    assert looker.complaints == []


async def test_what_fails_is_told_with_its_remedy(settings: Settings, looker: Looker) -> None:
    """The host, the step, why, and what to do; the bar is marked, and the run's error is there."""
    async with _suppressed(), _deploy(settings) as run:
        await looker.go(f"#/runs/{run.id}")
        why = {"code": "command-failed", "message": "no space", "remedy": "make room on red01"}
        run.emit(StepFailed(host="red01", step="files", title="bring the files", **why))
        run.emit(HostEnded(host="red01", ending="failed"))
        await looker.sees("red01: bring the files: no space", "make room on red01", "1 failed")
        raise CommandFailed("it was too much", command="x", exit_status=1, stderr="")
    await looker.sees("it was too much", "error")
    assert await looker.page.locator("figure rect.failed").count() == 1


async def test_nothing_that_hosts_say_becomes_part_of_the_page(
    settings: Settings, looker: Looker
) -> None:
    """A host that is not ours any more may say what it wants: it stays text."""
    async with _deploy(settings) as run:
        await looker.go(f"#/runs/{run.id}")
        run.emit(Notice(host="red", message=HOSTILE))
        run.emit(StepStarted(host="red", step=HOSTILE, title=HOSTILE))
        told = {"code": HOSTILE, "message": HOSTILE, "remedy": HOSTILE}
        run.emit(StepFailed(host="red01", step="files", title=HOSTILE, **told))
        run.emit(HostsChecked(findings=(WARNING.model_copy(update={"title": HOSTILE}),)))
        await looker.sees("window.stolen")
        await looker.page.get_by_text("window.stolen").nth(3).wait_for()
    await looker.sees("All")
    for place, until in PLACES.items():
        await looker.go(place, until)
        assert await looker.page.locator("main img, main script").count() == 0
    assert await looker.page.evaluate("window.stolen") is None
    assert looker.complaints == []


async def test_events_are_taken_up_where_the_network_broke(
    settings: Settings, looker: Looker
) -> None:
    """What came in between is told, once each."""
    async with _deploy(settings) as run:
        await looker.go(f"#/runs/{run.id}")
        run.emit(Notice(message="before the break"))
        await looker.sees("before the break")
        await looker.page.context.set_offline(offline=True)
        run.emit(Notice(message="in the break"))
        await asyncio.sleep(0.5)
        await looker.page.context.set_offline(offline=False)
        run.emit(Notice(message="after the break"))
        await looker.sees("after the break")
    told = await looker.page.locator("li").all_inner_texts()
    kept = [one for one in told if one.endswith("the break")]
    assert kept == ["before the break", "in the break", "after the break"]


async def test_a_host_that_is_off_is_told_before_anything_is_done(looker: Looker) -> None:
    """The cards, and the plan: with the reason and the remedy, and without a button to go on."""
    await looker.go("#/")
    await looker.sees("shelf", "kubeadm v1.20.2, 2 hosts", "unreachable")
    await looker.page.get_by_role("link", name="Take hosts out").click()
    await looker.page.fill("#field-hosts", "red01")
    await looker.page.keyboard.press("Enter")
    await looker.sees("Plan for shelf", "red01: ")
    assert await looker.page.get_by_role("button", name="Take hosts out now").count() == 0


async def test_what_is_wrong_with_a_form_is_told_beside_it(looker: Looker) -> None:
    """A host that the server may not be sent to, and one that is no name: nothing is begun."""
    await looker.go("#/begin/deploy", "form")
    for hosts, said in (("stranger", "host-not-allowed"), ("$(id)", "body/")):
        await looker.page.fill("#field-hosts", hosts)
        await looker.page.get_by_role("button", name="Show the plan").click()
        await looker.sees(said)


async def test_who_may_only_read_is_offered_nothing_else(
    server: RealServer, looker: Looker
) -> None:
    """No button that the server would refuse."""
    with server.client() as client:
        wish = {"name": "reader", "scope": "read"}
        token = client.post("/v1/tokens", json=wish).json()["token"]
    driver = looker.page.context.browser
    assert driver is not None
    async with looking(driver, server, token=token) as one:
        await one.go("#/", "article table")
        assert await one.page.locator("article .button").count() == 0
        assert "reader (read)" in await one.page.inner_text("#who")


async def test_it_can_be_used_without_a_mouse(looker: Looker) -> None:
    """The first key shows the way past the menu; whoever goes elsewhere stands at its beginning."""
    await looker.go("#/")
    focused = "document.activeElement.textContent.trim() || document.activeElement.id"
    await looker.page.keyboard.press("Tab")
    assert await looker.page.evaluate(focused) == "Skip to the content"
    for _ in range(2):
        await looker.page.keyboard.press("Tab")
    assert await looker.page.evaluate(focused) == "Runs"
    await looker.page.keyboard.press("Enter")
    await looker.page.get_by_role("heading", name="Runs").wait_for()
    assert await looker.page.evaluate("document.activeElement.id") == "main"


async def test_what_nobody_can_use_would_be_found(looker: Looker) -> None:
    """A field without a name, and a line wider than the window: the next test can fail."""
    await looker.go("#/begin/deploy", "form")
    field = "document.querySelector('form').append(document.createElement('input'))"
    await looker.page.evaluate(field)
    await looker.page.evaluate("document.querySelector('h1').textContent = 'x'.repeat(999)")
    style = "document.querySelector('h1').style.overflowWrap = 'normal'"
    await looker.page.evaluate(style)

    label, width = await looker.faults()
    assert label.startswith("label: ")
    assert width.endswith("pixels wider than the window")


@pytest.mark.parametrize("scheme", ["light", "dark"])
async def test_it_is_for_everybody(
    settings: Settings, server: RealServer, looker: Looker, scheme: str
) -> None:
    """Axe finds nothing serious, by day and by night; nothing stands out of a phone's window."""
    async with _deploy(settings) as run:
        for host in SHELF.hosts:
            _finish(run, host)
    driver = looker.page.context.browser
    assert driver is not None
    faults: dict[str, list[str]] = {}
    async with looking(driver, server, color_scheme=scheme, viewport=PHONE) as one:
        for place, until in PLACES.items():
            await one.go(place, until)
            faults[place] = await one.faults()
    async with looking(driver, server, token="", color_scheme=scheme) as one:
        await one.go("", "#token")
        faults["login"] = await one.faults()

    assert {place: found for place, found in faults.items() if found} == {}
