"""Files sent to real hosts and fetched from them: whole or not at all."""

from __future__ import annotations

import asyncio
import secrets
from pathlib import Path

import pytest
from tests.integration.transports.conftest import OPTIONS

from kuberry.errors import CommandFailed, UsageError
from kuberry.model.host import Host
from kuberry.shell import command, script
from kuberry.transports.login import connect
from kuberry.transports.ssh import SshTransport

pytestmark = [pytest.mark.integration, pytest.mark.timeout(960)]


@pytest.fixture
def directory(on_red: SshTransport) -> str:
    """Return the name of a directory that is this test's own; it is made by the test."""
    return f"/home/kuberry/{secrets.token_hex(8)}"


async def _listing(transport: SshTransport, directory: str) -> list[str]:
    done = await transport.run(script('ls -A "$1"', directory))
    return done.text.splitlines()


@pytest.mark.parametrize("size", [0, 1, 32768, 5_000_001])
async def test_what_was_put_can_be_got(on_red: SshTransport, directory: str, size: int) -> None:
    """A file of any size and any bytes comes back as it went."""
    content = secrets.token_bytes(size)
    await on_red.put(content, directory)
    assert await on_red.get(directory) == content
    await on_red.run(command("rm", directory))


async def test_a_put_says_how_far_it_is(
    on_red: SshTransport, directory: str, tmp_path: Path
) -> None:
    """Progress adds up to the size of the file."""
    source = tmp_path / "source"
    source.write_bytes(bytes(3_000_001))
    moved: list[int] = []
    await on_red.put(source, directory, on_progress=moved.append)
    assert sum(moved) == 3_000_001
    assert len(moved) > 1
    await on_red.run(command("rm", directory))


@pytest.mark.parametrize("name", ["it's", 'a "b"', "new\nline\n", "-rf", "$(id)", "é ☃", "a\\b*?"])
async def test_a_file_may_have_any_name(on_red: SshTransport, directory: str, name: str) -> None:
    """Quotes, newlines and dashes in a path are part of it and nothing else."""
    await on_red.run(command("mkdir", directory))
    await on_red.put(b"content", f"{directory}/{name}")
    there = await on_red.run(command("sh", "-c", 'cd "$0" && cat < "./$1"', directory, name))
    assert there.stdout == b"content"
    assert await on_red.get(f"{directory}/{name}") == b"content"
    await on_red.run(command("rm", "-r", directory))


@pytest.mark.parametrize(("root", "owner"), [(False, "kuberry"), (True, "root")])
async def test_a_file_has_the_mode_and_the_owner_asked_for(
    on_red: SshTransport, directory: str, owner: str, *, root: bool
) -> None:
    """The mode is exact whatever the umask, and root's files are root's."""
    await on_red.put(b"old", directory, mode=0o644, root=root)
    await on_red.put(b"new", directory, mode=0o2750, root=root)
    done = await on_red.run(command("stat", "-c", "%a %U:%G %s", directory))
    assert done.text.split() == ["2750", f"{owner}:{owner}", "3"]
    assert await on_red.get(directory, root=root) == b"new"
    await on_red.run(command("rm", directory).as_root())


async def test_a_full_disk_leaves_the_target_as_it_was(on_red: SshTransport) -> None:
    """The error names the cause, the old content stays, and nothing is left behind."""
    mount = script('mkdir -p "$1" && mount -t tmpfs -o size=1m tmpfs "$1"', "/mnt/full")
    assert (await on_red.run(mount.as_root())).ok
    await on_red.put(b"old", "/mnt/full/file", root=True)
    with pytest.raises(CommandFailed, match="No space left on device") as raised:
        await on_red.put(bytes(20_000_000), "/mnt/full/file", root=True)
    assert "/mnt/full/file" in raised.value.message
    assert await on_red.get("/mnt/full/file") == b"old"
    assert await _listing(on_red, "/mnt/full") == ["file"]
    assert (await on_red.run(script("umount /mnt/full && rmdir /mnt/full").as_root())).ok


async def test_a_put_that_is_cancelled_leaves_nothing(
    on_red: SshTransport, directory: str, tmp_path: Path
) -> None:
    """A transfer that is broken off leaves neither a half file nor a temporary one."""
    await on_red.run(command("mkdir", directory))
    source = tmp_path / "source"
    source.write_bytes(bytes(200_000_000))
    under_way = asyncio.Event()
    put = asyncio.create_task(
        on_red.put(source, f"{directory}/file", on_progress=lambda _bytes: under_way.set())
    )
    await under_way.wait()
    put.cancel()
    with pytest.raises(asyncio.CancelledError):
        await put
    assert await _listing(on_red, directory) == []
    await on_red.run(command("rmdir", directory))


async def test_a_put_over_a_lost_connection_leaves_nothing(red: Host, directory: str) -> None:
    """An input that ends before its time is no file."""
    first, second = await connect(red, OPTIONS), await connect(red, OPTIONS)
    await second.run(command("mkdir", directory))
    under_way = asyncio.Event()
    put = asyncio.create_task(
        first.put(
            bytes(500_000_000), f"{directory}/file", on_progress=lambda _bytes: under_way.set()
        )
    )
    await under_way.wait()
    first._connection.abort()
    with pytest.raises(Exception, match="the connection ended"):
        await put
    empty = script('while [ -n "$(ls -A "$1")" ]; do sleep 0.1; done; rmdir "$1"', directory)
    assert (await second.run(empty, deadline_s=30)).ok
    await first.aclose()
    await second.aclose()


async def test_a_source_that_shrinks_is_not_taken_for_whole(
    on_red: SshTransport, directory: str, tmp_path: Path
) -> None:
    """A file that became shorter while it was read does not arrive."""
    source = tmp_path / "source"
    source.write_bytes(bytes(50_000_000))

    def shrink(_moved: int) -> None:
        with source.open("r+b") as stream:
            stream.truncate(10)

    with pytest.raises(CommandFailed, match="of 50000000 bytes arrived"):
        await on_red.put(source, directory, on_progress=shrink)
    assert (await on_red.run(command("test", "-e", directory))).exit_status == 1


async def test_a_place_that_cannot_be_written_is_named(on_red: SshTransport) -> None:
    """A directory that is missing and one that is root's are told apart."""
    with pytest.raises(CommandFailed, match=r"/nowhere/file could not be .*Directory nonexistent"):
        await on_red.put(b"", "/nowhere/file")
    with pytest.raises(CommandFailed, match=r"/etc/file could not be .*Permission denied"):
        await on_red.put(b"", "/etc/file")
    with pytest.raises(CommandFailed, match=r"/etc could not be .*directory"):
        await on_red.put(b"", "/etc", root=True)
    with pytest.raises(UsageError, match="no absolute path"):
        await on_red.put(b"", "file")


async def test_a_file_that_cannot_be_read_is_named(on_red: SshTransport, tmp_path: Path) -> None:
    """A file that is missing, here or there, and one that is root's are told apart."""
    with pytest.raises(CommandFailed, match=r"/nowhere could not be read: .*No such file"):
        await on_red.get("/nowhere")
    with pytest.raises(CommandFailed, match=r"/etc/shadow could not be read: .*Permission denied"):
        await on_red.get("/etc/shadow")
    assert b"root:" in await on_red.get("/etc/shadow", root=True)
    with pytest.raises(UsageError, match="cannot be read: No such file"):
        await on_red.put(tmp_path / "missing", "/home/kuberry/file")
