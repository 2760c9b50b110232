"""How a user reaches a cluster with kubectl."""

from __future__ import annotations

from pathlib import Path

from kuberry.model.value import Value


class AccessReport(Value):
    """What became of the user's kubeconfig; holds no secret.

    Attributes:
        context: Name of context, cluster and user in it.
        server: Where the API server is; empty when access was removed.
        reachable: Whether this machine reaches it there; else only ``kuberry kubectl`` does.
        current: Whether kubectl takes this context when none is named.
        changed: Whether the file was written.
        backup: The file as it was before; ``None`` when there was none, or nothing changed.
    """

    file: Path
    context: str
    server: str
    reachable: bool
    current: bool
    changed: bool
    backup: Path | None = None
