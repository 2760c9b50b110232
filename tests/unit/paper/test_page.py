"""The page of the raw data that are published: it stands alone, and tells its pictures in words."""

from __future__ import annotations

import base64
import re
from html.parser import HTMLParser
from pathlib import Path

import pytest

from kuberry.bench.__main__ import newest
from kuberry.paper.__main__ import main, page_of

pytest.importorskip("matplotlib", reason="not made for machines of 32 bits")
ROOT = Path(__file__).parents[3]
_SVG = "data:image/svg+xml;base64,"


class Tags(HTMLParser):
    """Keep every tag with its attributes."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.found: list[tuple[str, dict[str, str | None]]] = []
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Keep *tag*."""
        self.found.append((tag, dict(attrs)))

    def of(self, name: str) -> list[dict[str, str | None]]:
        """Return the attributes of all tags *name*."""
        return [attributes for tag, attributes in self.found if tag == name]


@pytest.fixture(scope="module")
def text() -> str:
    """Return the page of the repository's own raw data."""
    return page_of(ROOT)


def test_the_page_needs_no_outside_address(text: str) -> None:
    """It holds its pictures and its style, and no script."""
    tags = Tags(text)
    pictures = [str(one["src"]) for one in tags.of("img")]

    assert pictures
    assert all(one.startswith(_SVG) for one in pictures)
    assert not {"script", "link", "iframe", "object"} & {tag for tag, _ in tags.found}
    assert not re.search(r"url\(|@import", text)
    for one in pictures:
        svg = base64.b64decode(one.removeprefix(_SVG)).decode()
        addresses = set(re.findall(r"https?://[^\"\s<]+", svg))
        assert addresses <= {"http://www.w3.org/2000/svg", "http://www.w3.org/1999/xlink"}


def test_every_picture_has_words_and_a_table(text: str) -> None:
    """What it shows can be read without seeing it."""
    tags = Tags(text)
    pictures = tags.of("img")

    assert all(len(str(one.get("alt", ""))) > 20 for one in pictures)
    assert text.count("The figures of this picture as a table") == len(pictures)


def test_ink_follows_the_light(text: str) -> None:
    """Letters and lines of a picture have the colour of the text, by day and by night."""
    svg = base64.b64decode(str(Tags(text).of("img")[0]["src"]).removeprefix(_SVG)).decode()

    assert "currentColor" in svg
    assert "prefers-color-scheme:dark" in svg
    assert "#000000" not in svg


def test_places_on_the_page_are_there_once(text: str) -> None:
    """And the contents lead to them."""
    tags = Tags(text)
    places = [one["id"] for _, one in tags.found if "id" in one]
    wanted = [str(one["href"])[1:] for one in tags.of("a") if str(one["href"]).startswith("#")]

    assert len(places) == len(set(places))
    assert set(wanted) <= set(places)


def test_the_page_names_its_raw_data(text: str) -> None:
    """The newest of the benchmarks and every campaign."""
    source = newest(ROOT)

    assert source
    assert f"bench/results/{source.name}" in text
    assert all(str(one.relative_to(ROOT)) in text for one in ROOT.glob("campaign/results/*.jsonl"))


def test_the_same_data_make_the_same_page(text: str) -> None:
    """So two who make it can compare."""
    assert page_of(ROOT) == text


def test_a_place_without_data_has_a_report_that_says_so(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """And without a program for PDF the page is written all the same."""
    monkeypatch.setitem(__import__("sys").modules, "weasyprint", None)

    assert main(["--root", str(tmp_path), "--to", str(tmp_path / "site")]) == 0
    assert "No benchmark was run to its end." in (tmp_path / "site/report.html").read_text("utf-8")
    assert not (tmp_path / "site/report.pdf").exists()
    assert "no PDF: WeasyPrint is missing" in capsys.readouterr().err
