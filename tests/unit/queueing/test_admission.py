"""Why Kueue has a job wait, by what it says of its Workload; and the label that it goes by."""

from __future__ import annotations

from typing import Any

import pytest

from kuberry.model.job import JobWish
from kuberry.queueing import kueue, manifests
from kuberry.queueing.admission import why_waiting


def job(*, suspend: bool = True, **spec: Any) -> dict[str, Any]:
    """Return a Job of ours in Kueue's queue."""
    metadata = {"name": "pi", "uid": "u", "labels": {kueue.LABEL: "kuberry"}}
    return {"metadata": metadata, "spec": {"suspend": suspend, **spec}}


def workload(uid: str = "u", **conditions: tuple[str, str]) -> dict[str, Any]:
    """Return what Kueue knows of the Job *uid*: by type, status and message."""
    said = [
        {"type": kind, "status": status, "message": message}
        for kind, (status, message) in conditions.items()
    ]
    owners = [{"kind": "Job", "uid": uid}]
    return {"metadata": {"ownerReferences": owners}, "status": {"conditions": said}}


@pytest.mark.parametrize(
    ("known", "why"),
    [
        ([workload(QuotaReserved=("False", "no quota"))], "in the queue: no quota"),
        (
            [workload(Admitted=("False", "a check"), QuotaReserved=("False", "no quota"))],
            "in the queue: no quota",
        ),
        (
            [workload(QuotaReserved=("True", ""), Admitted=("False", "a check"))],
            "in the queue: a check",
        ),
        ([workload(QuotaReserved=("True", ""), Admitted=("True", ""))], ""),
        (
            [workload("other", QuotaReserved=("False", "no quota"))],
            "in the queue: Kueue has not looked at it yet, see kuberry queue status",
        ),
    ],
)
def test_a_suspended_job_waits_for_what_kueue_says(known: list[dict[str, Any]], why: str) -> None:
    """Quota comes before checks; what Kueue says of another job does not count."""
    assert why_waiting(job(), known) == why


def test_a_job_that_was_let_in_waits_for_its_own_tasks_alone() -> None:
    """An array that has room for some says for how many; a plain Job says nothing."""
    assert why_waiting(job(suspend=False, parallelism=4, completions=9), ()) == (
        "there was room for 4 tasks at a time"
    )
    assert why_waiting(job(suspend=False, parallelism=9, completions=9), ()) == ""
    assert why_waiting(job(suspend=False), ()) == ""


def test_the_label_is_the_only_difference_of_a_job_in_the_queue() -> None:
    """An array may begin small; pods carry no label, or Kueue would count them twice."""
    one = JobWish(name="pi", command=("true",), image="i")
    (plain,) = manifests.jobs(one, "uid", (1, 31))
    (many,) = manifests.jobs(one.model_copy(update={"array": (1, 9)}), "uid", (1, 31))
    (lone,) = manifests.jobs(one.model_copy(update={"array": (1, 1)}), "uid", (1, 31))
    made = kueue.queued(plain)
    metadata = made["metadata"]

    assert metadata["labels"].pop("kueue.x-k8s.io/queue-name") == "kuberry"
    assert made == plain
    assert kueue.LABEL not in plain["metadata"]["labels"]
    assert kueue.queued(many)["metadata"]["annotations"] == {kueue.MIN_PARALLELISM: "1"}
    assert "annotations" not in kueue.queued(lone)["metadata"]
