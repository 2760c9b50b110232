"""Logins to real hosts: keys of users and of hosts, one by one and side by side."""

from __future__ import annotations

import subprocess
from contextlib import aclosing
from pathlib import Path
from subprocess import PIPE
from typing import TYPE_CHECKING

import pytest
from tests.integration.transports.conftest import OPTIONS
from tests.integration.transports.logging_in import changed, keygen, unknown, user_of

from kuberry.errors import AuthenticationFailed, HostKeyChanged, HostKeyUnknown
from kuberry.model.event import HostKeyAccepted
from kuberry.model.host import Host
from kuberry.model.lab import LabState
from kuberry.shell import command
from kuberry.transports.login import connect
from kuberry.transports.pool import connect_all

if TYPE_CHECKING:
    from tests.integration.conftest import RunOn

pytestmark = [pytest.mark.integration, pytest.mark.timeout(960)]

STRICT = OPTIONS.model_copy(update={"host_key_policy": "strict"})


async def test_a_key_that_the_host_does_not_know(red: Host, tmp_path: Path) -> None:
    """Only the identity file is offered, and its refusal names the user and a way out."""
    keygen("-q", "-t", "ed25519", "-N", "", "-f", str(tmp_path / "other"))
    with pytest.raises(AuthenticationFailed, match="for the user 'kuberry'") as raised:
        await connect(changed(red, identity_file=tmp_path / "other"), OPTIONS)
    assert "kuberry hosts setup red --user kuberry" in raised.value.remedy


async def test_a_key_with_a_passphrase_is_no_hang(red: Host, tmp_path: Path) -> None:
    """A locked key cannot be used; the remedy names the agent."""
    keygen("-q", "-t", "ed25519", "-N", "locked", "-f", str(tmp_path / "locked"))
    with pytest.raises(AuthenticationFailed) as raised:
        await connect(changed(red, identity_file=tmp_path / "locked"), OPTIONS)
    assert "ssh-add" in raised.value.remedy


