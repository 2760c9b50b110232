"""A probe: shell text that looks at a host, and the pure function that reads its output."""

from __future__ import annotations

import dataclasses
from collections import defaultdict
from collections.abc import Callable
from typing import Generic, TypeVar

T = TypeVar("T")


class Unparsable(Exception):
    """The output of a probe is not what its parser knows; the message says why."""


@dataclasses.dataclass(frozen=True, slots=True)
class Probe(Generic[T]):
    """How one subject is looked at.

    Attributes:
        subject: One word, unique among probes.
        text: POSIX shell text for dash and busybox; an exit status other than 0 means unknown.
            Lines it copies from files and programs carry a label, so that none can pose as another.
        parse: Takes the text's output; raises ValueError or LookupError when it is not as expected.
        limit_s: Whole seconds it may take on the host.
    """

    subject: str
    text: str
    parse: Callable[[str], T]
    limit_s: int = 5

    def read(self, output: str) -> T:
        """Return what *output* says.

        Raises:
            Unparsable: It is not as expected.
        """
        try:
            return self.parse(output)
        except (ValueError, LookupError) as error:
            reason = f"{type(error).__name__}: {error}".splitlines()[0][:200]
            raise Unparsable(f"its answer makes no sense ({reason})") from None


class Lines:
    """The lines ``label:rest`` of an output, by label; others are ignored."""

    def __init__(self, output: str) -> None:
        self._lines: defaultdict[str, list[str]] = defaultdict(list)
        for line in output.split("\n"):
            label, colon, rest = line.partition(":")
            if colon:
                self._lines[label].append(rest.strip())

    def all(self, label: str) -> tuple[str, ...]:
        """Return what stands after *label*, line by line."""
        return tuple(self._lines.get(label, ()))

    def first(self, label: str) -> str | None:
        """Return what stands after the first *label*; ``None`` when that is nothing."""
        return next(iter(self.all(label)), "") or None

    def need(self, label: str) -> str:
        """Return what stands after the first *label*.

        Raises:
            LookupError: Nothing does.
        """
        value = self.first(label)
        if value is None:
            raise LookupError(f"no {label}")
        return value

    def integer(self, label: str) -> int | None:
        """Return the number after the first *label*; ``None`` when there is no number."""
        value = self.first(label) or ""
        return natural(value) if value.isascii() and value.isdigit() else None


def natural(word: str) -> int:
    """Return *word* as a number that is not negative and fits in 64 bits, as the kernel's do.

    Raises:
        ValueError: It is none.
    """
    if not (word.isascii() and word.isdigit() and len(word) <= len(str(2**64))):
        raise ValueError(f"{word[:40]!r} is no number")
    return int(word)
