"""The documents say what is there."""

from __future__ import annotations

import re
import tomllib
from pathlib import Path

from kuberry.cli.exits import Exit

ROOT = Path(__file__).parents[2]


def _layers() -> set[str]:
    contract = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["tool"]["importlinter"]
    layers = contract["contracts"][0]["layers"]
    return {name.strip("() ") for layer in layers for name in re.split("[|:]", layer)}


def test_every_room_is_in_the_architecture_page() -> None:
    """The table of rooms and the import contract name the same rooms, and all exist or may."""
    text = (ROOT / "docs/architecture.md").read_text("utf-8")
    rooms = text.split("| room | its law |")[1].split("\n\n")[0]
    first_cells = re.findall(r"^\| (.*?) \|", rooms, re.MULTILINE)
    named = set(re.findall(r"`([a-z]+)`", "".join(first_cells)))

    assert named == _layers()


def test_decisions_are_numbered_once() -> None:
    """Each decision has a number of its own, and a title with it."""
    files = sorted((ROOT / "docs/adr").glob("*.md"))
    numbers = [int(path.name[:4]) for path in files]
    titles = [path.read_text("utf-8").splitlines()[0] for path in files]

    assert sorted(set(numbers)) == numbers
    assert [int(re.match(r"# (\d+)\.", title)[1]) for title in titles] == numbers  # type: ignore[index]


def test_the_exit_codes_of_the_readme_are_those_of_the_program() -> None:
    """The README's table of exit codes names each code once."""
    table = (ROOT / "README.md").read_text("utf-8").split("| code | meaning |")[1].split("\n\n")[0]
    codes = [int(code) for code in re.findall(r"^\| (\d+) \|", table, re.MULTILINE)]

    assert codes == [int(one) for one in Exit]
