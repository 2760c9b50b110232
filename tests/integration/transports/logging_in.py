"""Words that tests of logins share."""

from __future__ import annotations

import subprocess
from contextlib import aclosing
from pathlib import Path

from tests.integration.transports.conftest import OPTIONS

from kuberry.model.host import Host
from kuberry.shell import command
from kuberry.transports.login import connect


def keygen(*words: str) -> str:
    """Run ssh-keygen and return what it wrote."""
    done = subprocess.run(["ssh-keygen", *words], capture_output=True, text=True, check=True)
    return done.stdout


def changed(host: Host, **fields: object) -> Host:
    """Return *host* with other *fields*."""
    return host.model_copy(update=fields)


def unknown(host: Host, known_hosts: Path) -> Host:
    """Return *host* as one whose key was never met."""
    return changed(host, known_hosts_file=known_hosts)


async def user_of(host: Host, config: Path | None = None) -> str:
    """Log in to *host* and return as whom."""
    options = OPTIONS.model_copy(update={"config_files": (str(config),) if config else ()})
    async with aclosing(await connect(host, options)) as transport:
        return (await transport.run(command("id", "-un"))).text.strip()
