"""Write what the documents say of commands, codes, events and names, from the program itself.

``python tools/reference.py`` writes the pages of ``main`` and the end of docs/python.md;
with ``--check`` it writes nothing and ends with 1 where they are not up to date.
"""

from __future__ import annotations

import inspect
import re
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any, get_args

import reference_cli
import reference_tables
from pydantic import BaseModel

import kuberry
from kuberry.model.event import AnyEvent
from kuberry.model.run import EventRecord
from kuberry.preflight import CHECKS, CONTROLLER_CHECKS
from kuberry.preflight.scene import Check

DOCS = Path(__file__).parents[1] / "docs"
MARK = "<!-- written by tools/reference.py from here on -->\n"
EVENTS_HEAD = """\
# Events

<!-- written by tools/reference.py -->

Everything that happens during a run is an event.
The same events make the lines and bars on a terminal, the JSON lines, and the journal.

    kuberry deploy --hosts "red,red[01-02]" --output json 2>events.jsonl >report.json
    kuberry runs show last --output events      # the same lines again, from the journal

With `--output json` the report goes to standard output when all is done.
Each event goes to standard error as it happens, one JSON object a line.
A line there that does not begin with `{` is the word to people that ended the command.
Fields and kinds may be added; what is there keeps its meaning.
Secrets are in no event: plans and events hold their names only.

In Python, `emit=` takes a function that is given each event: see [Python](python.md).

## A line

"""


CHECKS_HEAD = """\
# Checks

<!-- written by tools/reference.py -->

Before anything is changed, hosts and the machine you sit at are checked.

    kuberry check --hosts "red,red[01-02]"                  # the checks alone
    kuberry check --hosts "red,red[01-02]" --ignore KB103
    kuberry deploy --hosts "red,red[01-02]" --ignore KB103  # checks first, always

Every finding has a code that keeps its meaning, a severity, a proof (what was seen) and a remedy.
An **error** stops a deploy and ends `check` with exit code 3; **warnings** and **infos** are said.
`--ignore CODE` has findings of that code recorded and shown as **ignored**; they stop nothing then.
Some cannot be ignored, because going on would surely break something: the reason is said below.
What deploy puts right by itself (see [Raspberry Pis](raspberry-pi.md)) `check` only tells.
What rests on the bundle is left out by `check` while no bundle is chosen.
Both take `--page-size`, `--new-machine-ids` and `--open-firewall`, and so does `node add`:
`check` then judges by what deploy would do.
Of this machine deploy tells the errors alone.
"""


def main() -> int:
    """Write the pages, or check them."""
    python = DOCS / "python.md"
    prose = python.read_text("utf-8").partition(MARK)[0]
    pages = {
        DOCS / "events.md": events_page(),
        DOCS / "checks.md": checks_page(),
        DOCS / "cli.md": reference_cli.commands_page(),
        DOCS / "codes.md": reference_tables.codes_page(_first_words),
        DOCS / "probes.md": reference_tables.probes_page(),
        DOCS / "files.md": reference_tables.files_page(_fields, _first_words),
        DOCS / "http.md": reference_tables.http_page(),
        DOCS / "decisions.md": reference_tables.decisions_page(),
        python: prose + MARK + names_table(),
    }
    stale = [path for path, text in pages.items() if _text(path) != text]
    if "--check" not in sys.argv[1:]:
        for path in stale:
            path.write_text(pages[path], "utf-8")
        return 0
    for path in stale:
        sys.stderr.write(f"{path.name} is not up to date: make docs\n")
    return 1 if stale else 0


def events_page() -> str:
    """Return docs/events.md."""
    parts = [EVENTS_HEAD, *_fields(EventRecord), "\n## The kinds\n"]
    for event in get_args(AnyEvent):
        kind = event.model_fields["kind"].default
        parts += [f"\n### {kind}\n\n{_first_words(event)}\n\n", *_fields(event)]
    return "".join(parts)


