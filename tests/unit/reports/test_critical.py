"""The critical path of hand-made runs: it names what made them as long as they were."""

from __future__ import annotations

import itertools

from hypothesis import given
from hypothesis import strategies as st

from kuberry.model.document import StepState, StepStory
from kuberry.model.edges import ValueEdge
from kuberry.reports.critical import Waits, critical_path


def step(
    host: str,
    name: str,
    started_s: float,
    ended_s: float,
    *,
    plan: int = 0,
    state: StepState = "done",
) -> StepStory:
    """Make a step."""
    return StepStory(
        host=host,
        plan=plan,
        id=name,
        title=name,
        started_s=started_s,
        ended_s=ended_s,
        state=state,
    )


def edge(value: str, producer: str, consumer: str) -> ValueEdge:
    """Make an edge from ``red.init`` to ``red01.join``."""
    from_host, from_step = producer.split(".")
    to_host, to_step = consumer.split(".")
    return ValueEdge(
        value=value,
        producer=from_host,
        producer_step=from_step,
        consumer=to_host,
        consumer_step=to_step,
    )


def path(steps: list[StepStory], *edges: ValueEdge) -> list[tuple[str, float, float]]:
    """Return the critical path in few words."""
    links = critical_path(steps, {0: edges, 1: edges})
    return [(f"{one.host}.{one.step}", one.started_s, one.ended_s) for one in links]


TOKEN = edge("token", "red.init", "red01.join")
JOINED = edge("joined", "red01.join", "red.gate")


def test_alone_all_steps_are_critical() -> None:
    """One host: its steps, one after the other."""
    assert path([step("red", "a", 0, 2), step("red", "b", 2, 5)]) == [
        ("red.a", 0, 2),
        ("red.b", 2, 5),
    ]


def test_of_hosts_that_share_nothing_the_slowest_counts() -> None:
    """The other host's steps are nowhere in it."""
    steps = [step("red", "a", 0, 2), step("red01", "a", 0, 9), step("red02", "a", 0, 3)]

    assert path(steps) == [("red01.a", 0, 9)]


def test_who_waited_hands_on_to_whom_it_waited_for() -> None:
    """From the late value on the consumer counts, before that the producer and its past."""
    steps = [
        step("red", "files", 0, 3),
        step("red", "init", 3, 30),
        step("red", "ready", 30, 32),
        step("red01", "files", 0, 4),
        step("red01", "join", 4, 45),
    ]
    links = critical_path(steps, {0: (TOKEN,)})

    assert path(steps, TOKEN) == [
        ("red.files", 0, 3),
        ("red.init", 3, 30),
        ("red01.join", 30, 45),
    ]
    assert [one.because for one in links] == ["", "", "waited for token of red"]
    assert Waits(steps, {0: (TOKEN,)}).waited_s(steps[-1]) == 26


def test_a_value_that_was_there_in_time_is_no_wait() -> None:
    """The slow host was slow by itself: its own past counts, not the producer."""
    steps = [
        step("red", "init", 0, 30),
        step("red01", "files", 0, 40),
        step("red01", "join", 40, 50),
    ]

    assert path(steps, TOKEN) == [("red01.files", 0, 40), ("red01.join", 40, 50)]
    assert Waits(steps, {0: (TOKEN,)}).waited_s(steps[-1]) == 0


def test_the_path_crosses_between_hosts_as_often_as_values_do() -> None:
    """Init on one, join on the other, and back through a gate."""
    steps = [
        step("red", "init", 0, 10),
        step("red", "gate", 10, 25),
        step("red", "revoke", 25, 26),
        step("red01", "files", 0, 1),
        step("red01", "join", 1, 25),
        step("red01", "label", 25, 25.5),
    ]

    assert path(steps, TOKEN, JOINED) == [
        ("red.init", 0, 10),
        ("red01.join", 10, 25),
        ("red.gate", 25, 25),
        ("red.revoke", 25, 26),
    ]


def test_of_several_values_the_last_one_counts() -> None:
    """It is the one that let the step set out."""
    steps = [
        step("red", "init", 0, 10),
        step("red02", "share", 0, 12),
        step("red01", "join", 1, 15),
    ]
    late = edge("share", "red02.share", "red01.join")

    assert path(steps, TOKEN, late) == [("red02.share", 0, 12), ("red01.join", 12, 15)]
    assert path(steps, late, TOKEN) == path(steps, TOKEN, late)


def test_who_waits_for_a_host_that_fails_waits_for_its_failure() -> None:
    """The value never came; that it will not was known when the other host ended."""
    steps = [
        step("red", "files", 0, 8, state="failed"),
        step("red01", "files", 0, 1),
        step("red01", "join", 1, 8.5, state="failed"),
    ]

    assert path(steps, TOKEN) == [("red.files", 0, 8), ("red01.join", 8, 8.5)]


