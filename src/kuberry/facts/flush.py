"""Measure how fast a disk makes small writes last: what etcd waits for at every change.

As etcd's own advice has it measured (fio with small writes in a row, fdatasync after each): the
99th percentile should be below 10 ms (etcd, docs/faq.md, on "failed to send out heartbeat on time":
wal_fsync_duration_seconds). It is the one look that has to write: a file of at most 1.2 MB below
/var/lib, which is gone when it ends.
"""

from __future__ import annotations

from kuberry.facts.probe import Lines, Probe, Unparsable
from kuberry.model.facts import Flush
from kuberry.shell import script
from kuberry.transports.transport import Transport

_DEADLINE_S = 20.0
_FEWEST = 10

# $1 writes at most, $2 seconds at most. os and time are in python3-minimal, too. dd tells the
# seconds of its writing, and not those of its start.
_MEASURE = r"""
export LC_ALL=C PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin
folder=$(mktemp -d /var/lib/.kuberry-flush.XXXXXX) || exit 1
trap 'rm -rf "$folder"' EXIT
trap 'exit 1' HUP INT TERM
if python3 -c 'import os, time' 2>/dev/null; then
    python3 -c '
import os, sys, time
path, most, end = sys.argv[1], int(sys.argv[2]), time.monotonic() + float(sys.argv[3])
block = b"k" * 2300
file = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
for _ in range(most):
    begin = time.monotonic()
    os.write(file, block)
    os.fdatasync(file)
    now = time.monotonic()
    print("us:%d" % ((now - begin) * 1e6))
    if now > end:
        break
' "$folder/file" "$1" "$2"
else
    end=$(($(cut -d . -f 1 /proc/uptime) + $2)) left=$1
    while [ "$left" -gt 0 ] && [ "$(cut -d . -f 1 /proc/uptime)" -lt "$end" ]; do
        dd if=/dev/zero of="$folder/file" bs=2300 count=1 seek="$left" oflag=dsync conv=notrunc 2>&1
        left=$((left - 1))
    done | sed -n 's/^.* copied, \([0-9.e+-]*\) s.*$/s:\1/p'
fi
echo end:
"""


def _parse(output: str) -> Flush:
    lines = Lines(output)
    taken_ms = [float(word) / 1000 for word in lines.all("us")]
    taken_ms += [float(word) * 1000 for word in lines.all("s")]
    if not lines.all("end") or len(taken_ms) < _FEWEST:
        raise ValueError(f"{len(taken_ms)} writes were measured")
    taken_ms.sort()
    place = -(-len(taken_ms) * 99 // 100) - 1  # nearest rank
    return Flush(writes=len(taken_ms), p99_ms=round(taken_ms[place], 3))


PROBE = Probe("flush", _MEASURE, _parse, limit_s=int(_DEADLINE_S))


async def measure(transport: Transport, *, writes: int = 500, within_s: int = 4) -> Flush | str:
    """Return how fast the disk below /var/lib is, measured as root; else why nobody knows.

    Args:
        writes: At most so many.
        within_s: Seconds for all; a slow disk gets fewer writes done.

    Raises:
        TransportError: The host was lost.
        CommandTimeout: It gives no answer at all.
    """
    words = script(_MEASURE, str(writes), str(within_s)).as_root()
    result = await transport.run(words, deadline_s=_DEADLINE_S)
    if not result.ok:
        said = result.stderr.decode(errors="replace").strip().splitlines()
        return said[-1] if said else f"it ended with {result.exit_status}"
    try:
        return PROBE.read(result.text)
    except Unparsable as error:
        return str(error)
