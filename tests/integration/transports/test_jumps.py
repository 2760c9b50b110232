"""Hosts behind other hosts, and behind programs."""

from __future__ import annotations

import asyncio
from contextlib import aclosing
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from tests.integration.transports.conftest import OPTIONS
from tests.integration.transports.logging_in import keygen, user_of

from kuberry.errors import HostKeyChanged, Unreachable, UsageError
from kuberry.model.host import Host
from kuberry.model.lab import LabState
from kuberry.shell import command
from kuberry.transports.login import connect
from kuberry.transports.pool import connect_all

if TYPE_CHECKING:
    from tests.integration.conftest import RunOn

pytestmark = [pytest.mark.integration, pytest.mark.timeout(960)]


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
    keygen("-q", "-t", "ed25519", "-N", "", "-f", str(old))
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
    assert await user_of(Host(name="inner"), config) == "kuberry"
    config = _config(lab, tmp_path / "config", known_hosts, "ProxyCommand sleep 0.1; false")
    with pytest.raises(Unreachable, match="closed the connection"):
        await user_of(Host(name="inner"), config)
    await asyncio.sleep(1)  # the loop takes leave of the program before it closes itself
