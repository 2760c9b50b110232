"""Logins to real hosts, and everything that can be in their way."""

from __future__ import annotations

import asyncio
import socket
import subprocess
from collections.abc import Sequence
from contextlib import aclosing
from functools import partial
from pathlib import Path
from subprocess import PIPE
from typing import TYPE_CHECKING

import pytest
from tests.integration.transports.conftest import OPTIONS

from kuberry.errors import (
    AuthenticationFailed,
    HostKeyChanged,
    HostKeyUnknown,
    NameNotResolved,
    Unreachable,
    UsageError,
)
from kuberry.model.event import HostKeyAccepted, Notice
from kuberry.model.host import Host
from kuberry.model.lab import LabState
from kuberry.shell import command
from kuberry.transports.addresses import Address, Resolve
from kuberry.transports.login import Connector, connect
from kuberry.transports.pool import connect_all

if TYPE_CHECKING:
    from tests.integration.conftest import RunOn

pytestmark = [pytest.mark.integration, pytest.mark.timeout(960)]

STRICT = OPTIONS.model_copy(update={"host_key_policy": "strict"})


def _keygen(*words: str) -> str:
    done = subprocess.run(["ssh-keygen", *words], capture_output=True, text=True, check=True)
    return done.stdout


def _as(host: Host, **fields: object) -> Host:
    return host.model_copy(update=fields)


def _unknown(host: Host, known_hosts: Path) -> Host:
    """Return *host* as one whose key was never met."""
    return _as(host, known_hosts_file=known_hosts)


async def _user(host: Host, config: Path | None = None) -> str:
    options = OPTIONS.model_copy(update={"config_files": (str(config),) if config else ()})
    async with aclosing(await connect(host, options)) as transport:
        return (await transport.run(command("id", "-un"))).text.strip()


async def test_a_name_that_nobody_knows(red: Host) -> None:
    """An unknown name is named, with what to do about it."""

    async def resolve(name: str, _port: int, _family: int) -> Sequence[Address]:
        asked.append(name)
        raise socket.gaierror(socket.EAI_NONAME, "Name or service not known")

    asked: list[str] = []
    connector = Connector(OPTIONS, resolve=resolve)
    with pytest.raises(
        NameNotResolved, match=r"'ghost' \(or 'ghost.local'\) has no address"
    ) as raised:
        await connector.connect(Host(name="ghost"))
    await connector.aclose()
    assert (raised.value.host, bool(raised.value.remedy)) == ("ghost", True)
    assert asked == ["ghost", "ghost.local"]


def _only_nearby(red: Host) -> Resolve:
    """Return a resolver that knows red.local and nothing else."""

    async def resolve(name: str, port: int, _family: int) -> Sequence[Address]:
        if name != "red.local":
            raise socket.gaierror(socket.EAI_NONAME, "Name or service not known")
        return [(socket.AF_INET, (red.address, port))]

    return resolve


async def test_a_name_without_an_address_may_be_near(red: Host, known_hosts: Path) -> None:
    """A bare name that does not resolve is tried as NAME.local, and that is said."""
    said: list[object] = []
    connector = Connector(OPTIONS, said.append, resolve=_only_nearby(red))
    host = _as(_unknown(red, known_hosts), address=None)
    async with aclosing(await connector.connect(host)) as transport:
        assert (await transport.run(command("uname", "-n"))).text == "red\n"
    await connector.aclose()
    assert Notice(host="red", message="red has no address, red.local is taken") in said
    assert known_hosts.read_text().startswith("red.local ssh-ed25519 ")
    assert any(
        isinstance(one, Notice) and "under red.local, not red" in one.message for one in said
    )


async def test_what_is_near_must_show_the_known_key(
    red: Host, known_hosts: Path, tmp_path: Path
) -> None:
    """Anyone can answer to NAME.local: a known key of NAME is asked for, before any password."""
    _keygen("-q", "-t", "ed25519", "-N", "", "-f", str(tmp_path / "other"))
    known_hosts.parent.mkdir()
    wrong = f"red {(tmp_path / 'other.pub').read_text()}"
    known_hosts.write_text(wrong)
    host = _as(_unknown(red, known_hosts), address=None)
    connector = Connector(OPTIONS, resolve=_only_nearby(red))
    with pytest.raises(HostKeyChanged, match="in place of red shows the key"):
        await connector.connect(host)
    assert known_hosts.read_text() == wrong
    assert red.known_hosts_file
    right = red.known_hosts_file.read_text().replace(str(red.address), "red")
    known_hosts.write_text(right)
    async with aclosing(await connector.connect(host)) as transport:
        assert (await transport.run(command("uname", "-n"))).text == "red\n"
    await connector.aclose()
    assert known_hosts.read_text() == right


async def test_a_silent_address_does_not_hold_up_the_next(
    red: Host, lab: LabState, known_hosts: Path
) -> None:
    """Of several addresses the first that answers is taken."""

    async def resolve(_name: str, port: int, _family: int) -> Sequence[Address]:
        targets = (str(lab.unused_address), red.address)
        return [(socket.AF_INET, (one, port)) for one in targets]

    connector = Connector(OPTIONS, resolve=resolve)
    host = _as(_unknown(red, known_hosts), address=None)
    async with aclosing(await connector.connect(host)) as transport:
        assert (await transport.run(command("uname", "-n"))).text == "red\n"
    await connector.aclose()


