"""Cases: what is done, what goes wrong in the middle of it; each follows from seed and number.

A campaign is a walk: the state in which a case leaves the hosts is the one the next begins with.
"""

from __future__ import annotations

import random
from collections.abc import Iterator
from itertools import islice
from typing import Literal, get_args

from kuberry.model.value import Value

State = Literal["clean", "pair", "single"]
"""Of the hosts: none of ours, a cluster of both, a cluster of the control plane alone."""

Command = Literal["deploy", "add", "remove", "reset"]
Fault = Literal[
    "controller killed",
    "controller interrupted",
    "controller terminated",
    "host rebooted",
    "power cut of a host",
    "power cut of all hosts",
    "link cut",
    "disk full",
    "corrupted in the cache",
    "corrupted on the host",
    "sshd killed",
]
COMMANDS: tuple[Command, ...] = get_args(Command)
FAULTS: tuple[Fault, ...] = get_args(Fault)
OF_ARTIFACTS: tuple[Fault, ...] = ("corrupted in the cache", "corrupted on the host")
"""Faults of the bytes on their way: only what brings artifacts can meet them."""

CONTROL_PLANE, WORKER = "gold", "gold01"
HOSTS = (CONTROL_PLANE, WORKER)
CLUSTER = "class"

_BOTH = ",".join(HOSTS)
_DEPLOY = ("deploy", "--hosts", _BOTH, "--name", CLUSTER, "--verify", "never")
_LINES: dict[Command, tuple[str, ...]] = {
    "deploy": _DEPLOY,
    "add": ("node", "add", WORKER, "--cluster", CLUSTER, "--verify", "never"),
    "remove": ("node", "remove", WORKER, "--cluster", CLUSTER, "--yes"),
    "reset": ("reset", "--hosts", _BOTH, "--yes"),
}
_PREVIEWS: dict[Command, tuple[str, ...]] = {
    "add": _DEPLOY,
    "remove": ("reset", "--hosts", WORKER, "--cluster", CLUSTER, "--yes"),
}
"""For lines that have no dry run of their own: the line whose dry run shows the same steps."""

_AFTER: dict[Command, State] = {
    "deploy": "pair",
    "add": "pair",
    "remove": "single",
    "reset": "clean",
}
_POSSIBLE: dict[State, tuple[Command, ...]] = {
    "clean": ("deploy",),
    "pair": ("remove", "remove", "reset"),
    "single": ("add", "add", "reset"),
}
"""What can be done in a state; what stands there twice is done twice as often."""

_CUTS_S = (3.0, 12.0, 40.0)
"""Seconds a link is cut: what nobody notices, just not the end of the connection, its end."""


class Case(Value):
    """One case.

    Attributes:
        seed: Of the campaign.
        number: Counts its cases: 1, 2, 3.
        before: How the hosts are when it begins.
        where: Which of the plan's steps is struck, as a fraction of their number.
        moment: When in that step, as a fraction of its usual duration.
        elsewhere: Whether the host that is struck is not the one that is at the step.
        cut_s: Seconds that a cut link stays cut.
    """

    seed: int
    number: int
    before: State
    command: Command
    fault: Fault
    where: float
    moment: float
    elsewhere: bool
    cut_s: float

    @property
    def after(self) -> State:
        """Return how the hosts are to be at its end."""
        return _AFTER[self.command]

    @property
    def line(self) -> tuple[str, ...]:
        """Return the words after the program's name."""
        return _LINES[self.command]

    @property
    def preview(self) -> tuple[str, ...]:
        """Return the words that show the steps of the line and do none."""
        return (*_PREVIEWS.get(self.command, self.line), "--dry-run")


def line_to(state: State) -> tuple[str, ...]:
    """Return the words that bring hosts which are *clean*, or to be so, to *state*."""
    if state == "single":
        return ("deploy", "--hosts", CONTROL_PLANE, "--name", CLUSTER, "--verify", "never")
    return _DEPLOY if state == "pair" else _LINES["reset"]


def case_of(seed: int, number: int) -> Case:
    """Return case *number* of the campaign *seed*."""
    return next(islice(walk(seed), number - 1, None))


def walk(seed: int) -> Iterator[Case]:
    """Yield the cases of the campaign *seed*, without end."""
    state: State = "clean"
    number = 0
    while True:
        number += 1
        case = _draw(seed, number, state)
        yield case
        state = case.after


def _draw(seed: int, number: int, state: State) -> Case:
    # What has no security is a campaign: everybody shall be able to draw the same cases again.
    dice = random.Random(f"{seed}:{number}")  # noqa: S311
    command = dice.choice(_POSSIBLE[state])
    brings = command in {"deploy", "add"}
    return Case(
        seed=seed,
        number=number,
        before=state,
        command=command,
        fault=dice.choice([one for one in FAULTS if brings or one not in OF_ARTIFACTS]),
        where=dice.random(),
        moment=dice.random(),
        elsewhere=dice.random() < 0.25,  # noqa: PLR2004 -- a quarter
        cut_s=dice.choice(_CUTS_S),
    )
