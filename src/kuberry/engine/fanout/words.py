"""What the hosts say while they pass artifacts on, and what they are told; pure.

The other end of these lines is `kuberry.engine.fanout.agent`.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Iterable
from typing import Literal, get_args

Kind = Literal["ready", "begun", "have", "at", "feed", "whole", "bad", "broke", "fault", "stranger"]
_WITHOUT_DIGEST = ("ready", "begun", "stranger")


@dataclasses.dataclass(frozen=True, slots=True)
class Heard:
    """One line of a host.

    Attributes:
        kind: ``ready``: it listens at port *count*; ``begun``: all it has was told; ``have``: so
            many bytes were there; ``at``: so many are there; ``feed``: send what follows so many;
            ``whole``: the digest is right; ``bad``: it is not, and all was thrown away; ``broke``:
            its source is lost, *count* is 0 if it was never met; ``fault``: it can keep no more;
            ``stranger``: somebody without the secret was turned away.
        text: The reason, or the address.
        place: Address and port of the source that is lost.
    """

    kind: Kind
    digest: str = ""
    count: int = 0
    text: str = ""
    place: tuple[str, int] = ("", 0)


def parse(line: str) -> Heard | None:
    """Return what a *line* says; ``None`` when it is none of ours."""
    kind, _, rest = line.strip().partition(" ")
    if kind not in get_args(Kind):
        return None
    known: Kind = kind  # type: ignore[assignment]  # get_args has shown it
    if known == "stranger":
        return Heard(known, text=rest)
    digest = ""
    if known not in _WITHOUT_DIGEST:
        digest, _, rest = rest.partition(" ")
    if known == "fault":
        return Heard(known, digest, text=rest)
    number, _, text = rest.partition(" ")
    count, place = _number(number), ("", 0)
    if known == "broke":
        address, _, rest = text.partition(" ")
        port, _, text = rest.partition(" ")
        place = (address, _number(port))
    return Heard(known, digest, count, text, place)


def _number(text: str) -> int:
    return int(text) if text.isdigit() else 0


def greeting(directory: str, secret: str, address: str, silence_s: int) -> bytes:
    """Return the first line a host reads: where to keep pieces, and where to listen."""
    return f"{directory} {secret} {address} {silence_s}\n".encode()


def wants(sizes: Iterable[tuple[str, int]]) -> bytes:
    """Return the lines that name all pieces of a host, in their order, with their sizes."""
    lines = [f"want {digest} {size}\n" for digest, size in sizes]
    return "".join((*lines, "begin\n")).encode()


def from_host(digest: str, address: str, port: int) -> bytes:
    """Return the line that has a piece fetched from another host."""
    return f"from {digest} {address} {port}\n".encode()


def from_controller(digest: str) -> bytes:
    """Return the line after which a piece is fed; the host answers from which byte on."""
    return f"from {digest} - 0\n".encode()


def forget(digest: str) -> bytes:
    """Return the line after which all that has come of a piece is thrown away."""
    return f"forget {digest}\n".encode()


def fed(digest: str, offset: int, data: bytes) -> bytes:
    """Return bytes of a piece, as a host reads them."""
    return f"feed {digest} {offset} {len(data)}\n".encode() + data


BEAT = b"beat\n"
"""A sign of life: silence ends the host's listener."""