async def test_a_port_that_is_closed(red: Host) -> None:
    """A refusal is told from silence."""
    with pytest.raises(Unreachable, match="port 23 refuses connections") as raised:
        await connect(_as(red, port=23), OPTIONS)
    assert (raised.value.host, bool(raised.value.remedy)) == ("red", True)


async def test_an_address_where_nobody_is(lab: LabState, red: Host) -> None:
    """Silence ends at the connect deadline, or earlier where the network knows."""
    options = OPTIONS.model_copy(update={"connect_timeout_s": 0.5})
    silent = _as(red, name="silent", address=str(lab.unused_address))
    with pytest.raises(Unreachable, match=f"{lab.unused_address} port 22") as raised:
        await connect(silent, options)
    assert (raised.value.host, bool(raised.value.remedy)) == ("silent", True)


async def test_what_answers_may_not_be_ssh(red: Host) -> None:
    """A server of another kind, and one that says nothing, are told apart."""
    options = OPTIONS.model_copy(update={"connect_timeout_s": 0.5})
    noise = b"HTTP/1.1 400 Bad Request\r\n\r\n" * 2000
    for greeting, said in ((noise, "does not speak SSH"), (b"", "waiting for the SSH server of")):
        ended = asyncio.Event()
        serve = partial(_greet, greeting, ended)
        async with await asyncio.start_server(serve, "127.0.0.1", 0) as server:
            port = server.sockets[0].getsockname()[1]
            with pytest.raises(Unreachable, match=said):
                await connect(_as(red, address="127.0.0.1", port=port), options)
            await ended.wait()


async def _greet(
    greeting: bytes,
    ended: asyncio.Event,
    reader: asyncio.StreamReader,
    writer: asyncio.StreamWriter,
) -> None:
    writer.write(greeting)
    await reader.read()
    writer.close()
    ended.set()


async def test_a_key_that_the_host_does_not_know(red: Host, tmp_path: Path) -> None:
    """Only the identity file is offered, and its refusal names the user and a way out."""
    _keygen("-q", "-t", "ed25519", "-N", "", "-f", str(tmp_path / "other"))
    with pytest.raises(AuthenticationFailed, match="for the user 'kuberry'") as raised:
        await connect(_as(red, identity_file=tmp_path / "other"), OPTIONS)
    assert "kuberry hosts setup red --user kuberry" in raised.value.remedy


async def test_a_key_with_a_passphrase_is_no_hang(red: Host, tmp_path: Path) -> None:
    """A locked key cannot be used; the remedy names the agent."""
    _keygen("-q", "-t", "ed25519", "-N", "locked", "-f", str(tmp_path / "locked"))
    with pytest.raises(AuthenticationFailed) as raised:
        await connect(_as(red, identity_file=tmp_path / "locked"), OPTIONS)
    assert "ssh-add" in raised.value.remedy


