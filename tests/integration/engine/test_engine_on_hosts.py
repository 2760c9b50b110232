"""The engine's steps on a real host: files, units, transient units, artifacts, reboots."""

from __future__ import annotations

import asyncio
import functools
import hashlib
from collections.abc import Awaitable, Callable
from contextlib import AbstractAsyncContextManager
from pathlib import Path

import pytest

from kuberry.engine.execute import execute
from kuberry.engine.means import Means
from kuberry.engine.unit import run_as_unit, wait_for_leftovers
from kuberry.errors import CommandTimeout
from kuberry.facts.installed import look
from kuberry.model.bundle import Binary, ImageArchive
from kuberry.model.connection import ConnectOptions
from kuberry.model.event import ignore
from kuberry.model.host import Host
from kuberry.model.plan import (
    File,
    HostPlan,
    LoadImages,
    Plan,
    PutArtifact,
    Reboot,
    Run,
    SetUnit,
    Step,
    WaitUntil,
    WriteFiles,
)
from kuberry.model.report import HostReport
from kuberry.shell import command, script
from kuberry.transports.pool import Connections, connect_all
from kuberry.transports.transport import Transport

pytestmark = pytest.mark.integration

UNIT = """
[Service]
Type=oneshot
RemainAfterExit=yes
ExecStart=/bin/touch /run/kuberry-test-ran
[Install]
WantedBy=multi-user.target
"""


@pytest.fixture
def host(fresh_host: Callable[..., Host]) -> Host:
    """Give a host that is this test's own."""
    return fresh_host()


def _connected(host: Host) -> AbstractAsyncContextManager[Connections]:
    return connect_all([host], ConnectOptions(), ignore)


async def _do(host: Host, *steps: Step, fetch: Path = Path("/nowhere")) -> HostReport:
    plan = Plan(title="test", hosts=(HostPlan(host=host.name, steps=steps),))
    async with _connected(host) as connections:
        means = Means(
            transports={host.name: connections.transports[0]},
            reconnect={host.name: lambda: connections.reconnect(host)},
            fetch=lambda _artifact: fetch,
            emit=ignore,
        )
        return (await execute(plan, means))[0]


async def _ask(host: Host, text: str) -> str:
    async with _connected(host) as connections:
        result = await connections.transports[0].run(script(text).as_root())
        return result.text


async def _on(host: Host, work: Callable[[Transport], Awaitable[object]]) -> object:
    async with _connected(host) as connections:
        return await work(connections.transports[0])


async def test_files_are_written_recorded_and_looked_at(host: Host) -> None:
    """A written file has its content and mode; what stood there is kept; drift is seen."""
    motd = File(path="/etc/motd", content=("ours\n",), mode=0o640)
    new = File(path="/etc/new/deep/file", content=("a'b\n$HOME\n",))
    gone = File(path="/run/secret", content=("s3cret",), mode=0o600, volatile=True)
    before = await _ask(host, "cat /etc/motd")
    report = await _do(host, WriteFiles(id="f", title="f", files=(motd, new, gone)))

    assert (report.ending, report.message) == ("done", "")
    assert await _ask(host, "cat /etc/motd; stat -c %a:%U /etc/motd") == "ours\n640:root\n"
    assert await _ask(host, "cat /etc/new/deep/file") == "a'b\n$HOME\n"
    assert await _ask(host, "stat -c %a /run/secret") == "600\n"
    assert await _ask(host, "cat /var/lib/kuberry/files/*.original") == before

    async with _connected(host) as connections:
        seen = await look(connections.transports[0])
    assert seen.has_file("/etc/motd", hashlib.sha256(b"ours\n").hexdigest())
    assert set(seen.files) == {"/etc/motd", "/etc/new/deep/file"}

    await _ask(host, "echo theirs >/etc/motd; rm /etc/new/deep/file")
    async with _connected(host) as connections:
        seen = await look(connections.transports[0])
    assert seen.files["/etc/motd"].sha256 == hashlib.sha256(b"theirs\n").hexdigest()
    assert seen.files["/etc/new/deep/file"].sha256 is None


