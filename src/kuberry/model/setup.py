"""What `kuberry hosts setup` did, and what it proved."""

from __future__ import annotations

from typing import Literal

from pydantic import SecretStr

from kuberry.errors import KuberryError
from kuberry.model.status import Problem
from kuberry.model.value import Value

SudoAnswer = Literal["nopasswd", "password", "none"]
"""Whether root is reached: without a word, with a password, or not at all."""


def problem_of(error: KuberryError) -> Problem:
    """Return *error* as a value."""
    return Problem(code=error.code, message=error.message, remedy=error.remedy)


class SetupWish(Value):
    """What hosts are to be prepared for.

    Attributes:
        password: The login password of all hosts; ``None`` where keys are accepted already.
        public_key: The file to authorise; ``None`` takes the user's own key, or makes one.
        is_mesh: Whether the hosts are to reach each other, each with a key of its own.
    """

    password: SecretStr | None = None
    public_key: str | None = None
    is_mesh: bool = False


class Hop(Value):
    """A login from one host to another, tried for real.

    Attributes:
        to: The other host.
        problem: Why it failed, in ssh's words; empty when it did not.
    """

    to: str
    problem: str = ""


class Woven(Value):
    """What was done to let one host reach the others; fields as in `HostSetup`."""

    changes: tuple[str, ...] = ()
    hops: tuple[Hop, ...] = ()
    problem: Problem | None = None

    def after(self, row: HostSetup) -> HostSetup:
        """Return *row* with this added to it."""
        return row.model_copy(
            update={
                "changes": row.changes + self.changes,
                "hops": self.hops,
                "problem": row.problem or self.problem,
            }
        )


class HostSetup(Value):
    """What was done on one host.

    Attributes:
        host: As the user calls it.
        changes: What was changed, one sentence each; empty when all was in place already.
        key_login: Whether a fresh connection with the key alone was let in.
        sudo: What sudo said; ``None`` when it could not be asked.
        sudo_problem: Why sudo is refused.
        hops: Logins to the other hosts; empty without a mesh.
        problem: Why the host could not be prepared.
    """

    host: str
    changes: tuple[str, ...] = ()
    key_login: bool = False
    sudo: SudoAnswer | None = None
    sudo_problem: Problem | None = None
    hops: tuple[Hop, ...] = ()
    problem: Problem | None = None

    @property
    def is_ready(self) -> bool:
        """Return whether everything that was asked for is proven."""
        is_root = self.sudo in {"nopasswd", "password"}
        return self.key_login and is_root and not (self.problem or self.broken_hops)

    @property
    def broken_hops(self) -> tuple[Hop, ...]:
        """Return the logins to other hosts that failed."""
        return tuple(hop for hop in self.hops if hop.problem)


class SetupReport(Value):
    """What `kuberry hosts setup` says.

    Attributes:
        version: Of this shape; it grows when a field changes its meaning or goes away.
        public_key_file: The key that the hosts let in now.
        is_key_new: Whether that key was made just now.
    """

    kind: Literal["hosts-setup"] = "hosts-setup"
    version: Literal[1] = 1
    public_key_file: str
    fingerprint: str
    is_key_new: bool
    hosts: tuple[HostSetup, ...]

    @property
    def is_changed(self) -> bool:
        """Return whether anything was changed, here or on a host."""
        return self.is_key_new or any(host.changes for host in self.hosts)

    @property
    def not_ready(self) -> tuple[HostSetup, ...]:
        """Return the hosts on which something is missing."""
        return tuple(host for host in self.hosts if not host.is_ready)