async def test_a_key_in_the_agent(
    red: Host, tmp_path: Path, run_on: RunOn, fresh: Host, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A locked key that the agent holds lets us in, also where the agent holds many others."""
    keys = [tmp_path / f"key{number}" for number in range(8)]
    for key in keys:
        keygen("-q", "-t", "ed25519", "-N", "", "-f", str(key))
    mine = keys[-1]
    run_on(fresh, f"echo '{mine.with_suffix('.pub').read_text()}' >> ~/.ssh/authorized_keys")
    agent_socket = tmp_path / "agent"
    agent = subprocess.Popen(["ssh-agent", "-d", "-a", str(agent_socket)], stdout=PIPE, stderr=PIPE)
    with agent:
        assert agent.stdout is not None
        agent.stdout.readline()
        monkeypatch.setenv("SSH_AUTH_SOCK", str(agent_socket))
        subprocess.run(["ssh-add", *map(str, keys)], check=True, capture_output=True)
        keygen("-q", "-p", "-N", "locked", "-f", str(mine))
        assert await user_of(changed(fresh, identity_file=mine)) == "kuberry"
        with pytest.raises(AuthenticationFailed):
            await user_of(changed(fresh, identity_file=keys[0]))
        with pytest.raises(AuthenticationFailed, match="offered too many keys"):
            await user_of(changed(fresh, identity_file=None))
        agent.terminate()


async def test_a_first_contact_is_written_and_shown(red: Host, known_hosts: Path) -> None:
    """accept-new writes the key for ssh to read, in files that ssh trusts, and shows its print."""
    said: list[object] = []
    async with aclosing(await connect(unknown(red, known_hosts), OPTIONS, said.append)):
        pass
    shown = keygen("-l", "-F", str(red.address), "-f", str(known_hosts)).split()
    assert said == [
        HostKeyAccepted(
            host="red",
            algorithm="ssh-ed25519",
            fingerprint=shown[-1],
            known_hosts_file=str(known_hosts),
        )
    ]
    modes = [oct(path.stat().st_mode)[-3:] for path in (known_hosts.parent, known_hosts)]
    assert modes == ["700", "600"]
    async with aclosing(await connect(unknown(red, known_hosts), STRICT, said.append)):
        pass
    assert len(said) == 1


async def test_a_first_contact_with_strict(red: Host, known_hosts: Path) -> None:
    """Strict refuses an unknown key, shows its print, and writes nothing."""
    with pytest.raises(HostKeyUnknown, match="SHA256:") as raised:
        await connect(unknown(red, known_hosts), STRICT)
    assert "--host-key-policy accept-new" in raised.value.remedy
    assert not known_hosts.exists()


@pytest.mark.parametrize("kind", ["ed25519", "rsa"])
@pytest.mark.parametrize("options", [OPTIONS, STRICT], ids=["accept-new", "strict"])
async def test_another_key_than_the_known_one(
    red: Host, known_hosts: Path, kind: str, options: object
) -> None:
    """A changed key, of whatever type, is refused; the remedy is a line that helps."""
    known_hosts.parent.mkdir()
    old = known_hosts.with_name("old")
    keygen("-q", "-t", kind, "-N", "", "-f", str(old))
    known_hosts.write_text(f"# mine\n{red.address} {old.with_suffix('.pub').read_text()}")
    host = unknown(red, known_hosts)
    with pytest.raises(HostKeyChanged, match=f"{known_hosts}:2 has SHA256:") as raised:
        await connect(host, STRICT if options is STRICT else OPTIONS)
    assert len(known_hosts.read_text().splitlines()) == 2
    line = next(part for part in raised.value.remedy.split(": ") if "ssh-keygen" in part)
    subprocess.run(["sh", "-c", line.split(";")[0]], check=True, capture_output=True)
    async with aclosing(await connect(host, OPTIONS)):
        pass


async def test_a_key_that_was_revoked(red: Host, known_hosts: Path) -> None:
    """A key marked @revoked is refused, even where it is also known."""
    assert red.known_hosts_file
    lines = red.known_hosts_file.read_text()
    key = next(line for line in lines.splitlines() if f"{red.address}" in line).split()[1:3]
    known_hosts.parent.mkdir()
    known_hosts.write_text(f"{lines}@revoked * {' '.join(key)}\n")
    with pytest.raises(HostKeyChanged, match="revoked"):
        await connect(unknown(red, known_hosts), OPTIONS)


async def test_first_contacts_side_by_side_lose_nothing(lab: LabState, known_hosts: Path) -> None:
    """Many logins to many hosts write each key once."""
    hosts = [
        changed(unknown(lab.login(name), known_hosts), name=f"{name}x{copy}")
        for copy in range(6)
        for name in ("red", "red01", "red02")
    ]
    async with connect_all(hosts, OPTIONS) as connections:
        assert [one.host for one in connections.all] == hosts
        assert len(connections.transports) == len(hosts)
    assert len(known_hosts.read_text().splitlines()) == 3


async def test_a_host_that_fails_does_not_touch_the_others(lab: LabState) -> None:
    """Every failure is collected, every connection is closed at the end."""
    hosts = [
        lab.login("red"),
        changed(lab.login("red01"), port=23),
        changed(lab.login("red"), name="silent", address=str(lab.unused_address)),
        lab.login("red02"),
    ]
    options = OPTIONS.model_copy(update={"connect_timeout_s": 2.0, "concurrency": 2})
    async with connect_all(hosts, options) as connections:
        assert [host.name for host, _ in connections.failures] == ["red01", "silent"]
        done = [await one.run(command("uname", "-n")) for one in connections.transports]
        assert [one.text for one in done] == ["red\n", "red02\n"]
    for transport in connections.transports:
        with pytest.raises(Exception, match="the connection ended"):
            await transport.run(command("true"))
