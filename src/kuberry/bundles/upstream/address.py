"""From upstream's public addresses to those that are really asked: themselves, or a mirror's."""

from __future__ import annotations

from ipaddress import ip_address
from urllib.parse import urlsplit

from kuberry.errors import BundleError, UsageError
from kuberry.model.upstream import Upstream


def actual(url: str, upstream: Upstream) -> str:
    """Return where *url* is asked for.

    A server's name becomes the first word of the path below the mirror; what is on this machine
    already stays as it is.

    Raises:
        UsageError: A mirror's address is none, or sends bytes over the network in the clear.
    """
    parts = urlsplit(url)
    host = parts.netloc
    base = upstream.servers.get(host)
    if base is None and upstream.mirror and not _is_there(host, upstream.mirror):
        base = f"{upstream.mirror.rstrip('/')}/{host}"
    if base is None:
        return url
    _check_mirror(base)
    rest = parts.path + (f"?{parts.query}" if parts.query else "")
    return base.rstrip("/") + rest


def check_redirect(url: str, previous: str) -> None:
    """Hold a redirect to the rule: from https to https only, in the clear only on this machine.

    Raises:
        BundleError: It leads elsewhere.
    """
    new, old = urlsplit(url), urlsplit(previous)
    if new.scheme == "https" and new.hostname:
        return
    if new.scheme == old.scheme == "http" and is_loopback(new.hostname):
        return
    raise BundleError(
        f"{old.hostname} sends on to {new.scheme}://{new.hostname}, which is not safe to follow",
        remedy="see to the mirror, or leave it out",
    )


def is_safe(url: str) -> bool:
    """Return whether *url* is asked encrypted, or on this machine."""
    parts = urlsplit(url)
    if parts.scheme == "https":
        return bool(parts.hostname)
    return parts.scheme == "http" and is_loopback(parts.hostname)


def is_loopback(host: str | None) -> bool:
    """Return whether *host* is this machine, by its name or address."""
    if host == "localhost":
        return True
    try:
        return ip_address(host or "").is_loopback
    except ValueError:
        return False


def _is_there(host: str, mirror: str) -> bool:
    return host == urlsplit(mirror).netloc or is_loopback(urlsplit(f"//{host}").hostname)


def _check_mirror(base: str) -> None:
    if is_safe(base):
        return
    parts = urlsplit(base)
    raise UsageError(
        f"a mirror must be https://…, or http:// on this machine, not {parts.scheme}://"
        f"{parts.hostname}",
        remedy="see to KUBERRY_UPSTREAM_MIRROR and KUBERRY_UPSTREAM_SERVERS",
    )
