"""What a job is made of, by the version of the cluster."""

from __future__ import annotations

from typing import Any

import pytest
from pydantic import ValidationError

from kuberry.model.job import JobWish, Script
from kuberry.queueing import manifests
from kuberry.queueing.manifests import INDEX, JOB


def wish(**changes: Any) -> JobWish:
    """Return a wish with *changes*."""
    known: dict[str, Any] = {"name": "pi", "command": ("echo", "x"), "image": "busybox"}
    return JobWish.model_validate(known | changes)


def container(job: dict[str, Any]) -> dict[str, Any]:
    """Return the container of the pods of *job*."""
    return dict(job["spec"]["template"]["spec"]["containers"][0])


def test_before_arrays_each_index_is_a_job() -> None:
    """Each has a name, a label and an environment of its own; a failure is retried alone."""
    made = manifests.jobs(wish(array=(3, 5), retries=2), "uid", (1, 23))
    values = [{one["name"]: one.get("value") for one in container(job)["env"]} for job in made]

    assert [one["metadata"]["name"] for one in made] == ["pi--3", "pi--4", "pi--5"]
    assert [one["metadata"]["labels"][INDEX] for one in made] == ["3", "4", "5"]
    assert [one["KUBERRY_INDEX"] for one in values] == ["3", "4", "5"]
    assert {one["spec"]["backoffLimit"] for one in made} == {2}
    assert {one["spec"].get("completionMode") for one in made} == {None}


@pytest.mark.parametrize(
    ("version", "retries"),
    [
        ((1, 24), {"backoffLimit": 2 * 3 + 2}),
        ((1, 28), {"backoffLimit": 2 * 3 + 2}),
        ((1, 29), {"backoffLimitPerIndex": 2, "maxFailedIndexes": 3}),
        ((2, 0), {"backoffLimitPerIndex": 2, "maxFailedIndexes": 3}),
    ],
)
def test_with_arrays_there_is_one_indexed_job(
    version: tuple[int, int], retries: dict[str, int]
) -> None:
    """It counts from 0, the user's index is made of that; retries are by index where known."""
    (made,) = manifests.jobs(wish(array=(3, 5), retries=2), "uid", version)
    spec = made["spec"]

    assert (spec["completionMode"], spec["completions"], spec["parallelism"]) == ("Indexed", 3, 3)
    assert retries.items() <= spec.items()
    assert {"name": "KUBERRY_FIRST", "value": "3"} in container(made)["env"]
    assert container(made)["command"][-2:] == ["echo", "x"]


def test_one_task_is_a_plain_job_everywhere() -> None:
    """Without an index."""
    for version in ((1, 20), (1, 36)):
        (made,) = manifests.jobs(wish(), "uid", version)
        assert made["metadata"]["name"] == "pi"
        assert "completionMode" not in made["spec"]
        assert INDEX not in made["metadata"]["labels"]


def test_all_of_a_job_belongs_to_its_head() -> None:
    """So that to delete that is enough."""
    for version in ((1, 20), (1, 36)):
        for made in manifests.jobs(wish(array=(1, 2)), "the-uid", version):
            (owner,) = made["metadata"]["ownerReferences"]
            assert (owner["kind"], owner["name"], owner["uid"]) == ("ConfigMap", "pi", "the-uid")
            assert made["metadata"]["labels"][JOB] == "pi"


@pytest.mark.parametrize(
    ("name", "words"),
    [
        ("a.py", ["python3", "/kuberry/script/a.py", "1"]),
        ("a.sh", ["sh", "/kuberry/script/a.sh", "1"]),
        ("a", ["/kuberry/script/a", "1"]),
    ],
)
def test_a_script_travels_and_is_run_by_what_it_is(name: str, words: list[str]) -> None:
    """Python by python3, a shell script by sh, anything else by itself."""
    one = wish(script=Script(name=name, text="text"), command=("1",))
    (made,) = manifests.jobs(one, "uid", (1, 20))
    (item,) = made["spec"]["template"]["spec"]["volumes"][1]["configMap"]["items"]

    assert container(made)["command"] == words
    assert item == {"key": "script", "path": name, "mode": 0o555}
    assert manifests.head(one)["data"]["script"] == "text"


def test_kubernetes_puts_nothing_in_place_of_the_users_words() -> None:
    """``$(NAME)`` reaches the task as it was typed, in words and in values."""
    (made,) = manifests.jobs(wish(command=("a$(B)",), env={"C": "$(D)"}), "uid", (1, 20))

    assert container(made)["command"] == ["a$$(B)"]
    assert {"name": "C", "value": "$$(D)"} in container(made)["env"]


def test_a_time_limit_begins_on_the_node() -> None:
    """A Job's own would count the wait for room, and end tasks that never ran."""
    (made,) = manifests.jobs(wish(time_limit_s=9), "uid", (1, 20))

    assert made["spec"]["template"]["spec"]["activeDeadlineSeconds"] == 9
    assert "activeDeadlineSeconds" not in made["spec"]


def test_no_priority_ends_what_runs() -> None:
    """They order who waits, and are in order themselves."""
    made = [manifests.priority_class(one) for one in ("low", "normal", "high")]

    assert {one["preemptionPolicy"] for one in made} == {"Never"}
    assert [one["value"] for one in made] == sorted(one["value"] for one in made)


@pytest.mark.parametrize(
    "changes",
    [
        {"name": "a--3"},
        {"name": "A"},
        {"name": "a" * 41},
        {"cpus": "many"},
        {"memory": "1 GiB"},
        {"env": {"A=B": "c"}},
        {"script": {"name": "../x", "text": ""}},
        {"retries": -1},
    ],
)
def test_a_wish_that_makes_no_sense_is_refused(changes: dict[str, Any]) -> None:
    """Before anything reaches the cluster; two hyphens in a row are of tasks."""
    with pytest.raises(ValidationError):
        wish(**changes)
