"""An image that can come from nowhere is refused before anything is made of the job."""

from __future__ import annotations

from typing import Any

import pytest

from kuberry.errors import UsageError
from kuberry.queueing.images import refuse_absent

LOCAL = "localhost/kuberry/science:1"


def _node(*names: str) -> dict[str, Any]:
    return {"status": {"images": [{"names": [name]} for name in names]}}


@pytest.mark.parametrize(
    ("image", "nodes"),
    [
        (LOCAL, [_node("other:1"), _node(LOCAL)]),
        ("docker.io/library/python:3", [_node()]),
        (LOCAL, [_node(*(f"image:{number}" for number in range(50)))]),
    ],
    ids=["there", "of a registry", "a node that does not tell all"],
)
def test_what_may_be_had_is_let_through(image: str, nodes: list[dict[str, Any]]) -> None:
    """Kubernetes will see."""
    refuse_absent(image, nodes)


@pytest.mark.parametrize("nodes", [[], [{}], [_node("other:1")]])
def test_what_no_node_has_is_refused(nodes: list[dict[str, Any]]) -> None:
    """With what to do about it."""
    with pytest.raises(UsageError, match="no node has the image") as caught:
        refuse_absent(LOCAL, nodes)
    assert "kuberry image build" in str(caught.value.remedy)
