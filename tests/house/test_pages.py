"""What the pages show can be typed: links lead somewhere, commands and Python exist."""

from __future__ import annotations

import ast
import importlib
import inspect
import re
import shlex
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import Any

import pytest
import typer

import kuberry
import kuberry.sync
from kuberry.cli.exits import Exit
from kuberry.cli.main import app_for
from kuberry.errors import KuberryError
from kuberry.preflight import CHECKS, CONTROLLER_CHECKS
from kuberry.verify.graph import KINDS

ROOT = Path(__file__).parents[2]
PAGES = sorted([*ROOT.glob("*.md"), *(ROOT / "docs").rglob("*.md")])
TARGETS = re.findall(r"^([a-z][a-z0-9-]*):", (ROOT / "Makefile").read_text("utf-8"), re.MULTILINE)
_BLOCK = re.compile(r"^```(\w*)\n(.*?)^```$", re.MULTILINE | re.DOTALL)
_INDENTED = re.compile(r"^ {4}(\S.*)$", re.MULTILINE)
_SEPARATORS = ("|", "&&", "||", ";", "&")


def _name(page: Path) -> str:
    return str(page.relative_to(ROOT))


def _shell(text: str) -> list[tuple[str, ...]]:
    """Return the words of each command in the blocks of *text*."""
    blocks = [block for language, block in _BLOCK.findall(text) if language in {"", "sh"}]
    lines = "\n".join(blocks).replace("\\\n", " ").splitlines()
    lines += _INDENTED.findall(_without_blocks(text))
    return [words for line in lines for words in _commands(line)]


def _inline(text: str) -> list[tuple[str, ...]]:
    """Return the words of each command within the sentences of *text*."""
    lines = re.findall(r"`((?:kuberry|make) [^`]*)`", _without_blocks(text))
    return [words for line in lines for words in _commands(line.replace("\\|", ""))]


def _without_blocks(text: str) -> str:
    return _BLOCK.sub("", text)


def _commands(line: str) -> Iterator[tuple[str, ...]]:
    """Yield the words of each kuberry or make of a line."""
    words: list[str] = []
    for word in (*_words(re.sub(r"\d?[<>]+\s*\S+", "", line)), ";"):
        if word not in _SEPARATORS:
            words.append(word)
            continue
        while words and re.fullmatch(r"[A-Z_]+=\S*", words[0]):
            words.pop(0)
        if words and words[0] in {"kuberry", "make"} and words[1:]:
            yield tuple(words)
        words = []


def _words(line: str) -> list[str]:
    reader = shlex.shlex(line, posix=True, punctuation_chars=True)
    reader.whitespace_split = True
    try:
        return list(reader)
    except ValueError:  # a quotation that a line of prose leaves open
        return []


@cache
def _program() -> Any:
    return typer.main.get_command(app_for(()))


def _parse(words: tuple[str, ...]) -> str:
    """Return why kuberry would refuse *words* with their placeholders; empty if it would not."""
    if words[0] == "make":
        return "" if words[1] in TARGETS or "=" in words[1] else f"no target {words[1]}"
    command, rest = _program(), list(words[1:])
    while hasattr(command, "commands") and rest and not rest[0].startswith("-"):
        if rest[0] not in command.commands:
            return f"no command {rest[0]}" if rest[0].islower() else ""
        command = command.commands[rest.pop(0)]
    if hasattr(command, "commands") or not _is_closed(command):
        return ""  # a group alone, or words of another program behind it
    ours = rest[: rest.index("--")] if "--" in rest else rest
    known = {name for one in command.params for name in (*one.opts, *one.secondary_opts)}
    used = [word.strip("[]").partition("=")[0] for word in ours]
    unknown = [word for word in used if re.match(r"--?[a-z]", word) and word not in known]
    return f"no option {unknown[0]}" if unknown and unknown[0] != "--help" else ""


def _is_closed(command: Any) -> bool:
    return bool(command.context_settings.get("allow_interspersed_args", True))


def _refuses(words: tuple[str, ...]) -> str:
    """Return why a line without placeholders would not be taken as it stands."""
    reason = _parse(words)
    open_ended = any(re.search(r"…|^\[|^[A-Z]+$", word) for word in words)
    if reason or open_ended or "--help" in words or words[0] == "make":
        return reason
    command, rest = _program(), list(words[1:])
    while hasattr(command, "commands"):
        if not rest or rest[0].startswith("-"):
            return ""
        command = command.commands[rest.pop(0)]
    try:
        command.make_context(command.name, rest)
    except typer.exceptions.TyperException as error:
        return str(error.format_message())
    return ""


@pytest.mark.parametrize("page", PAGES, ids=_name)
def test_every_command_that_a_page_shows_is_taken(page: Path) -> None:
    """Kuberry knows the words, what is needed is there, and make has the target."""
    text = page.read_text("utf-8")
    shown, told = _shell(text), _inline(text)
    wrong = {line: why for line in shown if (why := _refuses(line))}
    wrong |= {line: why for line in told if (why := _parse(line))}

    assert wrong == {}


