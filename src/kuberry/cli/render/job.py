"""Jobs for people and programs."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence

from rich.table import Table
from rich.text import Text

from kuberry.cli.options import Output
from kuberry.cli.render import console
from kuberry.cli.render.console import printable
from kuberry.model.job import JobStatus, Results, Task, TaskState

_STATES: tuple[TaskState, ...] = ("missing", "waiting", "running", "succeeded", "failed")


def show(status: JobStatus, output: Output) -> None:
    """Print one job."""
    if output is Output.JSON:
        console.print_json(_document(status))
    else:
        _table((status,))


def show_all(jobs: Sequence[JobStatus], output: Output) -> None:
    """Print all jobs."""
    if output is Output.JSON:
        documents = [_document(one) for one in jobs]
        console.print_json({"kind": "jobs", "version": 1, "jobs": documents})
    elif jobs:
        _table(jobs)
    else:
        console.print_lines(("no jobs",))


def tell(status: JobStatus) -> None:
    """Say on standard error how far a job is."""
    console.stderr().print(Text(f"{status.wish.name}: {_counts(status)}", style="dim"))


def show_results(found: Results, output: Output) -> None:
    """Print where results lie now, and why some do not."""
    if output is Output.JSON:
        console.print_json(found.model_dump(mode="json"))
        return
    for one in found.tasks:
        if one.problem:
            console.print_host_failure(one.node, printable(one.problem), "")
        else:
            names = " ".join(printable(name) for name in one.files) or "(no files)"
            console.print_lines((f"{one.directory}: {names}",))


def _document(status: JobStatus) -> dict[str, object]:
    return {"state": status.state} | status.model_dump(mode="json")


def _counts(status: JobStatus) -> str:
    counts = Counter(task.state for task in status.tasks)
    words = [f"{counts[state]} {state}" for state in _STATES if counts[state]]
    again = sum(task.duplicates for task in status.tasks)
    return ", ".join(words + ([f"{again} done twice"] if again else []))


def _table(jobs: Sequence[JobStatus]) -> None:
    table = Table(box=None, padding=(0, 2, 0, 0), pad_edge=False)
    for title in ("job", "state", "tasks", "why"):
        table.add_column(title, no_wrap=title != "why")
    for one in jobs:
        cells = (one.wish.name, one.state, _counts(one), "; ".join(_reasons(one.tasks)))
        table.add_row(*(Text(printable(cell)) for cell in cells))
    console.stdout().print(table)


def _reasons(tasks: Sequence[Task]) -> list[str]:
    """Return each reason once, with the first task that has it and how many more."""
    by_reason: dict[str, list[Task]] = {}
    for task in tasks:
        if task.why:
            by_reason.setdefault(task.why, []).append(task)
    return [_reason(why, those) for why, those in by_reason.items()]


def _reason(why: str, tasks: list[Task]) -> str:
    first = tasks[0]
    place = ", ".join(
        word for word in ("" if first.index is None else str(first.index), first.node or "") if word
    )
    more = f" and {len(tasks) - 1} more" if len(tasks) > 1 else ""
    return f"{place}{more}: {why}" if place or more else why
