"""Back to what was: what we changed is undone by the records on the host.

The state before our first change lies in `kuberry.model.installed.BEFORE`, as `facts.snapshot`
wrote it; the records of files, units and packages lie beside it.
"""

from __future__ import annotations

from typing import assert_never

from kuberry.engine.outcome import require
from kuberry.engine.unit import run_as_unit
from kuberry.facts.snapshot import snapshot_command
from kuberry.model.plan import Clear, RecordState, Restore, Restored
from kuberry.shell import script
from kuberry.transports.transport import Transport

_DEADLINE_S = 600.0

# The whole of it or nothing, and once: what is there is never replaced. It ends with "end:".
_RECORD = r"""
set -eu
umask 077
mkdir -p /var/lib/kuberry
cd /var/lib/kuberry
[ ! -e before.gz ] || exit 0
/bin/sh -c "$1" | gzip -1 >before.gz.new
[ "$(zcat before.gz.new | tail -n 1)" = end: ]
sync before.gz.new
mv before.gz.new before.gz
sync -f before.gz
"""

# was: all paths that were there before, one a line.
_WAS = r"""
set -eu
umask 077
mkdir -p /run/kuberry
was=$(mktemp /run/kuberry/was.XXXXXX)
trap 'rm -f "$was"' EXIT
zcat /var/lib/kuberry/before.gz | sed -n 's/^file:[^	]*	//p' >"$was"
was_there() { grep -qxF -e "$1" "$was"; }
"""

# A tree that is all new goes at once; of others each path that is new, the deepest first.
_CLEAR = (
    _WAS
    + r"""
for place; do
    [ -e "$place" ] || [ -L "$place" ] || continue
    if ! was_there "$place"; then
        rm -rf --one-file-system "$place" && continue
    fi
    zcat /var/lib/kuberry/before.gz | awk -F '\t' -v place="$place" '$2 == place { print $1 }' |
        while read -r _ mode owner; do chmod "$mode" "$place"; chown "$owner" "$place"; done
    find "$place" -xdev -depth | awk 'NR == FNR { was[$0]; next } !($0 in was)' "$was" - |
        while IFS= read -r path; do
            if [ -d "$path" ] && [ ! -L "$path" ]; then rmdir "$path"; else rm -f "$path"; fi
        done
done
"""
)

# Units of our own were absent before; of others it is known whether they ran.
_IDLE_UNITS = r"""
cd /var/lib/kuberry/units 2>/dev/null || exit 0
for unit in *; do
    [ -e "$unit" ] || continue
    read -r enabled active <"$unit"
    case $enabled in absent | disabled) systemctl disable --quiet "$unit" 2>/dev/null ;; esac
    [ "$active" = active ] || systemctl stop "$unit" 2>/dev/null
done
exit 0
"""
_UNITS = r"""
set -eu
systemctl daemon-reload
cd /var/lib/kuberry/units 2>/dev/null || exit 0
for unit in *; do
    [ -e "$unit" ] || continue
    if ! systemctl cat "$unit" >/dev/null 2>&1; then
        systemctl reset-failed "$unit" 2>/dev/null || true
        continue
    fi
    read -r enabled active <"$unit"
    case $enabled in enabled) systemctl enable --quiet "$unit" ;; esac
    case $active in active) systemctl restart "$unit" ;; esac
done
"""
_IMAGES = r"""
set -eu
systemctl --quiet is-active containerd || exit 0
zcat /var/lib/kuberry/before.gz | sed -n 's/^image://p' >/run/kuberry/was-images
ctr -n k8s.io images list -q | grep -vxF -f /run/kuberry/was-images |
    xargs -r ctr -n k8s.io images rm --sync
rm -f /run/kuberry/was-images
"""
_PACKAGES = r"""
set -eu
[ -s /var/lib/kuberry/packages ] || exit 0
export DEBIAN_FRONTEND=noninteractive
there=
for name in $(sort -u /var/lib/kuberry/packages); do
    state=$(dpkg-query -W -f '${db:Status-Status}' "$name" 2>/dev/null) || state=
    case $state in '' | not-installed) ;; *) there="$there $name" ;; esac
done
[ -n "$there" ] || exit 0
until dpkg --force-remove-reinstreq --purge $there 2>/run/kuberry/dpkg.err; do
    grep -q 'locked by' /run/kuberry/dpkg.err || { cat /run/kuberry/dpkg.err >&2; exit 1; }
    sleep 2
done
rm -f /run/kuberry/dpkg.err
"""

