"""A short look at one host, in one round trip: small enough to be repeated every few seconds."""

from __future__ import annotations

import secrets
from typing import Any, TypeVar

from kuberry.facts import framing
from kuberry.facts.cards import CARDS
from kuberry.facts.framing import Section
from kuberry.facts.hardware import MEMORY
from kuberry.facts.health import HEALTH
from kuberry.facts.leds import LEDS
from kuberry.facts.network import NETWORK
from kuberry.facts.probe import Probe, Unparsable
from kuberry.model.facts import Health, Network
from kuberry.model.pulse import Link, Pulse
from kuberry.transports.transport import Transport

T = TypeVar("T")
PULSE_S = 10.0


async def feel(transport: Transport, *, deadline_s: float = PULSE_S) -> Pulse:
    """Return how the host feels now.

    Raises:
        TransportError: The connection ended, or no answer came in time.
    """
    probes = (HEALTH, MEMORY, NETWORK, CARDS, LEDS)
    sections = await _ask(transport, probes, deadline_s)
    return Pulse(
        health=_read(sections, HEALTH),
        memory=_read(sections, MEMORY),
        link=_link(_read(sections, NETWORK)),
        cards=_read(sections, CARDS),
        leds=_read(sections, LEDS),
    )


async def feel_heat(transport: Transport, *, deadline_s: float = PULSE_S) -> Health | None:
    """Return heat, throttling, clock rate and load alone; ``None`` where that cannot be read.

    Raises:
        TransportError: The connection ended, or no answer came in time.
    """
    return _read(await _ask(transport, (HEALTH,), deadline_s), HEALTH)


async def _ask(
    transport: Transport, probes: tuple[Probe[Any], ...], deadline_s: float
) -> dict[str, Section]:
    nonce = secrets.token_hex(16)
    result = await transport.run(framing.compose(probes, nonce), deadline_s=deadline_s)
    return dict(framing.cut(result.stdout, nonce))


def _read(sections: dict[str, Section], probe: Probe[T]) -> T | None:
    section = sections.get(probe.subject)
    if section is None or section.output is None:
        return None
    try:
        return probe.read(section.output)
    except Unparsable:
        return None


def _link(network: Network | None) -> Link | None:
    used = network.login_interface if network else None
    if used is None:
        return None
    return Link(name=used.name, wireless=used.wireless, speed_mbps=used.speed_mbps)