@pytest.mark.parametrize("page", PAGES, ids=_name)
def test_the_python_that_a_page_shows_is_python(page: Path) -> None:
    """Each block compiles, and what it takes of kuberry is there, with those arguments."""
    for language, block in _BLOCK.findall(page.read_text("utf-8")):
        if language != "python":
            continue
        compile(block, _name(page), "exec", ast.PyCF_ALLOW_TOP_LEVEL_AWAIT, dont_inherit=True)
        for node in ast.walk(ast.parse(block)):
            if isinstance(node, ast.ImportFrom):
                room = importlib.import_module(node.module or "")
                assert [one.name for one in node.names if not hasattr(room, one.name)] == []
            if isinstance(node, ast.Attribute) and (path := _path(node)).startswith("kuberry."):
                assert _found(path) is not None, path
            if isinstance(node, ast.Call) and (path := _path(node.func)).startswith("kuberry."):
                inspect.signature(_found(path)).bind_partial(
                    *node.args, **{one.arg: one.value for one in node.keywords if one.arg}
                )


def _path(node: ast.expr) -> str:
    """Return ``kuberry.sync.deploy`` for such an expression, else nothing."""
    if isinstance(node, ast.Attribute):
        before = _path(node.value)
        return f"{before}.{node.attr}" if before else ""
    return node.id if isinstance(node, ast.Name) else ""


def _found(path: str) -> Any:
    thing: Any = kuberry
    for name in path.split(".")[1:]:
        thing = getattr(thing, name, None)
    return thing


@pytest.mark.parametrize("page", PAGES, ids=_name)
def test_links_lead_somewhere(page: Path) -> None:
    """Each link to a file has that file, and the heading or anchor that it names."""
    text = _without_blocks(page.read_text("utf-8"))
    for link in re.findall(r"\]\(([^)\s]+)\)", text):
        if re.match(r"[a-z]+:", link):
            continue
        path, _, anchor = link.partition("#")
        target = (page.parent / path).resolve() if path else page
        assert target.exists(), link
        assert not anchor or anchor in _anchors(target), link


@cache
def _anchors(page: Path) -> set[str]:
    """Return the anchors of a page, as GitHub and MyST make them of headings."""
    text = _without_blocks(page.read_text("utf-8"))
    titles = re.findall(r"^#+ (.+)$", text, re.MULTILINE)
    plain = (re.sub(r"\[([^]]*)\]\([^)]*\)", r"\1", title) for title in titles)
    made = {re.sub(r"[^\w\- ]", "", title.lower()).replace(" ", "-") for title in plain}
    return made | set(re.findall(r'<a id="([\w-]+)">', text))


def test_every_page_is_in_the_manual() -> None:
    """Whoever reads the manual comes to all pages of docs/."""
    index = (ROOT / "docs/index.md").read_text("utf-8")
    listed = set(re.findall(r"^([\w-]+)$", index, re.MULTILINE))

    assert {page.stem for page in (ROOT / "docs").glob("*.md")} - {"index"} <= listed


def test_whatever_goes_wrong_is_in_troubleshooting() -> None:
    """Every check, exit code, error and probe can be found there."""
    text = (ROOT / "docs/troubleshooting.md").read_text("utf-8")
    checks = {check.code for check in CHECKS} | {check.code for check in CONTROLLER_CHECKS}
    exits = {
        int(code)
        for row in re.findall(r"^\| ([\d, ]+) \|", text, re.MULTILINE)
        for code in row.split(",")
    }

    assert checks == set(re.findall(r"\[(KB\d+)\]\(checks\.md#kb", text))
    assert exits == {int(one) for one in Exit}
    assert {kind.id for kind in KINDS} <= set(re.findall(r"`([a-z-]+\.[a-z-]+)`", text))
    assert _codes(KuberryError) - {"verify"} <= set(re.findall(r"`([a-z-]+)`", text))


def _codes(kind: type[KuberryError]) -> set[str]:
    found: set[str] = set()
    below: list[type[KuberryError]] = kind.__subclasses__()
    for one in below:
        if one.__module__ == "kuberry.errors":
            found |= {one.code} | _codes(one)
    return found


@pytest.mark.parametrize(
    ("line", "why"),
    [
        ("kuberry deploy --hots red", "no option --hots"),
        ("kuberry delpoy", "no command delpoy"),
        ("make tea", "no target tea"),
        ("kuberry status", "hosts"),
        ("kuberry deploy --fan-out tree", "fan-out"),
        ("X=1 kuberry verify && kuberry lab up", "hosts"),
    ],
)
def test_a_wrong_line_is_seen(line: str, why: str) -> None:
    """Else the tests above would prove nothing."""
    reasons = [_refuses(words) for words in _shell(f"```sh\n{line}\n```\n")]

    assert any(why in reason for reason in reasons)
