"""The clock must be right before certificates are made: they carry its time for years; pure.

A Raspberry Pi up to the 4 has no clock that runs without power, the 5 needs a battery for it.
"""

from __future__ import annotations

from kuberry.model.plan import Run
from kuberry.platforms.measure import NOTHING, Measure, SeenHost, is_container

WAIT_S = 60

# A network of its own may have no time service at all: clocks that disagree are found by preflight.
_WAIT = r"""
if [ "$(timedatectl show -p NTP --value)" = no ]; then
    echo "notice: nothing sets its clock: sudo timedatectl set-ntp true" >&2
    exit 0
fi
left=$1
until [ "$(timedatectl show -p NTPSynchronized --value)" = yes ]; do
    if [ "$left" -le 0 ]; then
        echo "notice: its clock was not set by a time server within $1 s" >&2
        exit 0
    fi
    left=$((left - 1))
    sleep 1
done
"""


def right_time(host: SeenHost) -> Measure:
    """Return what waits for a clock that a time server has not set yet."""
    clock = host.facts.clock
    if clock is None or clock.synchronised is not False or is_container(host):
        return NOTHING
    step = Run(
        id="clock",
        title="wait for the time",
        script=_WAIT,
        arguments=(str(WAIT_S),),
        deadline_s=WAIT_S + 30.0,
    )
    return Measure(now=(step,))
