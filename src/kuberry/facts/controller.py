"""Look at the machine that kuberry itself runs on; nothing is written there."""

from __future__ import annotations

import asyncio
import dataclasses
import os
import platform
import shutil
import stat
import time
from importlib import metadata
from pathlib import Path

from kuberry.model.controller import Agent, CmsPlugin, ControllerFacts, Directory
from kuberry.transports.lazy_asyncssh import asyncssh

# The names ssh looks for by itself: ssh_config(5), IdentityFile.
_KEY_NAMES = ("id_rsa", "id_ecdsa", "id_ecdsa_sk", "id_ed25519", "id_ed25519_sk")
_AGENT_S = 3.0
_OLD_PACKAGE, _CMS = "cloudmesh-pi-cluster", "cloudmesh-cmd5"
_PLUGIN = Path("cloudmesh/pi/command/pi.py")


@dataclasses.dataclass(frozen=True, slots=True)
class Places:
    """Where to look.

    Attributes:
        ssh_dir: The user's ~/.ssh.
        agent_socket: What SSH_AUTH_SOCK says; ``None`` when it says nothing.
    """

    state_dir: Path
    cache_dir: Path
    ssh_dir: Path
    agent_socket: Path | None


async def look_at_controller(places: Places) -> ControllerFacts:
    """Return what this machine is."""
    agent, keys = await _agent(places.agent_socket)
    return ControllerFacts(
        python=platform.python_version(),
        asyncssh=_version("asyncssh"),
        agent=agent,
        agent_keys=keys,
        key_files=tuple(name for name in _KEY_NAMES if (places.ssh_dir / name).is_file()),
        state=directory(places.state_dir),
        cache=directory(places.cache_dir),
        known_hosts=directory(places.ssh_dir / "known_hosts"),
        behind_s=_behind_s(time.time()),
        old_package=_version(_OLD_PACKAGE),
        cms_plugin=cms_plugin(Path(__file__).parents[2]) if _version(_CMS) else "unused",
    )


async def _agent(socket: Path | None) -> tuple[Agent, int | None]:
    """Ask the agent for its keys, as a login would."""
    if socket is None:
        return "none", None
    try:
        async with asyncio.timeout(_AGENT_S):
            client = await asyncssh.connect_agent(str(socket))
            try:
                return "ready", len(list(await client.get_keys()))
            finally:
                client.close()
                await client.wait_closed()
    except (OSError, ValueError, asyncssh.Error):  # TimeoutError is an OSError
        return "unreachable", None


def directory(path: Path) -> Directory:
    """Return what *path* is; of one that is not there yet, what its nearest parent allows."""
    there = next(one for one in (path, *path.absolute().parents) if one.exists())
    is_there = there == path
    posix = os.name == "posix"
    return Directory(
        path=path,
        is_there=is_there,
        writable=os.access(there, os.W_OK) and (is_there or there.is_dir()),
        mode=stat.S_IMODE(there.stat().st_mode) if is_there and posix else None,
        free_bytes=shutil.disk_usage(there).free,
    )


def _version(package: str) -> str | None:
    try:
        return metadata.version(package)
    except metadata.PackageNotFoundError:
        return None


def cms_plugin(packages: Path) -> CmsPlugin:
    """Return whose the file of `cms pi` is in *packages*, the directory that holds kuberry.

    pip lets another package overwrite it, and takes it away with that package.
    """
    path = packages / _PLUGIN
    if not path.is_file():
        return "missing"
    return "ours" if "kuberry" in path.read_text("utf-8", errors="replace") else "foreign"


def _behind_s(now_s: float) -> float:
    """Return how far *now_s* lies before our own files were written, which cannot be."""
    room = Path(__file__).parents[1]
    newest_s = max(path.stat().st_mtime for path in room.glob("*.py"))
    return max(0.0, newest_s - now_s)
