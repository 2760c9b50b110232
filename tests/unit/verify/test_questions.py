"""The questions in their order, against a stand-in for the API server."""

from __future__ import annotations

import asyncio

import pytest

import asked
from asked import HOSTS, StandIn, outcomes, result, sight
from kuberry.errors import ApiRefused, ApiUnreachable
from kuberry.kube.objects import Pod, Service
from kuberry.model.event import AnyEvent, Notice
from kuberry.model.finding import Outcome
from kuberry.verify import manifests, namespace, network, pods, questions, workloads
from kuberry.verify.ledger import Ledger
from kuberry.verify.questions import Asked, ask
from kuberry.verify.sight import Sight

PAIRS = {f"{a}→{b}" for a in HOSTS for b in HOSTS if a != b}


@pytest.fixture(autouse=True)
def _no_waiting(monkeypatch: pytest.MonkeyPatch) -> None:
    """Have every wait end at once, and every port answer from outside."""
    monkeypatch.setattr(pods, "START_S", 0.0)
    monkeypatch.setattr(questions, "_PAUSE_S", 0.0)
    monkeypatch.setattr(pods, "LOG_S", 0.0)
    monkeypatch.setattr(workloads, "ROLLOUT_S", 0.05)
    monkeypatch.setattr(workloads, "CLAIM_S", 0.05)
    monkeypatch.setattr(workloads, "_PAUSE_S", 0.01)
    monkeypatch.setattr(namespace, "_DELETE_S", 0.05)
    monkeypatch.setattr(namespace, "_PAUSE_S", 0.01)

    async def answer(_address: str, _port: int, _wanted: str) -> str:
        return ""

    monkeypatch.setattr(network, "_ask", answer)


async def _asked(server: StandIn, seen: Sight | None = None) -> Ledger:
    ledger = Ledger()
    whom = Asked(server, ledger, {}, _heard.append, settle_s=0.0)  # type: ignore[arg-type]
    await ask(whom, seen or sight())
    return ledger


_heard: list[AnyEvent] = []


async def test_everything_is_asked_and_all_is_removed() -> None:
    """Every node, every pair; storage and DNS are absent, not ok; the namespace is deleted."""
    server = StandIn()
    ledger = await _asked(server)

    assert outcomes(ledger, Outcome.FAIL) | outcomes(ledger, Outcome.SKIPPED) == set()
    assert outcomes(ledger, Outcome.ABSENT) == {
        ("system.pods", None),
        ("storage.claim", None),
        ("dns.lookup", None),
    }
    ok = outcomes(ledger, Outcome.OK)
    for probe in ("pods.start", "pods.logs", "pods.exec", "network.clusterip", "network.nodeport"):
        assert {where for name, where in ok if name == probe} == {*HOSTS}
    assert {where for name, where in ok if name == "network.pods"} == PAIRS
    assert await server.namespaces(manifests.LABEL) == ()


async def test_an_image_that_is_gone() -> None:
    """It is known at once; what needs that pod is skipped, the rest is asked."""
    server = StandIn()
    server.asleep["red01"] = "ErrImageNeverPull: not present"
    ledger = await _asked(server)

    assert outcomes(ledger, Outcome.FAIL) == {("pods.start", "red01")}
    assert "kuberry deploy" in result(ledger, "pods.start").remedy
    skipped = outcomes(ledger, Outcome.SKIPPED)
    assert {where for name, where in skipped if name == "network.pods"} == {
        pair for pair in PAIRS if "red01" in pair.split("→")
    }
    assert ("pods.logs", "red01") in skipped
    assert ("workloads.rollout", None) in outcomes(ledger, Outcome.OK)


async def test_a_kubelet_that_has_just_started(monkeypatch: pytest.MonkeyPatch) -> None:
    """It has not read the services yet, and says so as an error; a moment later the pod runs."""
    monkeypatch.setattr(pods, "START_S", 60.0)
    monkeypatch.setattr(pods, "_PAUSE_S", 0.0)

    class Late(StandIn):
        async def pods(self, namespace: str) -> tuple[Pod, ...]:
            seen = await super().pods(namespace)
            if namespace != "kube-system":
                self.asleep.clear()
            return seen

    server = Late()
    server.asleep["red01"] = "CreateContainerConfigError: services have not yet been read"

    assert outcomes(await _asked(server), Outcome.FAIL) == set()


