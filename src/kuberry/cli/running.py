"""A command's coroutine, run until it ends or a signal ends it."""

from __future__ import annotations

import asyncio
import contextlib
import signal
from collections.abc import Coroutine, Mapping
from types import FrameType
from typing import Any, TypeVar

Result = TypeVar("Result")
_SIGNALS = (signal.SIGINT, signal.SIGTERM)


class Interrupted(Exception):
    """A signal ended the command; what it held open is closed.

    Attributes:
        signal: Its number.
    """

    def __init__(self, number: int) -> None:
        super().__init__(signal.Signals(number).name)
        self.signal = number


def run(work: Coroutine[Any, Any, Result]) -> Result:
    """Run *work* and return its result; Ctrl-C and SIGTERM cancel it, so that it can clean up.

    A second signal cuts the cleaning up short. Outside of the main thread no signal is taken.

    Raises:
        Interrupted: A signal came; whatever *work* made of that is of no interest. The process is
            to end now: further signals are ignored.
    """
    came: list[int] = []
    before = {one: signal.getsignal(one) for one in _SIGNALS}
    try:
        result = asyncio.run(_attend(work, came))
    except BaseException as error:
        if came:
            _handle(dict.fromkeys(before, signal.SIG_IGN))
            raise Interrupted(came[0]) from error
        _handle(before)
        raise
    _handle(before)
    return result


async def _attend(work: Coroutine[Any, Any, Result], came: list[int]) -> Result:
    """Do *work*; the signals stay ours after it, for asyncio's would let the next one kill us."""
    loop, task = asyncio.get_running_loop(), asyncio.current_task()

    def take(number: int, _frame: FrameType | None) -> None:
        came.append(number)
        if task is not None and not loop.is_closed():
            loop.call_soon_threadsafe(task.cancel)

    # A background job of a script was started with SIGINT ignored: that stays so.
    wanted = [one for one in _SIGNALS if signal.getsignal(one) is not signal.SIG_IGN]
    _handle(dict.fromkeys(wanted, take))
    return await work


def _handle(handlers: Mapping[signal.Signals, Any]) -> None:
    with contextlib.suppress(ValueError):  # not the main thread
        for number, handler in handlers.items():
            signal.signal(number, handler)
