"""The lab bundle: built when it is asked for and not there, by one process at a time."""

from __future__ import annotations

import shutil
from pathlib import Path

from kuberry.bundles.store import Store
from kuberry.errors import BundleError, LabUnavailable
from kuberry.lab import locks, requirements
from kuberry.lab.kubernetes import inputs
from kuberry.lab.kubernetes.phases import Build, discard
from kuberry.lab.kubernetes.workshop import LAST, NAME, Workshop
from kuberry.lab.program import run
from kuberry.model.bundle import Bundle
from kuberry.model.event import Emit, Notice

_TOOLS = ("apt-get", "chroot", "dpkg", "mmdebstrap", "setpriv", "unshare")
_SPACE_BYTES = 6 << 30
_DEADLINE_S = 18000.0


async def lab_bundle(cache_dir: Path, store: Store, emit: Emit) -> Bundle:
    """Return the lab bundle; the first call builds it, which takes minutes.

    Args:
        cache_dir: Where the build works, and keeps what makes the next one quick.
        store: Where the bundle ends up.

    Raises:
        LabUnavailable: It cannot be built on this machine.
        CommandFailed: A part of the build failed; the error names its log.
        CommandTimeout: A part of the build took far too long.
        HostBusy: Another process has been building it for far too long.
    """
    requirements.check_system()
    _require_tools()
    directory = cache_dir / "lab" / "kubernetes"
    architecture = (await run("dpkg", "--print-architecture")).strip()
    workshop = Workshop(directory, store, architecture, emit)
    build = Build(directory, workshop.phases(), emit)
    if (known := _known(store, build.key)) is not None:
        return known
    if directory.exists() and locks.is_held(directory):
        emit(Notice(message="another kuberry is building the lab bundle: waiting for it"))
    async with locks.hold(directory, deadline_s=_DEADLINE_S):
        if (known := _known(store, build.key)) is None:
            await _build(build, directory, emit)
            known = store.load(NAME)
    return known


async def _build(build: Build, directory: Path, emit: Emit) -> None:
    # Its result is in the store, and it is not there any more.
    discard(directory / LAST)
    _require_space(directory)
    emit(Notice(message=f"building Kubernetes {inputs.VERSION} from Debian's source, once"))
    await build.run()


def _known(store: Store, key: str) -> Bundle | None:
    """Return the bundle that was made of the same inputs, if it is there with all its bytes."""
    try:
        bundle = store.load(NAME)
    except BundleError:
        return None
    is_whole = all(store.blob(one).is_file() for one in bundle.artifacts)
    return bundle if bundle.inputs == key and is_whole else None


def _require_tools() -> None:
    missing = [name for name in _TOOLS if shutil.which(name) is None]
    if missing:
        raise LabUnavailable(
            f"the lab bundle cannot be built without {', '.join(missing)}",
            remedy="sudo apt-get install mmdebstrap (on Debian or Ubuntu)",
        )


def _require_space(directory: Path) -> None:
    free = shutil.disk_usage(directory).free
    if free < _SPACE_BYTES:
        raise LabUnavailable(
            f"building the lab bundle takes {_SPACE_BYTES >> 30} GiB at most in {directory}, "
            f"and {free >> 30} GiB are free there",
            remedy="make room, or set KUBERRY_CACHE_DIR to a directory on a larger disk",
        )
