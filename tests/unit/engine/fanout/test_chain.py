"""Who gives what to whom, whatever breaks."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kuberry.engine.fanout.chain import CONTROLLER, Chain, Piece

NAMES = ("red", "red01", "red02", "red03")
MIB = 1024 * 1024


def _chain(*names: str, receivers: tuple[str, ...] = NAMES) -> Chain:
    """Return a chain of *names* with one piece, and everybody told where to take it from."""
    chain = Chain([Piece("x", 100 * MIB, receivers)])
    for name in names or NAMES:
        chain.join(name)
    chain.changes()
    return chain


def _sources(chain: Chain) -> dict[str, str]:
    chain.changes()
    return {host: source for (host, _), source in chain.sources.items()}


def test_each_takes_from_the_one_before_it() -> None:
    """The first takes from the controller, the others from their neighbours."""
    assert _sources(_chain()) == {
        "red": CONTROLLER,
        "red01": "red",
        "red02": "red01",
        "red03": "red02",
    }


def test_only_receivers_of_a_piece_give_it() -> None:
    """A host that is not to have a piece is passed over."""
    chain = _chain(receivers=("red", "red02", "red03"))

    assert _sources(chain) == {"red": CONTROLLER, "red02": "red", "red03": "red02"}


def test_nobody_is_told_twice() -> None:
    """What has not changed is not said again."""
    assert _chain().changes() == ()


def test_who_follows_a_dead_host_takes_from_the_one_before_it() -> None:
    """A dead host in the middle costs its follower a new source, and nobody else anything."""
    chain = _chain()
    chain.leave("red01")

    assert [(one.host, one.source) for one in chain.changes()] == [("red02", "red")]


def test_the_second_follows_a_dead_head() -> None:
    """Without the first, the next one is fed by the controller."""
    chain = _chain()
    chain.leave("red")

    assert _sources(chain)["red01"] == CONTROLLER


def test_a_slow_host_is_served_last() -> None:
    """It takes from the last of all; the one behind it goes on with the one before it."""
    chain = _chain()
    chain.cut("red01")

    assert _sources(chain) == {
        "red": CONTROLLER,
        "red02": "red",
        "red03": "red02",
        "red01": "red03",
    }


def test_a_host_that_has_it_whole_spares_the_controller() -> None:
    """After a broken run the first host takes from whoever has it, wherever that one stands."""
    chain = Chain([Piece("x", MIB, NAMES)])
    chain.finished("red02", "x")
    for name in NAMES:
        chain.join(name)

    assert _sources(chain) == {"red": "red02", "red01": "red", "red03": "red02"}


def test_a_head_that_is_fed_is_fed_to_its_end() -> None:
    """The last may have proven what it has a moment before the first."""
    chain = _chain()
    chain.finished("red03", "x")

    assert _sources(chain)["red"] == CONTROLLER


def test_a_neighbour_that_is_never_met_is_passed_over() -> None:
    """Behind a firewall of one host, its follower takes from the host before it."""
    chain = _chain()
    chain.progressed("red01", "x", MIB)
    chain.broke("red02", "x", met=False)

    assert _sources(chain)["red02"] == "red"
    assert chain.alone == set()


def test_where_hosts_never_meet_the_controller_serves_all() -> None:
    """With clients isolated from each other, one try is enough for each."""
    chain = _chain()
    for name in NAMES[1:]:
        chain.broke(name, "x", met=False)

    assert set(_sources(chain).values()) == {CONTROLLER}


def test_a_host_that_meets_two_in_vain_is_served_by_the_controller() -> None:
    """It is not sent from one to the next for ever."""
    chain = _chain()
    chain.progressed("red01", "x", MIB)
    chain.broke("red03", "x", met=False)
    chain.changes()
    chain.broke("red03", "x", met=False)

    assert _sources(chain)["red03"] == CONTROLLER


def test_a_lost_connection_is_tried_again_a_few_times() -> None:
    """Twice the same source is given again; after the third time another one."""
    chain = _chain()
    chain.progressed("red01", "x", MIB)
    found = []
    for _ in range(3):
        chain.broke("red02", "x", met=True)
        found.append(_sources(chain)["red02"])

    assert found == ["red01", "red01", "red"]


def test_wrong_bytes_of_a_proven_host_are_taken_from_another() -> None:
    """A link that spoils what a whole host gives is not used again."""
    chain = _chain()
    chain.finished("red01", "x")
    chain.was_bad("red02", "x")

    assert _sources(chain)["red02"] == "red"


def test_wrong_bytes_passed_on_are_forgotten_behind() -> None:
    """All who took them from there forget them, too, and take them from there again."""
    chain = _chain()
    for name in NAMES:
        chain.progressed(name, "x", MIB)

    assert chain.was_bad("red01", "x") == ("red02", "red03")
    assert [chain.have(name, "x") for name in NAMES] == [MIB, 0, 0, 0]
    told = {one.host: one.source for one in chain.changes()}
    assert told == {"red01": "red", "red02": "red01", "red03": "red02"}


def test_bytes_that_stay_wrong_are_given_up() -> None:
    """The third time the controller is asked; after that the upload has to say why."""
    chain = _chain()
    for _ in range(3):
        chain.was_bad("red02", "x")
    assert _sources(chain)["red02"] == CONTROLLER
    chain.was_bad("red02", "x")

    assert chain.given_up == {("red02", "x")}
    assert not chain.lacks("red02")
    assert "red02" not in _sources(chain).values()


def test_one_that_comes_back_gives_only_what_it_takes_anew() -> None:
    """What it had before may have been made use of: it is asked for that no more."""
    chain = _chain()
    chain.finished("red01", "x")
    chain.leave("red01")
    chain.join("red01")

    assert _sources(chain) == {"red": CONTROLLER, "red02": "red", "red03": "red02"}


def test_bytes_are_counted_by_who_gave_them() -> None:
    """Each host's bytes are those of its sources together; what was there came from nobody."""
    chain = Chain([Piece("x", 100, ("red", "red01"))])
    chain.progressed("red01", "x", 10)
    chain.join("red")
    chain.join("red01")
    chain.changes()
    chain.progressed("red01", "x", 40)
    chain.leave("red")
    chain.changes()
    chain.finished("red01", "x")

    assert chain.received("red01", "x") == {"red": 30, CONTROLLER: 60}


