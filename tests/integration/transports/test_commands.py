"""Commands on real hosts: what goes in and out, and how they end."""

from __future__ import annotations

import asyncio
import hashlib
import os
import secrets
import signal
import sys
from asyncio.subprocess import DEVNULL, PIPE
from collections.abc import AsyncIterator
from contextlib import aclosing
from typing import TYPE_CHECKING

import pytest
from tests.integration.transports.conftest import OPTIONS

from kuberry.api.lab import lab_power
from kuberry.errors import CommandTimeout, ConnectionLost
from kuberry.model.host import Host
from kuberry.settings import Settings
from kuberry.shell import Command, command, script
from kuberry.transports.login import connect
from kuberry.transports.ssh import SshTransport

if TYPE_CHECKING:
    from tests.integration.conftest import RunOn
    from tests.integration.transports.conftest import MakeUser

pytestmark = [pytest.mark.integration, pytest.mark.timeout(960)]

HOSTILE = 'it\'s "$HOME" `id` $(id) \\ \\n ! !! %s %% # ~ * ; & | < > \n\ttab é ☃ \x1b[31m\x7f'
STUBBORN = 'trap "" TERM HUP INT PIPE; (setsid sleep 7777; :) & sleep 7777; sleep 7777; :'


async def _alive(transport: SshTransport, marker: str) -> list[str]:
    """Return the processes of the host that have *marker* among their words."""
    done = await transport.run(command("ps", "-eo", "args="))
    return [line for line in done.text.splitlines() if marker in line]


async def test_words_arrive_as_they_are(on_red: SshTransport) -> None:
    """No character of an argument means anything to any shell on the way."""
    done = await on_red.run(command("printf", "%s", HOSTILE))
    assert (done.stdout.decode(), done.exit_status) == (HOSTILE, 0)


async def test_bytes_that_are_no_text_arrive(on_red: SshTransport) -> None:
    """A file name that is not UTF-8 is an argument like any other."""
    name = os.fsdecode(b"caf\xe9")
    assert (await on_red.run(command("printf", "%s", name))).stdout == b"caf\xe9"


@pytest.mark.parametrize("root", [False, True])
async def test_a_script_without_arguments_has_none(on_red: SshTransport, *, root: bool) -> None:
    """How a command is started is invisible to it."""
    done = await on_red.run(Command('echo "$#" "$0" "$(id -u)"', root=root))
    count, name, user = done.text.split()
    assert (count, name, user == "0") == ("0", "/bin/sh", root)


async def test_an_exit_status_is_a_value(on_red: SshTransport) -> None:
    """A command that fails is no error of the transport."""
    done = await on_red.run(script("echo out; echo err >&2; exit 42"))
    assert (done.exit_status, done.stdout, done.stderr) == (42, b"out\n", b"err\n")


async def test_the_end_by_a_signal_is_minus_one(on_red: SshTransport) -> None:
    """A command that was killed has no exit status of its own."""
    assert (await on_red.run(script("kill -9 $$"))).exit_status == -1


STRICT_SHELL = r"""#!/usr/bin/python3
# Reads what sh, bash, zsh, fish, csh and tcsh read alike, and nothing else.
import os, re, sys
assert sys.argv[1] == "-c", sys.argv
line = sys.argv[2]
word = r"[A-Za-z0-9/_.-]+|'(?:[^'\\!\n]|\\0[0-7]{3})*'"
assert re.fullmatch(f"(?:(?:{word})(?: |$))+", line), line
words = [found.strip("'") for found in re.findall(word, line)]
os.execv(words[0], words)
"""


async def test_the_login_shell_need_not_be_posix(fresh: Host, make_user: MakeUser) -> None:
    """The login shell only starts /bin/sh, by words that every shell reads alike."""
    async with aclosing(await connect(fresh, OPTIONS)) as transport:
        await transport.put(STRICT_SHELL.encode(), "/usr/local/bin/odd", mode=0o755, root=True)
    sudoers = "odd ALL=(ALL) NOPASSWD:ALL"
    odd = make_user(fresh, "odd", login_shell="/usr/local/bin/odd", sudoers=sudoers)
    async with aclosing(await connect(odd, OPTIONS)) as transport:
        plain = await transport.run(command("printf", "%s", HOSTILE))
        root = await transport.run(command("printf", "%s", HOSTILE).as_root())
        user = await transport.run(script("id -un\ncat"), stdin=b"\x00\n")
        await transport.put(b"content", "/home/odd/it's\na file")
        back = await transport.get("/home/odd/it's\na file")
    assert (plain.stdout.decode(), root.stdout.decode()) == (HOSTILE, HOSTILE), plain.stderr
    assert (user.stdout, back) == (b"odd\n\x00\n", b"content")


