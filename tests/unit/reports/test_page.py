"""The page: everything is text, nothing comes from outside, and people of all kinds can read it."""

from __future__ import annotations

import re
from datetime import UTC, datetime
from html.parser import HTMLParser

import pytest

from kuberry.model.document import HostStory, Link, PhaseStory, RunDocument, StepStory
from kuberry.model.finding import Finding, Outcome, ProbeResult, Severity
from kuberry.model.run import RunRecord, RunState
from kuberry.model.sighting import BundleUsed, HostConnected, HostSeen
from kuberry.reports import words
from kuberry.reports.page import page
from kuberry.reports.scale import Scale

HOSTILE = "</style></title>\"'><script>alert(1)</script><img src=x onerror=y>{{ 7*7 }}&amp;"
PLAIN = "xyzzy"
VOID = {"meta", "link", "img", "br", "hr", "input", "base", "embed", "source"}
EXPECTED = {
    "html", "head", "meta", "title", "style", "body", "header", "div", "p", "h1", "h2", "span",
    "time", "dl", "dt", "dd", "main", "section", "svg", "rect", "line", "text", "ul", "ol", "li",
    "strong", "table", "caption", "thead", "tbody", "tr", "th", "td", "br", "code", "pre",
    "details", "summary", "footer",
}  # fmt: skip


