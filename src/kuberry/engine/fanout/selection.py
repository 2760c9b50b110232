"""Which artifacts of a plan are passed on from host to host; pure."""

from __future__ import annotations

from kuberry.engine.fanout.chain import Piece
from kuberry.model.bundle import Artifact
from kuberry.model.edges import receivers_of
from kuberry.model.plan import Plan, PowerOff, Reboot, artifacts_of

WORTH_BYTES = 4 * 1024 * 1024
"""What hosts have in common has to be as large as this: a listener on each costs a second, too."""


def shared_artifacts(plan: Plan) -> dict[str, Artifact]:
    """Return by digest what several hosts are to have, in the order in which it is needed.

    Nothing where it is too little to be worth it, and where hosts are to boot in the middle.
    """
    steps = [step for one in plan.hosts for step in one.steps]
    if any(isinstance(step, Reboot | PowerOff) for step in steps):
        return {}
    receivers = receivers_of(plan)
    found = {
        artifact.sha256: artifact
        for step in steps
        for artifact in artifacts_of(step)
        if len(receivers[artifact.sha256]) > 1
    }
    total = sum(one.size_bytes for one in found.values())
    return found if total >= WORTH_BYTES else {}


def pieces_of(plan: Plan) -> tuple[Piece, ...]:
    """Return the pieces of the chain for *plan*."""
    receivers = receivers_of(plan)
    return tuple(
        Piece(digest, artifact.size_bytes, receivers[digest])
        for digest, artifact in shared_artifacts(plan).items()
    )
