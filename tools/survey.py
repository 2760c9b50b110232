"""Write the tables of docs/similar-projects.md from docs/similar-projects.yaml.

``python tools/survey.py`` writes what stands between the two marks of the page;
with ``--check`` it writes nothing and ends with 1 where the page is not up to date.
"""

from __future__ import annotations

import datetime as dt
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Annotated, Literal

import yaml
from pydantic import BaseModel, ConfigDict, Field, HttpUrl, model_validator

DOCS = Path(__file__).parents[1] / "docs"
DATA = DOCS / "similar-projects.yaml"
PAGE = DOCS / "similar-projects.md"
BEGIN = "<!-- written by tools/survey.py from here on -->\n"
END = "<!-- written by tools/survey.py up to here -->\n"
NOT_CHECKED = " *(not checked)*"

Text = Annotated[str, Field(min_length=3, pattern=r"^[^|\n]+$")]
Kind = Literal[
    "installs over SSH",
    "Kubernetes itself",
    "operating system",
    "on one machine",
    "configuration management",
    "parallel shell",
    "cluster tools",
    "other",
]


class Frozen(BaseModel):
    """What the file says, and nothing else."""

    model_config = ConfigDict(frozen=True, extra="forbid")


class Fact(Frozen):
    """Something that is so, and where that is written."""

    text: Text
    at: tuple[str, ...] = ()
    checked: bool = True

    @model_validator(mode="after")
    def _has_a_source(self) -> Fact:
        if self.checked and not self.at:
            raise ValueError("a fact that is called checked needs a source in `at`")
        return self


class Lesson(Frozen):
    """What we took from it, and the page of kuberry that shows it."""

    text: Text
    kuberry: str | None


class Stored(Frozen):
    """The copy that was read."""

    commit: Annotated[str, Field(pattern="^[0-9a-f]{40}$")]
    date: dt.date
    release: str | None
    released: dt.date | None


class Project(Frozen):
    """One project of the survey."""

    name: Text
    repository: HttpUrl
    kind: Kind
    stored: Stored
    licence: Fact
    approach: Fact
    typed: Fact
    proof: Fact
    again: Fact
    removal: Fact
    security: Fact
    offline: Fact
    learned: Lesson


class Survey(Frozen):
    """The whole file."""

    read: dt.date
    projects: Annotated[tuple[Project, ...], Field(min_length=20)]


def load(text: str) -> Survey:
    """Read the data; raises pydantic's ValidationError where something is missing."""
    return Survey.model_validate(yaml.safe_load(text))


def tables(survey: Survey) -> str:
    """Return all tables of the page."""
    parts = [
        _table("Who they are", ("project", "kind", "licence", "last commit", "last release"), _who),
        _table("How they go about it", ("project", "approach"), _cells("approach")),
        _table(
            "What is typed for three Pis, and what is proven then",
            ("project", "what is typed", "what it proves afterwards"),
            _cells("typed", "proof"),
        ),
        _table(
            "The second time, and the end",
            ("project", "run again", "removal"),
            _cells("again", "removal"),
        ),
        _table(
            "Trust, and no Internet",
            ("project", "security", "offline"),
            _cells("security", "offline"),
        ),
        _table("What we learned", ("project", "what we learned", "in kuberry"), _lesson),
    ]
    return "\n".join(line for part in parts for line in part(survey)) + "\n"


Row = Callable[[Project], tuple[str, ...]]


def _table(title: str, heads: tuple[str, ...], row: Row) -> Callable[[Survey], Iterator[str]]:
    def lines(survey: Survey) -> Iterator[str]:
        yield from (f"## {title}", "", _line(heads), "|---" * len(heads) + "|")
        yield from (_line((_name(one), *row(one))) for one in survey.projects)
        yield ""

    return lines


def _line(cells: tuple[str, ...]) -> str:
    return "| " + " | ".join(cells) + " |"


def _name(project: Project) -> str:
    return f"[{project.name}]({project.repository})"


def _who(project: Project) -> tuple[str, ...]:
    stored = project.stored
    commit = f"{stored.date} [`{stored.commit[:7]}`]({_url(project, '')})"
    release = f"{stored.release}, {stored.released}" if stored.release else "none found"
    return (project.kind, _fact(project, project.licence), commit, release)


def _cells(*names: str) -> Row:
    return lambda project: tuple(_fact(project, getattr(project, name)) for name in names)


def _lesson(project: Project) -> tuple[str, ...]:
    page = project.learned.kuberry
    return (project.learned.text, f"[{page.partition('#')[0]}]({page})" if page else "not there")


def _fact(project: Project, fact: Fact) -> str:
    links = " ".join(f"[{n}]({_url(project, at)})" for n, at in enumerate(fact.at, 1))
    return fact.text + ("" if fact.checked else NOT_CHECKED) + (f" {links}" if links else "")


def _url(project: Project, at: str) -> str:
    """Return the address of *at*: a whole one, or ``path`` or ``path:line`` of the stored copy."""
    if at.startswith("https://"):
        return at
    path, _, line = at.partition(":")
    kind = "blob" if path else "tree"
    address = f"{str(project.repository).rstrip('/')}/{kind}/{project.stored.commit}/{path}"
    return address.rstrip("/") + (f"#L{line}" if line else "")


def page(old: str, survey: Survey) -> str:
    """Return *old* with new tables between its marks."""
    before, _, rest = old.partition(BEGIN)
    return before + BEGIN + "\n" + tables(survey) + END + rest.partition(END)[2]


def main() -> int:
    """Write the tables, or check them."""
    old = PAGE.read_text("utf-8")
    new = page(old, load(DATA.read_text("utf-8")))
    if "--check" not in sys.argv[1:]:
        PAGE.write_text(new, "utf-8")
        return 0
    if old != new:
        sys.stderr.write("docs/similar-projects.md is not up to date: python tools/survey.py\n")
    return int(old != new)


if __name__ == "__main__":
    sys.exit(main())
