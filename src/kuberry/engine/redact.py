"""Takes captured values out of what people and files get to see."""

from __future__ import annotations

from collections.abc import Iterable

MARK = "[redacted]"
_SHORTEST = 6


def redact(text: str, secrets: Iterable[str]) -> str:
    """Return *text* with every one of *secrets* replaced, the longest first.

    Values shorter than six characters are no secrets and would blot out ordinary words.
    """
    for secret in sorted(secrets, key=len, reverse=True):
        if len(secret) >= _SHORTEST:
            text = text.replace(secret, MARK)
    return text
