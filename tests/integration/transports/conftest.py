"""Lab hosts, logins to them, and users with all sorts of sudo."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
import pytest_asyncio

from kuberry.model.connection import ConnectOptions
from kuberry.model.host import Host
from kuberry.model.lab import LabState
from kuberry.transports.login import connect
from kuberry.transports.ssh import SshTransport

if TYPE_CHECKING:
    from tests.integration.conftest import FreshHost, RunOn

OPTIONS = ConnectOptions(config_files=())
"""Nothing of the SSH configuration of whoever runs the tests."""

MakeUser = Callable[..., Host]


@pytest.fixture
def red(lab: LabState) -> Host:
    """Return a host that tests share: they leave it as it is."""
    return lab.login("red")


@pytest.fixture
def fresh(fresh_host: FreshHost) -> Host:
    """Return a host that this test may break."""
    return fresh_host()


@pytest_asyncio.fixture
async def on_red(red: Host) -> AsyncIterator[SshTransport]:
    """Return a connection to the shared host."""
    transport = await connect(red, OPTIONS)
    yield transport
    await transport.aclose()


@pytest.fixture
def known_hosts(tmp_path: Path) -> Path:
    """Return a known_hosts file that is not there yet."""
    return tmp_path / "dot-ssh" / "known_hosts"


@pytest.fixture
def make_user(run_on: RunOn) -> MakeUser:
    """Give a function that makes a user on a host: with a password, a sudoers line, a shell.

    The user lets the lab's own key in. Returns the host as this user logs in to it.
    """

    def make(
        host: Host,
        name: str,
        *,
        password: str = "",
        sudoers: str = "",
        login_shell: str = "/bin/sh",
    ) -> Host:
        done = run_on(
            host,
            f"""set -e
            sudo useradd --create-home --shell {login_shell} {name}
            [ -z '{password}' ] || echo '{name}:{password}' | sudo chpasswd
            [ -z '{sudoers}' ] || echo '{sudoers}' | sudo tee /etc/sudoers.d/{name} >/dev/null
            sudo install -d -m 700 -o {name} -g {name} /home/{name}/.ssh
            sudo install -m 600 -o {name} -g {name} ~/.ssh/authorized_keys /home/{name}/.ssh/
            """,
        )
        assert done.returncode == 0, done.stderr
        return host.model_copy(update={"user": name})

    return make
