"""What became of a job, by what the API server answers."""

from __future__ import annotations

from typing import Any

import pytest

from kuberry.model.job import JobStatus, JobWish, Script
from kuberry.queueing import manifests, read
from kuberry.queueing.manifests import FINISHED_INDEX, INDEX, JOB

Answer = dict[str, Any]


def wish(array: tuple[int, int] | None = None) -> JobWish:
    """Return a wish."""
    return JobWish(name="pi", command=("true",), image="i", array=array)


def job(index: int | None = None, condition: str = "", **status: str) -> Answer:
    """Return a Job of one task."""
    ended = {"type": condition, "status": "True", "reason": "BackoffLimitExceeded"}
    labels = {JOB: "pi"} | ({} if index is None else {INDEX: str(index)})
    conditions = [ended] if condition else []
    return {
        "metadata": {"labels": labels},
        "spec": {},
        "status": {"conditions": conditions} | status,
    }


def indexed(condition: str = "", **status: str) -> Answer:
    """Return an indexed Job."""
    return job(None, condition, **status) | {"spec": {"completionMode": "Indexed"}}


def pod(
    name: str, phase: str, index: int | None = None, container: Any = None, **status: Any
) -> Answer:
    """Return a pod; its name says when it was made, too."""
    labels = {JOB: "pi"} | ({} if index is None else {INDEX: str(index)})
    containers = {} if container is None else {"containerStatuses": [{"state": container}]}
    return {
        "metadata": {"name": name, "labels": labels, "creationTimestamp": name},
        "spec": {"nodeName": "red01"},
        "status": {"phase": phase} | containers | status,
    }


def ended(exit_status: int, at: str = "2026-01-01T00:00:00Z", reason: str = "") -> Answer:
    """Return the state of a container that has ended."""
    return {"terminated": {"exitCode": exit_status, "finishedAt": at, "reason": reason}}


def of(array: tuple[int, int] | None, jobs: list[Answer], *pods: Answer) -> JobStatus:
    """Return what became of the job."""
    return read.status(manifests.head(wish(array)), jobs, pods)


def test_the_head_holds_the_whole_wish() -> None:
    """With the script, as it was."""
    one = wish((1, 3)).model_copy(update={"script": Script(name="a.py", text="print()\n")})

    assert read.wish_of(manifests.head(one)) == one


def test_the_first_result_counts_and_others_are_counted() -> None:
    """Whatever order the answers come in; the ending decides, not the beginning."""
    late = pod("a", "Succeeded", container=ended(0, "2026-01-01T00:00:09Z"))
    early = pod("b", "Succeeded", container=ended(0, "2026-01-01T00:00:05Z"))
    for pods in ((late, early), (early, late)):
        (task,) = of(None, [job()], *pods).tasks
        assert (task.state, task.pod, task.attempts, task.duplicates) == ("succeeded", "b", 2, 1)


def test_a_task_whose_pod_is_gone_keeps_its_end() -> None:
    """The Job remembers it."""
    assert of(None, [job(condition="Complete")]).tasks[0].state == "succeeded"
    assert of(None, [job(condition="Failed")]).tasks[0].why == "BackoffLimitExceeded"


def test_tasks_that_were_never_submitted_are_missing() -> None:
    """The submission was interrupted: that is said, and nothing has ended."""
    status = of((1, 2), [job(1, "Complete")])

    assert [task.state for task in status.tasks] == ["succeeded", "missing"]
    assert (status.state, status.has_ended) == ("incomplete", False)


def test_indexed_jobs_tell_of_their_tasks() -> None:
    """Indexes are counted from the first of the array; ranges are ranges."""
    running = pod("p", "Running")
    running["metadata"]["annotations"] = {FINISHED_INDEX: "1"}
    status = of((5, 9), [indexed(completedIndexes="0,3-4", failedIndexes="2")], running)
    after = of((5, 6), [indexed("Failed", completedIndexes="1")])

    states = ["succeeded", "running", "failed", "succeeded", "succeeded"]
    assert [one.state for one in status.tasks] == states
    assert [one.state for one in after.tasks] == ["failed", "succeeded"]


RUNNING: Answer = {"running": {}}
NOT_PLACED = {"type": "PodScheduled", "status": "False", "reason": "Unschedulable", "message": "m"}


@pytest.mark.parametrize(
    ("phase", "container", "status", "why"),
    [
        ("Failed", ended(137, reason="OOMKilled"), {}, "OOMKilled: exit status 137"),
        ("Failed", ended(7), {}, "Error: exit status 7"),
        ("Failed", ended(137), {"reason": "DeadlineExceeded"}, "DeadlineExceeded"),
        (
            "Pending",
            {"waiting": {"reason": "ErrImagePull", "message": "m"}},
            {},
            "ErrImagePull: m",
        ),
        ("Pending", {"waiting": {"reason": "ContainerCreating"}}, {}, ""),
        ("Pending", None, {"conditions": [NOT_PLACED]}, "Unschedulable: m"),
        (
            "Running",
            RUNNING,
            {"conditions": [{"type": "Ready", "status": "False"}]},
            "its node does not answer",
        ),
        ("Running", RUNNING, {"conditions": [{"type": "Ready", "status": "True"}]}, ""),
    ],
)
def test_a_pod_says_why(phase: str, container: Any, status: Answer, why: str) -> None:
    """Memory, exit status, time, image, room, node; nothing when all is well."""
    one = pod("p", phase, container=container, **status)

    assert read.reason(one) == why
    assert of(None, [job()], one).tasks[0].why == why


@pytest.mark.parametrize(
    ("states", "whole"),
    [
        (("Pending", "Pending"), "waiting"),
        (("Running", "Pending"), "running"),
        (("Succeeded", "Pending"), "running"),
        (("Succeeded", "Succeeded"), "succeeded"),
    ],
)
def test_the_state_of_a_job_is_that_of_its_tasks(states: tuple[str, str], whole: str) -> None:
    """It has ended when all have."""
    pods = [pod(str(number), state, number) for number, state in enumerate(states)]
    status = of((0, 1), [job(0), job(1)], *pods)

    assert status.state == whole
    assert status.has_ended == (whole == "succeeded")


def test_some_that_failed_are_not_all() -> None:
    """The job as a whole tells which it is."""
    assert of((0, 1), [job(0, "Failed"), job(1, "Failed")]).state == "failed"
    assert of((0, 1), [job(0, "Failed"), job(1, "Complete")]).state == "partly-failed"
