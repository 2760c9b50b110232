"""How long steps took in earlier runs, and what to expect where none was measured."""

from __future__ import annotations

from pydantic import Field

from kuberry.model.value import Value


class Durations(Value):
    """How long steps took in earlier runs: medians in seconds.

    Attributes:
        by_host: By host and the step's id.
        by_step: By the step's id, over all hosts.
    """

    by_host: dict[str, dict[str, float]] = Field(default_factory=dict)
    by_step: dict[str, float] = Field(default_factory=dict)

    def of(self, host: str, step: str) -> float | None:
        """Return what the step took on this host, else on any; ``None`` where it was never seen."""
        own = self.by_host.get(host, {}).get(step)
        return self.by_step.get(step) if own is None else own


class Guess(Value):
    """What to expect of a board that was never measured.

    Attributes:
        board: A part of the model's name; empty for any machine.
        step_s: Seconds for a step that brings no bytes.
        bytes_per_s: How fast artifacts come and are written.
    """

    board: str
    step_s: float
    bytes_per_s: float


GUESSES: tuple[Guess, ...] = (
    Guess(board="Pi 5", step_s=3.0, bytes_per_s=50e6),
    Guess(board="Compute Module 5", step_s=3.0, bytes_per_s=50e6),
    Guess(board="Pi 4", step_s=5.0, bytes_per_s=25e6),
    Guess(board="Compute Module 4", step_s=5.0, bytes_per_s=25e6),
    Guess(board="Pi", step_s=10.0, bytes_per_s=6e6),
    Guess(board="", step_s=2.0, bytes_per_s=50e6),
)
"""Not measured. Bytes: half of what the slowest part can carry at most, which is the SD bus of a
Pi 5 (SDR104: 104 MB/s) and of a Pi 4 (DDR50: 50 MB/s), and the 100 Mbit/s Ethernet of a Pi 3 (12
MB/s); sources: the SD Physical Layer Simplified Specification, bus speed modes, and
https://www.raspberrypi.com/documentation/computers/raspberry-pi.html. Seconds of a step are ours.
The first run on a machine replaces them by what it measured there."""


def guess_for(board: str) -> Guess:
    """Return what to expect of *board*, a model's name or nothing."""
    return next(one for one in GUESSES if one.board in board)