async def test_fifty_megabytes_of_noise_arrive_intact(on_red: SshTransport) -> None:
    """Output of any bytes and of any size arrives, standard error beside it."""
    text = "head -c 50000000 /dev/urandom | tee /tmp/noise; head -c 5000000 /tmp/noise >&2"
    pieces: list[int] = []
    done = await on_red.run(script(text), on_output=lambda piece: pieces.append(len(piece)))
    digest = await on_red.run(script("sha256sum < /tmp/noise; rm /tmp/noise"))
    assert hashlib.sha256(done.stdout).hexdigest() == digest.text.split()[0]
    assert (done.stderr, sum(pieces)) == (done.stdout[:5_000_000], 55_000_000)


async def test_input_and_output_may_both_be_large(on_red: SshTransport) -> None:
    """A command that answers while it reads does not block, and nobody waits for the other."""
    noise = secrets.token_bytes(20_000_000)
    done = await on_red.run(command("cat"), stdin=noise)
    assert done.stdout == noise


async def test_a_command_need_not_read_its_input(on_red: SshTransport) -> None:
    """A command that ends early has ended, however much input is left, or still to come."""

    async def endless() -> AsyncIterator[bytes]:
        while True:
            yield bytes(100_000)
            await asyncio.sleep(0)

    async def silent() -> AsyncIterator[bytes]:
        yield b"a"
        await asyncio.Event().wait()

    assert (await on_red.run(command("true"), stdin=bytes(50_000_000))).ok
    assert (await on_red.run(command("head", "-c", "3"), stdin=endless())).stdout == bytes(3)
    assert (await on_red.run(command("true"), stdin=silent())).ok


async def test_a_command_that_has_not_begun_yet_is_ended_when_it_does(
    fresh: Host, make_user: MakeUser, run_on: RunOn
) -> None:
    """A busy host, or a ~/.ssh/rc, has sshd say yes long before the command is there."""
    slow = make_user(fresh, "slow")
    once = "mkdir /home/slow/begun 2>/dev/null && sleep 1"  # not for the one that ends the first
    rc = f"echo '{once}' | sudo -u slow tee /home/slow/.ssh/rc >/dev/null"
    assert run_on(fresh, rc).returncode == 0
    marker = secrets.token_hex(8)
    transport = await connect(slow, OPTIONS)
    try:
        with pytest.raises(CommandTimeout):
            await transport.run(script("sleep 7777; : $1", marker), deadline_s=0.3)
        await asyncio.sleep(1.5)  # what is not ended by now has begun
        assert await _alive(transport, marker) == []
    finally:
        await transport.aclose()


async def test_input_that_breaks_off_ends_the_command(on_red: SshTransport) -> None:
    """An error of the caller's own stream is the caller's, and the command does not stay."""
    marker = secrets.token_hex(8)

    async def broken() -> AsyncIterator[bytes]:
        yield b"a"
        raise LookupError(marker)

    with pytest.raises(LookupError, match=marker):
        await on_red.run(script("cat; sleep 7777; : $1", marker), stdin=broken())
    assert await _alive(on_red, marker) == []


async def test_more_commands_at_once_than_sessions(on_red: SshTransport) -> None:
    """Sshd opens ten sessions a connection; more commands than that wait their turn."""
    done = await asyncio.gather(
        *(on_red.run(script("sleep 0.2; echo $1", str(n))) for n in range(40))
    )
    assert [int(one.text) for one in done] == list(range(40))


async def test_a_host_short_of_sessions_is_asked_again(fresh: Host, run_on: RunOn) -> None:
    """What sshd refused for want of a free session runs when one is free; none is lost."""
    few = "echo 'MaxSessions 2' | sudo tee /etc/ssh/sshd_config.d/20.conf"
    assert run_on(fresh, f"{few} && sudo systemctl restart ssh").returncode == 0
    transport = await connect(fresh, OPTIONS)
    try:
        done = await asyncio.gather(
            *(transport.run(script("sleep 0.1; echo $1", str(n))) for n in range(12))
        )
    finally:
        await transport.aclose()
    assert [int(one.text) for one in done] == list(range(12))