class Reader(HTMLParser):
    """Reads a page: its tags, its attributes, its text; refuses tags that do not nest."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.tags: list[str] = []
        self.attributes: list[tuple[str, str]] = []
        self.words = ""
        self._open: list[str] = []
        self.feed(text)
        self.close()
        assert self._open == []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Note a tag that opens."""
        self.tags.append(tag)
        self.attributes += [(name, value or "") for name, value in attrs]
        if tag not in VOID:
            self._open.append(tag)

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Note a tag that closes itself."""
        self.tags.append(tag)
        self.attributes += [(name, value or "") for name, value in attrs]

    def handle_endtag(self, tag: str) -> None:
        """Note a tag that closes."""
        assert self._open.pop() == tag

    def handle_data(self, data: str) -> None:
        """Note text."""
        self.words += data


def document(text: str, *, state: RunState = "ended", outcome: str = "failed") -> RunDocument:
    """Make a run of which every text is *text*."""
    times = {"started_s": 0.0, "ended_s": 61.5}
    step = StepStory(
        host="red", plan=0, id=text, title=text, waited_s=3, state="failed", critical=True, **times
    )
    host = HostStory(
        host="red",
        role="worker",
        ending="failed",
        seen=HostSeen(
            host="red", os=text, kernel=text, machine=text, architecture=text, board=text
        ),
        keys=(HostConnected(host="red", algorithm=text, fingerprint=text),),
        steps=(step,),
        failed_step=text,
        code=text,
        message=text,
        remedy=text,
        output=text,
    )
    return RunDocument(
        run=RunRecord(
            id="20260102-000000-abcdef",
            command=text,
            cluster=text,
            hosts=("red",),
            version=text,
            started=datetime(2026, 1, 2, tzinfo=UTC),
            state=state,
            outcome=outcome,
            code=text,
            message=text,
        ),
        duration_s=61.5,
        hosts=(host,),
        phases=(PhaseStory(title=text, **times),),
        plans=(text,),
        critical_path=(Link(title=text, host="red", step=text, because=text, **times),),
        bundle=BundleUsed(name=text, version=text, digest=text, created_from=text),
        findings=(
            Finding(
                code=text, severity=Severity.ERROR, title=text, host=text, proof=text, remedy=text
            ),
        ),
        probes=(
            ProbeResult(
                id=text, outcome=Outcome.FAIL, title=text, where=text, detail=text, remedy=text
            ),
        ),
        notices=(text,),
    )


def test_whatever_hosts_say_is_text() -> None:
    """Markup in every field, in attributes as well: the page has the tags it always has."""
    plain, hostile = Reader(page(document(PLAIN))), Reader(page(document(HOSTILE)))

    assert hostile.tags == plain.tags
    assert set(hostile.tags) <= EXPECTED
    assert [name for name, _ in hostile.attributes] == [name for name, _ in plain.attributes]
    assert hostile.words.count(HOSTILE) == plain.words.count(PLAIN)
    assert plain.words.count(PLAIN) > 30


def test_nothing_comes_from_outside() -> None:
    """No script, no address, no import; a policy in the page forbids both to browsers."""
    text = page(document(PLAIN))
    reader = Reader(text)
    names = {name for name, _ in reader.attributes}

    assert names.isdisjoint({"src", "href", "srcset", "action", "data", "poster", "xlink:href"})
    assert not [name for name in names if name.startswith("on")]
    assert not re.search(r"://|url\(|@import", text)
    assert ("content", "default-src 'none'; style-src 'unsafe-inline'") in reader.attributes


def test_the_page_says_what_went_wrong_and_what_to_do() -> None:
    """The failing step with its message, remedy and output; the finding and the probe, too."""
    reader = Reader(page(document(PLAIN)))

    assert reader.words.count("What to do: " + PLAIN) == 3
    assert "What went wrong" in reader.words
    assert "failed" in reader.words


def test_programs_that_read_aloud_find_their_way() -> None:
    """A language, a title, one main, a heading of its own for each section, tables with heads."""
    reader = Reader(page(document(PLAIN)))
    ids = [value for name, value in reader.attributes if name == "id"]
    labels = [value for name, value in reader.attributes if name == "aria-labelledby"]

    assert ("lang", "en") in reader.attributes
    assert (reader.tags.count("main"), reader.tags.count("h1")) == (1, 1)
    assert sorted(ids) == sorted(set(ids))
    assert labels == ids
    assert reader.tags.count("section") == len(labels)
    scopes = [value for name, value in reader.attributes if name == "scope"]
    assert len(scopes) == reader.tags.count("th")
    spoken = [name for name, _ in reader.attributes if name in {"aria-hidden", "aria-label"}]
    assert len(spoken) == reader.tags.count("svg")


def test_dark_rooms_and_paper_are_thought_of() -> None:
    """The style has colours for both."""
    text = page(document(PLAIN))

    assert "prefers-color-scheme: dark" in text
    assert "@media print" in text


@pytest.mark.parametrize(
    ("state", "outcome", "said"),
    [
        ("running", "", "still running"),
        ("interrupted", "", "interrupted"),
        ("ended", "done", "done"),
        ("ended", "error", "ended by an error"),
        ("ended", "unverified", "not proven"),
        ("ended", "a word of tomorrow", "a word of tomorrow"),
    ],
)
def test_every_end_has_its_words(state: RunState, outcome: str, said: str) -> None:
    """In the title and in the heading."""
    text = page(document(PLAIN, state=state, outcome=outcome))

    assert f"<title>{PLAIN} of {PLAIN}: {said}</title>" in text
    assert f">{said}</span></h1>" in text


def test_a_run_without_anything_is_a_page() -> None:
    """One that ended before its first host: no empty tables."""
    empty = RunDocument(run=document(PLAIN).run, duration_s=0)
    reader = Reader(page(empty))

    assert reader.tags.count("table") == 1


@pytest.mark.parametrize(
    ("seconds", "said"),
    [
        (0.0, "0.00 s"), (0.424, "0.42 s"), (9.94, "9.9 s"), (12.4, "12 s"), (59.4, "59 s"),
        (59.6, "1 min 00 s"), (125.2, "2 min 05 s"), (3600.0, "60 min 00 s"),
    ],
)  # fmt: skip
def test_seconds_for_people(seconds: float, said: str) -> None:
    """As exact as is of use, and never 60 seconds."""
    assert words.seconds(seconds) == said


@pytest.mark.parametrize(
    ("size", "said"),
    [(0, ""), (1, "1 KiB"), (2048, "2 KiB"), (3 << 19, "1.5 MiB"), (150 << 20, "150 MiB")],
)
def test_sizes_for_people(size: int, said: str) -> None:
    """Nothing for nothing."""
    assert words.size(size) == said


@pytest.mark.parametrize("duration_s", [0.0, 0.05, 1.0, 61.5, 900.0, 5000.0, 100_000.0])
def test_the_axis_has_few_round_marks_within_the_line(duration_s: float) -> None:
    """At most nine, from 0 on, none outside; a bar is never wider than the line or invisible."""
    scale = Scale(duration_s)
    marks = scale.ticks()

    assert len(marks) <= 9
    assert all(0 <= one.place <= 1000 for one in marks)
    assert [one.seconds for one in marks[:1]] == ([0] if duration_s else [])
    assert 1 <= float(scale.width(0, duration_s)) <= 1000
    assert float(scale.x(duration_s * 2)) <= 1000
    assert float(scale.width(0, 0)) > 0


def test_an_ignored_finding_says_what_it_was() -> None:
    """Whoever reads the report sees that an error was passed over."""
    known = document(PLAIN)
    ignored = known.findings[0].model_copy(
        update={"code": "KB103", "severity": Severity.IGNORED, "was": Severity.ERROR}
    )
    words_of_page = Reader(page(known.model_copy(update={"findings": (ignored,)}))).words

    assert "ignored error" in words_of_page
    assert "ignored" not in Reader(page(known)).words
