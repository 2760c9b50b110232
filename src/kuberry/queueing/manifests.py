"""What a job is made of on the cluster; pure.

Everything of a job belongs to its head, a ConfigMap with the wish and the script: when that is
deleted, the garbage collector takes the rest.
"""

from __future__ import annotations

from typing import Any

from kuberry.model.job import JobWish, Priority

NAMESPACE = "kuberry-jobs"
JOB, INDEX = "kuberry.internal/job", "kuberry.internal/index"
WISH, SCRIPT = "wish", "script"
RESULTS_DIR = "/var/lib/kuberry/jobs"
"""On the nodes; below it NAME/POD, a directory for each attempt."""
FINISHED_INDEX = "batch.kubernetes.io/job-completion-index"
OUTPUT_DIR = "/kuberry/output"
_SCRIPT_DIR = "/kuberry/script"
_RUNNERS = {"py": ("python3",), "sh": ("sh",)}
_VALUES: dict[Priority, int] = {"low": -1000, "normal": 0, "high": 1000}
# Indexes begin with 0 there; https://kubernetes.io/docs/tasks/job/indexed-parallel-processing-static/
_COUNT_ON = (
    'KUBERRY_INDEX=$((KUBERRY_FIRST + JOB_COMPLETION_INDEX)); export KUBERRY_INDEX; exec "$@"'
)
Manifest = dict[str, Any]
Version = tuple[int, int]
INDEXED_SINCE: Version = (1, 24)
RETRIES_BY_INDEX_SINCE: Version = (1, 29)
"""backoffLimitPerIndex is on by default from here on."""


def namespace() -> Manifest:
    """Return the namespace of all jobs."""
    return {"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": NAMESPACE}}


def priority_class(priority: Priority) -> Manifest:
    """Return the class of *priority*: it orders who waits, and ends nobody who runs."""
    return {
        "apiVersion": "scheduling.k8s.io/v1",
        "kind": "PriorityClass",
        "metadata": {"name": class_name(priority)},
        "value": _VALUES[priority],
        "preemptionPolicy": "Never",
        "description": f"Jobs of kuberry with priority {priority}.",
    }


def class_name(priority: Priority) -> str:
    """Return the name of the class of *priority*."""
    return f"kuberry-{priority}"


def head(wish: JobWish) -> Manifest:
    """Return what all of the job belongs to."""
    plain = wish.model_copy(update={"script": None})
    data = {WISH: plain.model_dump_json()}
    if wish.script is not None:
        data |= {SCRIPT: wish.script.text, "name": wish.script.name}
    return {
        "apiVersion": "v1",
        "kind": "ConfigMap",
        "metadata": {"name": wish.name, "namespace": NAMESPACE, "labels": {JOB: wish.name}},
        "data": data,
    }


def jobs(wish: JobWish, owner_uid: str, version: Version) -> tuple[Manifest, ...]:
    """Return the Jobs that run the tasks: an indexed one where the cluster has that, else many."""
    if wish.array is not None and version >= INDEXED_SINCE:
        return (_indexed(wish, owner_uid, version),)
    return tuple(_single(wish, owner_uid, index) for index in wish.indexes)


def job_name(wish: JobWish, index: int | None) -> str:
    """Return the name of the Job of one task; no job's own name has two hyphens in a row."""
    return wish.name if index is None else f"{wish.name}--{index}"


def _single(wish: JobWish, owner_uid: str, index: int | None) -> Manifest:
    labels = {JOB: wish.name} | ({} if index is None else {INDEX: str(index)})
    env = {} if index is None else {"KUBERRY_INDEX": str(index)}
    spec = {"backoffLimit": wish.retries, "template": _template(wish, labels, env, _words(wish))}
    return _job(job_name(wish, index), wish, owner_uid, labels, spec)


def _indexed(wish: JobWish, owner_uid: str, version: Version) -> Manifest:
    count, labels = len(wish.indexes), {JOB: wish.name}
    first = str(wish.indexes[0])
    words = ("sh", "-c", _COUNT_ON, "sh", *_words(wish))
    spec: Manifest = {
        "completionMode": "Indexed",
        "completions": count,
        "parallelism": count,
        "template": _template(wish, labels, {"KUBERRY_FIRST": first}, words),
    }
    if version >= RETRIES_BY_INDEX_SINCE:
        spec |= {"backoffLimitPerIndex": wish.retries, "maxFailedIndexes": count}
    else:  # before, one limit for all: enough for all to be tried so often
        spec["backoffLimit"] = wish.retries * count + count - 1
    return _job(wish.name, wish, owner_uid, labels, spec)


def _words(wish: JobWish) -> tuple[str, ...]:
    if wish.script is None:
        return wish.command
    runner = _RUNNERS.get(wish.script.name.rpartition(".")[2], ())
    return (*runner, f"{_SCRIPT_DIR}/{wish.script.name}", *wish.command)


def _job(
    name: str, wish: JobWish, owner_uid: str, labels: dict[str, str], spec: Manifest
) -> Manifest:
    owner = {"apiVersion": "v1", "kind": "ConfigMap", "name": wish.name, "uid": owner_uid}
    metadata = {
        "name": name,
        "namespace": NAMESPACE,
        "labels": labels,
        "ownerReferences": [owner],
    }
    return {"apiVersion": "batch/v1", "kind": "Job", "metadata": metadata, "spec": spec}


def _template(
    wish: JobWish, labels: dict[str, str], env: dict[str, str], words: tuple[str, ...]
) -> Manifest:
    values = {**wish.env, **env, "KUBERRY_JOB": wish.name, "KUBERRY_OUTPUT": OUTPUT_DIR}
    pod_name = {"fieldRef": {"fieldPath": "metadata.name"}}
    container = {
        "name": "task",
        "image": wish.image,
        "imagePullPolicy": "IfNotPresent",
        "command": [_literal(word) for word in words],
        "env": [
            *({"name": name, "value": _literal(value)} for name, value in values.items()),
            {"name": "KUBERRY_POD", "valueFrom": pod_name},
        ],
        "resources": {
            "requests": {"cpu": wish.cpus, "memory": wish.memory},
            "limits": {"memory": wish.memory},
        },
        "volumeMounts": _mounts(wish),
    }
    spec: Manifest = {
        "restartPolicy": "Never",
        "priorityClassName": class_name(wish.priority),
        "automountServiceAccountToken": False,
        "enableServiceLinks": False,
        "containers": [container],
        "volumes": _volumes(wish),
    }
    if wish.time_limit_s is not None:  # of the pod: a Job's own would count the wait for room, too
        spec["activeDeadlineSeconds"] = wish.time_limit_s
    return {"metadata": {"labels": labels}, "spec": spec}


def _mounts(wish: JobWish) -> list[Manifest]:
    results = {
        "name": "results",
        "mountPath": OUTPUT_DIR,
        "subPathExpr": f"{wish.name}/$(KUBERRY_POD)",
    }
    script = {"name": "script", "mountPath": _SCRIPT_DIR, "readOnly": True}
    return [results] if wish.script is None else [results, script]


def _volumes(wish: JobWish) -> list[Manifest]:
    results = {
        "name": "results",
        "hostPath": {"path": RESULTS_DIR, "type": "DirectoryOrCreate"},
    }
    if wish.script is None:
        return [results]
    item = {"key": SCRIPT, "path": wish.script.name, "mode": 0o555}
    return [results, {"name": "script", "configMap": {"name": wish.name, "items": [item]}}]


def _literal(text: str) -> str:
    """Return *text* so that Kubernetes puts nothing in place of ``$(NAME)``."""
    return text.replace("$(", "$$(")