def checks_page() -> str:
    """Return docs/checks.md."""
    parts = [CHECKS_HEAD]
    for title, checks in (("Hosts", CHECKS), ("This machine", CONTROLLER_CHECKS)):
        parts.append(f"\n## {title}\n\n| code | finds | |\n|---|---|---|\n")
        parts += [_check_row(one) for one in checks]
        parts += [_check(one) for one in checks]
    return "".join(parts)


def _check_row(check: Check[Any]) -> str:
    return f"| [{check.code}](#{check.code.lower()}) | {check.title} | {_severities(check)} |\n"


def _severities(check: Check[Any]) -> str:
    return " or ".join(check.severities)


def _check(check: Check[Any]) -> str:
    freedom = f"No: {check.must}." if check.must else f"Yes: `--ignore {check.code}`."
    return (
        f"\n### {check.code}\n\n**{check.title[0].upper()}{check.title[1:]}** "
        f"({_severities(check)}).\n{check.why}\n\n"
        f"- What to do: {check.remedy}\n- Can it be ignored? {freedom}\n"
    )


def names_table() -> str:
    """Return a line for each public name of kuberry."""
    lines = ["\n## All names\n"]
    for title, wanted in (
        ("Functions", inspect.isfunction),
        ("Values", lambda one: inspect.isclass(one) and not issubclass(one, Exception)),
        ("Errors", lambda one: inspect.isclass(one) and issubclass(one, Exception)),
    ):
        lines.append(f"\n### {title}\n\n| name | |\n|---|---|\n")
        for name in kuberry.__all__:
            found = getattr(kuberry, name)
            if wanted(found):
                twin = " (also `kuberry.sync`)" if inspect.iscoroutinefunction(found) else ""
                lines.append(f"| `{name}` | {_first_words(found)}{twin} |\n")
    return "".join(lines)


def _fields(model: type[BaseModel]) -> Iterator[str]:
    meanings = _attributes(model)
    schema = model.model_json_schema()["properties"]
    yield "| field | JSON | meaning |\n|---|---|---|\n"
    for name in model.model_fields:
        is_kind = name == "kind"
        meaning = f"`{model.model_fields[name].default}`" if is_kind else meanings.get(name, "")
        yield f"| `{name}` | {_json_type(schema[name])} | {meaning} |\n"


def _attributes(model: type[BaseModel]) -> dict[str, str]:
    """Return the meaning of each field from the docstring."""
    section = inspect.cleandoc(model.__doc__ or "").partition("Attributes:\n")[2]
    found = re.findall(r"^    (\w+): (.*(?:\n {8}.*)*)", section, re.MULTILINE)
    return {name: _markdown(" ".join(text.split())) for name, text in found}


def _json_type(schema: dict[str, Any]) -> str:
    if "anyOf" in schema:
        return " or ".join(_json_type(one) for one in schema["anyOf"])
    if schema.get("type") == "array":
        return f"array of {_many(schema['items'])}"
    if "additionalProperties" in schema:
        return f"object of {_many(schema['additionalProperties'])}"
    if schema.get("format") == "date-time":
        return "string (ISO 8601)"
    return str(schema.get("type", "object"))


def _many(schema: dict[str, Any]) -> str:
    first, *rest = _json_type(schema).split(" ", maxsplit=1)
    return " ".join([f"{first}s", *rest])


def _first_words(thing: Any) -> str:
    paragraph = inspect.cleandoc(thing.__doc__ or "").split("\n\n", maxsplit=1)[0]
    return _markdown(" ".join(paragraph.split()))


def _markdown(text: str) -> str:
    return re.sub(r"\*(\w+)\*", r"`\1`", text.replace("``", "`")).replace("|", "\\|")


def _text(path: Path) -> str:
    return path.read_text("utf-8") if path.exists() else ""


if __name__ == "__main__":
    sys.exit(main())