# Where we only added a block, only the block is cut out: others may have changed the rest since.
# What was put back is put back once: a second attempt leaves alone what others made of it.
# Directories that were not there before and are empty now go with the file.
_FILES = (
    _WAS
    + r"""
block='/^# BEGIN kuberry$/,/^# END kuberry$/'
for named in /var/lib/kuberry/files/*.path; do
    [ -e "$named" ] || continue
    kept=${named%.path}
    path=$(cat "$named")
    aside=$path.kuberry-was
    rm -f "$path".kuberry.?????? "$path.kuberry-new" "$aside"  # of runs that were killed
    [ ! -e "$kept.undone" ] || continue
    if [ -f "$path" ] && grep -qx '# BEGIN kuberry' "$path"; then
        cp -a "$path" "$aside"
        sed "$block d" "$path" >"$aside"
        mv "$aside" "$path"
        [ ! -e "$kept.absent" ] || [ -s "$path" ] || rm -f "$path"
    elif [ -e "$kept.original" ] || [ -L "$kept.original" ]; then
        mkdir -p "$(dirname "$path")"
        rm -f "$aside"
        cp -a "$kept.original" "$aside"
        mv "$aside" "$path"
    elif [ -e "$kept.absent" ]; then
        rm -f "$path"
    fi
    directory=$(dirname "$path")
    while ! was_there "$directory" && rmdir "$directory" 2>/dev/null; do
        directory=$(dirname "$directory")
    done
    : >"$kept.undone"
done
"""
)
_SETTINGS = r"""
set -eu
systemd-detect-virt --quiet --container && own='^net\.' || own=.
for name; do
    printf '%s\n' "$name" | grep -q "$own" || continue
    line=$(zcat /var/lib/kuberry/before.gz | grep -F -e "sysctl:$name =") || continue
    now=$(sysctl -n "$name" 2>/dev/null) || continue
    before=${line#* = }
    [ "$now" = "$before" ] || sysctl -q -w "$name=$before"
done
zcat /var/lib/kuberry/before.gz | sed -n 's/^module://p' >/run/kuberry/was-modules
for module in br_netfilter overlay; do  # one that is in use stays
    grep -qxF "$module" /run/kuberry/was-modules || modprobe -q -r "$module" 2>/dev/null || true
done
rm -f /run/kuberry/was-modules
"""
_RECORDS = r"""
set -eu
rm -rf /var/lib/kuberry.gone
[ ! -e /var/lib/kuberry ] || mv /var/lib/kuberry /var/lib/kuberry.gone
rm -rf /var/lib/kuberry.gone
sync -f /var/lib
"""
_SCRIPTS: dict[Restored, str] = {
    "idle-units": _IDLE_UNITS,
    "images": _IMAGES,
    "packages": _PACKAGES,
    "files": _FILES,
    "settings": _SETTINGS,
    "units": _UNITS,
    "records": _RECORDS,
}


async def bring_back(transport: Transport, step: RecordState | Restore | Clear) -> None:
    """Note how the host is, once, or do one part of bringing that back.

    Raises:
        CommandFailed: The host refused; what is left is found by the next attempt.
        CommandTimeout: It did not end in time.
    """
    match step:
        case RecordState():
            words: tuple[str, ...] = (_RECORD, snapshot_command().text)
        case Restore():
            words = (_SCRIPTS[step.what], *step.names)
        case Clear():
            words = (_CLEAR, *step.paths)
        case _:
            assert_never(step)
    text = script(*words).text
    result = await run_as_unit(transport, step.id, text, deadline_s=_DEADLINE_S)
    require(result, f"{step.title} failed", host=transport.host.name)
