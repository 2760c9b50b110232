"""Root's shell text as a named transient systemd unit, so that it outlives the connection.

A run that comes after a crash finds the unit by its name and waits for it instead of doing the
work twice. What the unit reads and writes stays in /run/kuberry (0700, gone after a boot).
"""

from __future__ import annotations

import hashlib

from kuberry.errors import CommandTimeout
from kuberry.shell import script
from kuberry.transports.transport import CommandResult, Transport

DIRECTORY = "/run/kuberry"
_TIMED_OUT = 124
_GRACE_S = 30.0

# $1 unit, $2 seconds, $3 bytes of script on stdin before what the script itself reads.
# Arguments travel inside the script text, so that they are in no argv but sh's own file name.
# systemd-run waits until the unit has begun: before that its state is "inactive", as after its end.
# The unit holds a lock while it works, and who waits for it waits for that: to ask systemd every
# tenth of a second costs a host more than most steps do. Without $unit.busy nobody has begun it.
_START_AND_WAIT = r"""
umask 077
unit=$1 seconds=$2 size=$3
mkdir -p /run/kuberry && cd /run/kuberry || exit 125
state=new
[ ! -e "$unit.busy" ] || state=$(systemctl show -P ActiveState "$unit.service")
case $state in
active|activating|deactivating|reloading) cat >/dev/null ;;
*)
    [ "$state" = new ] || systemctl reset-failed "$unit.service" 2>/dev/null
    rm -f "$unit".*
    head -c "$size" >"$unit.sh" && cat >"$unit.in" && : >"$unit.busy" || exit 125
    systemd-run --quiet --collect --unit="$unit" --description="$unit" \
        --property=RuntimeMaxSec="$seconds" --property=WorkingDirectory=/ \
        --setenv=PATH="$PATH" --setenv=HOME=/root --setenv=LC_ALL=C.UTF-8 -- \
        /bin/sh -c '
            exec 9>>"$1.busy"; flock 9
            /bin/sh "$1.sh" <"$1.in" >"$1.out" 2>"$1.err" 9>&-
            status=$?; rm -f "$1.in" "$1.sh"; echo $status >"$1.tmp"; mv "$1.tmp" "$1.rc"
        ' sh "/run/kuberry/$unit" || exit 125
    ;;
esac
until [ -e "$unit.rc" ]; do
    flock "$unit.busy" true
    [ ! -e "$unit.rc" ] || break
    case $(systemctl show -P ActiveState "$unit.service") in
    inactive|failed) [ -e "$unit.rc" ] && break
        echo "the unit $unit was stopped or ran longer than $seconds s" >&2
        cat "$unit.out" 2>/dev/null; cat "$unit.err" >&2 2>/dev/null
        rm -f "$unit".*; exit 124 ;;
    esac
    sleep 0.1  # it had not locked yet, or is being stopped
done
cat "$unit.out"; cat "$unit.err" >&2; status=$(cat "$unit.rc")
rm -f "$unit".*
exit "$status"
"""

# $1 says "clear" to the one who holds the lock of the host: what a dead run has left goes. Others
# would take from a run at work what it is about to read.
_WAIT_FOR_ALL = r"""
waited=
while [ -n "$(systemctl list-units --plain --no-legend \
    --state=active,activating,deactivating 'kuberry-step-*.service')" ]
do waited=yes; sleep 0.2; done
[ "$1" != clear ] || rm -rf /run/kuberry/kuberry-step-* /run/kuberry/files.*
echo "$waited"
"""


def unit_name(step_id: str, text: str) -> str:
    """Return a name that is the same for the same work."""
    digest = hashlib.sha256(text.encode()).hexdigest()[:12]
    return f"kuberry-step-{step_id}-{digest}"


async def run_as_unit(
    transport: Transport, step_id: str, text: str, *, stdin: str = "", deadline_s: float
) -> CommandResult:
    """Run the shell *text* as root in a transient unit and wait for its end.

    Args:
        step_id: Names the unit, together with a digest of *text*.
        stdin: What it reads; may hold secrets.
        deadline_s: Seconds until systemd ends it.

    Raises:
        CommandTimeout: It ran too long.
    """
    body = text.encode()
    unit = unit_name(step_id, text)
    command = script(_START_AND_WAIT, unit, str(max(1, int(deadline_s))), str(len(body))).as_root()
    payload = body + stdin.encode()
    result = await transport.run(command, stdin=payload, deadline_s=deadline_s + _GRACE_S)
    if result.exit_status == _TIMED_OUT:
        message = f"{step_id} did not end within {deadline_s:.0f} s"
        raise CommandTimeout(message, host=transport.host.name, remedy=f"journalctl -u {unit}")
    return result


async def wait_for_leftovers(
    transport: Transport, *, clears: bool, deadline_s: float = 600.0
) -> bool:
    """Wait for the units that an earlier run left at work.

    Args:
        clears: Remove what runs have left in /run/kuberry; only who holds the host's lock may.

    Returns:
        Whether there were any.

    Raises:
        CommandTimeout: They did not end in time.
    """
    words = script(_WAIT_FOR_ALL, "clear" if clears else "").as_root()
    result = await transport.run(words, deadline_s=deadline_s)
    return result.text.strip() == "yes"
