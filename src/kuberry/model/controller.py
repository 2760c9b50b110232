"""What we saw of the machine that kuberry itself runs on."""

from __future__ import annotations

from pathlib import Path
from typing import Literal

from kuberry.model.value import Value

Agent = Literal["none", "unreachable", "ready"]
CmsPlugin = Literal["unused", "ours", "foreign", "missing"]


class Directory(Value):
    """A directory or file of the user.

    Attributes:
        is_there: Whether it exists yet.
        writable: Whether we may write it; of one that does not exist, whether it can be made.
        mode: Permission bits; ``None`` when it does not exist, or the system has none (Windows).
        free_bytes: Of its file system.
    """

    path: Path
    is_there: bool
    writable: bool
    mode: int | None
    free_bytes: int

    @property
    def others_may_write(self) -> bool:
        """Return whether its group or everybody may change it."""
        return self.mode is not None and bool(self.mode & 0o022)


class ControllerFacts(Value):
    """The machine that kuberry runs on.

    Attributes:
        python: Version of the interpreter: ``3.11.2``.
        asyncssh: Version of the SSH library; ``None`` when it is missing.
        agent: Whether the SSH agent that ``SSH_AUTH_SOCK`` names answers.
        agent_keys: How many keys it holds; ``None`` unless it is ready.
        key_files: The usual private keys in ~/.ssh that are there.
        state: Where kuberry remembers.
        cache: Where it keeps what it downloads.
        known_hosts: Of the user.
        behind_s: Seconds that the clock is behind the newest of kuberry's own files; 0 when it is
            not.
        old_package: Version of cloudmesh-pi-cluster, where that is installed, too.
        cms_plugin: Whose the file is that the word `pi` of cms stands in; ``unused`` without cms.
    """

    python: str
    asyncssh: str | None
    agent: Agent
    agent_keys: int | None
    key_files: tuple[str, ...]
    state: Directory
    cache: Directory
    known_hosts: Directory
    behind_s: float
    old_package: str | None
    cms_plugin: CmsPlugin = "unused"
