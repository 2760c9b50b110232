"""Look at one host: one command as the login user and one as root, side by side.

Where root is out of reach, a third looks as the user at what root would have been asked.
"""

from __future__ import annotations

import asyncio
import dataclasses
import secrets
import time
from collections.abc import Iterable, Mapping
from typing import Any, TypeVar

from kuberry.errors import CommandTimeout, SudoFailed
from kuberry.facts import boot, cards, framing, hardware, health, kubernetes, network, system
from kuberry.facts.framing import Section
from kuberry.facts.probe import Probe, Unparsable
from kuberry.model.facts import Clock, HostFacts, Privileges, Unknown
from kuberry.transports.transport import Transport

T = TypeVar("T")

# The clock comes first: the sooner it is read, the tighter the bound on its offset.
AS_USER: tuple[Probe[Any], ...] = (
    system.CLOCK,
    system.USER,
    system.OS,
    system.KERNEL,
    system.ARCHITECTURE,
    system.CGROUPS,
    system.IDENTITY,
    system.MODULES,
    system.SYSCTLS,
    system.INIT,
    system.VIRTUALIZATION,
    system.TIME_SYNC,
    hardware.BOARD,
    hardware.PROCESSOR,
    hardware.MEMORY,
    hardware.SWAP,
    hardware.DISKS,
    cards.CARDS,
    boot.BOOT,
    boot.CLOUD_INIT,
    boot.RADIOS,
    network.NETWORK,
    network.PORTS,
    network.FIREWALL,
    health.HEALTH,
    kubernetes.TRACES,
    kubernetes.PROGRAMS,
    kubernetes.PACKAGES,
)
AS_ROOT: tuple[Probe[Any], ...] = (
    boot.BOOT,
    boot.CLOUD_INIT,
    network.PORTS,
    network.FIREWALL,
    health.HEALTH,
    kubernetes.TRACES,
)
"""The probes that see more as root; what they say replaces what they said as the user."""

DEADLINE_S = 60.0


_PLANNED_FROM = tuple(
    kubernetes.PROGRAMS_UNASKED if one is kubernetes.PROGRAMS else one for one in AS_USER
)


async def gather(
    transport: Transport, *, deadline_s: float = DEADLINE_S, versions: bool = True
) -> HostFacts:
    """Look at the host at the other end of *transport*; what cannot be seen is ``None``.

    Args:
        deadline_s: Seconds for all; what has not come until then is unknown.
        versions: Whether programs are asked for their versions, which no plan needs.

    Raises:
        ConnectionLost: The connection ended in the middle.
    """
    wanted = AS_USER if versions else _PLANNED_FROM
    as_user = [one for one in wanted if one not in AS_ROOT]
    try:
        async with asyncio.TaskGroup() as tasks:
            user = tasks.create_task(_look(transport, as_user, deadline_s=deadline_s))
            root = tasks.create_task(_look(transport, AS_ROOT, deadline_s=deadline_s, as_root=True))
    except ExceptionGroup as group:
        raise group.exceptions[0] from None
    seen = user.result()
    if root.result().refused is not None:  # the user may see some of it
        rest = await _look(transport, AS_ROOT, deadline_s=deadline_s)
        seen = dataclasses.replace(seen, sections={**seen.sections, **rest.sections})
    return assemble(seen, root.result())


@dataclasses.dataclass(frozen=True, slots=True)
class Answer:
    """What one command brought.

    Attributes:
        sections: By subject.
        refused: Why there is none: root is out of reach.
        late: Why some are missing.
        asked_at_s: Controller's time (seconds since 1970) when it was sent.
        clock_at_s: Controller's time when the section of the clock had come.
    """

    sections: Mapping[str, Section]
    refused: str | None = None
    late: str = "it is missing from the answer"
    asked_at_s: float = 0.0
    clock_at_s: float = 0.0


class _Listener:
    """Keeps what arrives, so that a command that does not end in time is not all lost."""

    def __init__(self, nonce: str) -> None:
        self.nonce = nonce
        self.heard = bytearray()
        self.started_s = time.monotonic()
        self.clock_after_s: float | None = None

    def __call__(self, piece: bytes) -> None:
        if self.clock_after_s is None:
            self.heard += piece
            if framing.announces(self.heard, self.nonce, system.CLOCK.subject):
                self.clock_after_s = time.monotonic() - self.started_s
        elif len(self.heard) < framing.MAX_SECTION_BYTES * len(AS_USER):
            self.heard += piece


