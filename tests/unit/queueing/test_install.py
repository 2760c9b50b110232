"""A queue is installed through a stand-in for the API server (tests/shared/kueue_server.py)."""

from __future__ import annotations

import copy

import pytest

import queue_laws
from kuberry.errors import ApiRefused, ApiUnreachable, PreflightFailed, VerifyFailed
from kuberry.kube.client import Kube
from kuberry.model.event import AnyEvent, Notice, Phase, ignore
from kuberry.model.queue import ControllerStatus
from kuberry.queueing import apply, rollout, use
from kuberry.queueing.install import install
from kuberry.queueing.queue import Queue
from kueue_server import RELEASE, KueueServer
from queued import node


@pytest.fixture(autouse=True)
def _at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    """Have no pauses: the stand-in needs no time, only looks."""
    for room in (apply, rollout):
        monkeypatch.setattr(room, "_PAUSE_S", 0.0)


async def _installed(kube: Kube, timeout_s: float = 30.0) -> None:
    await install(kube, {}, RELEASE, timeout_s=timeout_s, emit=ignore)


async def test_it_comes_and_the_same_line_changes_nothing() -> None:
    """Definitions, then the rest, then the queues; each told as it begins."""
    server, events = KueueServer(), list[AnyEvent]()
    async with server.kube() as kube:
        report = await queue_laws.it_comes_and_is_left_alone(kube, {}, RELEASE, events.append)

    first = [one.object for one in report.changes]
    assert first[0].startswith("CustomResourceDefinition")
    assert first.index("Deployment kueue-system/kueue-controller-manager") == len(RELEASE) - 1
    assert first[-1] == "LocalQueue kuberry-jobs/kuberry"
    (one,) = report.plan.classes
    assert one.cpu_millicores == 4000 - 100, "what the controller requests is not for jobs"
    phases = [one.name for one in events if isinstance(one, Phase)]
    assert phases == ["definitions", "kueue", "controller", "queues"] * 2


async def test_a_task_without_room_waits_and_says_why() -> None:
    """With Kueue's own words; an array is not kept back until all of it has room."""
    async with KueueServer().kube() as kube:
        await _installed(kube)
        await queue_laws.what_has_no_room_waits_and_says_why(kube, "i")


async def test_a_heartbeat_of_a_node_is_no_change() -> None:
    """Its status is written all the time by its kubelet."""
    server = KueueServer()
    async with server.kube() as kube:
        await _installed(kube)
        answer = server.answer

        def beat(request: object) -> object:
            number = len(server.asked)
            server.kept["/api/v1/nodes/a"]["metadata"]["resourceVersion"] = str(number)
            server.kept["/api/v1/nodes/a"]["status"]["n"] = number
            return answer(request)  # type: ignore[arg-type]

        server.answer = beat  # type: ignore[assignment, method-assign]
        async with server.kube() as another:
            report = await install(another, {}, RELEASE, timeout_s=30, emit=ignore)

    assert report.outcome == "unchanged"


async def test_what_comes_a_moment_later_is_waited_for() -> None:
    """Kinds that the server has not listed yet, and webhooks whose pod has just become ready."""
    server = KueueServer()
    server.early = [2, 3]
    async with server.kube() as kube:
        report = await install(kube, {}, RELEASE, timeout_s=30, emit=ignore)

    assert (report.outcome, server.early) == ("done", [0, 0])


async def test_what_never_comes_is_told_with_its_object(monkeypatch: pytest.MonkeyPatch) -> None:
    """A kind that nobody defines, a webhook that nobody answers."""
    monkeypatch.setattr(apply, "_EARLY_S", 0.02)
    for early, what in (([10**6, 0], "knows no ResourceFlavor"), ([0, 10**6], "failed calling")):
        server = KueueServer()
        server.early = early
        async with server.kube() as kube:
            with pytest.raises(ApiRefused, match=f"ResourceFlavor kuberry-arm64: .*{what}"):
                await _installed(kube)


async def test_a_new_node_changes_its_label_and_the_quota_alone() -> None:
    """And Kueue's own objects stay as they are."""
    server = KueueServer()
    async with server.kube() as kube:
        await _installed(kube)
        server.kept["/api/v1/nodes/b"] = node("b")
        report = await install(kube, {}, (), timeout_s=30, emit=ignore)

    changed = {one.object: one.change for one in report.changes}
    assert changed == {"Node b": "changed", "ClusterQueue kuberry": "changed"}


async def test_an_image_that_cannot_be_had_is_told_at_once_and_at_the_end() -> None:
    """With what to do; what was applied stays, and the same line goes on from there."""
    server, events = KueueServer(pulls=False), list[AnyEvent]()
    async with server.kube() as kube:
        with pytest.raises(VerifyFailed, match="ImagePullBackOff: Back-off") as error:
            await install(kube, {}, RELEASE, timeout_s=0.05, emit=events.append)
        notices = [one for one in events if isinstance(one, Notice)]
        told = (await use.status(kube)).problem
        server.pulls = True
        report = await install(kube, {}, RELEASE, timeout_s=30, emit=ignore)

    assert "registry.k8s.io/kueue/kueue:v0.0.0" in error.value.remedy
    assert [("ImagePullBackOff" in one.message) for one in notices] == [True]
    assert "ImagePullBackOff" in told
    assert {one.object.partition(" ")[0] for one in report.changes} == {
        "Node",
        "Namespace",
        "ResourceFlavor",
        "ClusterQueue",
        "LocalQueue",
    }


