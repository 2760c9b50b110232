"""A real browser that looks at the page of a real server."""

from __future__ import annotations

import dataclasses
import uuid
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from real_server import RealServer

if TYPE_CHECKING:
    from playwright.async_api import Browser, Page

CHROMIUM = Path("/usr/bin/chromium")
PHONE = {"width": 360, "height": 740}
DESK = {"width": 1200, "height": 800}
_DEADLINE_MS = 30_000


@asynccontextmanager
async def browser() -> AsyncIterator[Browser]:
    """Give a browser without a window; skip where there is none."""
    playwright = pytest.importorskip("playwright.async_api", reason="no playwright on this machine")
    if not CHROMIUM.exists():
        pytest.skip(f"no browser: {CHROMIUM} is not there (apt-get install chromium)")
    async with playwright.async_playwright() as driver:
        one = await driver.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox"])
        try:
            yield one
        finally:
            await one.close()


@dataclasses.dataclass(frozen=True, slots=True)
class Looker:
    """Somebody who looks at the page of a server.

    Attributes:
        complaints: What the browser had to complain of, such as a break of the page's policy.
    """

    server: RealServer
    page: Page
    complaints: list[str] = dataclasses.field(default_factory=list)

    async def go(self, place: str, until: str = "main h1") -> None:
        """Go to a place of the page, and wait until *until* is there."""
        anew = uuid.uuid4()  # else it would be loaded already, and what is there taken for it
        await self.page.goto(f"{self.server.url}/?{anew}{place}")
        await self.page.wait_for_selector(until)

    async def text(self) -> str:
        """Return what can be read."""
        return await self.page.inner_text("main")

    async def sees(self, *words: str) -> None:
        """Wait until all *words* can be read."""
        for one in words:
            await self.page.locator("main").get_by_text(one).first.wait_for()

    async def faults(self) -> list[str]:
        """Return what axe calls serious, and what stands out of the window."""
        from axe_playwright_python.async_playwright import Axe  # noqa: PLC0415 -- not on 32 bits

        found = (await Axe().run(self.page)).response["violations"]
        wide = "document.documentElement.scrollWidth - document.documentElement.clientWidth"
        over = await self.page.evaluate(wide)
        return [
            *(_told(one) for one in found if one["impact"] in {"serious", "critical"}),
            *([f"{over} pixels wider than the window"] if over > 0 else []),
        ]


def _told(violation: dict[str, Any]) -> str:
    places = [str(node["target"]) for node in violation["nodes"]]
    return f"{violation['id']}: {violation['help']}: {', '.join(places[:3])}"


@asynccontextmanager
async def looking(
    driver: Browser, server: RealServer, *, token: str | None = None, **context: Any
) -> AsyncIterator[Looker]:
    """Give somebody who is logged in with *token*, the admin's if ``None``; empty: with none."""
    known = server.token if token is None else token
    # Whom the server's certificate is from is a test of its own (test_client).
    made = await driver.new_context(ignore_https_errors=True, **({"viewport": DESK} | context))
    try:
        if known:
            await made.add_init_script(f"sessionStorage.setItem('kuberry-token', '{known}')")
        page = await made.new_page()
        page.set_default_timeout(_DEADLINE_MS)
        looker = Looker(server, page)
        page.on("pageerror", lambda error: looker.complaints.append(str(error)))
        page.on("console", lambda one: _note(looker, one.type, one.text))
        yield looker
    finally:
        await made.close()


def _note(looker: Looker, kind: str, text: str) -> None:
    """Keep what the browser complains of; a request that is refused is the page's own matter."""
    if kind == "error" and not text.startswith("Failed to load resource"):
        looker.complaints.append(text)
