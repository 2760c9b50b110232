"""From what the API server answers to what became of a job; pure."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

from kuberry.model.job import JobStatus, JobWish, Script, Task
from kuberry.queueing.admission import why_waiting
from kuberry.queueing.manifests import FINISHED_INDEX, INDEX, JOB, SCRIPT, WISH

Answer = dict[str, Any]


def status(
    head: Answer, jobs: Sequence[Answer], pods: Sequence[Answer], workloads: Sequence[Answer] = ()
) -> JobStatus:
    """Return what became of the job of *head*, by its Jobs and their pods.

    Args:
        workloads: What Kueue knows of any Jobs; only that of this one's counts.

    Raises:
        ValueError: The head holds no wish.
    """
    wish = wish_of(head)
    tasks = (
        _task(wish, index, jobs, [pod for pod in pods if _index(pod, wish) == index], workloads)
        for index in wish.indexes
    )
    return JobStatus(wish=wish, tasks=tuple(tasks))


def wish_of(head: Answer) -> JobWish:
    """Return the wish that *head* holds.

    Raises:
        ValueError: It holds none.
    """
    data = head.get("data") or {}
    wish = JobWish.model_validate_json(data.get(WISH, ""))
    if SCRIPT not in data:
        return wish
    return wish.model_copy(update={"script": Script(name=data["name"], text=data[SCRIPT])})


def of_job(items: Iterable[Answer], name: str) -> list[Answer]:
    """Return those of *items* that belong to the job *name*."""
    return [one for one in items if _labels(one).get(JOB) == name]


def _labels(one: Answer) -> dict[str, str]:
    return one["metadata"].get("labels") or {}


def _index(one: Answer, wish: JobWish) -> int | None:
    """Return which task *one* is of."""
    if wish.array is None:
        return None
    if INDEX in _labels(one):
        return int(_labels(one)[INDEX])
    counted = (one["metadata"].get("annotations") or {}).get(FINISHED_INDEX)
    return None if counted is None else wish.array[0] + int(counted)


def _task(
    wish: JobWish,
    index: int | None,
    jobs: Sequence[Answer],
    pods: list[Answer],
    workloads: Sequence[Answer],
) -> Task:
    job = next((one for one in jobs if _is_of(one, wish, index)), None)
    if job is None:
        return Task(index=index, state="missing", why="it was not submitted: type the line again")
    won = sorted((pod for pod in pods if _phase(pod) == "Succeeded"), key=_ended_at)
    if won or index_is_in(index, wish, job, "completedIndexes") or _has(job, "Complete"):
        return _told("succeeded", index, won[:1], pods, duplicates=max(len(won) - 1, 0))
    newest = sorted(pods, key=lambda pod: str(pod["metadata"].get("creationTimestamp")))[-1:]
    if _has(job, "Failed") or index_is_in(index, wish, job, "failedIndexes"):
        return _told("failed", index, newest, pods, why=_condition(job, "Failed"))
    if newest and _phase(newest[0]) == "Running":
        return _told("running", index, newest, pods)
    return _told("waiting", index, newest, pods, why="" if newest else why_waiting(job, workloads))


def _told(
    state: Any,
    index: int | None,
    counts: list[Answer],
    pods: list[Answer],
    *,
    why: str = "",
    duplicates: int = 0,
) -> Task:
    pod: Answer = counts[0] if counts else {"metadata": {}}
    return Task(
        index=index,
        state=state,
        node=(pod.get("spec") or {}).get("nodeName"),
        pod=pod["metadata"].get("name"),
        exit_status=_ending(pod).get("exitCode"),
        why="" if state == "succeeded" else (reason(pod) or why),
        attempts=len(pods),
        duplicates=duplicates,
    )


def _is_of(job: Answer, wish: JobWish, index: int | None) -> bool:
    return job["spec"].get("completionMode") == "Indexed" or _index(job, wish) == index


def index_is_in(index: int | None, wish: JobWish, job: Answer, field: str) -> bool:
    """Return whether the task is in a list of an indexed Job: ``0,3-5``."""
    text = (job.get("status") or {}).get(field) or ""
    if index is None or wish.array is None or not text:
        return False
    counted = index - wish.array[0]
    ends = (part.partition("-") for part in text.split(","))
    return any(int(low) <= counted <= int(high or low) for low, _, high in ends)


def reason(pod: Answer) -> str:
    """Return why *pod* waits, does not answer or failed; empty when it says nothing."""
    state = pod.get("status") or {}
    ending = _ending(pod)
    container = (state.get("containerStatuses") or [{}])[0].get("state") or {}
    conditions = {one["type"]: one for one in state.get("conditions") or []}
    if state.get("reason"):  # DeadlineExceeded, Evicted, NodeLost
        return _sentence(state)
    if ending.get("exitCode"):
        return f"{ending.get('reason') or 'Error'}: exit status {ending['exitCode']}"
    if (container.get("waiting") or {}).get("reason") not in {None, "ContainerCreating"}:
        return _sentence(container["waiting"])
    if conditions.get("PodScheduled", {}).get("status") == "False":
        return _sentence(conditions["PodScheduled"])
    if "running" in container and conditions.get("Ready", {}).get("status") != "True":
        return "its node does not answer"
    return ""


def _sentence(said: Answer) -> str:
    words = (said.get("reason"), said.get("message"))
    return ": ".join(word for word in words if word)


def _ending(pod: Answer) -> Answer:
    containers = (pod.get("status") or {}).get("containerStatuses") or [{}]
    ended: Answer = (containers[0].get("state") or {}).get("terminated") or {}
    return ended


def _ended_at(pod: Answer) -> tuple[str, str]:
    return str(_ending(pod).get("finishedAt") or "~"), pod["metadata"]["name"]


def _phase(pod: Answer) -> str:
    return str((pod.get("status") or {}).get("phase"))


def _has(job: Answer, kind: str) -> bool:
    return any(
        one["type"] == kind and one["status"] == "True"
        for one in (job.get("status") or {}).get("conditions") or []
    )


def _condition(job: Answer, kind: str) -> str:
    conditions = (job.get("status") or {}).get("conditions") or []
    return next((_sentence(one) for one in conditions if one["type"] == kind), "")
