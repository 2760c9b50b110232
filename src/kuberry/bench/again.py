"""The same line again on a deployed cluster, and mere logins."""

from __future__ import annotations

from collections.abc import Sequence

from kuberry.bench.deploying import HOSTS, LINE, NoCluster, fresh
from kuberry.bench.figures import Part, Sample
from kuberry.bench.place import Place
from kuberry.bench.stopwatch import measure
from kuberry.bench.timeline import parts_of
from kuberry.errors import CommandFailed

_DEADLINE_S = 600.0
_REPETITIONS_OF_PARTS = 5


def cluster(place: Place) -> None:
    """Have a cluster that our program deployed.

    Raises:
        NoCluster: It failed.
    """
    lab = place.lab()
    if lab is None or {host.name for host in lab.hosts} != set(HOSTS):
        fresh(place)
    try:
        place.run(*LINE)
    except CommandFailed as error:
        raise NoCluster.because(error.message) from None


def ours(place: Place) -> Sample:
    """Measure our program; a run that changed anything does not count."""
    done = measure(place.kuberry(*LINE), deadline_s=_DEADLINE_S)
    if done.sample.fault or "nothing to do" in done.stdout:
        return done.sample
    return done.sample.model_copy(update={"fault": "it found something to do"})


def parts(place: Place) -> tuple[Part, ...]:
    """Measure the parts of our run."""
    return parts_of(place.kuberry(*LINE, "--output", "json"), _REPETITIONS_OF_PARTS)


def logins(place: Place, hosts: Sequence[str]) -> Sample:
    """Measure logins to *hosts*, all at once."""
    words = (str(place.peers / "logins.sh"), str(place.ssh_config), *hosts)
    return measure(words, deadline_s=_DEADLINE_S).sample