EVENTS = st.lists(
    st.tuples(
        st.sampled_from(("leave", "cut", "met", "unmet", "bad", "whole")), st.sampled_from(NAMES)
    ),
    max_size=20,
)


@pytest.mark.parametrize("known", [False, True])
@given(events=EVENTS)
def test_whatever_breaks_everybody_hangs_on_the_controller_or_on_a_whole_host(
    events: list[tuple[str, str]], *, known: bool
) -> None:
    """No host waits for itself, in a circle, or for one that has left."""
    chain = _chain()
    if known:
        chain.progressed("red01", "x", MIB)
    for what, host in events:
        if host in chain.order and not chain.is_whole(host, "x"):
            _happen(chain, what, host)
            sources = _sources(chain)
            for start in sources:
                end = _end_of_way(sources, start)
                assert end == CONTROLLER or (end in chain.order and chain.is_whole(end, "x"))


def _happen(chain: Chain, what: str, host: str) -> None:
    match what:
        case "leave":
            chain.leave(host)
        case "cut":
            chain.cut(host)
        case "met" | "unmet":
            chain.broke(host, "x", met=what == "met")
        case "bad":
            chain.was_bad(host, "x")
        case _:
            chain.finished(host, "x")


def _end_of_way(sources: dict[str, str], start: str) -> str:
    """Return who gives first what comes to *start*; a circle is none."""
    seen, at = {start}, sources[start]
    while at in sources:
        assert at not in seen
        seen.add(at)
        at = sources[at]
    return at