@pytest.mark.parametrize("root", [False, True])
async def test_the_deadline_ends_the_command_on_the_host(
    on_red: SshTransport, *, root: bool
) -> None:
    """After the deadline nothing of it is left, not even what took a session of its own."""
    marker = secrets.token_hex(8)
    stubborn = Command(script(STUBBORN, marker).text, root=root)
    with pytest.raises(CommandTimeout) as raised:
        await on_red.run(stubborn, deadline_s=1)
    assert (raised.value.host, bool(raised.value.remedy)) == ("red", True)
    assert await _alive(on_red, marker) == []
    assert await _alive(on_red, "sleep 7777") == []


@pytest.mark.parametrize("root", [False, True])
async def test_cancellation_ends_the_command_on_the_host(
    on_red: SshTransport, *, root: bool
) -> None:
    """Who stops waiting for a command has stopped the command."""
    marker = secrets.token_hex(8)
    started = asyncio.Event()
    text = f"echo go; {STUBBORN}"
    task = asyncio.create_task(
        on_red.run(
            Command(script(text, marker).text, root=root), on_output=lambda _piece: started.set()
        )
    )
    await started.wait()
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    assert await _alive(on_red, marker) == []
    assert await _alive(on_red, "sleep 7777") == []


PROGRAM = """
import asyncio, sys
from kuberry.model.connection import ConnectOptions
from kuberry.model.host import Host
from kuberry.shell import script
from kuberry.transports.pool import connect_all

async def main():
    host = Host.model_validate_json(sys.argv[1])
    async with connect_all([host], ConnectOptions(config_files=())) as connections:
        order = script("echo go; sleep 7777; : $1", sys.argv[2]).as_root()
        await connections.transports[0].run(
            order, deadline_s=600, on_output=lambda piece: print("go", flush=True)
        )

asyncio.run(main())
"""


async def test_ctrl_c_ends_the_command_on_the_host(on_red: SshTransport) -> None:
    """SIGINT to the controller ends what it runs on the hosts, before the controller ends."""
    marker = secrets.token_hex(8)
    words = (sys.executable, "-c", PROGRAM, on_red.host.model_dump_json(), marker)
    program = await asyncio.create_subprocess_exec(*words, stdout=PIPE, stderr=DEVNULL)
    assert program.stdout is not None
    assert await program.stdout.readline() == b"go\n"
    assert await _alive(on_red, marker)
    program.send_signal(signal.SIGINT)
    async with asyncio.timeout(30):
        await program.wait()
    assert await _alive(on_red, marker) == []


@pytest.mark.parametrize("how", ["poweroff", "freeze"])
async def test_a_host_that_dies_during_a_command_is_noticed(
    fresh: Host, lab_settings: Settings, how: str
) -> None:
    """A connection that ends in the middle is an error with a remedy, also when nobody says so."""
    started = asyncio.Event()
    options = OPTIONS.model_copy(update={"keepalive_interval_s": 0.5})
    transport = await connect(fresh, options)
    command_ = asyncio.create_task(
        transport.run(
            script("echo go; sleep 7777"), deadline_s=600, on_output=lambda _piece: started.set()
        )
    )
    await started.wait()
    if how == "poweroff":
        await lab_power(fresh.name, "poweroff", settings=lab_settings)
    else:
        other = await connect(fresh, OPTIONS)
        cut = script("ip link set eth0 down").as_root()
        with pytest.raises((CommandTimeout, ConnectionLost)):
            await other.run(cut, deadline_s=2)
        await other.aclose()
    with pytest.raises(ConnectionLost) as raised:
        await command_
    with pytest.raises(ConnectionLost):
        await transport.run(command("true"))
    assert (raised.value.host, bool(raised.value.remedy)) == (fresh.name, True)
    await transport.aclose()
    await transport.aclose()


async def test_a_forward_leads_to_what_the_host_can_reach(on_red: SshTransport) -> None:
    """A loopback port of this machine is a port of the host, until the block ends."""
    async with on_red.forward("127.0.0.1", 22) as port:
        reader, writer = await asyncio.open_connection("127.0.0.1", port)
        greeting = await reader.readline()
        writer.close()
        await writer.wait_closed()
    assert greeting.startswith(b"SSH-2.0-")
    with pytest.raises(ConnectionRefusedError):
        await asyncio.open_connection("127.0.0.1", port)
