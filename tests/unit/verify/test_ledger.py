"""Root causes are told from what follows from them, by data."""

from __future__ import annotations

import pytest

from kuberry.model.finding import Outcome
from kuberry.verify.graph import KINDS
from kuberry.verify.ledger import CLUSTER, Ledger, Place, at, between


def test_each_probe_rests_on_earlier_ones() -> None:
    """So there is no circle, and the order of the list is an order to ask in."""
    known: set[str] = set()
    for kind in KINDS:
        assert known >= {*kind.here, *kind.anywhere}, kind.id
        known.add(kind.id)
    assert len(known) == len(KINDS)


@pytest.mark.parametrize(
    ("failed", "asked", "follows"),
    [
        (at("red"), at("red"), True),
        (at("red"), at("red01"), False),
        (at("red"), between("red", "red01"), True),
        (at("red"), between("red01", "red"), True),
        (at("red"), between("red01", "red02"), False),
        (at("red"), CLUSTER, False),
        (at("red"), at("red01").through("red"), True),
        (CLUSTER, at("red"), True),
    ],
)
def test_a_failure_concerns_what_touches_its_hosts(
    failed: Place,
    asked: Place,
    follows: bool,  # noqa: FBT001
) -> None:
    """A pair follows from either of its hosts, a service from the host its pod is on."""
    ledger = Ledger()
    ledger.fail("pods.start", failed, "no", "do")
    ledger.judge("network.pods", asked, "", "")

    (_, last) = ledger.results()
    assert last.outcome is (Outcome.SKIPPED if follows else Outcome.OK)
    assert last.cause == ("pods.start" if follows else None)


def test_the_pair_that_fails_takes_both_directions() -> None:
    """An answer needs the way back."""
    ledger = Ledger()
    ledger.fail("network.routes", between("red", "red01"), "no route", "do")

    assert ledger.skip("network.pods", between("red01", "red"))
    assert not ledger.skip("network.pods", between("red", "red02"))


def test_some_failures_concern_everything() -> None:
    """Without a control plane nothing is rolled out anywhere."""
    ledger = Ledger()
    ledger.fail("system.control-plane", at("red"), "no scheduler", "do")

    assert ledger.skip("workloads.rollout", CLUSTER)


def test_the_cause_goes_through_what_was_skipped() -> None:
    """What follows from a consequence names the root cause, and where that is."""
    ledger = Ledger()
    ledger.fail("nodes.kubelet", at("red"), "refused", "start it")
    ledger.fail("nodes.ready", at("red"), "not Ready", "look")
    ledger.judge("pods.start", at("red"), "", "")
    ledger.judge("network.pods", between("red01", "red"), "nothing came", "look")

    results = ledger.results()
    assert [one.outcome for one in results].count(Outcome.FAIL) == 1
    assert {one.cause for one in results[1:]} == {"nodes.kubelet"}
    assert {one.detail for one in results[1:]} == {"because of nodes.kubelet (red)"}


def test_a_failure_is_a_better_reason_than_a_consequence() -> None:
    """Where both explain, the failure is named, whichever came first."""
    ledger = Ledger()
    ledger.fail("nodes.set", at("red"), "missing", "join")
    ledger.skip("nodes.version", at("red"))
    ledger.fail("nodes.api", at("red"), "timeout", "look")
    ledger.skip("nodes.ready", at("red"))

    assert {one.id: one.cause for one in ledger.results() if one.cause} == {
        "nodes.version": "nodes.set",
        "nodes.ready": "nodes.set",
    }


def test_the_latest_answer_counts() -> None:
    """A server that stopped answering in the middle is not ready, whatever it said before."""
    ledger = Ledger()
    ledger.ok("api.ready", at("red"))
    ledger.fail("api.ready", at("red"), "silent", "look")

    (one,) = ledger.results()
    assert one.outcome is Outcome.FAIL
    assert not ledger.is_ok("api.ready", at("red"))


def test_what_is_ok_nowhere_is_the_reason() -> None:
    """A Deployment needs one node on which pods start; the first failure is named."""
    ledger = Ledger()
    ledger.fail("pods.start", at("red"), "no image", "deploy")
    ledger.skip_for_want_of("pods.start", "workloads.rollout")
    ledger.skip_for_want_of("pods.logs", "storage.claim")

    assert [(one.id, one.cause) for one in ledger.results() if one.cause] == [
        ("workloads.rollout", "pods.start")
    ]


def test_results_come_by_kind_and_place() -> None:
    """Whoever answered first."""
    ledger = Ledger(clock=iter([0.0, 1.25, 2.0, 3.0]).__next__)
    ledger.ok("pods.start", at("red01"))
    ledger.ok("api.ready", at("red"))
    ledger.ok("pods.start", at("red"))

    assert [(one.id, one.where, one.duration_s) for one in ledger.results()] == [
        ("api.ready", "red", 2.0),
        ("pods.start", "red", 3.0),
        ("pods.start", "red01", 1.25),
    ]