async def test_definitions_that_never_come_are_told(monkeypatch: pytest.MonkeyPatch) -> None:
    """Nothing that needs them is applied."""
    server = KueueServer(looks=10**9)
    monkeypatch.setattr(rollout, "_ESTABLISHED_S", 0.05)
    async with server.kube() as kube:
        with pytest.raises(VerifyFailed, match="is not established"):
            await _installed(kube)

    assert server.kinds("Deployment") == []


async def test_what_another_has_set_is_not_taken_from_them() -> None:
    """A quota that somebody changed by hand is refused with its object, not overwritten."""
    server = KueueServer()
    path = "/apis/kueue.x-k8s.io/v1beta2/clusterqueues/kuberry"
    async with server.kube() as kube:
        await _installed(kube)
        theirs = copy.deepcopy(server.kept[path])
        theirs["spec"]["resourceGroups"][0]["flavors"][0]["resources"][0]["nominalQuota"] = "1"
        theirs["metadata"]["managedFields"] = ["kubectl-edit"]
        server.kept[path] = theirs
        with pytest.raises(ApiRefused, match=r"ClusterQueue kuberry: .*kubectl-edit") as error:
            await install(kube, {}, (), timeout_s=30, emit=ignore)

    assert "put it back" in error.value.remedy
    assert server.kept[path] == theirs


async def test_an_old_cluster_is_refused_and_nothing_is_applied() -> None:
    """Whatever file is named."""
    server = KueueServer("v1.20.2")
    async with server.kube() as kube:
        with pytest.raises(PreflightFailed, match=r"1\.29 or newer.* has 1\.20"):
            await _installed(kube)

    assert {method for method, _ in server.asked} == {"GET"}


async def test_where_jobs_go() -> None:
    """To the queue alone that is ours: a Kueue without it would have them wait for ever."""
    server = KueueServer()
    async with server.kube() as kube:
        queue, before = Queue(kube), await use.status(kube)
        found = [await queue.queueing()]
        await _installed(kube)
        del server.kept["/apis/kueue.x-k8s.io/v1beta2/namespaces/kuberry-jobs/localqueues/kuberry"]
        found.append(await queue.queueing())
        without = await use.status(kube)
        await install(kube, {}, (), timeout_s=30, emit=ignore)
        found.append(await queue.queueing())

    assert found == ["no-kueue", "no-queue", "queued"]
    assert (before.ready, before.api, before.problem) == (False, None, "this cluster has no Kueue")
    assert "no LocalQueue" in without.problem


async def test_a_kueue_that_does_not_work_hides_no_job() -> None:
    """Its webhook tells Workloads and queues in other versions; without it they are not told."""
    server = KueueServer()
    async with server.kube() as kube:
        await _installed(kube)
        await Queue(kube).submit(queue_laws.wish("big", "i", cpus="999"), queueing="queued")
        server.converts = False
        server.pulls = False
        (job,) = await Queue(kube).statuses()
        status = await use.status(kube)

    assert "Kueue has not looked at it yet" in job.tasks[0].why
    assert (status.ready, status.classes) == (False, ())
    assert "ImagePullBackOff" in status.problem


async def test_definitions_without_a_controller_are_told_at_once() -> None:
    """There is nothing to wait for, and nothing of ours is applied."""
    server = KueueServer()
    async with server.kube() as kube:
        await _installed(kube)
        del server.kept[
            "/apis/apps/v1/namespaces/kueue-system/deployments/kueue-controller-manager"
        ]
        server.asked.clear()
        with pytest.raises(VerifyFailed, match="no Deployment kueue-system"):
            await install(kube, {}, (), timeout_s=10**6, emit=ignore)

    assert {method for method, _ in server.asked} == {"GET"}


def test_each_reason_has_its_own_way_out() -> None:
    """No room, an end of its own, and what nobody knows."""
    remedies = [
        rollout.remedy_for(ControllerStatus(ready=False, problem=problem))
        for problem in ("Unschedulable: 0/1 nodes", "CrashLoopBackOff: x", "its pod is there")
    ]

    assert "room" in remedies[0]
    assert "logs deployment" in remedies[1]
    assert "describe pods" in remedies[2]


async def test_a_silent_api_server_is_waited_for(monkeypatch: pytest.MonkeyPatch) -> None:
    """A small host unpacks the image meanwhile; it is told, and its answer ends the waiting."""
    server, events, silent = KueueServer(), list[AnyEvent](), [True]
    known = rollout.controller

    async def controller(kube: Kube) -> ControllerStatus:
        if silent and silent.pop():
            raise ApiUnreachable("no answer in time", host="red")
        return await known(kube)

    monkeypatch.setattr(rollout, "controller", controller)
    async with server.kube() as kube:
        report = await install(kube, {}, RELEASE, timeout_s=30, emit=events.append)

    assert report.outcome == "done"
    assert next(one.message for one in events if isinstance(one, Notice)).endswith("in time")
