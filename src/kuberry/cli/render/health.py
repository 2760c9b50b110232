"""Heat, power and cards in words."""

from __future__ import annotations

from kuberry.model.facts import Card, Health


def complaints(health: Health | None) -> str:
    """Return what the firmware complains of, now and since boot; empty when it does not."""
    seen = health.throttling if health else None
    if seen is None:
        return ""
    earlier = [word for word in seen.since_boot if word not in seen.now]
    words = [*(f"{word} now" for word in seen.now), *(f"{word} since boot" for word in earlier)]
    return ", ".join(words)


def is_alarming(health: Health) -> bool:
    """Return whether something is wrong now."""
    return health.is_hot or bool(health.throttling and health.throttling.now)


def card_words(card: Card) -> str:
    """Return what a card tells; an SD card tells no wear, and none is made up."""
    words: list[str] = [card.kind]
    if card.application_class:
        words.append(f"A{card.application_class}")
    if card.worn_percent is not None:
        words.append(f"{card.worn_percent} % worn")
    elif card.kind == "SD":
        words.append("wear not told")
    return " ".join(words)
