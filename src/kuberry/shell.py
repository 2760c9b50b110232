"""Shell text is born here and nowhere else: the one place that quotes. Pure.

A `Command` is POSIX shell text made of quoted words and combinators. Words that come from outside
are always arguments (`command`, or the *arguments* of `script`), never part of the text.
"""

from __future__ import annotations

import dataclasses
import shlex


@dataclasses.dataclass(frozen=True, slots=True)
class Command:
    """A command for one host.

    Attributes:
        text: POSIX shell text.
        root: Whether it is to run as root; how (sudo, password) is the transport's affair.
    """

    text: str
    root: bool = False

    def as_root(self) -> Command:
        """Return the same command, to be run as root."""
        return dataclasses.replace(self, root=True)

    def pipe(self, other: Command) -> Command:
        """Feed the output of this command to *other*."""
        return self._join("|", other)

    def and_(self, other: Command) -> Command:
        """Run *other* only if this command succeeds."""
        return self._join("&&", other)

    def argv(self) -> tuple[str, ...]:
        """Return the words that run it, whatever the user's login shell is."""
        return ("/bin/sh", "-c", self.text)

    def __str__(self) -> str:
        return shlex.join(self.argv())

    def _join(self, operator: str, other: Command) -> Command:
        if self.root != other.root:
            msg = "a command runs as root as a whole or not at all"
            raise ValueError(msg)
        return Command(f"{{ {self.text}\n}} {operator} {{ {other.text}\n}}", root=self.root)


def command(*words: str) -> Command:
    """Make a command of *words*, each quoted."""
    return Command(shlex.join(words))


def script(text: str, *arguments: str) -> Command:
    """Make a command of literal shell *text*; *arguments* reach it as ``$1``, ``$2`` and so on.

    Args:
        text: Shell text written in this project, without anything from outside in it.
        arguments: Values from outside, each quoted.
    """
    if not arguments:
        return Command(text)
    return Command(f"set -- {shlex.join(arguments)}\n{text}")
