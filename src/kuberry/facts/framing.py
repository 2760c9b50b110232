"""Many probes in one round trip: the script that runs them, and the cutting up of its answer.

Each section is announced by a word that is new for every run (the nonce) together with its length
in bytes, so that nothing inside a section can pose as the start of another. A section ends with
the nonce and its exit status; where that is missing it was cut off by its time or size limit.
"""

from __future__ import annotations

import dataclasses
import re
from collections.abc import Iterable, Mapping
from typing import Any

from kuberry.facts.probe import Probe
from kuberry.shell import Command, script

MAX_SECTION_BYTES = 262_144
"""A section that is longer is not read: no fact needs a quarter of a MiB."""

TOGETHER_S = 6
"""Seconds that all probes may take together before each is run within its own limit."""

# The same programs for the user and for root, wherever a login script has its own.
# NUL cannot be kept in a shell variable. Starting a process costs a host more than most looks do,
# so all probes share one shell, and each costs one fork of it. It tells of each that has ended.
# Where it does not end in time, or an answer is too long, the probe it stops at and those behind it
# are run anew, each with a shell and limits of its own. Its memory is bounded, not that of probes.
# busybox had no `timeout -k` before 1.34.
_RUNNER = """\
export LC_ALL=C
export PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin:/snap/bin
nonce=$1 most=$2 seconds=$3
shift 3
together='
nonce=$1 most=$2 bound=$(ulimit -S -v)
shift 2
ulimit -S -v 131072
while [ $# -ge 3 ]; do
  out=$(
    ulimit -S -v "$bound"
    trap '"'"'printf "\\n%s %s" "$nonce" "$?"'"'"' EXIT
    eval "$3" </dev/null 3>&-
  )
  [ ${#out} -lt "$most" ] || exit
  printf "\\n%s %s %s\\n%s" "$nonce" "$1" "${#out}" "$out"
  printf . >&3
  shift 3
done'
exec 4>&1
told=$(timeout -k 1 "$seconds" /bin/sh -c "$together" sh "$nonce" "$most" "$@" 3>&1 >&4 4>&-)
shift $((${#told} * 3))
if [ $# -lt 3 ]; then exit 0
elif timeout -k 1 1 true; then bound() { timeout -k 1 "$@"; }
elif timeout 1 true; then bound() { timeout "$@"; }
else bound() { shift; "$@"; }
fi
one='(eval "$2"); printf "\\n%s %s" "$1" "$?"'
while [ $# -ge 3 ]; do
  out=$(bound "$2" /bin/sh -c "$one" sh "$nonce" "$3" </dev/null | tr -d '\\000' | head -c "$most")
  printf '\\n%s %s %s\\n%s' "$nonce" "$1" "${#out}" "$out"
  shift 3
done
"""


@dataclasses.dataclass(frozen=True, slots=True)
class Section:
    """What a host answered to one probe.

    Attributes:
        output: What the probe wrote; ``None`` when it did not succeed.
        reason: Why not; ``None`` when it did.
    """

    output: str | None
    reason: str | None = None


def compose(probes: Iterable[Probe[Any]], nonce: str, *, together_s: int = TOGETHER_S) -> Command:
    """Make one command that runs *probes* one after the other.

    Args:
        nonce: A word nobody can know beforehand.
        together_s: Whole seconds for all, before each has its own.
    """
    words = [word for one in probes for word in (one.subject, str(one.limit_s), one.text)]
    limits = (str(MAX_SECTION_BYTES), str(together_s))
    return script("exec 2>/dev/null\n" + _RUNNER, nonce, *limits, *words)


def cut(answer: bytes, nonce: str) -> Mapping[str, Section]:
    """Return the sections in *answer* by subject; what a login script wrote before is skipped."""
    header = re.compile(rb"\n" + nonce.encode() + rb" ([a-z-]{1,40}) ([0-9]{1,7})\n")
    sections: dict[str, Section] = {}
    found = header.search(answer)
    while found:
        end = found.end() + int(found[2])
        sections.setdefault(found[1].decode(), _section(answer[found.end() : end], nonce))
        found = header.match(answer, end)
    return sections


def announces(answer: bytes | bytearray, nonce: str, subject: str) -> bool:
    """Return whether the section of *subject* has begun in *answer*."""
    return f"\n{nonce} {subject} ".encode() in answer


def _section(body: bytes, nonce: str) -> Section:
    output, _, ending = body.rpartition(b"\n")
    ended = re.fullmatch(nonce.encode() + rb" ([0-9]{1,3})", ending)
    if ended is None:
        reason = "is too long" if len(body) >= MAX_SECTION_BYTES else "did not come in time"
        return Section(None, f"its answer {reason}")
    if ended[1] != b"0":
        return Section(None, f"looking at it ended with status {ended[1].decode()}")
    return Section(output.decode(errors="replace"))
