"""Root by sudo on real hosts: with a password, without, and not at all."""

from __future__ import annotations

import secrets
from contextlib import aclosing
from typing import TYPE_CHECKING

import pytest
from pydantic import SecretStr
from tests.integration.transports.conftest import OPTIONS

from kuberry.errors import SudoFailed
from kuberry.model.connection import ConnectOptions
from kuberry.model.host import Host
from kuberry.shell import command, script
from kuberry.transports.login import connect

if TYPE_CHECKING:
    from tests.integration.conftest import FreshHost, RunOn
    from tests.integration.transports.conftest import MakeUser

pytestmark = [pytest.mark.integration, pytest.mark.timeout(960)]

PASSWORD = "Pa$$ wo'rd-\"7"
NOISE = bytes(range(256)) * 4000 + b"\nno newline at the end"


def _with(password: str | None) -> ConnectOptions:
    secret = SecretStr(password) if password else None
    return OPTIONS.model_copy(update={"sudo_password": secret})


@pytest.fixture(params=["debian12", "debian13"])
def asked(
    request: pytest.FixtureRequest, fresh_host: FreshHost, run_on: RunOn, make_user: MakeUser
) -> Host:
    """Return a host and a user of whom sudo asks a password; use_pty is the default of both."""
    host = fresh_host(os=request.param)
    asked = make_user(host, "asked", sudoers="asked ALL=(ALL:ALL) ALL")
    run_on(host, f"sudo chpasswd <<'END'\nasked:{PASSWORD}\nEND")
    return asked


async def test_a_password_goes_to_sudo_and_the_rest_to_the_command(asked: Host) -> None:
    """Input behind the password arrives byte for byte, for one command and for many."""
    async with aclosing(await connect(asked, _with(PASSWORD))) as transport:
        for _ in range(2):
            done = await transport.run(script("id -u; cat").as_root(), stdin=NOISE)
            assert (done.stdout, done.stderr, done.exit_status) == (b"0\n" + NOISE, b"", 0)
        await transport.put(NOISE, "/root/file", mode=0o600, root=True)
        assert await transport.get("/root/file", root=True) == NOISE


@pytest.mark.parametrize("line", ["NOPASSWD:ALL", "ALL"])
async def test_a_password_that_sudo_does_not_want_reaches_nobody(
    asked: Host, run_on: RunOn, line: str
) -> None:
    """Rules that change in the middle, and passwords that sudo remembers, leak nothing."""
    async with aclosing(await connect(asked, _with(PASSWORD))) as transport:
        assert (await transport.run(command("true").as_root())).ok
        admin = asked.model_copy(update={"user": "kuberry"})
        rule = f"asked ALL=(ALL:ALL) {line}\nDefaults:asked timestamp_type=global"
        run_on(admin, f"echo '{rule}' | sudo tee /etc/sudoers.d/asked >/dev/null")
        await transport.run(script("sudo -S -v"), stdin=f"{PASSWORD}\n".encode())
        done = await transport.run(command("cat").as_root(), stdin=NOISE)
    assert (done.stdout, done.exit_status) == (NOISE, 0)


async def test_the_password_is_nowhere_on_the_host(asked: Host, run_on: RunOn) -> None:
    """Neither words nor environments of processes, nor the log, hold the password."""
    look = (
        "cat /proc/[0-9]*/cmdline /proc/[0-9]*/environ 2>/dev/null | tr '\\0' '\\n'; "
        "journalctl --no-pager --boot"
    )
    async with aclosing(await connect(asked, _with(PASSWORD))) as transport:
        done = await transport.run(script(look).as_root())
    assert "KUBERRY_RUN=" in done.text
    assert "sudo" in done.text
    assert PASSWORD not in done.text


async def test_a_wrong_password_is_tried_once(asked: Host, run_on: RunOn) -> None:
    """The error says that the password is wrong, and no second attempt is made, ever."""
    wrong = secrets.token_hex(8)
    async with aclosing(await connect(asked, _with(wrong))) as transport:
        with pytest.raises(SudoFailed, match="password of the user 'asked' is wrong") as raised:
            await transport.run(command("true").as_root())
        with pytest.raises(SudoFailed, match="is wrong"):
            await transport.put(b"", "/root/file", root=True)
        assert (await transport.run(command("true"))).ok
    assert (raised.value.host, bool(raised.value.remedy)) == (asked.name, True)
    admin = asked.model_copy(update={"user": "kuberry"})
    log = run_on(
        admin, "sudo journalctl --no-pager --boot | grep -c 'authentication failure;.*asked'"
    )
    assert log.stdout.strip() == "1", log.stdout


async def test_a_password_that_is_needed_but_not_given(asked: Host) -> None:
    """The remedy names the option to give it."""
    async with aclosing(await connect(asked, _with(None))) as transport:
        with pytest.raises(SudoFailed, match="sudo asks a password of the user 'asked'") as raised:
            await transport.put(b"", "/root/file", root=True)
    assert "--ask-sudo-password" in raised.value.remedy


async def test_a_user_without_rights(fresh: Host, make_user: MakeUser, run_on: RunOn) -> None:
    """A user who is not in sudoers is told so, and how to get there."""
    plain = make_user(fresh, "plain", password="right")
    async with aclosing(await connect(plain, _with("right"))) as transport:
        with pytest.raises(SudoFailed, match="'plain' may not use sudo") as raised:
            await transport.run(command("true").as_root())
    assert "usermod -aG sudo plain" in raised.value.remedy


async def test_a_host_without_sudo(fresh: Host, make_user: MakeUser, run_on: RunOn) -> None:
    """Where there is no sudo, the error says that; who is root already does not need it."""
    plain = make_user(fresh, "plain")
    run_on(fresh, "sudo cp -a ~kuberry/.ssh /root/ && sudo chown -R root: /root/.ssh")
    run_on(fresh, "sudo rm /usr/bin/sudo")
    async with aclosing(await connect(plain, OPTIONS)) as transport:
        with pytest.raises(SudoFailed, match="there is no sudo") as raised:
            await transport.run(command("true").as_root())
    assert "apt-get install sudo" in raised.value.remedy
    root = fresh.model_copy(update={"user": "root"})
    async with aclosing(await connect(root, OPTIONS)) as transport:
        done = await transport.run(command("id", "-u").as_root(), stdin=NOISE)
    assert done.stdout == b"0\n"
