"""Artifacts of the bundle on a host: sent once, their digest checked there before any use."""

from __future__ import annotations

import dataclasses

from kuberry.engine.fanout.arrivals import Arrivals
from kuberry.engine.files import RECORD, record_key
from kuberry.engine.means import STAGING, Fetch
from kuberry.engine.outcome import require
from kuberry.engine.unit import run_as_unit
from kuberry.model.bundle import Artifact, Packing
from kuberry.model.plan import InstallPackages, LoadImages, PutArtifact
from kuberry.shell import script
from kuberry.transports.transport import OnProgress, Transport

_IMAGES_DEADLINE_S = 1800.0
_PACKAGES_DEADLINE_S = 1200.0

_HAVE = r"""
umask 077; mkdir -p /var/lib/kuberry/staging
[ -f "$1" ] && printf '%s  %s\n' "$2" "$1" | sha256sum -c --status -
"""

_PLACE = (
    RECORD
    + r"""
set -eu
staged=$1 sum=$2 path=$3 mode=$4 key=$5
printf '%s  %s\n' "$sum" "$staged" | sha256sum -c --quiet -
(umask 022; mkdir -p "$(dirname "$path")")
keep "$path" "$key"
chmod "$mode" "$staged"
mv "$staged" "$path.kuberry-new"
mv "$path.kuberry-new" "$path"
note "$path" "$key" "$sum" "$mode"
"""
)

# What is new is noted before dpkg begins, so that a killed run leaves nothing unknown behind.
# An interrupted dpkg is put right first; another one at work (unattended upgrades) is waited for.
_INSTALL = r"""
set -eu
cd /var/lib/kuberry/staging
sha256sum -c --quiet packages.sums
export DEBIAN_FRONTEND=noninteractive
calm_dpkg() {
    until dpkg --force-confold "$@" 2>dpkg.err; do
        grep -q 'locked by' dpkg.err || { cat dpkg.err >&2; rm -f dpkg.err; return 1; }
        sleep 2
    done
    rm -f dpkg.err
}
list=$(cut -d ' ' -f 3- packages.sums)
touch ../packages
for deb in $list; do
    name=$(dpkg-deb -f "$deb" Package)
    grep -qxF "$name" ../packages && continue
    state=$(dpkg-query -W -f '${db:Status-Status}' "$name" 2>/dev/null) || state=
    [ "$state" = installed ] || echo "$name" >>../packages
done
calm_dpkg --configure -a 2>/dev/null || :  # some may need what is yet to be unpacked
calm_dpkg --unpack $list
calm_dpkg --configure -a
rm -f $list packages.sums
"""

_IMPORT = r"""
set -eu
printf '%s  %s\n' "$2" "$1" | sha256sum -c --quiet -
ctr -n k8s.io images import "$1"
rm -f "$1"
"""

# containerd 1.6 (Debian 12) takes no packed archive; sh has no pipefail, but half a tar is refused.
_IMPORT_PACKED = r"""
set -eu
printf '%s  %s\n' "$2" "$1" | sha256sum -c --quiet -
command -v "$3" >/dev/null || { echo "the host has no $3 to unpack it with" >&2; exit 1; }
"$3" -dc <"$1" | ctr -n k8s.io images import -
rm -f "$1"
"""
_UNPACK: dict[Packing, str] = {
    "tar.gz": "gzip",
    "tar.xz": "xz",
    "tar.bz2": "bzip2",
    "tar.zst": "zstd",
}


@dataclasses.dataclass(frozen=True, slots=True)
class Sources:
    """Where artifacts come from.

    Attributes:
        fetch: Finds the file on the controller, to be uploaded.
        arrivals: Tells what other hosts pass on; ``None`` where nothing is.
    """

    fetch: Fetch
    arrivals: Arrivals | None = None


async def stage(
    transport: Transport, artifact: Artifact, sources: Sources, on_progress: OnProgress
) -> str:
    """Have *artifact* in the host's staging directory and return its path there.

    What is there already, whole, from a run that was interrupted is not sent again.
    """
    target, told = f"{STAGING}/{artifact.sha256}", _Told(on_progress)
    name = transport.host.name
    if sources.arrivals and await sources.arrivals.wait(name, artifact.sha256, told.total):
        return target
    have = await transport.run(script(_HAVE, target, artifact.sha256).as_root())
    if have.ok:
        told.total(artifact.size_bytes)
    else:
        file = sources.fetch(artifact)
        await transport.put(file, target, mode=0o600, root=True, on_progress=told.more)
    return target


class _Told:
    """Progress told once, also of what is sent a second time."""

    def __init__(self, on_progress: OnProgress) -> None:
        self._on_progress, self._sent, self._told = on_progress, 0, 0

    def total(self, count: int) -> None:
        """Tell that so many bytes are there."""
        if count > self._told:
            self._on_progress(count - self._told)
            self._told = count

    def more(self, count: int) -> None:
        """Tell that so many more bytes were uploaded."""
        self._sent += count
        self.total(self._sent)


async def bring(
    transport: Transport,
    step: PutArtifact | InstallPackages | LoadImages,
    sources: Sources,
    on_progress: OnProgress,
) -> None:
    """Do a step that brings artifacts to the host.

    Raises:
        CommandFailed: A digest on the host is wrong, or the host refused.
        CommandTimeout: The host did not end in time.
    """
    match step:
        case PutArtifact():
            await _put(transport, step, sources, on_progress)
        case InstallPackages():
            await _install(transport, step, sources, on_progress)
        case LoadImages():
            await _load(transport, step, sources, on_progress)


async def _put(
    transport: Transport, step: PutArtifact, sources: Sources, on_progress: OnProgress
) -> None:
    staged = await stage(transport, step.artifact, sources, on_progress)
    key = record_key(step.path)
    words = (staged, step.artifact.sha256, step.path, f"{step.mode:04o}", key)
    result = await transport.run(script(_PLACE, *words).as_root())
    require(result, f"{step.path} could not be written", host=transport.host.name)


async def _install(
    transport: Transport, step: InstallPackages, sources: Sources, on_progress: OnProgress
) -> None:
    """Install packages in one transaction; what is new is recorded for its removal."""
    lines = []
    for artifact in step.packages:
        staged = await stage(transport, artifact, sources, on_progress)
        lines.append(f"{artifact.sha256}  {staged.rpartition('/')[2]}\n")
    sums = f"{STAGING}/packages.sums"
    await transport.put("".join(lines).encode(), sums, mode=0o600, root=True)
    result = await run_as_unit(transport, step.id, _INSTALL, deadline_s=_PACKAGES_DEADLINE_S)
    require(result, "packages could not be installed", host=transport.host.name)


async def _load(
    transport: Transport, step: LoadImages, sources: Sources, on_progress: OnProgress
) -> None:
    staged = await stage(transport, step.archive, sources, on_progress)
    program = _UNPACK.get(step.archive.packing)
    words = (staged, step.archive.sha256, *([program] if program else []))
    text = script(_IMPORT_PACKED if program else _IMPORT, *words).text
    result = await run_as_unit(transport, step.id, text, deadline_s=_IMAGES_DEADLINE_S)
    require(result, "images could not be imported", host=transport.host.name)