async def test_the_original_is_kept_at_the_first_write_only(host: Host) -> None:
    """Writing twice does not make our own text the original."""
    before = await _ask(host, "cat /etc/motd")
    for text in ("one\n", "two\n"):
        file = File(path="/etc/motd", content=(text,))
        await _do(host, WriteFiles(id="f", title="f", files=(file,)))

    assert await _ask(host, "cat /etc/motd") == "two\n"
    assert await _ask(host, "cat /var/lib/kuberry/files/*.original") == before


async def test_a_command_outlives_its_connection_and_is_found_again(host: Host) -> None:
    """A second run of the same step waits for the unit at work instead of starting another."""
    text = "echo x >>/root/count; sleep 3; wc -l </root/count"

    async def begin(transport: Transport) -> None:
        await run_as_unit(transport, "count", text, deadline_s=60)

    with pytest.raises(TimeoutError):
        async with asyncio.timeout(1.5):
            await _on(host, begin)
    async with _connected(host) as connections:
        result = await run_as_unit(connections.transports[0], "count", text, deadline_s=60)

    assert (result.exit_status, result.text.strip()) == (0, "1")
    assert await _ask(host, "ls /run/kuberry") == ""


async def test_who_waits_for_a_step_leaves_systemd_alone(host: Host) -> None:
    """It sleeps until the step has ended; to ask again and again costs more than the step."""
    told = "/usr/local/sbin/systemctl"
    counts = r"#!/bin/sh\necho x >>/root/asked\nexec /usr/bin/systemctl \"\$@\"\n"
    await _ask(host, f'printf "{counts}" >{told}; chmod 755 {told}')

    async def wait(transport: Transport) -> None:
        result = await run_as_unit(transport, "nap", "sleep 2; echo rested", deadline_s=60)
        assert result.text == "rested\n"

    await _on(host, wait)
    asked = await _ask(host, f"cat /root/asked 2>/dev/null | wc -l; rm -f {told} /root/asked")
    assert int(asked) <= 2


async def test_leftovers_are_awaited(host: Host) -> None:
    """What an earlier run left at work has ended when the next one looks.

    What it wrote is removed by the one who holds the lock, and by nobody else.
    """

    async def begin(transport: Transport) -> None:
        await run_as_unit(transport, "slow", "sleep 3; echo done >/root/done", deadline_s=60)

    with pytest.raises(TimeoutError):
        async with asyncio.timeout(1.5):
            await _on(host, begin)
    await _ask(host, "mkdir /run/kuberry/files.AbC123")
    await _on(host, functools.partial(wait_for_leftovers, clears=False))
    assert (await _ask(host, "cat /root/done; ls /run/kuberry")).startswith("done\nfiles.AbC123\n")
    assert ".rc\n" in await _ask(host, "ls /run/kuberry")

    await _on(host, functools.partial(wait_for_leftovers, clears=True))
    assert await _ask(host, "ls /run/kuberry") == ""


async def test_a_command_that_runs_too_long_is_ended(host: Host) -> None:
    """The unit is gone, its children too, and the error says so."""

    async def forever(transport: Transport) -> None:
        await run_as_unit(transport, "forever", "sleep 4321", deadline_s=2)

    with pytest.raises(CommandTimeout, match="did not end within 2 s"):
        await _on(host, forever)
    assert await _ask(host, "pgrep -fx 'sleep 4321' || echo none") == "none\n"


async def test_a_failing_command_tells_why(host: Host) -> None:
    """Exit status and standard error of the unit reach the report."""
    run = Run(id="bad", title="do it", script="echo so it is >&2; exit 7")
    report = await _do(host, run)

    assert (report.ending, report.code, report.message) == (
        "failed",
        "command-failed",
        "do it failed: so it is",
    )


