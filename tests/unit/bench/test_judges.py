"""Who says that an end was reached: each fault is seen, and nothing else is one."""

from __future__ import annotations

import json
from typing import Any

import pytest

from kuberry.bench import ansible, facts_of_many, judge
from kuberry.model.cluster import Cluster

CLUSTER = Cluster(
    name="c",
    hosts=("red", "red01"),
    control_plane="red",
    control_plane_rule="named",
    version="v1.20.2",
    bundle="lab",
)


def node(name: str, ready: str = "True", version: str = "v1.20.2") -> dict[str, Any]:
    """Make a node as kubectl writes it."""
    conditions = [{"type": "DiskPressure", "status": "False"}, {"type": "Ready", "status": ready}]
    status = {"conditions": conditions, "nodeInfo": {"kubeletVersion": version}}
    return {"metadata": {"name": name}, "status": status}


@pytest.mark.parametrize(
    ("nodes", "fault"),
    [
        ([node("red01"), node("red")], ""),
        ([node("red")], "the nodes are red"),
        ([node("red"), node("red01", ready="Unknown")], "red01 is not Ready"),
        ([node("red"), node("red01", version="v1.19.0")], "red01 has v1.19.0"),
    ],
)
def test_all_nodes_must_be_there_and_ready(nodes: list[dict[str, Any]], fault: str) -> None:
    """In the wished version, and no others."""
    assert judge.fault_of_nodes(json.dumps({"items": nodes}), CLUSTER) == fault


@pytest.mark.parametrize(
    ("output", "fault"),
    [
        ("aa  /bin/a\nbb  /bin/b\ncc  /bin/other\n", ""),
        ("aa  /bin/a\nxx  /bin/b\n", "not the bytes of the bundle: /bin/b"),
        ("aa  /bin/a\n", "not the bytes of the bundle: /bin/b"),
    ],
)
def test_programs_must_have_their_digests(output: str, fault: str) -> None:
    """A program that is missing has none."""
    assert judge.fault_of_programs(output, {"/bin/a": "aa", "/bin/b": "bb"}) == fault


def test_units_must_come_back_after_a_boot() -> None:
    """A unit that only runs is not enough."""
    good = "containerd enabled active\nkubelet enabled active\nkuberry-routes enabled active\n"

    assert judge.fault_of_units(good) == ""
    bad = good.replace("kubelet enabled", "kubelet disabled")
    assert judge.fault_of_units(bad) == "not so: kubelet enabled active"


@pytest.mark.parametrize(
    ("output", "fault"),
    [
        ("red : ok=5 changed=0 unreachable=0\nred01 : ok=5 changed=0\n", ""),
        ("red : ok=5 changed=0\nred01 : ok=5 changed=2\n", "Ansible changed 2 things"),
        ("no hosts matched\n", "Ansible told of no host"),
    ],
)
def test_a_rerun_of_ansible_must_change_nothing(output: str, fault: str) -> None:
    """Else it does another work than ours."""
    assert ansible.fault_of(output) == fault


def test_facts_must_be_of_all_hosts() -> None:
    """A host that was not reached is quickly done with."""
    rows = [{"host": name, "facts": {"os": {"id": "debian"}}} for name in facts_of_many.HOSTS]
    assert facts_of_many.fault_of(json.dumps({"hosts": rows})) == ""

    rows[6] = {"host": "pi07", "facts": None}  # type: ignore[dict-item]
    assert facts_of_many.fault_of(json.dumps({"hosts": rows})) == "no facts of pi07"
