"""The survey of similar projects is complete, has its sources, and its page is current."""

from __future__ import annotations

import copy
import importlib.util
import re
import subprocess
import sys
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest
import yaml
from pydantic import ValidationError

ROOT = Path(__file__).parents[2]
DATA = ROOT / "docs/similar-projects.yaml"
TOOL = ROOT / "tools/survey.py"
FACTS = ("licence", "approach", "typed", "proof", "again", "removal", "security", "offline")


@pytest.fixture(scope="module")
def survey() -> ModuleType:
    """The tool, imported from its file."""
    spec = importlib.util.spec_from_file_location("survey", TOOL)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules[spec.name] = module
    spec.loader.exec_module(module)
    return module


@pytest.fixture(scope="module")
def read() -> dict[str, Any]:
    """The raw facts, read once."""
    loaded: dict[str, Any] = yaml.safe_load(DATA.read_text("utf-8"))
    return loaded


@pytest.fixture
def data(read: dict[str, Any]) -> dict[str, Any]:
    """The raw facts, to be broken."""
    return copy.deepcopy(read)


def test_the_page_is_what_the_facts_say() -> None:
    """The tables in docs/similar-projects.md are those of the data."""
    done = subprocess.run(
        [sys.executable, TOOL, "--check"], capture_output=True, text=True, check=False
    )

    assert (done.returncode, done.stdout, done.stderr) == (0, "", "")


def test_no_project_stands_there_twice(survey: ModuleType, data: dict[str, Any]) -> None:
    """Names and repositories are unique."""
    projects = survey.Survey.model_validate(data).projects

    assert len({one.name for one in projects}) == len(projects)
    assert len({one.repository for one in projects}) == len(projects)


@pytest.mark.parametrize("name", FACTS)
def test_a_project_without_a_field_is_refused(
    name: str, survey: ModuleType, data: dict[str, Any]
) -> None:
    """Every project says everything."""
    del data["projects"][0][name]

    with pytest.raises(ValidationError, match=f"projects.0.{name}"):
        survey.Survey.model_validate(data)


def test_a_checked_fact_without_a_source_is_refused(
    survey: ModuleType, data: dict[str, Any]
) -> None:
    """Who says that it was checked says where."""
    data["projects"][0]["proof"] = {"text": "It is so."}

    with pytest.raises(ValidationError, match="needs a source"):
        survey.Survey.model_validate(data)


def test_unknown_fields_and_short_surveys_are_refused(
    survey: ModuleType, data: dict[str, Any]
) -> None:
    """A slip of the pen is no new field, and nineteen projects are no survey."""
    misspelt = {**data, "projects": [{**data["projects"][0], "prof": {}}, *data["projects"][1:]]}
    short = {**data, "projects": data["projects"][:19]}

    for wrong, why in ((misspelt, "prof"), (short, "at least 20 items")):
        with pytest.raises(ValidationError, match=why):
            survey.Survey.model_validate(wrong)


def test_a_changed_fact_makes_the_page_stale(survey: ModuleType, data: dict[str, Any]) -> None:
    """What is changed in the data is changed in the page, and nothing around the tables is."""
    old = (ROOT / "docs/similar-projects.md").read_text("utf-8")
    data["projects"][0]["proof"]["text"] = "Nothing at all."

    new = survey.page(old, survey.Survey.model_validate(data))

    assert new != old
    assert "Nothing at all." in new
    assert new.partition(survey.BEGIN)[0] == old.partition(survey.BEGIN)[0]
    assert new.partition(survey.END)[2] == old.partition(survey.END)[2]


def test_lessons_lead_to_pages_that_are_there(survey: ModuleType, data: dict[str, Any]) -> None:
    """Each link into kuberry's documents has a file, and a heading where it names one."""
    lessons = [one.learned.kuberry for one in survey.Survey.model_validate(data).projects]

    for link in filter(None, lessons):
        path, _, anchor = link.partition("#")
        text = (ROOT / "docs" / path).read_text("utf-8")
        assert not anchor or anchor in _anchors(text), link


def _anchors(text: str) -> set[str]:
    """Return the anchors of all headings of *text*, as GitHub makes them."""
    titles = re.findall(r"^#+ (.+)$", text, re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", title.lower()).replace(" ", "-") for title in titles}
