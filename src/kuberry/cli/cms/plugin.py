"""One line of `cms pi`, from the words that were typed to an exit code."""

from __future__ import annotations

import contextlib
import shlex
import signal
from collections.abc import Iterator, Sequence

from kuberry.cli.cms import sensors
from kuberry.cli.cms.words import SENSORS, kuberry_words, refuse_old
from kuberry.cli.exits import exit_for
from kuberry.cli.main import main, run_app, speaker
from kuberry.errors import UsageError


def run(line: str | Sequence[str]) -> int:
    """Do what was typed after `cms pi` and return the exit code; nothing escapes but bugs.

    Args:
        line: The words, as the shell gave them; as a string, a line of the interactive shell.
    """
    with _signals_kept():
        words: tuple[str, ...] = ()
        try:
            words = _split(line) if isinstance(line, str) else tuple(line)
            refuse_old(words)
            if words[:1] and words[0] in SENSORS:
                return run_app(sensors.app, words, "cms pi")
            return main(kuberry_words(words))
        except UsageError as error:
            speaker(words)(error)
            return exit_for(error)


def _split(line: str) -> tuple[str, ...]:
    try:
        return tuple(shlex.split(line))
    except ValueError as error:
        raise UsageError(
            f"the line cannot be read: {str(error).lower()}",
            remedy='close every quote: pi cluster status --hosts "red,red[01-02]"',
        ) from None


@contextlib.contextmanager
def _signals_kept() -> Iterator[None]:
    """Give signals back to the interactive shell; a program that ends has no use for them."""
    numbers = (signal.SIGINT, signal.SIGTERM)
    before = {number: signal.getsignal(number) for number in numbers}
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
