"""Waiting for jobs, and fetching what they left."""

from __future__ import annotations

import io
import re
import tarfile
from pathlib import Path
from typing import cast

import pytest

from kuberry.actions import jobs
from kuberry.errors import Unreachable, VerifyFailed
from kuberry.model.host import Host
from kuberry.model.job import JobStatus, JobWish, Task, TaskState
from kuberry.queueing.queue import Queue
from kuberry.transports.fake import FakeTransport

WISH = JobWish(name="pi", command=("true",), image="i", array=(1, 4))


def status(*states: TaskState) -> JobStatus:
    """Return a job whose tasks ran on red01, red02, red01 and so on."""
    tasks = (
        Task(index=number, state=state, node=f"red0{2 - number % 2}", pod=f"pod-{number}")
        for number, state in enumerate(states, 1)
    )
    return JobStatus(wish=WISH, tasks=tuple(tasks))


class Script:
    """A queue that tells one status after the other, the last for ever."""

    def __init__(self, *told: JobStatus) -> None:
        self._told = list(told)

    async def status(self, _name: str) -> JobStatus:
        """Return the next."""
        return self._told.pop(0) if len(self._told) > 1 else self._told[0]


async def test_waiting_ends_when_nothing_will_run(monkeypatch: pytest.MonkeyPatch) -> None:
    """Each change is told once."""
    monkeypatch.setattr(jobs, "_PAUSE_S", 0.0)
    running, ended = status("running", "failed"), status("succeeded", "failed")
    told: list[JobStatus] = []
    queue = cast(Queue, Script(running, running, ended))

    assert await jobs.wait(queue, "pi", told.append, timeout_s=None) == ended
    assert told == [running, ended]


async def test_a_wait_that_is_too_long_ends_nothing() -> None:
    """It says that the job goes on."""
    queue = cast(Queue, Script(status("running")))
    with pytest.raises(VerifyFailed, match="goes on"):
        await jobs.wait(queue, "pi", lambda _: None, timeout_s=0.01)


def archive(name: str, content: bytes) -> bytes:
    """Return an archive of one file."""
    out = io.BytesIO()
    with tarfile.open(fileobj=out, mode="w") as tar:
        entry = tarfile.TarInfo(name)
        entry.size = len(content)
        tar.addfile(entry, io.BytesIO(content))
    return out.getvalue()


async def test_what_can_be_had_is_fetched_and_the_rest_is_told(tmp_path: Path) -> None:
    """By index, from the node that has it, which we know by an address; failures stop no other."""
    one = FakeTransport(Host(name="10.0.0.1"))
    one.reply("uname -n", stdout="RED01\n")
    one.reply(re.compile("pi/pod-1"), stdout=archive("a", b"1"))
    one.reply(re.compile("pi/pod-3"), stderr="no such directory", exit_status=1)
    two = FakeTransport(Host(name="10.0.0.2"))
    two.fail("uname -n", Unreachable("gone"))
    nodes = await jobs.by_node([one, two])
    found = await jobs.fetch(
        status("succeeded", "succeeded", "succeeded", "failed"), nodes, tmp_path
    )

    assert list(nodes) == ["red01"]
    assert [(one.index, one.files) for one in found.tasks] == [(1, ("a",)), (2, ()), (3, ())]
    assert "red02 cannot be reached" in found.tasks[1].problem
    assert "no such directory" in found.tasks[2].problem
    assert (tmp_path / "1" / "a").read_bytes() == b"1"
