"""Lists of digests as upstream publishes them: ``sha256sum`` output, or a digest alone."""

from __future__ import annotations

import re

from kuberry.errors import BundleError

_LINE = re.compile(r"(?P<digest>[0-9a-fA-F]{64})(?:[ \t]+\*?(?:\./)?(?P<name>\S+))?[ \t]*")


def read_digests(text: bytes) -> dict[str, str]:
    """Return the SHA-256 digests in *text* by file name; one that stands alone has the name ``""``.

    Lines of any other kind are passed over.
    """
    lines = text.decode("ascii", "replace").splitlines()
    found = [match for line in lines if (match := _LINE.fullmatch(line))]
    return {match["name"] or "": match["digest"].lower() for match in found}


def digest_of(text: bytes, name: str, source: str) -> str:
    """Return the digest of the file *name* in *text*, or the only one there.

    Args:
        source: Where *text* is from, for people.

    Raises:
        BundleError: It is not there.
    """
    digests = read_digests(text)
    if found := digests.get(name) or digests.get(""):
        return found
    raise BundleError(f"{source} has no digest of {name}", remedy="see whether a mirror is whole")
