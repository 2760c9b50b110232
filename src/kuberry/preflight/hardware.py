"""How does the hardware feel: power, heat, cards?"""

from __future__ import annotations

from collections.abc import Iterator

from kuberry.model.facts import Card
from kuberry.model.facts.hardware import HOT_C
from kuberry.model.finding import Severity
from kuberry.preflight.scene import Check, Observation, Scene

_HEAT = ("throttled", "soft-temperature-limit")
_SLOW_MB_PER_S, _APPLICATION_CLASS = 10, 1
_WORN_PERCENT = 90
_WARNING = (Severity.WARNING,)
FLUSH_MS = 10.0


def _warned(host: str, proof: str, remedy: str) -> Observation:
    return Observation(host=host, proof=proof, remedy=remedy, severity=Severity.WARNING)


def _power(scene: Scene) -> Iterator[Observation]:
    for name, host in scene.hosts.items():
        seen = host.facts.health.throttling if host.facts.health else None
        if seen and "under-voltage" in seen.now:
            yield _warned(
                name,
                f"the firmware says under-voltage now (0x{seen.raw:x})",
                "take the power supply made for this Pi, and a short cable",
            )


def _heat(scene: Scene) -> Iterator[Observation]:
    for name, host in scene.hosts.items():
        health = host.facts.health
        if health is None:
            continue
        words = [word for word in _HEAT if health.throttling and word in health.throttling.now]
        if health.temperature_c is not None and health.temperature_c >= HOT_C:
            words.insert(0, f"{health.temperature_c:.0f} °C")
        if words:
            yield _warned(
                name,
                f"it has {', '.join(words)} now",
                "give it air, a heat sink or a fan; `kuberry deploy --hot pause` waits for it",
            )


def _earlier(scene: Scene) -> Iterator[Observation]:
    for name, host in scene.hosts.items():
        seen = host.facts.health.throttling if host.facts.health else None
        words = [word for word in seen.since_boot if word not in seen.now] if seen else []
        if seen and words:
            yield _warned(
                name,
                f"the firmware remembers {', '.join(words)} since boot (0x{seen.raw:x})",
                "see to power supply and cooling; a boot clears what it remembers",
            )


def _worn(scene: Scene) -> Iterator[Observation]:
    for name, host in scene.hosts.items():
        for card in host.facts.cards or ():
            worn = card.worn_percent is not None and card.worn_percent >= _WORN_PERCENT
            if worn or card.spare in {"warning", "urgent"}:
                yield _warned(
                    name,
                    f"{card.device}: {_wear(card)}",
                    "save what is on it, and boot from another disk before it fails",
                )


def _wear(card: Card) -> str:
    used = None if card.worn_percent is None else f"{card.worn_percent} % of its life is used"
    spare = None if card.spare is None else f"its reserve blocks: {card.spare}"
    return ", ".join(word for word in (used, spare) if word)


def _slow_card(scene: Scene) -> Iterator[Observation]:
    for name, host in scene.hosts.items():
        disk = host.facts.disks[-1] if host.facts.disks else None
        for card in host.facts.cards or ():
            if disk is None or not disk.source.startswith(f"/dev/{card.device}"):
                continue
            slow = card.speed_class is not None and card.speed_class < _SLOW_MB_PER_S
            small = card.application_class is not None and (
                card.application_class < _APPLICATION_CLASS
            )
            if slow or small:
                words = f"class {card.speed_class}, " + (
                    f"A{card.application_class}" if card.application_class else "no A1 or A2"
                )
                yield _warned(
                    name,
                    f"{card.device} ({card.name or 'no name'}) is an SD card of {words}",
                    "take a card marked A1 or A2, or a USB or NVMe disk",
                )


def _slow_flush(scene: Scene) -> Iterator[Observation]:
    for name in scene.cluster.servers if scene.cluster.has_many_servers else ():
        host = scene.hosts.get(name)
        if host is None or scene.is_ours(name):  # it is measured before etcd comes
            continue
        flush, disk = host.facts.flush, host.facts.disks[-1] if host.facts.disks else None
        where = f"/var/lib ({disk.source})" if disk else "/var/lib"
        if flush is None:
            reasons = {one.subject: one.reason for one in host.facts.unknown}
            proof = f"it could not be measured on {where}: {reasons.get('flush', 'no answer')}"
            yield _warned(name, proof, "measure it with fio, or take one server, with SQLite")
        elif flush.p99_ms >= FLUSH_MS:
            yield _warned(
                name,
                f"{flush.writes} small writes to {where}, each made to last: the 99th percentile "
                f"took {flush.p99_ms:.1f} ms; etcd wants less than {FLUSH_MS:.0f}",
                "put the system on an SSD (USB or NVMe), or take one server, with SQLite",
            )


CHECKS = (
    Check(
        "KB601",
        "too little voltage now",
        _power,
        why="A Pi with too little power slows down, loses USB disks and spoils cards while "
        "writing. The firmware's bit 0 says so.",
        remedy="Take the power supply made for this Pi (5 V 5 A for a Pi 5) and a short cable; "
        "with PoE look at what the switch grants.",
        severities=_WARNING,
    ),
    Check(
        "KB602",
        "too hot now",
        _heat,
        why=f"From {HOT_C:.0f} °C on a Pi slows itself down, and everything takes longer.",
        remedy="Give it air, a heat sink or a fan; `kuberry deploy --hot pause` waits until it "
        "has cooled down.",
        severities=_WARNING,
    ),
    Check(
        "KB603",
        "the firmware complained since boot",
        _earlier,
        why="What happened once under load happens again during a deploy: bits 16 to 19 of "
        "`vcgencmd get_throttled` remember under-voltage and throttling until the next boot.",
        remedy="See to power supply and cooling; a boot clears what the firmware remembers.",
        severities=_WARNING,
    ),
    Check(
        "KB604",
        "a worn-out eMMC",
        _worn,
        why=f"An eMMC counts its wear; at {_WORN_PERCENT} % of its life, or when its reserve "
        "blocks come to an end, it is close to becoming read-only. SD cards do not tell.",
        remedy="Save what is on it, and boot from another disk.",
        severities=_WARNING,
    ),
    Check(
        "KB605",
        "a slow SD card",
        _slow_card,
        why="Images are unpacked into many small files, and the cluster's database waits for each "
        "write. A card below class 10, or without A1, makes that slow.",
        remedy="Take a card marked A1 or A2, or a USB or NVMe disk.",
        severities=_WARNING,
    ),
    Check(
        "KB606",
        "a disk too slow for etcd",
        _slow_flush,
        why="Several servers keep their state in etcd, and each change waits until more than half "
        "of them have made it last. Where the 99th percentile of that takes "
        f"{FLUSH_MS:.0f} ms and more, the leader is lost under load (etcd, docs/faq.md); k3s warns "
        "of Raspberry Pis with SD cards (docs/datastore/ha-embedded.md). It is measured on each "
        "server to be, before it is one: 500 writes of 2300 bytes, or as many as 4 s allow.",
        remedy="Put the system on an SSD (USB or NVMe), or take one server, with SQLite.",
        severities=_WARNING,
    ),
)