async def test_units_are_enabled_and_survive_a_reboot(host: Host) -> None:
    """A unit that was set runs now, and again after a real reboot in the same plan."""
    path = "/etc/systemd/system/kuberry-test.service"
    report = await _do(
        host,
        WriteFiles(id="f", title="f", files=(File(path=path, content=(UNIT,)),)),
        SetUnit(id="u", title="u", unit="kuberry-test.service"),
        Run(id="check", title="check", script="test -e /run/kuberry-test-ran"),
        Reboot(id="r", title="reboot", deadline_s=90),
        WaitUntil(id="w", title="w", script="test -e /run/kuberry-test-ran", deadline_s=30),
    )

    assert (report.ending, report.message) == ("done", "")
    async with _connected(host) as connections:
        assert (await look(connections.transports[0])).is_running("kuberry-test.service")


async def test_a_wait_that_does_not_come_true_fails(host: Host) -> None:
    """The step's own words and the deadline are in the message."""
    wait = WaitUntil(id="w", title="wait for godot", script="false", deadline_s=2)
    report = await _do(host, wait)

    assert (report.code, report.message) == (
        "command-timeout",
        "wait for godot: not so after 2 s",
    )


@pytest.fixture
def program(tmp_path: Path) -> tuple[Binary, Path]:
    """Give an artifact and its file."""
    path = tmp_path / "hello"
    path.write_bytes(b"#!/bin/sh\necho hello\n" + b"#" * 3_000_000)
    digest = hashlib.sha256(path.read_bytes()).hexdigest()
    artifact = Binary(
        name="hello",
        version="1",
        architecture="any",
        size_bytes=path.stat().st_size,
        sha256=digest,
    )
    return artifact, path


async def test_an_artifact_is_put_in_place(host: Host, program: tuple[Binary, Path]) -> None:
    """It arrives whole, runs, is recorded, and leaves nothing in the staging directory."""
    artifact, path = program
    step = PutArtifact(
        id="p", title="p", artifact=artifact, path="/usr/local/bin/hello", mode=0o755
    )
    report = await _do(host, step, fetch=path)

    assert (report.ending, report.steps[0].bytes_sent) == ("done", artifact.size_bytes)
    assert await _ask(host, "/usr/local/bin/hello; ls /var/lib/kuberry/staging") == "hello\n"
    async with _connected(host) as connections:
        seen = await look(connections.transports[0])
    assert seen.has_file("/usr/local/bin/hello", artifact.sha256)


async def test_a_corrupted_artifact_is_never_put_in_place(
    host: Host, program: tuple[Binary, Path]
) -> None:
    """The digest is checked on the host: what differs from the manifest is refused."""
    artifact, path = program
    path.write_bytes(path.read_bytes().replace(b"hello", b"howdy"))
    step = PutArtifact(id="p", title="p", artifact=artifact, path="/usr/local/bin/hello")
    report = await _do(host, step, fetch=path)

    assert (report.ending, report.code) == ("failed", "command-failed")
    assert await _ask(host, "ls /usr/local/bin") == ""


async def test_corrupted_images_are_never_imported(
    host: Host, program: tuple[Binary, Path]
) -> None:
    """Nor is containerd asked at all: the archive's digest comes first."""
    artifact, path = program
    path.write_bytes(path.read_bytes().replace(b"hello", b"howdy"))
    fields = artifact.model_dump(exclude={"kind", "place"})
    archive = ImageArchive.model_validate(fields | {"images": ("localhost/hello:1",)})
    report = await _do(host, LoadImages(id="i", title="i", archive=archive), fetch=path)

    assert (report.ending, report.code) == ("failed", "command-failed")
    assert "checksum did NOT match" in report.output


async def test_a_staged_artifact_is_not_sent_again(
    host: Host, program: tuple[Binary, Path]
) -> None:
    """After an interruption what is there whole is used: the controller's file may be gone."""
    artifact, path = program
    staging = "/var/lib/kuberry/staging"

    async def stage(transport: Transport) -> None:
        await transport.run(command("mkdir", "-p", staging).as_root())
        await transport.put(path, f"{staging}/{artifact.sha256}", mode=0o600, root=True)

    await _on(host, stage)
    step = PutArtifact(id="p", title="p", artifact=artifact, path="/usr/local/bin/hello")
    report = await _do(host, step, fetch=Path("/nowhere"))

    assert report.ending == "done"