def test_a_run_that_was_cut_off_ends_with_what_was_under_way() -> None:
    """The step that never ended counts up to the end of what is known."""
    steps = [
        step("red", "files", 0, 3),
        step("red", "init", 3, 20, state="unfinished"),
        step("red01", "join", 1, 20, state="unfinished"),
    ]
    waits = Waits(steps, {0: (TOKEN,)})

    assert path(steps, TOKEN) == [("red.files", 0, 3), ("red.init", 3, 20)]
    assert waits.waited_s(steps[2]) == 19
    assert waits.waited_s(steps[1]) == 0


def test_a_plan_waits_for_all_of_the_plan_before() -> None:
    """What comes first in the second plan follows the slowest of the first, on whatever host."""
    steps = [
        step("red", "clean", 0, 4),
        step("red01", "clean", 0, 9),
        step("red", "forget", 10, 11, plan=1),
        step("red01", "forget", 10, 10.5, plan=1),
    ]

    assert path(steps) == [("red01.clean", 0, 9), ("red.forget", 10, 11)]


def test_of_what_is_done_beside_each_other_only_what_was_waited_for_counts() -> None:
    """Images that came late are on the path, and the programs that came meanwhile are not."""
    steps = [
        step("red", "containerd", 0, 2),
        step("red", "images-a", 2, 5),
        step("red", "kubeadm", 2, 3),
        step("red", "kubelet", 3, 4),
        step("red", "images", 4, 9.1),
        step("red", "images-b", 5, 9),
        step("red", "init", 9.1, 10),
    ]
    needs = edge("images:red", "red.images-b", "red.images")

    assert [name for name, *_ in path(steps, needs)] == [
        "red.containerd",
        "red.images-a",
        "red.images-b",
        "red.images",
        "red.init",
    ]


def test_nothing_has_no_path() -> None:
    """No steps, no links."""
    assert path([]) == []


def test_a_circle_ends() -> None:
    """Events that contradict each other, from a damaged journal, do not hang the reader."""
    steps = [step("red", "init", 0, 10), step("red01", "join", 5, 10)]
    back = edge("x", "red01.join", "red.init")

    assert len(path(steps, TOKEN, back)) == 2


@st.composite
def runs(draw: st.DrawFn) -> tuple[list[StepStory], list[ValueEdge]]:
    """Make up a run as the engine would do it: hosts in order, values waited for."""
    edges: list[ValueEdge] = []
    steps: dict[tuple[str, str], StepStory] = {}
    clock = {"a": 0.0, "b": 0.0, "c": 0.0}
    for number in range(draw(st.integers(1, 12))):
        host = draw(st.sampled_from("abc"))
        wanted = draw(st.sampled_from([None, *steps]))
        released = clock[host]
        if wanted is not None and wanted[0] != host:
            edges.append(edge(str(number), ".".join(wanted), f"{host}.s{number}"))
            released = max(released, steps[wanted].ended_s)
        ended = released + draw(st.integers(1, 9))
        steps[host, f"s{number}"] = step(host, f"s{number}", clock[host], ended)
        clock[host] = ended
    return list(steps.values()), edges


@given(runs())
def test_the_links_add_up_to_the_whole(run: tuple[list[StepStory], list[ValueEdge]]) -> None:
    """From 0 to the end of the last step, without gap or overlap, whatever the plan."""
    steps, edges = run
    links = critical_path(steps, {0: edges})

    assert links[0].started_s == 0
    assert links[-1].ended_s == max(one.ended_s for one in steps)
    for one, following in itertools.pairwise(links):
        assert one.ended_s == following.started_s


def play(**faster: float) -> list[StepStory]:
    """Play a deployment of two hosts in which the worker waits for a token."""
    work = {"red.files": 3.0, "red.init": 27.0, "red01.files": 4.0, "red01.join": 15.0}
    took = {name: work[name] - faster.get(name.replace(".", "_"), 0.0) for name in work}
    token_s = took["red.files"] + took["red.init"]
    return [
        step("red", "files", 0, took["red.files"]),
        step("red", "init", took["red.files"], token_s),
        step("red01", "files", 0, took["red01.files"]),
        step("red01", "join", took["red01.files"], token_s + took["red01.join"]),
    ]


def test_what_is_on_the_path_and_nothing_else_would_have_shortened_the_run() -> None:
    """A critical step that takes 1 s less ends the run 1 s earlier; any other ends it no sooner."""
    critical = {name for name, *_ in path(play(), TOKEN)}
    gains = {
        f"{one.host}.{one.id}": play()[-1].ended_s
        - play(**{f"{one.host}_{one.id}": 1.0})[-1].ended_s
        for one in play()
    }

    assert {name for name, gain in gains.items() if gain == 1} == critical
    assert {gain for name, gain in gains.items() if name not in critical} == {0}
