"""How a command's coroutine is run, and what signals do to it."""

from __future__ import annotations

import asyncio
import contextlib
import signal
from collections.abc import Iterator
from typing import NoReturn

import pytest

from kuberry import __main__ as program
from kuberry.cli.main import main
from kuberry.cli.running import Interrupted, run
from kuberry.errors import ConnectionLost, Unreachable

BOTH = (signal.SIGINT, signal.SIGTERM)


@pytest.fixture(autouse=True)
def handlers() -> Iterator[None]:
    """Put the handlers of signals back: a program that was interrupted ignores them."""
    before = {number: signal.getsignal(number) for number in BOTH}
    yield
    for number, handler in before.items():
        signal.signal(number, handler)


async def signalled(*numbers: signal.Signals) -> None:
    """Send signals to this process and wait until one ends the task."""
    for number in numbers:
        signal.raise_signal(number)
    await asyncio.sleep(60)


def test_nothing_is_changed_where_no_signal_comes() -> None:
    """Results and errors go on their way; the handlers are as before."""
    before = [signal.getsignal(number) for number in BOTH]

    async def fail() -> None:
        raise Unreachable("nothing answered")

    assert run(asyncio.sleep(0, 7)) == 7
    with pytest.raises(Unreachable):
        run(fail())
    assert [signal.getsignal(number) for number in BOTH] == before


@pytest.mark.parametrize("number", BOTH)
def test_a_signal_cancels_so_that_it_can_clean_up(number: signal.Signals) -> None:
    """What is behind `finally` is done to its end."""
    done: list[str] = []

    async def work() -> None:
        try:
            await signalled(number)
        finally:
            await asyncio.sleep(0)
            done.append("closed")

    with pytest.raises(Interrupted) as error:
        run(work())

    assert done == ["closed"]
    assert error.value.signal == number


def test_what_cancelled_work_makes_of_it_is_not_shown() -> None:
    """A connection that breaks while it is closed is no error any more."""

    async def work() -> None:
        try:
            await signalled(signal.SIGINT)
        except asyncio.CancelledError:
            raise ConnectionLost("it was closed") from None

    with pytest.raises(Interrupted):
        run(work())


def test_a_second_signal_cuts_the_cleaning_up_short() -> None:
    """It is not waited for."""

    async def work() -> None:
        try:
            await signalled(signal.SIGINT)
        finally:
            await signalled(signal.SIGINT)

    with pytest.raises(Interrupted):
        run(work())


def test_work_that_is_done_in_spite_of_a_signal_is_done() -> None:
    """The signal came too late."""

    async def work() -> str:
        with contextlib.suppress(asyncio.CancelledError):
            await signalled(signal.SIGINT)
        return "done"

    assert run(work()) == "done"


@pytest.mark.parametrize(("number", "code"), [(signal.SIGINT, 130), (signal.SIGTERM, 143)])
def test_the_exit_code_says_which_signal(
    number: signal.Signals,
    code: int,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    """And one line says what to do next."""

    async def look(*_: object, **__: object) -> None:
        await signalled(number)

    monkeypatch.setattr("kuberry.api.status.status", look)

    assert main(["status", "--hosts", "red"]) == code
    assert capsys.readouterr().err == (
        "interrupted; the same line goes on where this one stopped\n"
    )


def test_ctrl_c_outside_a_coroutine_is_the_same(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """In a command without an event loop, and while the program still loads."""

    def stop(*_: object, **__: object) -> NoReturn:
        raise KeyboardInterrupt

    monkeypatch.setattr("kuberry.api.runs.list_runs", stop)
    in_a_command = main(["runs", "list"])
    first = capsys.readouterr().err
    monkeypatch.setattr("kuberry.cli.main.main", stop)
    while_loading = program.main()
    second = capsys.readouterr().err

    assert (in_a_command, while_loading) == (130, 130)
    assert first == "interrupted; the same line goes on where this one stopped\n"
    assert second == "interrupted\n"
