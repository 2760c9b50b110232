"""Where nothing can be passed on, everything is uploaded all the same."""

from __future__ import annotations

import asyncio
import hashlib
import re
from pathlib import Path

from kuberry.engine.execute import execute
from kuberry.engine.fanout.selection import WORTH_BYTES, shared_artifacts
from kuberry.engine.means import STAGING, Means
from kuberry.model.bundle import Binary
from kuberry.model.event import AnyEvent, Notice
from kuberry.model.plan import FanOut, HostPlan, Plan, PutArtifact, Reboot, Step
from kuberry.shell import Command
from kuberry.transports.fake import FakeTransport
from kuberry.transports.transport import DEFAULT_DEADLINE_S, CommandResult, OnOutput, Stdin

NO_PYTHON = b"there is no python3\n"
AGENT = re.compile("python3 -I")


class Bare(FakeTransport):
    """A host without python3: the agent ends before it has read anything."""

    async def run(
        self,
        command: Command,
        *,
        stdin: Stdin = b"",
        deadline_s: float = DEFAULT_DEADLINE_S,
        on_output: OnOutput | None = None,
    ) -> CommandResult:
        """Run a command, or no agent."""
        if AGENT.search(command.text) and on_output:
            on_output(NO_PYTHON)
            return CommandResult(127, NO_PYTHON, b"")
        return await super().run(command, stdin=stdin, deadline_s=deadline_s, on_output=on_output)


def _artifact(data: bytes) -> Binary:
    return Binary(
        name="cargo",
        version="1",
        architecture="any",
        sha256=hashlib.sha256(data).hexdigest(),
        size_bytes=len(data),
    )


def _put(artifact: Binary, name: str = "put") -> PutArtifact:
    return PutArtifact(id=name, title=name, artifact=artifact, path="/opt/cargo")


def _plan(*hosts: tuple[Step, ...]) -> Plan:
    names = (f"red{number:02}" for number in range(len(hosts)))
    plans = (HostPlan(host=name, steps=steps) for name, steps in zip(names, hosts, strict=True))
    return Plan(title="test", hosts=tuple(plans))


async def _pushed(
    path: Path, connection: str, fan_out: FanOut = "chain"
) -> tuple[list[FakeTransport], list[AnyEvent]]:
    artifact = _artifact(path.read_bytes())
    plan = _plan((_put(artifact),), (_put(artifact),))
    hosts: list[FakeTransport] = [
        Bare(one.host)
        .reply(re.compile("sha256sum -c --quiet"))
        .reply(re.compile("sha256sum -c --status"), exit_status=1)
        .reply(re.compile("SSH_CONNECTION"), stdout=connection)
        for one in plan.hosts
    ]
    events: list[AnyEvent] = []
    transports = {one.host.name: one for one in hosts}
    means = Means(dict(transports), {}, lambda _one: path, events.append, fan_out=fan_out)
    async with asyncio.timeout(10):
        reports = await execute(plan, means)
    assert [one.ending for one in reports] == ["done", "done"]
    assert all(f"{STAGING}/{artifact.sha256}" in one.files for one in hosts)
    return hosts, events


async def test_hosts_without_python_get_the_plain_upload(tmp_path: Path) -> None:
    """Each is sent its own copy, and the user is told why."""
    path = tmp_path / "cargo"
    path.write_bytes(bytes(WORTH_BYTES))
    _, events = await _pushed(path, "10.0.0.1 5 10.0.0.2 22")

    told = {one.host: one.message for one in events if isinstance(one, Notice)}
    expected = "takes artifacts from this machine alone: there is no python3"
    assert told == {"red00": expected, "red01": expected}


async def test_an_address_others_cannot_use_is_no_place_to_listen(tmp_path: Path) -> None:
    """A host behind a forwarded port is asked for nothing."""
    path = tmp_path / "cargo"
    path.write_bytes(bytes(WORTH_BYTES))
    hosts, events = await _pushed(path, "127.0.0.1 5 127.0.0.1 22")

    assert not [ran for one in hosts for ran in one.ran if AGENT.search(ran.command.text)]
    assert "other hosts cannot use the address" in str(events)


async def test_a_star_asks_nobody_to_listen(tmp_path: Path) -> None:
    """With ``--fan-out star`` hosts are not even asked for their addresses."""
    path = tmp_path / "cargo"
    path.write_bytes(bytes(WORTH_BYTES))
    hosts, _ = await _pushed(path, "", "star")

    texts = [ran.command.text for one in hosts for ran in one.ran]
    assert not [text for text in texts if "SSH_CONNECTION" in text]


def test_only_what_is_shared_and_large_is_passed_on() -> None:
    """One host's own artifacts, small ones, and plans with a reboot go the plain way."""
    large, other = _artifact(bytes(WORTH_BYTES)), _artifact(b"x" * WORTH_BYTES)
    small = _artifact(b"x")
    reboot = Reboot(id="reboot", title="reboot")

    both = _plan((_put(large), _put(other, "own")), (_put(large),))
    assert tuple(shared_artifacts(both)) == (large.sha256,)
    assert not shared_artifacts(_plan((_put(small),), (_put(small),)))
    assert not shared_artifacts(_plan((_put(large),), (_put(other),)))
    assert not shared_artifacts(_plan((_put(large), reboot), (_put(large),)))
