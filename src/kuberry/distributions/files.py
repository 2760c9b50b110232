"""Files that every distribution of Kubernetes needs written, and which of them are due."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterable, Mapping

from kuberry.distributions.seen import Seen
from kuberry.model.plan import File

HOST_RECORD = "/etc/kuberry/host.json"
_BEGIN, _END = "# BEGIN kuberry", "# END kuberry"
BLOCK = rf"^{_BEGIN}\n(.*\n)*?{_END}\n"
"""Matches our part of /etc/hosts, with re.MULTILINE."""

CONTAINER_LIMITS = """\
# In a container nobody may raise limits or lower the OOM score (kuberry).
[Service]
LimitNOFILE=16384
OOMScoreAdjust=0
"""
"""Other limits of upstream's units are ``infinity`` (containerd/containerd, containerd.service):
systemd gives as much of that as it may (systemd, src/basic/rlimit-util.c, setrlimit_closest).
"""


def hosts_file(current: str, names: Mapping[str, str]) -> str:
    """Return /etc/hosts with our block at its end, the rest as it was.

    Args:
        names: Address by name.
    """
    rest = re.sub(BLOCK, "", current, flags=re.MULTILINE)
    lines = "".join(f"{address} {name}\n" for name, address in names.items())
    return f"{rest}{_BEGIN}\n{lines}{_END}\n"


def changed_files(host: Seen, files: Mapping[str, str]) -> tuple[File, ...]:
    """Return those of *files* (text by path) that are not on *host* as they should be."""
    return tuple(
        File(path=path, content=(text,))
        for path, text in files.items()
        if not host.installed.has_file(path, hashlib.sha256(text.encode()).hexdigest())
    )


def paths_of(files: Iterable[File]) -> frozenset[str]:
    """Return the paths of *files*."""
    return frozenset(one.path for one in files)
