"""A job: a unit of a user's work, of one task or of one for each index of an array."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field

from kuberry.model.value import Value

LONGEST_NAME = 40
Priority = Literal["low", "normal", "high"]
TaskState = Literal["missing", "waiting", "running", "succeeded", "failed"]
JobState = Literal["incomplete", "waiting", "running", "succeeded", "failed", "partly-failed"]
JobName = Annotated[str, Field(pattern=r"^[a-z0-9]+(-[a-z0-9]+)*$", max_length=LONGEST_NAME)]
Quantity = Annotated[str, Field(pattern=r"^[0-9]+(\.[0-9]+)?(m|[kMGT]i?)?$")]
Variable = Annotated[str, Field(pattern=r"^[A-Za-z_][A-Za-z0-9_]*$")]
_INDEX = Annotated[int, Field(ge=0, le=99_999)]


class Script(Value):
    """A file that travels with the job, and is run by what its name says."""

    name: Annotated[str, Field(pattern=r"^[A-Za-z0-9][A-Za-z0-9._-]*$", max_length=100)]
    text: str


class JobWish(Value):
    """What is to be run.

    Attributes:
        command: The words that are run; with a script, its arguments.
        array: First and last index, one task each; ``None`` is one task without an index.
        cpus: Processors that each task reserves: ``1``, ``500m``.
        memory: What each task reserves, and may at most use: ``256Mi``.
        retries: How often a task that failed is started anew.
        time_limit_s: Seconds an attempt may take, from its start on its node; ``None`` is no limit.
        priority: Who is given room first; nobody is ended for it.
    """

    name: JobName
    command: tuple[str, ...]
    script: Script | None = None
    image: str
    array: tuple[_INDEX, _INDEX] | None = None
    cpus: Quantity = "1"
    memory: Quantity = "256Mi"
    retries: Annotated[int, Field(ge=0, le=100)] = 0
    time_limit_s: Annotated[int, Field(ge=1)] | None = None
    priority: Priority = "normal"
    env: dict[Variable, str] = Field(default_factory=dict)

    @property
    def indexes(self) -> tuple[int | None, ...]:
        """Return the index of each task."""
        if self.array is None:
            return (None,)
        first, last = self.array
        return tuple(range(first, last + 1))


class Task(Value):
    """One task of a job.

    Attributes:
        state: ``missing`` while it was not submitted: the submission was interrupted.
        node: Where the attempt that counts ran, or runs.
        pod: That attempt.
        exit_status: Of that attempt; ``None`` while it has none.
        why: Why it waits or failed, as the cluster says; empty when there is nothing to say.
        attempts: How often it was started.
        duplicates: How often it succeeded beyond the first time, which alone counts.
    """

    index: int | None
    state: TaskState
    node: str | None = None
    pod: str | None = None
    exit_status: int | None = None
    why: str = ""
    attempts: int = 0
    duplicates: int = 0


class JobStatus(Value):
    """A job as the cluster knows it.

    Attributes:
        version: Of this shape; it grows when a field changes its meaning or goes away.
    """

    kind: Literal["job"] = "job"
    version: Literal[1] = 1
    wish: JobWish
    tasks: tuple[Task, ...]

    @property
    def state(self) -> JobState:
        """Return the state of the whole job."""
        states = {task.state for task in self.tasks}
        if "missing" in states:
            return "incomplete"
        if "running" in states:
            return "running"
        if "waiting" in states:
            return "running" if states - {"waiting"} else "waiting"
        if states == {"succeeded"}:
            return "succeeded"
        return "failed" if states == {"failed"} else "partly-failed"

    @property
    def has_ended(self) -> bool:
        """Return whether nothing of it will run any more."""
        return all(task.state in {"succeeded", "failed"} for task in self.tasks)

    def count(self, state: TaskState) -> int:
        """Return how many tasks are in *state*."""
        return sum(task.state == state for task in self.tasks)


class Fetched(Value):
    """What a task left, as it lies here now; or why it could not be fetched."""

    index: int | None
    node: str | None
    directory: str
    files: tuple[str, ...] = ()
    problem: str = ""


class Results(Value):
    """What all tasks of a job left that have succeeded."""

    kind: Literal["job-results"] = "job-results"
    version: Literal[1] = 1
    job: str
    tasks: tuple[Fetched, ...]
