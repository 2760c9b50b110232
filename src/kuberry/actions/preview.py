"""What the files of a plan would replace: for a dry run's diffs."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator, Mapping

from kuberry.errors import CommandFailed
from kuberry.model.plan import Captured, File, HostPlan, Plan, Text, WriteFiles
from kuberry.model.report import FileChange
from kuberry.transports.transport import Transport


async def file_changes(plan: Plan, transports: Mapping[str, Transport]) -> tuple[FileChange, ...]:
    """Return every lasting file of *plan* with what stands in its place today.

    Raises:
        TransportError: A host was lost.
    """
    async with asyncio.TaskGroup() as group:
        tasks = [
            group.create_task(_change(transports[one.host], one.host, file))
            for one in plan.hosts
            for file in _lasting(one)
        ]
    return tuple(task.result() for task in tasks)


async def _change(transport: Transport, host: str, file: File) -> FileChange:
    if _is_secret(file):
        return FileChange(host=host, path=file.path, before=None, after=_shown(file.content))
    try:
        before = (await transport.get(file.path, root=True)).decode(errors="replace")
    except CommandFailed:
        before = None
    return FileChange(host=host, path=file.path, before=before, after=_shown(file.content))


def _lasting(plan: HostPlan) -> Iterator[File]:
    for step in plan.steps:
        if isinstance(step, WriteFiles):
            yield from (one for one in step.files if not one.volatile)


def _is_secret(file: File) -> bool:
    """Return whether what stands there may be a secret: its successor is a captured value."""
    return any(isinstance(one, Captured) for one in file.content)


def _shown(text: Text) -> str:
    return "".join(f"<{one.captured}>" if isinstance(one, Captured) else one for one in text)
