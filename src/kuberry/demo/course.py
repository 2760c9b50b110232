"""The course of the demo: hosts, a bundle from where one is to be had, deploy, verify."""

from __future__ import annotations

import asyncio
import contextlib
import dataclasses
import subprocess
import threading
import time

from kuberry.actions.access import take_access
from kuberry.actions.bundle_create import bundle_name
from kuberry.api.bundle_choice import LAB_BUNDLE
from kuberry.bundles.store import Store
from kuberry.bundles.upstream.catalogue import resolve_version
from kuberry.bundles.upstream.web import Web
from kuberry.clusters import Clusters, name_of
from kuberry.demo.lines import Ended, Lines, say
from kuberry.errors import KuberryError
from kuberry.hostlist import expand
from kuberry.lab.inventory import read_state
from kuberry.settings import Settings

HOSTS = "red,red[01-02]"
ASK_S = 5.0
"""How long upstream has to say what its newest version is."""
_USAGE, _NO_CONNECTION = 2, 4  # exit codes of kuberry: README.md


@dataclasses.dataclass(frozen=True, slots=True)
class Wish:
    """What was said on the command line; an empty word says nothing.

    Attributes:
        keep: Leave the cluster up.
        distribution: Take this one from upstream, and nothing else.
        version: Of it; default ``stable``.
        is_json: Tell a program how it went.
        root: What makes a user root: words in front of a line.
    """

    keep: bool
    distribution: str
    version: str
    is_json: bool
    root: str


def demonstrate(wish: Wish, lines: Lines) -> None:
    """Run all stages.

    Raises:
        Ended: One failed, or a signal came.
    """
    say("Three hosts of this machine's own: real systemd, real sshd, no way out")
    lines.run("hosts", "lab", "up", "--hosts", HOSTS)
    words = have_bundle(wish, lines)
    lines.run("deploy", "deploy", "--hosts", HOSTS, *words, "--verify", "never")
    lines.run("verify", "verify")
    lines.run("look", "kubectl", "get", "nodes", "-o", "wide")


def have_bundle(wish: Wish, lines: Lines) -> tuple[str, ...]:
    """Have a bundle ready, and return the words that name it to `deploy`.

    Upstream's is taken where upstream can be reached, else the one that Debian's sources give.

    Raises:
        Ended: There is none, or a signal came.
    """
    distribution = wish.distribution or "k3s"
    version = newest(distribution, wish.version or "stable", lines)
    if version is None and wish.distribution:
        raise Ended(_NO_CONNECTION, f"upstream does not say which {distribution} there is")
    if version is not None:
        say(f"\nUpstream has {distribution} {version}: some hundred MiB, once")
        words = ("bundle", "create", "--distribution", distribution, "--version", version)
        may_end = () if wish.distribution else (_NO_CONNECTION,)
        if lines.run("download", *words, "--architecture", _here(), may_end=may_end) == 0:
            return ("--bundle", bundle_name(distribution, version))
    is_there = LAB_BUNDLE in Store(Settings().bundles_dir).names()
    how_long = "it is in the cache" if is_there else "about a quarter of an hour, once"
    say(f"\nUpstream is out of reach: Kubernetes 1.20.2 from Debian's sources ({how_long})")
    lines.run("bundle", "lab", "bundle")
    return ()


def newest(distribution: str, version: str, lines: Lines) -> str | None:
    """Return the exact version that upstream means by *version*; ``None`` when it does not say.

    It is asked from a thread that nobody waits for: a name server that is silent has no deadline.

    Raises:
        Ended: A signal came.
    """
    found: list[str] = []

    async def ask() -> None:
        async with Web(Settings().upstream) as web:
            found.append(await resolve_version(distribution, version, web))

    def work() -> None:
        with contextlib.suppress(KuberryError):
            asyncio.run(ask())

    thread = threading.Thread(target=work, daemon=True)
    thread.start()
    end = time.monotonic() + ASK_S
    while thread.is_alive() and time.monotonic() < end:
        thread.join(0.1)
        lines.check()
    return found[0] if found else None


def refuse_what_is_there(settings: Settings) -> None:
    """Leave a lab or a cluster of the user alone.

    Raises:
        Ended: There is one.
    """
    if read_state(settings.lab_dir):
        raise Ended(_USAGE, "a lab is up already; take it down first: kuberry lab down")
    name = _name()
    if Clusters(settings.clusters_dir).find(name):
        file = settings.clusters_dir / f"{name}.yaml"
        raise Ended(
            _USAGE,
            f"a cluster {name} is remembered here; first: kuberry reset --cluster {name}; "
            f"if its hosts are gone: rm {file}",
        )


def forget(settings: Settings) -> None:
    """Take the cluster that was begun out of what the user keeps."""
    Clusters(settings.clusters_dir).forget(_name())
    take_access(_name(), settings.kubeconfig)


def _name() -> str:
    return name_of(expand(HOSTS))


def _here() -> str:
    """Return Debian's word for this machine, and so for its lab hosts."""
    words = ("dpkg", "--print-architecture")
    return subprocess.run(words, capture_output=True, text=True, check=True).stdout.strip()
