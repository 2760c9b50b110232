"""What is different on a host from what was there before."""

from __future__ import annotations

from typing import Literal

from kuberry.model.value import Value

Subject = Literal["file", "package", "image", "unit", "link", "route", "rule", "mount", "sysctl"]
"""What is compared, one thing at a time."""


class Difference(Value):
    """One thing that is not as it was.

    Attributes:
        name: Its path, name or text, by subject.
        before: How it was; ``None`` when it was not there.
        after: How it is; ``None`` when it is not there.
    """

    subject: Subject
    name: str
    before: str | None
    after: str | None

    def __str__(self) -> str:
        if self.before is None:
            return f"{self.name} is new"
        if self.after is None:
            return f"{self.name} is gone"
        return f"{self.name} was {self.before!r} and is {self.after!r}"
