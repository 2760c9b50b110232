"""Who runs kuberry, for others who want the same hosts."""

from __future__ import annotations

from kuberry.model.value import Value


class Operator(Value):
    """Who works on hosts, and in which run.

    Attributes:
        who: ``user@controller``.
        command: The word of the command line: ``deploy``.
        run: The run's id in the journal.
    """

    who: str
    command: str
    run: str
