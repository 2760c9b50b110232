"""Probes of what the host is made of: board, processors, memory, swap, disks."""

from __future__ import annotations

import re

from kuberry.facts.probe import Lines, Probe, natural
from kuberry.model.facts import Board, FileSystem, Memory, Processor, SwapDevice

_KIB = 1024


def _board(output: str) -> Board:
    """Read the device tree, else the last lines of a Raspberry Pi's /proc/cpuinfo."""
    lines = Lines(output)
    return Board(
        model=lines.first("model") or lines.first("Model"),
        serial=lines.first("serial-number") or lines.first("Serial"),
    )


BOARD = Probe(
    "board",
    """\
for tree in /proc/device-tree /sys/firmware/devicetree/base; do
  for name in model serial-number; do
    [ -r "$tree/$name" ] || continue
    line=; read -r line <"$tree/$name"
    printf '%s:%s\\n' "$name" "$line"
  done
done
sed -n -e 's/^Model[[:space:]]*:/Model:/p' -e 's/^Serial[[:space:]]*:/Serial:/p' /proc/cpuinfo
""",
    _board,
)


def _processor(output: str) -> Processor:
    """Read the count and the cgroup's quota (``max`` or -1: none) of time per period."""
    lines = Lines(output)
    words = (lines.first("max") or "").split()
    quota, period = words or (lines.first("quota"), lines.first("period"))
    return Processor(count=_positive(lines.need("count")), quota=_share(quota, period))


def _positive(word: str) -> int:
    number = natural(word)
    if number == 0:
        raise ValueError("none at all")
    return number


def _share(quota: str | None, period: str | None) -> float | None:
    if quota in {None, "max", "-1"} or period is None:
        return None
    return natural(quota or "") / _positive(period)


# The files of a quota exist where the host sees its own cgroup as the root of all (a container).
PROCESSOR = Probe(
    "processor",
    """\
printf 'count:%s\\n' "$(nproc || getconf _NPROCESSORS_ONLN)"
cd /sys/fs/cgroup || exit 0
for pair in max:cpu.max quota:cpu/cpu.cfs_quota_us period:cpu/cpu.cfs_period_us; do
  [ -r "${pair#*:}" ] || continue
  read -r line <"${pair#*:}"
  printf '%s:%s\\n' "${pair%%:*}" "$line"
done
""",
    _processor,
)


def _memory(output: str) -> Memory:
    lines = Lines(output)
    total = _kib(lines.need("MemTotal"))
    available = lines.first("MemAvailable")
    limit = lines.first("limit")
    bounded = None if limit in {None, "max"} else natural(limit or "")
    return Memory(
        total_bytes=total,
        available_bytes=None if available is None else _kib(available),
        limit_bytes=None if bounded is None or bounded >= total else bounded,
    )


def _kib(text: str) -> int:
    return natural(text.removesuffix(" kB")) * _KIB


MEMORY = Probe(
    "memory",
    """\
left=2
while [ $left -gt 0 ] && read -r label value; do
  case $label in
    MemTotal: | MemAvailable:) printf '%s%s\\n' "$label" "$value"; left=$((left - 1)) ;;
  esac
done </proc/meminfo
for file in memory.max memory/memory.limit_in_bytes; do
  [ -r "/sys/fs/cgroup/$file" ] || continue
  read -r limit <"/sys/fs/cgroup/$file"
  printf 'limit:%s\\n' "$limit"
done
""",
    _memory,
)


def _swap(output: str) -> tuple[SwapDevice, ...]:
    """Read /proc/swaps (proc_swaps(5)): a header, then one line a device, sizes in KiB."""
    header, *rows = output.splitlines()
    if not header.startswith("Filename"):
        raise ValueError("no header")
    return tuple(_swap_device(row) for row in rows if row.strip())


def _swap_device(row: str) -> SwapDevice:
    path, kind, size, used, priority = row.split()
    return SwapDevice(
        path=path,
        kind=kind,
        size_bytes=natural(size) * _KIB,
        used_bytes=natural(used) * _KIB,
        priority=int(priority),
    )


# Kernels without swap have no such file; that is the same as no swap.
SWAP = Probe(
    "swap",
    """\
if [ ! -e /proc/swaps ]; then echo Filename; exit; fi
while IFS= read -r line; do printf '%s\\n' "$line"; done </proc/swaps
""",
    _swap,
)

_DF_ROW = re.compile(
    r"(?P<path>/\S*) (?P<source>.+?) +(?P<type>\S+) +(?P<total>\d+) +\d+ +(?P<free>-?\d+) +"
    r"(?:\d+%|-) +(?P<mount>/.*)",
    re.ASCII,
)


def _disks(output: str) -> tuple[FileSystem, ...]:
    lines = Lines(output)
    modes: dict[str, bool] = {}
    for line in lines.all("mount"):
        _, point, _, options, *_ = line.split(" ")
        modes[point] = "ro" in options.split(",")
    rows = [_DF_ROW.fullmatch(line) for line in lines.all("df")]
    if not rows:
        raise LookupError("no file system")
    return tuple(_file_system(row, modes) for row in rows)


def _file_system(row: re.Match[str] | None, modes: dict[str, bool]) -> FileSystem:
    if row is None:
        raise ValueError("not as df -P writes")
    return FileSystem(
        path=row["path"],
        source=row["source"],
        type=row["type"],
        mount_point=row["mount"],
        total_bytes=natural(row["total"]) * _KIB,
        free_bytes=max(0, int(row["free"])) * _KIB,
        read_only=modes.get(row["mount"]),
    )


# A worn-out card turns read-only; of mounts on top of each other the last one counts.
DISKS = Probe(
    "disks",
    """\
set -f
IFS='
'
set -- /
[ ! -d /var/lib ] || set -- / /var/lib
header=yes
for row in $(df -PkT "$@"); do
  [ "$header" ] || { printf 'df:%s %s\\n' "$1" "$row"; shift; }
  header=
done
for row in $(grep -E '^[^ ]+ (/|/var|/var/lib) ' /proc/self/mounts); do
  printf 'mount:%s\\n' "$row"
done
""",
    _disks,
)
