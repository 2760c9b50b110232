"""All figures: what is compared with what, how often, and what we want of it."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable

from kuberry.bench import again, deploying, facts_of_many, fan_out, jobs, serving
from kuberry.bench.ansible import Ansible
from kuberry.bench.figures import Comparison, Pair, Part, Sample
from kuberry.bench.place import Place
from kuberry.bench.stopwatch import alternate
from kuberry.errors import KuberryError

_SIDE_BY_SIDE = "times ssh HOST true, side by side, connections of their own"


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Scenario:
    """One figure to be.

    Attributes:
        title: For people.
        ours: What is run of ours, for people.
        theirs: What is run of theirs, for people.
        wanted: The ratio we want at most.
        repetitions: In a full run, and in a short one; odd, so that ours comes last.
        prepare: Done once, unmeasured.
        mine: Measures ours once.
        other: Measures theirs once.
        parts: Measures the parts of ours, after all pairs.
    """

    name: str
    title: str
    ours: str
    theirs: str
    wanted: float
    repetitions: tuple[int, int]
    prepare: Callable[[Place], object]
    mine: Callable[[Place], Sample]
    other: Callable[[Place], Sample]
    parts: Callable[[Place], tuple[Part, ...]]

    def measure(self, place: Place, count: int, told: Callable[[Pair], None]) -> Comparison:
        """Return the figure, or the reason why there is none.

        Args:
            count: Of pairs; odd, so that ours comes last.
            told: Hears of each pair as soon as there is one.

        Raises:
            NoCluster: Our program fails: there is nothing to measure, here or after this.
        """
        pairs: tuple[Pair, ...] = ()
        parts: tuple[Part, ...] = ()
        fault = ""
        try:
            self.prepare(place)
            pairs = alternate(count, lambda: self.mine(place), lambda: self.other(place), told)
            parts = self.parts(place)
        except deploying.NoCluster:
            raise
        except KuberryError as error:
            fault = error.message
        return self.comparison(fault=fault).model_copy(update={"pairs": pairs, "parts": parts})

    def comparison(self, *, fault: str) -> Comparison:
        """Return the figure before anything was measured."""
        return Comparison(
            name=self.name,
            title=self.title,
            ours=self.ours,
            theirs=self.theirs,
            wanted=self.wanted,
            pairs=(),
            fault=fault,
        )


def _nothing(_place: Place) -> tuple[Part, ...]:
    return ()


def _cluster_with_ansible(place: Place) -> None:
    again.cluster(place)
    Ansible(place).set_up(deploying.HOSTS)


def _fan_out(count: int, *, wanted: float) -> Scenario:
    size = f"{fan_out.SIZE_BYTES // 1024**2} MiB"
    return Scenario(
        name=f"fan-out-{count}",
        title=f"{size} to {count} hosts, every link shaped to {fan_out.RATE_MBIT_S} Mbit/s",
        ours=f"{count} hosts, as deploy has them pass files on",
        theirs="one host",
        wanted=wanted,
        repetitions=(3, 1),
        prepare=fan_out.hosts,
        mine=lambda place: fan_out.ours(place, count),
        other=lambda place: fan_out.ours(place, 1),
        parts=lambda place: fan_out.star(place, count),
    )


SCENARIOS = (
    Scenario(
        name="deploy",
        title="Deploy three fresh hosts",
        ours=f"kuberry {' '.join(deploying.LINE)}",
        theirs="bench/peers/deploy.sh",
        wanted=1.10,
        repetitions=(3, 1),
        prepare=_nothing,
        mine=deploying.ours,
        other=deploying.theirs,
        parts=_nothing,
    ),
    Scenario(
        name="again",
        title="The same line again, nothing to do",
        ours=f"kuberry {' '.join(deploying.LINE)}",
        theirs=f"{len(deploying.HOSTS)} {_SIDE_BY_SIDE}",
        wanted=3.0,
        repetitions=(15, 5),
        prepare=again.cluster,
        mine=again.ours,
        other=lambda place: again.logins(place, deploying.HOSTS),
        parts=again.parts,
    ),
    Scenario(
        name="ansible",
        title="The same line again, against Ansible's re-run of the preparation alone",
        ours=f"kuberry {' '.join(deploying.LINE)}",
        theirs="ansible-playbook bench/peers/ansible/prepare.yml, nothing to do",
        wanted=0.10,
        repetitions=(3, 1),
        prepare=_cluster_with_ansible,
        mine=again.ours,
        other=lambda place: Ansible(place).measure(),
        parts=_nothing,
    ),
    Scenario(
        name="facts",
        title=f"Facts of {facts_of_many.COUNT} hosts",
        ours=f"kuberry {' '.join(facts_of_many.LINE)}",
        theirs=f"{facts_of_many.COUNT} {_SIDE_BY_SIDE}",
        wanted=2.0,
        repetitions=(9, 3),
        prepare=facts_of_many.hosts,
        mine=facts_of_many.ours,
        other=lambda place: again.logins(place, facts_of_many.HOSTS),
        parts=_nothing,
    ),
    Scenario(
        name="jobs",
        title=f"{jobs.COUNT} tasks of one second each, on three nodes",
        ours=f"kuberry {' '.join(jobs.LINE)}; kuberry job wait",
        theirs="bench/peers/jobs.sh: kubectl apply of the same Jobs in one file; kubectl wait",
        wanted=1.05,
        repetitions=(3, 1),
        prepare=again.cluster,
        mine=jobs.ours,
        other=jobs.theirs,
        parts=jobs.parts,
    ),
    _fan_out(fan_out.FEW, wanted=1.15),
    _fan_out(fan_out.MANY, wanted=1.3),
    Scenario(
        name="server",
        title=f"{2 * serving.REQUESTS} requests to a server: list runs, get a run",
        ours="kuberry serve --plain",
        theirs="bench/peers/bare.py: the same answers from bare FastAPI routes",
        wanted=2.0,
        repetitions=(9, 3),
        prepare=serving.prepare,
        mine=serving.ours,
        other=serving.theirs,
        parts=_nothing,
    ),
    Scenario(
        name="events",
        title=f"From the engine to {serving.FOLLOWERS} who follow: 99 of 100 events",
        ours="the 99th percentile of the delay",
        theirs=f"the {serving.ALLOWED_S} s that we allow ourselves, not measured",
        wanted=1.0,
        repetitions=(5, 1),
        prepare=serving.prepare,
        mine=serving.delay,
        other=serving.allowed,
        parts=_nothing,
    ),
)
