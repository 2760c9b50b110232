"""A real server, in a process of its own, on loopback."""

from __future__ import annotations

import dataclasses
import os
import re
import signal
import ssl
import subprocess
import sys
import threading

import httpx2

from kuberry.client.client import Client
from kuberry.settings import Settings

_DEADLINE_S = 90


@dataclasses.dataclass(frozen=True, slots=True)
class RealServer:
    """Where it is, whom to trust, and the admin's token."""

    url: str
    authority: str
    fingerprint: str
    token: str
    process: subprocess.Popen[str]
    settings: Settings

    def ask(self) -> Client:
        """Return our own client, as the admin."""
        return Client(self.url, self.token, ca_file=self.authority)

    def client(self) -> httpx2.Client:
        """Return a client of the admin."""
        return httpx2.Client(
            base_url=self.url,
            verify=ssl.create_default_context(cafile=self.authority),
            headers={"Authorization": f"Bearer {self.token}"},
            timeout=30,
        )


def environment(settings: Settings) -> dict[str, str]:
    """Return the environment of a kuberry with *settings*."""
    return os.environ | {
        "KUBERRY_STATE_DIR": str(settings.state_dir),
        "KUBERRY_CONFIG_DIR": str(settings.config_dir),
        "KUBECONFIG": str(settings.kubeconfig),
    }


def start(settings: Settings, *words: str) -> RealServer:
    """Start a server and return it once it listens.

    It makes another token of an admin: whoever has served with these settings before knows theirs.
    """
    process = subprocess.Popen(
        [sys.executable, "-m", "kuberry", "serve", "--port", "0", "--new-admin-token", *words],
        stderr=subprocess.PIPE,
        text=True,
        env=environment(settings),
    )
    assert process.stderr is not None
    late = threading.Timer(_DEADLINE_S, process.kill)  # a line too few would be waited for
    late.start()
    said = "".join(process.stderr.readline() for _ in range(3))
    late.cancel()
    found = re.fullmatch(
        r"serving (\S+)\nwhom to trust: (\S+) (\S+)\nthe admin's .*: (\S+)\n", said
    )
    assert found is not None, said
    return RealServer(found[1], found[2], found[3], found[4], process, settings)


def stop(server: RealServer) -> None:
    """End it as systemd would, and see that it had nothing to complain of."""
    server.process.send_signal(signal.SIGTERM)
    _, rest = server.process.communicate(timeout=60)
    assert (server.process.returncode, rest) == (0, "")
