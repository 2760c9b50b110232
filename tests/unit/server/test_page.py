"""The page is files by a table of names, under a policy that lets nothing else in."""

from __future__ import annotations

import re

import pytest

from kuberry.model.access_token import Scope
from kuberry.server.routes import page
from served import Server

PARTS = sorted(page._FILES)


async def test_the_page_needs_no_token_and_nothing_from_elsewhere(server: Server) -> None:
    """It holds no secret; its policy lets in only what this server gives, and sets no cookie."""
    async with server.client() as client:
        for place in ("/", *(f"/page/{name}" for name in PARTS)):
            answer = await client.get(place)
            assert answer.status_code == 200, place
            assert answer.headers["content-security-policy"] == page.POLICY
            assert "set-cookie" not in answer.headers
    rules = dict(one.split(" ", 1) for one in page.POLICY.split("; "))
    assert rules["default-src"] == "'none'"
    assert {rules[one] for one in ("script-src", "style-src", "connect-src")} == {"'self'"}
    assert (rules["base-uri"], rules["frame-ancestors"]) == ("'none'", "'none'")


@pytest.mark.parametrize(
    "name", ["../app.py", "..%2fapp.py", "%2e%2e/app.py", "app.py", "__init__.py", ".", "", "x/y"]
)
async def test_no_other_file_is_given(server: Server, name: str) -> None:
    """Whatever the name is made of."""
    async with server.client(Scope.ADMIN) as client:
        answer = await client.get(f"/page/{name}")

    assert answer.status_code == 404
    assert "import" not in answer.text


@pytest.mark.parametrize("name", PARTS)
def test_a_part_asks_nobody_else_and_makes_no_markup(name: str) -> None:
    """No address, no script or style in a text, no way from text to markup, no file over 300."""
    text = (page._FOLDER / name).read_text("utf-8")
    known = text.replace("http://www.w3.org/2000/svg", "")
    assert re.search(r"(https?:)?//\w+\.\w", known) is None
    for word in (
        "innerHTML",
        "outerHTML",
        "insertAdjacentHTML",
        "document.write",
        "eval(",
        "style=",
    ):
        assert word not in text, word
    assert re.search(r"<script(?![^>]* src=)", text) is None
    assert re.search(r"<\w[^>]*\son\w+=", text) is None
    assert len(text.splitlines()) <= 300


def test_every_part_that_is_asked_for_is_there() -> None:
    """Imports of scripts, and what the shell links to; none is there for nothing."""
    texts = {name: (page._FOLDER / name).read_text("utf-8") for name in PARTS}
    linked = re.findall(r"/page/([\w.]+)", texts["index.html"])
    imported = [one for text in texts.values() for one in re.findall(r'from "\./([\w.]+)"', text)]

    assert {*linked, *imported, "index.html"} == set(PARTS)
