"""How hosts feel while a run is at work on them."""

from __future__ import annotations

from typing import Literal

from kuberry.model.value import Value

Hot = Literal["warn", "pause", "ignore"]
"""What to do when a host slows itself down for heat: say it, begin no new step there, nothing."""


class HostFelt(Value):
    """A host's heat or the firmware's complaints have changed.

    Attributes:
        host: Which.
        temperature_c: Of its processor; ``None`` where no sensor tells.
        complaints: Of a Raspberry Pi's firmware now: ``under-voltage``, ``throttled``.
        hot: Whether it slows itself down for heat, or is about to.
    """

    kind: Literal["host-felt"] = "host-felt"
    host: str
    temperature_c: float | None = None
    complaints: tuple[str, ...] = ()
    hot: bool = False
