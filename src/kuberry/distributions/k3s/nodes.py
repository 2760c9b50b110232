"""How hosts become nodes: a server that makes its tokens, others that wait for theirs."""

from __future__ import annotations

from collections.abc import Generator, Iterable, Iterator

from kuberry.distributions.k3s import configuration as at
from kuberry.distributions.k3s import nodes_text as text
from kuberry.distributions.k3s.remove_text import FORGET_OLD
from kuberry.distributions.k3s.site import Site
from kuberry.distributions.members import is_ready, predecessors
from kuberry.distributions.seen import Seen
from kuberry.distributions.switch_off import come_back
from kuberry.model.cluster import Cluster
from kuberry.model.plan import (
    Captured,
    File,
    Gate,
    HostPlan,
    Run,
    SetUnit,
    Step,
    WriteFiles,
)

_TOKEN, _SERVER_TOKEN = "agent-token", "server-token"
# The first start unpacks the program and imports the images: minutes on a slow card.
_SERVE_S, _READY_S = 900, 600
_SPARE_S = 60.0
_START = "k3s"


def server_steps(site: Site, host: Seen, *, is_stale: bool) -> Iterator[Step]:
    """Yield what makes *host* a server.

    Args:
        is_stale: What k3s reads at its start is not what it was.
    """
    steps = _first_steps if host.name == site.cluster.control_plane else _joining_steps
    return steps(site, host, is_stale=is_stale)


def _first_steps(site: Site, host: Seen, *, is_stale: bool) -> Iterator[Step]:
    """Yield what makes *host* the first server, and tells the others their tokens."""
    if site.must_initialise:
        yield Run(id="tokens", title="make the tokens", script=text.MAKE_TOKENS)
    starts = yield from _unit(site, host, at.SERVER_UNIT, is_stale=is_stale)
    for node in predecessors(site.cluster, site.hosts):
        yield Run(
            id=f"forget-{node}",
            title=f"forget the {node} of before",
            script=FORGET_OLD,
            arguments=(node, "0", ""),
            deadline_s=_READY_S,
        )
    if starts or site.joiners():
        many = site.cluster.has_many_servers
        tokens = (_TOKEN, _SERVER_TOKEN) if many else (_TOKEN,)
        title = "wait until the server lets agents in"
        yield _serve(text.SERVE, title, (*tokens, _served(host.name)), "yes" if many else "")
    if starts or not is_ready(site.cluster, site.hosts, host):
        yield _ready(host, at.SERVER_UNIT, text.READY)
    yield from come_back(host, at.ADMINISTRATOR)


def _joining_steps(site: Site, host: Seen, *, is_stale: bool) -> Iterator[Step]:
    """Yield what makes *host* one more server; it is staged before it waits for its tokens."""
    is_new = host in site.joiners()
    if is_new:
        files = (
            _secret(at.SERVER_TOKEN, _SERVER_TOKEN),
            _secret(at.AGENT_TOKEN, _TOKEN),  # the same on all servers (docs/cli/server.md)
        )
        yield WriteFiles(id="token", title="write the tokens once they are there", files=files)
    starts = yield from _unit(site, host, at.SERVER_UNIT, is_stale=is_stale or is_new)
    if starts:
        title = "wait until it is a member of etcd"
        yield _serve(text.SERVE_TOO, title, (_served(host.name),))
    if starts or not is_ready(site.cluster, site.hosts, host):
        script = text.READY + text.JOINED
        title = "join the cluster as a server"
        yield _ready(host, at.SERVER_UNIT, script, title=title if is_new else None)


def turns(cluster: Cluster, plans: Iterable[HostPlan]) -> tuple[HostPlan, ...]:
    """Return *plans* with the servers that start doing it one after the other.

    etcd takes in one member at a time ("too many learner members", k3s-io/k3s#4335), and one that
    restarts is missing meanwhile: of three no second one may be.
    """
    by_name = {one.host: one for one in plans}
    before: str | None = None
    for name in (one for one in cluster.servers if one in by_name):
        steps = by_name[name].steps
        if not any(isinstance(one, SetUnit) and one.id == _START for one in steps):
            continue
        if before:
            by_name[name] = by_name[name].model_copy(update={"steps": _after(before, steps)})
        before = name
    return tuple(by_name.values())


def _after(other: str, steps: tuple[Step, ...]) -> tuple[Step, ...]:
    """Return *steps* with a gate before the start of k3s: until *other* is a member of etcd."""
    place = next(number for number, one in enumerate(steps) if one.id == _START)
    title = f"wait until {other} is a member of etcd"
    return (*steps[:place], Gate(id="turn", title=title, value=_served(other)), *steps[place:])


def agent_steps(site: Site, host: Seen, *, is_stale: bool) -> Iterator[Step]:
    """Yield what makes *host* an agent; it is staged before it waits for its token."""
    is_new = host in site.joiners()
    if is_new:
        files = (_secret(at.AGENT_TOKEN, _TOKEN),)
        yield WriteFiles(id="token", title="write the token once it is there", files=files)
    starts = yield from _unit(site, host, at.AGENT_UNIT, is_stale=is_stale or is_new)
    if starts or not is_ready(site.cluster, site.hosts, host):
        script = text.READY + text.JOINED
        yield _ready(host, at.AGENT_UNIT, script, title="join the cluster" if is_new else None)


def _secret(path: str, name: str) -> File:
    return File(path=path, content=(Captured(captured=name), "\n"), mode=0o600)


def _served(name: str) -> str:
    return f"served:{name}"


def _serve(script: str, title: str, captures: tuple[str, ...], *more: str) -> Run:
    return Run(
        id="serve",
        title=title,
        script=script,
        arguments=(str(_SERVE_S), *more),
        captures=captures,
        deadline_s=_SERVE_S + _SPARE_S,
    )


def _unit(site: Site, host: Seen, unit: str, *, is_stale: bool) -> Generator[Step, None, bool]:
    """Yield the start of *unit* where it is due, and return whether it is.

    It is not waited for: a unit of k3s is up only once its node is, which may be never (K3S#6054).
    """
    is_running = host.installed.is_running(unit)
    seen = host.installed.units.get(unit)  # one that was just on its way up may be up by now
    is_there = seen is not None and seen.active != "inactive"
    starts = is_stale or not is_running or site.must_initialise
    if starts:
        yield SetUnit(
            id=_START,
            title="start k3s",
            unit=unit,
            action="restart" if is_stale and is_there else "start",
            waits=False,
        )
    return starts


def _ready(host: Seen, unit: str, script: str, *, title: str | None = None) -> Run:
    return Run(
        id="ready",
        title=title or "wait until the node is Ready",
        script=script,
        arguments=(unit, str(_READY_S), host.node),
        deadline_s=_READY_S + _SPARE_S,
    )
