"""Several servers of k3s: who begins, who joins whom, and never two at a time."""

from __future__ import annotations

import hashlib

import yaml

import made_up as make
from kuberry.distributions.k3s import configuration as at
from kuberry.distributions.k3s import install
from kuberry.distributions.seen import Seen
from kuberry.model.cluster import Cluster, K3sWish
from kuberry.model.facts import Program, Unit
from kuberry.model.installed import HostRecord, Installed, KeptFile, SeenNode
from kuberry.model.plan import Gate, HostPlan, PutArtifact, Run, SetUnit, WriteFiles
from planned import files_of, ids_of

ADDRESSES = {"red": "10.0.0.1", "red01": "10.0.0.2", "red02": "10.0.0.3", "red03": "10.0.0.4"}
WISH = make.k3s_cluster(*ADDRESSES, more_servers=("red01", "red02"))
LINKS = tuple(
    Program(name=name, path=f"/usr/local/bin/{name}", version=None) for name in ("k3s", *at.LINKS)
)


def _plan(there: dict[str, Installed] | None = None, wish: Cluster = WISH) -> dict[str, HostPlan]:
    known = there or {}
    hosts: dict[str, Seen] = {
        name: make.seen(
            name, address, there=known.get(name), programs=LINKS if name in known else ()
        )
        for name, address in ADDRESSES.items()
    }
    return {one.host: one for one in install(wish, hosts, make.k3s_bundle()).hosts}


def _done(plan: HostPlan) -> Installed:
    """Return what a host holds once *plan* is done."""
    kept = {
        path: KeptFile(path=path, sha256=hashlib.sha256(text.encode()).hexdigest(), mode="644")
        for path, text in files_of(plan).items()
    }
    for step in plan.steps:
        if isinstance(step, PutArtifact):
            digest = step.artifact.sha256
            kept[step.path] = KeptFile(path=step.path, sha256=digest, mode="755")
    unit = at.unit_of(WISH, plan.host)
    is_first = plan.host == "red"
    nodes = tuple(SeenNode(name=name, ready=True) for name in ADDRESSES)
    return make.installed(
        files=kept,
        units={unit: Unit(name=unit, active="active", enabled="enabled")},
        record=HostRecord(cluster="shelf"),
        hosts_file=files_of(plan)["/etc/hosts"],
        initialised=is_first,
        joined=not is_first,
        nodes=nodes if is_first else None,
        is_recorded=True,
        is_ours=True,
        written_since={unit: frozenset()},
    )


def _all_done() -> dict[str, Installed]:
    return {name: _done(plan) for name, plan in _plan().items()}


def _gates(plan: HostPlan) -> list[str]:
    return [one.value for one in plan.steps if isinstance(one, Gate)]


def test_the_first_begins_and_the_others_name_it() -> None:
    """One ``cluster-init``, or there would be several clusters; the rest is the same on all."""
    values = {name: yaml.safe_load(files_of(one)[at.CONFIG]) for name, one in _plan().items()}
    url = "https://api.shelf.kuberry.internal:6443"
    own = {"node-name", "node-ip", "tls-san", "cluster-init", "server"}

    assert [one.get("cluster-init") for one in values.values()] == [True, None, None, None]
    assert [one.get("server") for one in values.values()] == [None, url, url, url]
    same = [{key: one[key] for key in one.keys() - own} for one in values.values()]
    assert same[0] == same[1] == same[2]
    assert values["red01"]["tls-san"] == [
        "api.shelf.kuberry.internal", "10.0.0.2", "red01", "127.0.0.1",
    ]  # fmt: skip


def test_servers_join_one_after_the_other() -> None:
    """All is staged at once; the start waits for the one before to be a member of etcd."""
    plans = _plan()
    staged = ["before", "files", "put-k3s", "put-k3s-airgap-images", "put-probe", "links"]

    assert ids_of(plans["red"]) == [*staged, "tokens", "k3s", "serve", "ready"]
    for name in ("red01", "red02"):
        assert ids_of(plans[name]) == [*staged, "token", "turn", "k3s", "serve", "ready"]
    assert [_gates(one) for one in plans.values()] == [[], ["served:red"], ["served:red01"], []]
    produced = {
        name: host
        for host, plan in plans.items()
        for step in plan.steps
        if isinstance(step, Run)
        for name in step.captures
    }
    assert produced == {
        "agent-token": "red",
        "server-token": "red",
        "served:red": "red",
        "served:red01": "red01",
        "served:red02": "red02",
    }


def test_a_server_gets_both_tokens_and_an_agent_one() -> None:
    """Who has the agents' token cannot become a server."""
    plans = _plan()
    assert files_of(plans["red01"])[at.SERVER_TOKEN] == "<server-token>\n"
    assert files_of(plans["red01"])[at.AGENT_TOKEN] == "<agent-token>\n"
    assert at.SERVER_TOKEN not in files_of(plans["red03"])
    modes = {
        one.path: one.mode
        for step in plans["red01"].steps
        if isinstance(step, WriteFiles)
        for one in step.files
    }
    assert (modes[at.SERVER_TOKEN], modes[at.AGENT_TOKEN]) == (0o600, 0o600)


def test_one_server_alone_tells_nobody_its_own_token() -> None:
    """What is not asked for is not brought forth."""
    steps = _plan(wish=make.k3s_cluster(*ADDRESSES))["red"].steps
    serve = next(one for one in steps if isinstance(one, Run) and one.id == "serve")
    assert (serve.captures, serve.arguments[1]) == (("agent-token", "served:red"), "")


def test_servers_that_are_there_are_left_alone() -> None:
    """The same wish again has nothing to do."""
    assert [ids_of(plan) for plan in _plan(_all_done()).values()] == [[], [], [], []]


def test_one_that_was_lost_midway_joins_by_the_same_line() -> None:
    """The first is asked for the tokens again; those that are there are not touched."""
    there = _all_done()
    nodes = tuple(SeenNode(name=name, ready=True) for name in ("red", "red01", "red03"))
    there["red"] = there["red"].model_copy(update={"nodes": nodes})
    there["red02"] = there["red02"].model_copy(update={"joined": False})
    plans = _plan(there)

    assert [ids_of(one) for one in plans.values()] == [
        ["serve"], [], ["token", "k3s", "serve", "ready"], [],
    ]  # fmt: skip
    assert _gates(plans["red02"]) == []


def test_servers_restart_one_after_the_other() -> None:
    """Of three, no second one may be missing while a first one comes up again."""
    wish = WISH.model_copy(update={"k3s": K3sWish(without=("traefik",))})
    plans = _plan(_all_done(), wish)

    assert [ids_of(one) for one in plans.values()] == [
        ["files", "k3s", "serve", "ready"],
        ["files", "turn", "k3s", "serve", "ready"],
        ["files", "turn", "k3s", "serve", "ready"],
        [],
    ]
    assert _gates(plans["red02"]) == ["served:red01"]


def test_one_that_was_on_its_way_up_is_started_anew() -> None:
    """Its member is forgotten first, and one that runs on would wait for ever to be let in."""
    there = _all_done()
    unit = Unit(name=at.SERVER_UNIT, active="activating", enabled="enabled")
    changes = {"joined": False, "units": {at.SERVER_UNIT: unit}}
    there["red02"] = there["red02"].model_copy(update=changes)
    plans = _plan(there)

    assert ids_of(plans["red"]) == ["forget-red02", "serve"]
    start = next(one for one in plans["red02"].steps if isinstance(one, SetUnit))
    assert start.action == "restart"
