"""What one subject of preparation comes to on one host, and what every planner looks at; pure."""

from __future__ import annotations

import dataclasses
import hashlib
from typing import Protocol

from kuberry.model.facts import HostFacts
from kuberry.model.installed import Installed
from kuberry.model.plan import File, Step

CONTAINERS = frozenset({"systemd-nspawn", "lxc", "docker", "podman"})


class SeenHost(Protocol):
    """A host as it was seen."""

    @property
    def name(self) -> str:
        """Return what the user calls it."""
        ...

    @property
    def facts(self) -> HostFacts:
        """Return what it is."""
        ...

    @property
    def installed(self) -> Installed:
        """Return what it holds."""
        ...


@dataclasses.dataclass(frozen=True, slots=True)
class Measure:
    """What one subject comes to on one host; empty when all is as it should be.

    Attributes:
        first: Steps before anything is recorded: what no reset shall undo.
        files: Files as they are to be.
        now: Steps after the files.
        reboot: Why the host has to boot anew; empty when it has not.
        proofs: Steps that prove it, after the boot.
        cures: Codes of the findings that will be gone.
        obstacle: Why it cannot be done, for a finding; empty when it can.
    """

    first: tuple[Step, ...] = ()
    files: tuple[File, ...] = ()
    now: tuple[Step, ...] = ()
    reboot: str = ""
    proofs: tuple[Step, ...] = ()
    cures: tuple[str, ...] = ()
    obstacle: str = ""


NOTHING = Measure()


def is_container(host: SeenHost) -> bool:
    """Return whether the host shares its kernel and its clock with others, as lab hosts do."""
    return host.facts.virtualization in CONTAINERS


def missing(host: SeenHost, *files: File) -> tuple[File, ...]:
    """Return those of *files* that the host does not hold as they should be."""
    return tuple(one for one in files if not host.installed.has_file(one.path, _sha256(one)))


def _sha256(file: File) -> str:
    text = "".join(part for part in file.content if isinstance(part, str))
    return hashlib.sha256(text.encode()).hexdigest()
