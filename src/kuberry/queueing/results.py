"""What tasks left on their nodes: fetched, and taken away, over the connection to the host."""

from __future__ import annotations

import io
import tarfile
from pathlib import Path, PurePosixPath

from kuberry.errors import CommandFailed, TransportError
from kuberry.model.job import Task
from kuberry.queueing.manifests import RESULTS_DIR
from kuberry.shell import command, script
from kuberry.transports.transport import Transport

LARGEST_MIB = 256
_FETCH_S, _REMOVE_S = 600.0, 60.0
_PACK = """
cd "$1" || exit
size=$(du -sm . | cut -f1)
[ "$size" -le "$2" ] || { echo "$size MiB are more than $2: fetch them by rsync" >&2; exit 1; }
tar -cf - .
"""


async def fetch(transport: Transport, job: str, task: Task, target: Path) -> tuple[str, ...]:
    """Write what *task* left to *target*, which is made; return the files' names.

    Only plain files and directories are written, and nothing outside of *target*.

    Raises:
        CommandFailed: There is nothing, it cannot be read, or it is more than `LARGEST_MIB`.
        TransportError: The host could not be asked.
    """
    host, where = transport.host.name, f"{RESULTS_DIR}/{job}/{task.pod}"
    packing = script(_PACK, where, str(LARGEST_MIB)).as_root()
    packed = await transport.run(packing, deadline_s=_FETCH_S)
    if not packed.ok:
        raise packed.failure(f"{where} cannot be read", command=str(packing), host=host)
    return unpack(packed.stdout, target, host)


async def node_of(transport: Transport) -> str | None:
    """Return the name of the node that the host is; ``None`` when the host does not answer.

    It is the host's own name, in small letters; we may know the host by an address.
    """
    try:
        return (await transport.run(command("uname", "-n"))).text.strip().lower()
    except TransportError:
        return None


def unpack(archive: bytes, target: Path, host: str) -> tuple[str, ...]:
    """Write the plain files of *archive* below *target*; return their names.

    Raises:
        CommandFailed: It is no archive, or wants to write elsewhere.
    """
    written = []
    target.mkdir(parents=True, exist_ok=True)
    try:
        with tarfile.open(fileobj=io.BytesIO(archive)) as tar:
            for member in tar:
                path = PurePosixPath(member.name)
                if path.is_absolute() or ".." in path.parts:
                    raise _refused(f"it names {member.name}", host)
                content = tar.extractfile(member) if member.isreg() else None
                if content is not None:
                    place = target / path
                    place.parent.mkdir(parents=True, exist_ok=True)
                    place.write_bytes(content.read())
                    written.append(str(path))
    except tarfile.TarError as error:
        raise _refused(str(error), host) from None
    return tuple(sorted(written))


def _refused(why: str, host: str) -> CommandFailed:
    return CommandFailed(
        f"its archive of results is refused: {why}",
        command="tar",
        exit_status=0,
        stderr="",
        host=host,
    )


async def remove(transport: Transport, job: str) -> None:
    """Take away all that tasks of *job* left on the host.

    Raises:
        CommandFailed: It could not be removed.
        TransportError: The host could not be asked.
    """
    removing = script('rm -rf -- "$1"', f"{RESULTS_DIR}/{job}").as_root()
    ended = await transport.run(removing, deadline_s=_REMOVE_S)
    if not ended.ok:
        raise ended.failure(
            f"what {job} left cannot be removed", command=str(removing), host=transport.host.name
        )