async def _look(
    transport: Transport,
    probes: Iterable[Probe[Any]],
    *,
    deadline_s: float,
    as_root: bool = False,
) -> Answer:
    nonce = secrets.token_hex(16)
    command = framing.compose(probes, nonce)
    asked_at_s, listener = time.time(), _Listener(nonce)
    late = Answer({}).late
    try:
        result = await transport.run(
            command.as_root() if as_root else command, deadline_s=deadline_s, on_output=listener
        )
        heard = result.stdout
    except SudoFailed as error:
        return Answer({}, refused=error.message)
    except CommandTimeout:
        heard, late = bytes(listener.heard), f"it did not come within {deadline_s:g} s"
    waited_s = listener.clock_after_s or time.monotonic() - listener.started_s
    sections = framing.cut(heard, nonce)
    return Answer(sections, None, late, asked_at_s, asked_at_s + waited_s)


def assemble(user: Answer, root: Answer) -> HostFacts:
    """Make the facts of what two commands brought; pure."""
    reader = _Reader(user, root)
    return HostFacts(
        os=reader.read(system.OS),
        kernel=reader.read(system.KERNEL),
        architecture=reader.read(system.ARCHITECTURE),
        board=reader.read(hardware.BOARD),
        boot=reader.read(boot.BOOT),
        cloud_init=reader.read(boot.CLOUD_INIT),
        radios=reader.read(boot.RADIOS),
        processor=reader.read(hardware.PROCESSOR),
        memory=reader.read(hardware.MEMORY),
        swap=reader.read(hardware.SWAP),
        disks=reader.read(hardware.DISKS),
        cards=reader.read(cards.CARDS),
        cgroups=reader.read(system.CGROUPS),
        identity=reader.read(system.IDENTITY),
        clock=reader.clock(),
        network=reader.read(network.NETWORK),
        ports=reader.read(network.PORTS),
        modules=reader.read(system.MODULES),
        sysctls=reader.read(system.SYSCTLS),
        firewall=reader.read(network.FIREWALL),
        kubernetes=reader.read(kubernetes.TRACES),
        programs=reader.read(kubernetes.PROGRAMS),
        packages=reader.read(kubernetes.PACKAGES),
        health=reader.read(health.HEALTH),
        init=reader.read(system.INIT),
        virtualization=reader.read(system.VIRTUALIZATION),
        privileges=reader.privileges(),
        unknown=tuple(reader.unknown),
    )


class _Reader:
    """Reads sections, root's before the user's, and notes what it could not read and why."""

    def __init__(self, user: Answer, root: Answer) -> None:
        self.user = user
        self.root = root
        self.unknown: list[Unknown] = []

    def read(self, probe: Probe[T]) -> T | None:
        """Return what *probe* saw; ``None`` when neither root nor the user saw it."""
        asked = self.root if probe in AS_ROOT and self.root.refused is None else self.user
        reason = asked.late
        for answer in (self.root, self.user):
            section = answer.sections.get(probe.subject)
            if section is None:
                continue
            if section.output is None:
                reason = section.reason or reason
                continue
            try:
                return probe.read(section.output)
            except Unparsable as error:
                reason = str(error)
        self.unknown.append(Unknown(subject=probe.subject, reason=reason))
        return None

    def clock(self) -> Clock | None:
        """Return the host's clock against ours, bounded by the time its answer took."""
        synchronised = self.read(system.TIME_SYNC)
        seen = self.read(system.CLOCK)
        if seen is None:
            return None
        epoch_s, fineness_s = seen
        half_s = (self.user.clock_at_s - self.user.asked_at_s) / 2
        return Clock(
            epoch_s=epoch_s,
            offset_s=round(epoch_s - (self.user.asked_at_s + half_s), 6),
            uncertainty_s=round(half_s + fineness_s, 6),
            synchronised=synchronised,
        )

    def privileges(self) -> Privileges:
        """Return who we are and whether root is within reach."""
        if self.root.refused is None and not self.root.sections:
            self.unknown.append(Unknown(subject="seen-as-root", reason=self.root.late))
        return Privileges(
            user=self.read(system.USER),
            root=self.root.refused is None,
            reason=self.root.refused,
        )