async def test_a_key_in_the_agent(
    red: Host, tmp_path: Path, run_on: RunOn, fresh: Host, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A locked key that the agent holds lets us in, also where the agent holds many others."""
    keys = [tmp_path / f"key{number}" for number in range(8)]
    for key in keys:
        _keygen("-q", "-t", "ed25519", "-N", "", "-f", str(key))
    mine = keys[-1]
    run_on(fresh, f"echo '{mine.with_suffix('.pub').read_text()}' >> ~/.ssh/authorized_keys")
    agent_socket = tmp_path / "agent"
    agent = subprocess.Popen(["ssh-agent", "-d", "-a", str(agent_socket)], stdout=PIPE, stderr=PIPE)
    with agent:
        assert agent.stdout is not None
        agent.stdout.readline()
        monkeypatch.setenv("SSH_AUTH_SOCK", str(agent_socket))
        subprocess.run(["ssh-add", *map(str, keys)], check=True, capture_output=True)
        _keygen("-q", "-p", "-N", "locked", "-f", str(mine))
        assert await _user(_as(fresh, identity_file=mine)) == "kuberry"
        with pytest.raises(AuthenticationFailed):
            await _user(_as(fresh, identity_file=keys[0]))
        with pytest.raises(AuthenticationFailed, match="offered too many keys"):
            await _user(_as(fresh, identity_file=None))
        agent.terminate()


async def test_a_first_contact_is_written_and_shown(red: Host, known_hosts: Path) -> None:
    """accept-new writes the key for ssh to read, in files that ssh trusts, and shows its print."""
    said: list[object] = []
    async with aclosing(await connect(_unknown(red, known_hosts), OPTIONS, said.append)):
        pass
    shown = _keygen("-l", "-F", str(red.address), "-f", str(known_hosts)).split()
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
    async with aclosing(await connect(_unknown(red, known_hosts), STRICT, said.append)):
        pass
    assert len(said) == 1


async def test_a_first_contact_with_strict(red: Host, known_hosts: Path) -> None:
    """Strict refuses an unknown key, shows its print, and writes nothing."""
    with pytest.raises(HostKeyUnknown, match="SHA256:") as raised:
        await connect(_unknown(red, known_hosts), STRICT)
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
    _keygen("-q", "-t", kind, "-N", "", "-f", str(old))
    known_hosts.write_text(f"# mine\n{red.address} {old.with_suffix('.pub').read_text()}")
    host = _unknown(red, known_hosts)
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
        await connect(_unknown(red, known_hosts), OPTIONS)


async def test_first_contacts_side_by_side_lose_nothing(lab: LabState, known_hosts: Path) -> None:
    """Many logins to many hosts write each key once."""
    hosts = [
        _as(_unknown(lab.login(name), known_hosts), name=f"{name}x{copy}")
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
        _as(lab.login("red01"), port=23),
        _as(lab.login("red"), name="silent", address=str(lab.unused_address)),
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


def _config(lab: LabState, path: Path, known_hosts: Path, jump: str = "ProxyJump red") -> Path:
    red, red01 = lab.login("red"), lab.login("red01")
    path.write_text(
        f"""# a comment
Host red
    HostName {red.address} # behind a value
    ProxyJump none
Host inner
    HostName {red01.address}
    {jump}
Host *
    User kuberry
    IdentityFile {red.identity_file}
    IdentitiesOnly yes
    UserKnownHostsFile {known_hosts}
    GlobalKnownHostsFile /dev/null
"""
    )
    return path


async def test_a_host_behind_another(lab: LabState, tmp_path: Path, known_hosts: Path) -> None:
    """ProxyJump of the user's configuration leads there, and both keys are checked."""
    config = _config(lab, tmp_path / "config", known_hosts)
    options = OPTIONS.model_copy(update={"config_files": (str(config),)})
    said: list[object] = []
    async with aclosing(await connect(Host(name="inner"), options, said.append)) as transport:
        seen = (await transport.run(command("sh", "-c", "echo $SSH_CONNECTION"))).text.split()
    assert (seen[0], seen[2]) == (lab.login("red").address, lab.login("red01").address)
    assert [getattr(one, "host", "") for one in said] == ["red", "inner"]
    assert len(known_hosts.read_text().splitlines()) == 2


async def test_a_jump_host_with_another_key(
    lab: LabState, tmp_path: Path, known_hosts: Path
) -> None:
    """A changed key of the host on the way is refused, in the name of both hosts."""
    config = _config(lab, tmp_path / "config", known_hosts)
    known_hosts.parent.mkdir()
    old = tmp_path / "old"
    _keygen("-q", "-t", "ed25519", "-N", "", "-f", str(old))
    known_hosts.write_text(f"{lab.login('red').address} {old.with_suffix('.pub').read_text()}")
    options = OPTIONS.model_copy(update={"config_files": (str(config),)})
    with pytest.raises(HostKeyChanged, match="the jump host red: ") as raised:
        await connect(Host(name="inner"), options)
    assert raised.value.host == "inner"


async def test_many_hosts_behind_one_log_in_to_it_once(
    lab: LabState, tmp_path: Path, known_hosts: Path, run_on: RunOn
) -> None:
    """Sshd drops logins beyond its tenth; forty hosts behind one share a single login."""
    config = _config(lab, tmp_path / "config", known_hosts, "ProxyJump kuberry@red:22")
    text = config.read_text().replace("Host inner", "Host inner*")
    config.write_text(text)
    options = OPTIONS.model_copy(update={"config_files": (str(config),)})
    hosts = [Host(name=f"inner{number}") for number in range(9)]
    async with connect_all(hosts, options) as connections:
        assert connections.failures == ()
        count = run_on(lab.login("red"), "pgrep -fc 'sshd: kuberry@|sshd: kuberry$' -u kuberry")
    assert int(count.stdout) <= 3, "one for the jump, one for this question"


async def test_a_way_in_circles(lab: LabState, tmp_path: Path, known_hosts: Path) -> None:
    """Two hosts that are each behind the other are a mistake in the configuration."""
    config = _config(lab, tmp_path / "config", known_hosts)
    config.write_text(config.read_text().replace("ProxyJump none", "ProxyJump inner"))
    options = OPTIONS.model_copy(update={"config_files": (str(config),)})
    with pytest.raises(UsageError, match="in a circle: red → inner → red"):
        await connect(Host(name="inner"), options)


async def test_a_program_may_carry_the_connection(
    lab: LabState, tmp_path: Path, known_hosts: Path
) -> None:
    """ProxyCommand is read by a shell, with the tokens of ssh."""
    ssh = f"ProxyCommand ssh -F {tmp_path / 'config'} -o StrictHostKeyChecking=no -W %h:%p red"
    config = _config(lab, tmp_path / "config", known_hosts, ssh)
    assert await _user(Host(name="inner"), config) == "kuberry"
    config = _config(lab, tmp_path / "config", known_hosts, "ProxyCommand sleep 0.1; false")
    with pytest.raises(Unreachable, match="closed the connection"):
        await _user(Host(name="inner"), config)
    await asyncio.sleep(1)  # the loop takes leave of the program before it closes itself
