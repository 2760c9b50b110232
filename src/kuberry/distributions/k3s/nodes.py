"""How hosts become nodes: a server that makes its tokens, agents that wait for theirs."""

from __future__ import annotations

from collections.abc import Generator, Iterator

from kuberry.distributions.k3s import configuration as at
from kuberry.distributions.k3s import nodes_text as text
from kuberry.distributions.k3s.remove_text import FORGET_OLD
from kuberry.distributions.k3s.site import Site
from kuberry.distributions.members import is_ready, predecessors
from kuberry.distributions.seen import Seen
from kuberry.distributions.switch_off import come_back
from kuberry.model.plan import Captured, File, Run, SetUnit, Step, WriteFiles

_TOKEN = "agent-token"  # noqa: S105 -- its name in the plan
# The first start unpacks the program and imports the images: minutes on a slow card.
_SERVE_S, _READY_S = 900, 600
_SPARE_S = 60.0


def server_steps(site: Site, host: Seen, *, is_stale: bool) -> Iterator[Step]:
    """Yield what makes *host* the server and tells the agents their token.

    Args:
        is_stale: What k3s reads at its start is not what it was.
    """
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
        yield Run(
            id="serve",
            title="wait until the server lets agents in",
            script=text.SERVE,
            arguments=(str(_SERVE_S),),
            captures=(_TOKEN,),
            deadline_s=_SERVE_S + _SPARE_S,
        )
    if starts or not is_ready(site.cluster, site.hosts, host):
        yield _ready(host, at.SERVER_UNIT, text.READY)
    yield from come_back(host, at.ADMINISTRATOR)


def agent_steps(site: Site, host: Seen, *, is_stale: bool) -> Iterator[Step]:
    """Yield what makes *host* an agent; it is staged before it waits for its token."""
    is_new = host in site.joiners()
    if is_new:
        token = File(path=at.AGENT_TOKEN, content=(Captured(captured=_TOKEN), "\n"), mode=0o600)
        yield WriteFiles(id="token", title="write the token once it is there", files=(token,))
    starts = yield from _unit(site, host, at.AGENT_UNIT, is_stale=is_stale or is_new)
    if starts or not is_ready(site.cluster, site.hosts, host):
        script = text.READY + text.JOINED
        yield _ready(host, at.AGENT_UNIT, script, title="join the cluster" if is_new else None)


def _unit(site: Site, host: Seen, unit: str, *, is_stale: bool) -> Generator[Step, None, bool]:
    """Yield the start of *unit* where it is due, and return whether it is.

    It is not waited for: a unit of k3s is up only once its node is, which may be never (K3S#6054).
    """
    is_running = host.installed.is_running(unit)
    starts = is_stale or not is_running or site.must_initialise
    if starts:
        yield SetUnit(
            id="k3s",
            title="start k3s",
            unit=unit,
            action="restart" if is_stale and is_running else "start",
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
