"""A command's coroutine, run until it ends or a signal ends it."""

from __future__ import annotations

import asyncio
import contextlib
import signal
from collections.abc import Coroutine
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

    A second signal cuts the cleaning up short. Where signals cannot be had (Windows), Ctrl-C is
    the KeyboardInterrupt that `asyncio.run` makes of it.

    Raises:
        Interrupted: A signal came; whatever *work* made of that is of no interest. The process is
            to end now: further signals are ignored.
    """
    came: list[int] = []
    try:
        return asyncio.run(_attend(work, came))
    except BaseException as error:
        if came:
            for number in _SIGNALS:
                signal.signal(number, signal.SIG_IGN)
            raise Interrupted(came[0]) from error
        raise


async def _attend(work: Coroutine[Any, Any, Result], came: list[int]) -> Result:
    loop, task = asyncio.get_running_loop(), asyncio.current_task()

    def handle(number: int) -> None:
        came.append(number)
        if task is not None:
            task.cancel()

    # A background job of a script was started with SIGINT ignored: that stays so.
    wanted = [one for one in _SIGNALS if signal.getsignal(one) is not signal.SIG_IGN]
    with contextlib.suppress(NotImplementedError, RuntimeError):  # no POSIX, or no main thread
        for number in wanted:
            loop.add_signal_handler(number, handle, number)
    try:
        return await work
    finally:
        with contextlib.suppress(NotImplementedError):
            for number in wanted:
                loop.remove_signal_handler(number)
