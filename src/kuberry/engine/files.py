"""Files written as root: whole or not at all, and what stood there before is kept.

For each path the host keeps a record under /var/lib/kuberry/files: ``KEY`` holds path, sha256,
mode, size and time of what we wrote; ``KEY.path`` the path; ``KEY.original`` is a copy of what was
there, ``KEY.absent`` says that nothing was; ``KEY.undone`` that this was put back. The copy is made
once, whole, before the first write.
"""

from __future__ import annotations

import dataclasses
import hashlib
import io
import tarfile

from kuberry.engine.outcome import require
from kuberry.shell import script
from kuberry.transports.transport import Transport

RECORDS = "/var/lib/kuberry/files"

# keep PATH KEY: copy what stands there, the first time only. note PATH KEY SHA256 MODE: say what
# stands there now, with size and time of change, so that a look need not hash what nobody touched.
RECORD = r"""
keep() {
    mkdir -p /var/lib/kuberry/files
    kept=/var/lib/kuberry/files/$2
    rm -f "$kept.undone"
    [ ! -e "$kept.absent" ] && [ ! -e "$kept.original" ] && [ ! -L "$kept.original" ] || return 0
    printf '%s\n' "$1" >"$kept.path"
    if [ -e "$1" ] || [ -L "$1" ]; then
        rm -f "$kept.copy.new"
        cp -a "$1" "$kept.copy.new"
        sync -f "$kept.path"
        mv "$kept.copy.new" "$kept.original"
    else
        : >"$kept.absent"
    fi
}
note() {
    kept=/var/lib/kuberry/files/$2
    printf '%s\n%s\n%s\n%s\n' "$1" "$3" "$4" "$(stat -c '%s %Y' "$1")" >"$kept.new"
    mv "$kept.new" "$kept"
}
"""

# stdin: a tar of KEY (content) and KEY.meta (path, sha256, mode, record or volatile; a line each).
_WRITE = (
    RECORD
    + r"""
set -eu
umask 077
mkdir -p /var/lib/kuberry /run/kuberry
stage=$(mktemp -d /run/kuberry/files.XXXXXX)
trap 'rm -rf "$stage"' EXIT
tar -xf - -C "$stage"
for meta in "$stage"/*.meta; do
    key=$(basename "$meta" .meta)
    { IFS= read -r path; IFS= read -r sum; IFS= read -r mode; IFS= read -r keep; } <"$meta"
    printf '%s  %s\n' "$sum" "$stage/$key" | sha256sum -c --quiet -
    (umask 022; mkdir -p "$(dirname "$path")")
    [ "$keep" = volatile ] || keep "$path" "$key"
    rm -f "$path".kuberry.??????  # of a run that was killed here
    temporary=$(mktemp "$path.kuberry.XXXXXX")
    cat "$stage/$key" >"$temporary"
    chmod "$mode" "$temporary"
    case $path in /boot/*) sync "$temporary" ;; esac  # FAT has no journal
    mv "$temporary" "$path"
    [ "$keep" = volatile ] || note "$path" "$key" "$sum" "$mode"
done
sync -f /var/lib/kuberry
"""
)


@dataclasses.dataclass(frozen=True, slots=True)
class Content:
    """A file with its holes filled, on its way to the host."""

    path: str
    data: bytes
    mode: int
    volatile: bool


def record_key(path: str) -> str:
    """Return the name of the record of *path*."""
    return hashlib.sha256(path.encode()).hexdigest()[:24]


async def write_files(transport: Transport, files: tuple[Content, ...]) -> None:
    """Write *files* in one round trip.

    Raises:
        CommandFailed: One could not be written; those before it are written.
    """
    result = await transport.run(script(_WRITE).as_root(), stdin=_archive(files))
    require(result, "files could not be written", host=transport.host.name)


def _archive(files: tuple[Content, ...]) -> bytes:
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w", format=tarfile.USTAR_FORMAT) as archive:
        for one in files:
            key = record_key(one.path)
            digest = hashlib.sha256(one.data).hexdigest()
            keep = "volatile" if one.volatile else "record"
            meta = f"{one.path}\n{digest}\n{one.mode:04o}\n{keep}\n"
            _add(archive, key, one.data)
            _add(archive, f"{key}.meta", meta.encode())
    return buffer.getvalue()


def _add(archive: tarfile.TarFile, name: str, data: bytes) -> None:
    info = tarfile.TarInfo(name)
    info.size = len(data)
    archive.addfile(info, io.BytesIO(data))
