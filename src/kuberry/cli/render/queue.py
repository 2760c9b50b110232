"""A batch queue for people and programs."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence

from rich.table import Table
from rich.text import Text

from kuberry.cli.options import Output
from kuberry.cli.render import console
from kuberry.cli.render.console import printable
from kuberry.model.queue import ClassUse, HostClass, QueuePlan, QueueReport, QueueStatus

_MIB = 1 << 20


def show_plan(plan: QueuePlan, output: Output) -> None:
    """Print what would be applied."""
    if output is Output.JSON:
        console.print_json(plan.model_dump(mode="json"))
        return
    _classes(plan.classes)
    kinds = Counter(one["kind"] for one in (*plan.controller, *plan.queues))
    words = ", ".join(f"{count} {kind}" for kind, count in kinds.items())
    console.print_lines((printable(f"would apply, in {plan.api}: {words}"),))


def show_report(report: QueueReport, output: Output) -> None:
    """Print what an installation changed."""
    if output is Output.JSON:
        console.print_json(report.model_dump(mode="json"))
        return
    console.print_lines(
        tuple(printable(f"{one.change} {one.object}") for one in report.changes)
        or ("nothing to change",)
    )
    _classes(report.plan.classes)
    console.print_lines(("jobs go through the queue now: kuberry queue status",))


def show_status(status: QueueStatus, output: Output) -> None:
    """Print how a queue is."""
    if output is Output.JSON:
        console.print_json({"ready": status.ready} | status.model_dump(mode="json"))
        return
    has, image = status.controller, status.controller.image if status.controller else ""
    if has is not None:
        state = "ready" if has.ready else "not ready"
        console.print_lines((printable(f"Kueue {status.api}, controller {state} ({image})"),))
    if status.classes:
        console.stdout().print(_use(status.classes))
        console.print_lines((f"{status.pending} waiting, {status.admitted} admitted",))
    words = status.problem or "jobs go through the queue"
    console.print_lines((printable(words),))


def _classes(classes: Sequence[HostClass]) -> None:
    table = _table("class", "cpu", "memory", "nodes")
    for one in classes:
        cells = (one.name, _cpu(one.cpu_millicores), _memory(one.memory_bytes), " ".join(one.nodes))
        table.add_row(*(Text(printable(cell)) for cell in cells))
    console.stdout().print(table)


def _use(classes: Sequence[ClassUse]) -> Table:
    table = _table("class", "cpu", "used", "memory", "used")
    for one in classes:
        cpu = (one.cpu_millicores, one.used_cpu_millicores)
        memory = (one.memory_bytes, one.used_memory_bytes)
        cells = (one.name, *map(_cpu, cpu), *map(_memory, memory))
        table.add_row(*(Text(printable(cell)) for cell in cells))
    return table


def _table(*titles: str) -> Table:
    table = Table(box=None, padding=(0, 2, 0, 0), pad_edge=False)
    for title in titles:
        table.add_column(title)
    return table


def _cpu(millicores: int) -> str:
    return f"{millicores / 1000:g}"


def _memory(size_bytes: int) -> str:
    return f"{size_bytes // _MIB} MiB"
