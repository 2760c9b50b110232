"""Can a task have its image at all? Pure."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from kuberry.errors import UsageError

_LOCAL = "localhost/"
_MOST = 50
"""A kubelet tells no more images than so many: nodeStatusMaxImages in
https://kubernetes.io/docs/reference/config-api/kubelet-config.v1beta1/."""


def refuse_absent(image: str, nodes: Iterable[dict[str, Any]]) -> None:
    """Refuse an image that no node has and that no registry can have: it begins ``localhost/``.

    Raises:
        UsageError: It is so; a task would wait for it for ever.
    """
    told = [_names(node) for node in nodes]
    if not image.startswith(_LOCAL) or any(count >= _MOST for count, _ in told):
        return
    if not any(image in names for _, names in told):
        raise UsageError(
            f"no node has the image {image}, and it can be had from nowhere",
            remedy="kuberry image build, then kuberry deploy --images science (docs/images.md)",
        )


def _names(node: dict[str, Any]) -> tuple[int, frozenset[str]]:
    there = (node.get("status") or {}).get("images") or []
    return len(there), frozenset(name for one in there for name in one.get("names") or ())