async def test_a_service_that_leads_nowhere_yet() -> None:
    """The controller manager takes its time after it lost its place: nobody asks before that."""
    server = StandIn()
    server.late_endpoints = 3

    assert outcomes(await _asked(server), Outcome.FAIL) == set()
    assert server.looks_for_endpoints == 4


async def test_a_service_that_never_leads_anywhere(monkeypatch: pytest.MonkeyPatch) -> None:
    """It is asked all the same, and what it answers is judged."""
    monkeypatch.setattr(questions, "_ENDPOINT_S", 0.05)
    server = StandIn()
    server.late_endpoints, server.wrong = 10**9, "nothing"

    failed = outcomes(await _asked(server), Outcome.FAIL)
    assert failed == {("network.clusterip", name) for name in HOSTS}


async def test_a_pod_that_does_not_start() -> None:
    """The warning about it is the reason."""
    server = StandIn()
    server.asleep["red02"] = ""
    ledger = await _asked(server)

    assert outcomes(ledger, Outcome.FAIL) == {("pods.start", "red02")}
    assert "FailedMount: no way" in result(ledger, "pods.start").detail


async def test_no_pod_starts_at_all() -> None:
    """Whatever needs one says so; nothing is passed over in silence."""
    server = StandIn()
    server.asleep = dict.fromkeys(HOSTS, "ErrImageNeverPull: not present")
    ledger = await _asked(server)

    assert outcomes(ledger, Outcome.FAIL) == {("pods.start", name) for name in HOSTS}
    skipped = {name for name, _ in outcomes(ledger, Outcome.SKIPPED)}
    assert skipped >= {"network.pods", "network.clusterip", "workloads.rollout", "storage.claim"}


async def test_a_node_that_is_dead_gets_no_pod() -> None:
    """It would only be waited for."""
    server = StandIn()
    await _asked(server, sight(kubelets=dict.fromkeys(HOSTS, "") | {"red01": "refused"}))

    assert ("Pod", "on-red01") not in server.objects
    rollout = server.objects["Deployment", "rollout"]["spec"]["template"]["spec"]
    assert "red01" not in str(rollout["affinity"])


async def test_a_pod_that_obeys_no_command() -> None:
    """Its own questions are skipped; those of others about it are asked."""
    server = StandIn()
    server.mute["red01"] = ApiUnreachable("no answer in time")
    ledger = await _asked(server)

    assert outcomes(ledger, Outcome.FAIL) == {("pods.exec", "red01")}
    assert ("network.clusterip", "red01") in outcomes(ledger, Outcome.SKIPPED)


async def test_a_pair_that_is_cut() -> None:
    """The direction is told; a service through that pair is skipped, others are fine."""
    server = StandIn()
    server.lost = {("red01", "red02")}
    ledger = await _asked(server)

    assert outcomes(ledger, Outcome.FAIL) == {("network.pods", "red01→red02")}
    assert outcomes(ledger, Outcome.SKIPPED) == set()


async def test_a_host_that_is_cut_off_is_one_failure() -> None:
    """Its pairs follow from it, and so do services through it."""
    server = StandIn()
    server.lost = {pair for a in HOSTS for pair in (("red02", a), (a, "red02"))}
    ledger = await _asked(server)

    assert outcomes(ledger, Outcome.FAIL) == {("network.pods", "red02")}
    assert ("network.clusterip", "red02") in outcomes(ledger, Outcome.SKIPPED)
    assert ("network.pods", "red→red01") in outcomes(ledger, Outcome.OK)


