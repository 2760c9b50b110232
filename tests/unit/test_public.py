"""What kuberry promises to Python programs."""

from __future__ import annotations

import asyncio
import inspect
import subprocess
import sys
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, get_type_hints

import pytest
from pydantic import BaseModel

import kuberry
from kuberry import errors, sync
from kuberry.model.event import AnyEvent
from kuberry.model.status import StatusReport

ROOT = Path(__file__).parents[2]
FUNCTIONS = [name for name in kuberry.__all__ if inspect.isfunction(getattr(kuberry, name))]
COROUTINES = [name for name in FUNCTIONS if inspect.iscoroutinefunction(getattr(kuberry, name))]


def in_new_python(code: str) -> str:
    """Run *code* in a Python that has imported nothing, and return what it printed."""
    done = subprocess.run(
        [sys.executable, "-W", "error", "-c", code], capture_output=True, text=True, check=True
    )
    return done.stdout.strip()


def test_names_are_sorted_and_there() -> None:
    """`__all__` is in order, holds each name once, and `dir` shows it."""
    assert kuberry.__all__ == sorted(set(kuberry.__all__))
    assert set(kuberry.__all__) <= set(dir(kuberry))
    assert [name for name in kuberry.__all__ if getattr(kuberry, name, None) is None] == []


@pytest.mark.parametrize("name", kuberry.__all__)
def test_every_name_has_a_docstring_of_its_own(name: str) -> None:
    """Its first line is a sentence; classes do not live on what they inherit."""
    found = getattr(kuberry, name)
    if not isinstance(found, type) and not callable(found) and not inspect.ismodule(found):
        return  # a type alias can have none
    if name in {"AnyEvent", "Emit"}:
        return
    first = inspect.cleandoc(vars(found).get("__doc__") or found.__doc__ or "").split("\n\n")[0]

    assert first.endswith(".")
    assert not isinstance(found, type) or "__doc__" in vars(found)


@pytest.mark.parametrize("name", kuberry.__all__)
def test_the_python_page_lists_every_name(name: str) -> None:
    """A name that is public is described."""
    assert f"`{name}`" in (ROOT / "docs/python.md").read_text("utf-8")


def test_every_error_is_public() -> None:
    """Whoever catches a KuberryError can name what it is."""
    found = [name for name, one in vars(errors).items() if isinstance(one, type) and name[0] != "_"]

    assert set(found) - {"ClassVar"} <= set(kuberry.__all__)


def test_every_event_is_public() -> None:
    """Whoever listens can match each kind."""
    assert {event.__name__ for event in AnyEvent.__args__} <= set(kuberry.__all__)


@pytest.mark.parametrize("name", FUNCTIONS)
def test_what_a_function_returns_is_public(name: str) -> None:
    """No value of ours comes out that a program could not name."""
    returned = get_type_hints(getattr(kuberry, name))["return"]
    models = [
        one
        for one in (returned, *getattr(returned, "__args__", ()))
        if isinstance(one, type) and issubclass(one, BaseModel)
    ]

    assert {one.__name__ for one in models} <= set(kuberry.__all__)


def test_importing_kuberry_is_quick() -> None:
    """Nothing is loaded that is not asked for: no SSH, no database, not even pydantic."""
    heavy = {"asyncssh", "sqlalchemy", "pydantic", "rich", "typer", "lightkube", "asyncio"}
    code = f"import kuberry, sys; print(sorted({heavy!r} & set(sys.modules)))"

    assert in_new_python(code) == "[]"


def test_deploying_loads_no_database_library() -> None:
    """The journal is written with Python's own sqlite3; readers alone pay for SQLAlchemy."""
    code = "import kuberry, sys; kuberry.deploy, kuberry.run_events; print('{}' in sys.modules)"

    assert in_new_python(code.format("sqlalchemy")) == "False"
    assert in_new_python(code.format("sqlite3")) == "True"


def test_a_room_hides_no_function() -> None:
    """Loading the room `kuberry.verify` leaves the function of that name where it is."""
    code = "import kuberry, kuberry.verify.graph; print(kuberry.verify.__module__)"

    assert in_new_python(code) == "kuberry.api.verify"


def test_a_name_that_is_not_there_is_an_attribute_error() -> None:
    """As of any module."""
    with pytest.raises(AttributeError, match="no attribute 'deplyo'"):
        _ = kuberry.deplyo  # type: ignore[attr-defined]


def test_every_coroutine_has_a_twin_with_its_signature() -> None:
    """The twins are those and no others; arguments and words are the same."""
    assert sync.__all__ == sorted(COROUTINES)
    for name in COROUTINES:
        twin, original = getattr(sync, name), getattr(kuberry, name)
        assert inspect.signature(twin) == inspect.signature(original)
        assert twin.__doc__ == original.__doc__
        assert not inspect.iscoroutinefunction(twin)


def test_a_twin_returns_what_the_coroutine_returns(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """Run to its end, errors and all."""
    monkeypatch.setenv("KUBERRY_CONFIG_DIR", str(tmp_path))
    monkeypatch.setenv("KUBERRY_STATE_DIR", str(tmp_path))
    given = StatusReport(taken_at=datetime(2026, 1, 2, tzinfo=UTC), hosts=())

    async def look(*_: object) -> StatusReport:
        return given

    monkeypatch.setattr("kuberry.api.status.look", look)

    assert sync.status("red") is given
    with pytest.raises(kuberry.HostExpressionError):
        sync.status("red[02-01]")


@pytest.mark.parametrize("name", COROUTINES)
async def test_inside_a_running_loop_a_twin_says_what_to_write(name: str) -> None:
    """It would block the loop for minutes; nothing is begun, and no coroutine is left behind."""
    twin: Any = getattr(sync, name)
    with pytest.raises(kuberry.UsageError, match="running event loop") as error:
        twin("red")

    assert f"await kuberry.{name}(" in error.value.remedy


async def test_a_twin_works_in_a_thread_of_a_running_loop(tmp_path: Path) -> None:
    """Where blocking harms nobody."""
    settings = kuberry.Settings(state_dir=tmp_path)

    assert await asyncio.to_thread(sync.lab_status, settings=settings) is None


def test_the_pages_written_by_the_program_are_up_to_date() -> None:
    """docs/events.md and the names in docs/python.md say what the program says."""
    done = subprocess.run(
        [sys.executable, ROOT / "tools/reference.py", "--check"],
        capture_output=True,
        text=True,
        check=False,
    )

    assert (done.returncode, done.stderr) == (0, "")
