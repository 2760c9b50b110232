"""A stand-in for the program k3s: it keeps k3s' documented contract, and runs no Kubernetes.

What it stands in for is cited at each behaviour as repository@commit path:line. It is stricter than
k3s where k3s would wait or only log: an agent before its server, an archive with the wrong name, an
interface that does not own the address are errors, so that a test sees them.

It runs on a lab host with python3-minimal, openssl and iproute2, packed as one file by `pack`.
"""

from __future__ import annotations

import os
import sys

from tests.standins.k3s import agent, errors, flags, kubectl, release, server

_LINKS = ("kubectl", "crictl", "ctr")  # rancher/k3s@aef8a6a cmd/k3s/main.go:37-45


def main(words: list[str]) -> int:
    """Do what k3s does when it is called with *words*."""
    name = os.path.basename(words[0])  # noqa: PTH119
    words = [name, *words[1:]] if name in _LINKS else words[1:]
    match words:
        case ["--version" | "-v" | "version"]:
            print(f"k3s version {release.VERSION} (stand-in)")
        case ["server", *rest]:
            server.run(flags.parse("server", rest))
        case ["agent", *rest]:
            agent.run(flags.parse("agent", rest))
        case ["kubectl", *rest]:
            return kubectl.run(rest)
        case ["crictl" | "ctr", *_]:
            raise errors.Fatal(f"the stand-in has no containers to ask {words[0]} about")
        case _:
            raise errors.Fatal(f"No help topic for {' '.join(words)!r}")
    return 0


def start() -> None:
    """Be the program k3s."""
    try:
        sys.exit(main(sys.argv))
    except errors.Fatal as error:
        print(f'level=fatal msg="{error}"', file=sys.stderr)
        sys.exit(1)
