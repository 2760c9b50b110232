"""What a single host name may look like: ``[user@]name[:port]``; pure."""

from __future__ import annotations

import dataclasses
import ipaddress
import re

_USER = re.compile(r"[A-Za-z_][A-Za-z0-9._-]{0,63}")
_LABEL = re.compile(r"[A-Za-z0-9]([A-Za-z0-9-]{0,61}[A-Za-z0-9])?")
_ZONE = re.compile(r"[A-Za-z0-9._-]{1,15}")
_MAX_PORT = 65535
_MAX_NAME = 253


@dataclasses.dataclass(frozen=True, slots=True)
class HostName:
    """One name in its parts.

    Attributes:
        name: An RFC 1123 name, an IPv4 or an IPv6 address (without brackets).
        user: The part before ``@``.
        port: The part after the last ``:``.
    """

    name: str
    user: str | None = None
    port: int | None = None

    @property
    def key(self) -> tuple[str | None, str, int | None]:
        """Return what is equal for two spellings of one name: ``Red`` and ``red``, ``::1``."""
        if ":" not in self.name:
            return self.user, self.name.lower(), self.port
        address, percent, zone = self.name.partition("%")
        compressed = ipaddress.IPv6Address(address).compressed
        return self.user, f"{compressed}{percent}{zone}", self.port

    def __str__(self) -> str:
        user = f"{self.user}@" if self.user else ""
        if self.port is None:
            return f"{user}{self.name}"
        name = f"[{self.name}]" if ":" in self.name else self.name
        return f"{user}{name}:{self.port}"


def cut(text: str) -> tuple[str | None, str, str | None]:
    """Cut *text* into user, name and port, without a look at whether they are good.

    A bare IPv6 address has no port; one in brackets may have.
    """
    user, at, rest = text.rpartition("@")
    literal = re.fullmatch(r"\[([^\[\]]*:[^\[\]]*)\](?::(.*))?", rest)
    if literal:
        return (user if at else None), literal[1], literal[2]
    name, colon, port = rest.rpartition(":")
    if colon and ":" not in name:
        return (user if at else None), name, port
    return (user if at else None), rest, None


def split_name(text: str) -> HostName:
    """Split *text* into its parts.

    Raises:
        ValueError: It is no host name; the message says why.
    """
    user, name, port = cut(text)
    reason = _fault(user, name, port)
    if reason:
        raise ValueError(reason)
    return HostName(name=name, user=user, port=int(port) if port else None)


def _fault(user: str | None, name: str, port: str | None) -> str:
    if user is not None and not _USER.fullmatch(user):
        return f"{user!r} is no user name"
    if port is not None and not (re.fullmatch(r"[0-9]{1,5}", port) and 0 < int(port) <= _MAX_PORT):
        return f"{port!r} is no port (1 to {_MAX_PORT})"
    return _name_fault(name)


def _name_fault(name: str) -> str:
    if ":" in name:
        return _ipv6_fault(name)
    labels = name.split(".")
    if labels[-1].isdigit() and len(labels) > 1:
        return _ipv4_fault(name)
    if len(name) > _MAX_NAME or not all(_LABEL.fullmatch(label) for label in labels):
        return f"{name!r} is no RFC 1123 name: letters, digits and inner hyphens, labels up to 63"
    return ""


def _ipv4_fault(name: str) -> str:
    try:
        ipaddress.IPv4Address(name)
    except ValueError:
        return f"{name!r} is no IPv4 address"
    return ""


def _ipv6_fault(name: str) -> str:
    address, percent, zone = name.partition("%")
    try:
        ipaddress.IPv6Address(address)
    except ValueError:
        return f"{name!r} is no IPv6 address"
    if percent and not _ZONE.fullmatch(zone):
        return f"{zone!r} is no interface name"
    return ""


def nearest(text: str) -> str:
    """Return the name that was probably meant by *text*, which is none; empty when in doubt."""
    user, name, port = cut(text)
    plain = re.sub(r"[^A-Za-z0-9.:%-]", "-", name).strip(".-")
    good_user = user if user and _USER.fullmatch(user) else None
    good_port = port if port and not _fault(None, "x", port) else None
    if _name_fault(plain):
        return ""
    return str(HostName(plain, good_user, int(good_port) if good_port else None))