async def test_nobody_is_named_when_all_are_cut_off() -> None:
    """Where no pair works, no single host is to blame: every pair is told."""
    server = StandIn()
    server.lost = {(a, b) for a in HOSTS for b in HOSTS}
    ledger = await _asked(server)

    assert outcomes(ledger, Outcome.FAIL) == {("network.pods", pair) for pair in PAIRS}


async def test_a_service_that_answers_wrong() -> None:
    """The answer is told, and who should have given it."""
    server = StandIn()
    server.wrong = "wget: can't connect"
    ledger = await _asked(server)

    assert outcomes(ledger, Outcome.FAIL) == {("network.clusterip", name) for name in HOSTS}
    assert "red should" in result(ledger, "network.clusterip").detail


@pytest.mark.parametrize(
    ("answer", "ok"), [("10.96.0.1", True), ("10.96.0.10", False), ("", False)]
)
async def test_cluster_dns(answer: str, ok: bool) -> None:  # noqa: FBT001
    """The address must be the right one, as a whole word."""
    server = StandIn()
    server.dns = answer
    ledger = await _asked(server, sight(services=(Service("kube-dns", "10.96.0.10"),)))
    expected = {("dns.lookup", name) for name in HOSTS}

    assert outcomes(ledger, Outcome.FAIL) == (set() if ok else expected)


async def test_a_rollout_that_does_not_come() -> None:
    """The cluster's own warning is the reason."""
    server = StandIn()
    server.rolled_out = 1
    ledger = await _asked(server)

    assert outcomes(ledger, Outcome.FAIL) == {("workloads.rollout", None)}
    assert "FailedScheduling: full" in result(ledger, "workloads.rollout").detail


@pytest.mark.parametrize(
    ("phase", "problem"), [("Failed", "failed: disk full"), ("Pending", "not done")]
)
async def test_a_claim_that_fails(phase: str, problem: str) -> None:
    """Where there is a default class, it must work."""
    server = StandIn()
    server.claimed = asked.pod("claim", "red01", phase=phase, ready=False, problem="disk full")
    ledger = await _asked(server, sight(storage_class="fast"))

    assert outcomes(ledger, Outcome.FAIL) == {("storage.claim", None)}
    assert problem in result(ledger, "storage.claim").detail
    assert "fast" in result(ledger, "storage.claim").remedy


async def test_a_claim_that_works() -> None:
    """What was written is read again."""
    ledger = await _asked(StandIn(), sight(storage_class="fast"))

    assert ("storage.claim", None) in outcomes(ledger, Outcome.OK)


async def test_what_an_earlier_check_left_is_removed_first() -> None:
    """And the user is told."""
    server = StandIn()
    server.left = ("kuberry-verify-old",)
    _heard.clear()
    await _asked(server)

    assert server.deleted[0] == "kuberry-verify-old"
    assert [one.message for one in _heard if isinstance(one, Notice)] == [
        "kuberry-verify-old, left behind by an earlier check, is removed"
    ]


async def test_a_check_that_is_cancelled_removes_its_namespace() -> None:
    """Ctrl-C is a cancellation."""
    server = StandIn()
    server.rolled_out = 0
    async with asyncio.timeout(5):
        task = asyncio.create_task(_asked(server))
        await server.rollout_made.wait()
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task

    assert await server.namespaces(manifests.LABEL) == ()


@pytest.mark.parametrize("method", ["create", "pods"])
async def test_an_api_server_that_stops_answering(method: str) -> None:
    """The error goes up, and the namespace is asked to be deleted all the same."""
    server = StandIn()
    server.broken[method] = ApiUnreachable("gone")
    with pytest.raises((ApiUnreachable, ExceptionGroup)):
        await _asked(server)

    assert len(server.deleted) == 1


async def test_a_namespace_that_stays_is_said() -> None:
    """What could not be cleaned up is a failure with a line to type."""
    server = StandIn()
    server.broken["delete_namespace"] = ApiRefused("forbidden", status=403)
    ledger = await _asked(server)

    assert outcomes(ledger, Outcome.FAIL) == {("verify.cleanup", None)}
    assert "delete namespace kuberry-verify-" in result(ledger, "verify.cleanup").remedy
