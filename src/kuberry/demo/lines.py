"""Lines of kuberry, run one after the other; a signal ends the one that runs, and the rest."""

from __future__ import annotations

import contextlib
import dataclasses
import shlex
import signal
import subprocess
import sys
import time
from collections.abc import Collection, Mapping, Sequence
from types import FrameType

KUBERRY = (sys.executable, "-m", "kuberry")
END_S = 90.0
"""How long a line has to end after a signal, before it is killed."""
_SIGNALS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)
_POLL_S = 0.5
_STANDARD_ERROR = 2


@dataclasses.dataclass(frozen=True, slots=True)
class Stage:
    """A line that was run, and how it ended."""

    name: str
    command: str
    duration_s: float
    exit_code: int


class Ended(Exception):
    """The demo does not go on.

    Attributes:
        code: The exit code.
    """

    def __init__(self, code: int, message: str) -> None:
        super().__init__(message)
        self.code = code


class Lines:
    """Runs lines of kuberry.

    Each has a session of its own, so that Ctrl-C reaches it once, from here. What it writes to
    standard output goes to standard error: that of the demo is for programs.

    Args:
        settings: Variables of the environment that the lines are given beside ours.
    """

    def __init__(self, settings: Mapping[str, str]) -> None:
        self.stages: list[Stage] = []
        self._words = ("env", *(f"{key}={value}" for key, value in settings.items()), *KUBERRY)
        self._child: subprocess.Popen[bytes] | None = None
        self._came: list[int] = []
        self._is_cleaning = False
        for number in _SIGNALS:
            signal.signal(number, self._handle)

    def check(self) -> None:
        """Go on only if no signal came.

        Raises:
            Ended: One did.
        """
        if self._came and not self._is_cleaning:
            raise Ended(128 + self._came[0], "interrupted")

    def run(self, name: str, *words: str, may_end: Collection[int] = ()) -> int:
        """Run a line, and return its exit code.

        Args:
            name: Of this stage of the demo.
            words: After the program's name.
            may_end: Exit codes beside 0 that do not end the demo.

        Raises:
            Ended: It failed, or a signal came.
        """
        self.check()
        command = f"kuberry {shlex.join(words)}".replace("'", '"')
        say(f"\n\033[1m$ {command}\033[0m")
        began = time.monotonic()
        code = self._run((*self._words, *words))
        self.stages.append(Stage(name, command, round(time.monotonic() - began, 2), code))
        self.check()
        if code and code not in may_end:
            raise Ended(code, f"{command} ended with {code}")
        return code

    def clean(self) -> int:
        """Take the lab down whatever signals come, and return the exit code of that."""
        self._is_cleaning = True
        with contextlib.suppress(Ended):
            self.run("clean up", "lab", "down")
        return self.stages[-1].exit_code

    def _run(self, words: Sequence[str]) -> int:
        before = len(self._came)
        child = subprocess.Popen(words, stdout=_STANDARD_ERROR, start_new_session=True)
        self._child = child
        if len(self._came) > before:  # it came while the child was being made
            self._pass_on(self._came[-1])
        try:
            return self._wait(child)
        finally:
            self._child = None

    def _wait(self, child: subprocess.Popen[bytes]) -> int:
        since: float | None = None
        while True:
            with contextlib.suppress(subprocess.TimeoutExpired):
                return child.wait(timeout=_POLL_S)
            if self._came and not self._is_cleaning:
                since = since or time.monotonic()
                if time.monotonic() - since > END_S:
                    child.kill()

    def _handle(self, number: int, _frame: FrameType | None) -> None:
        self._came.append(number)
        if self._is_cleaning:
            say("the lab is being taken down: a moment")
        else:
            self._pass_on(number)

    def _pass_on(self, number: int) -> None:
        if self._child is not None and not self._is_cleaning:
            self._child.send_signal(signal.SIGTERM if number == signal.SIGHUP else number)


def say(text: str) -> None:
    """Tell people."""
    sys.stderr.write(f"{text}\n")
    sys.stderr.flush()
