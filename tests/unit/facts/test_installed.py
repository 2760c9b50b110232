"""What is read of the nodes, and of what our units have not read yet."""

from __future__ import annotations

import json

import pytest

from kuberry.facts.installed import PROBE
from kuberry.facts.probe import Unparsable
from kuberry.model.installed import SeenNode

OUTPUT = """\
hosts:127.0.0.1 localhost
set:containerd.service
newer:containerd.service /etc/containerd/config.toml
set:kubelet.service
node:red True off=
node:red01 Unknown off=yes
node:red02  off=
nodes:known
initialised:yes
end:
"""


def test_nodes_tell_whether_they_are_ready_and_closed_by_a_stop() -> None:
    """A node that never reported is not Ready."""
    assert PROBE.read(OUTPUT).nodes == (
        SeenNode(name="red", ready=True),
        SeenNode(name="red01", ready=False, switched_off=True),
        SeenNode(name="red02", ready=False),
    )


def test_a_unit_is_in_effect_with_what_it_has_read() -> None:
    """One that we never set has read nothing of ours for sure."""
    there = PROBE.read(OUTPUT)
    config = {"/etc/containerd/config.toml"}

    assert not there.is_in_effect("containerd.service", config)
    assert there.is_in_effect("containerd.service", {"/etc/hosts"})
    assert there.is_in_effect("kubelet.service", config)
    assert not there.is_in_effect("kuberry-routes.service", config)


def test_nodes_are_read_as_the_api_server_writes_them() -> None:
    """A list of v1 in one line; a node that never reported has no conditions."""
    nodes = [
        {"metadata": {"name": "red"}, "status": {"conditions": [_is("Ready", "True")]}},
        {
            "metadata": {"name": "red01", "annotations": {"kuberry.internal/off": "yes"}},
            "status": {"conditions": [_is("DiskPressure", "True"), _is("Ready", "Unknown")]},
        },
        {"metadata": {"name": "red02", "labels": {}}, "status": {}},
    ]
    answer = f"nodes:known\napi:{json.dumps({'kind': 'NodeList', 'items': nodes})}\nend:\n"

    assert PROBE.read(answer).nodes == (
        SeenNode(name="red", ready=True),
        SeenNode(name="red01", ready=False, switched_off=True),
        SeenNode(name="red02", ready=False),
    )


def test_an_answer_of_the_api_server_that_is_none_is_not_taken_for_no_nodes() -> None:
    """A cluster without nodes is planned anew: that must not follow from a riddle."""
    with pytest.raises(Unparsable):
        PROBE.read("nodes:known\napi:{\nend:\n")


def _is(kind: str, status: str) -> dict[str, str]:
    return {"type": kind, "status": status}
