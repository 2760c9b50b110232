"""One file to many hosts behind slow links: our chain, and copies sent side by side."""

from __future__ import annotations

import hashlib
import os
import sys
from collections.abc import Sequence
from pathlib import Path

from kuberry.bench import links
from kuberry.bench.figures import Part, Sample
from kuberry.bench.place import Place
from kuberry.bench.push import TARGET
from kuberry.bench.stopwatch import measure
from kuberry.errors import KuberryError

FEW, MANY = 4, 16
RATE_MBIT_S = 16
"""What two cores carry for seventeen ends of links at once, with each byte hashed twice a host."""
SIZE_BYTES = 48 * 1024 * 1024
_HOSTS = tuple(f"pi{number:02}" for number in range(1, MANY + 1))
_DEADLINE_S = 900.0


def hosts(place: Place) -> None:
    """Have fresh hosts, and a file that does not shrink when it is packed."""
    lab = place.lab()
    if lab is None or {one.name for one in lab.hosts} != set(_HOSTS):
        place.fresh_lab(_HOSTS)
    _file(place).write_bytes(os.urandom(SIZE_BYTES))


def ours(place: Place, count: int) -> Sample:
    """Measure our chain of *count* hosts, from the start of the program to its end."""
    words = ("-m", "kuberry.bench.push", "--hosts", ",".join(_HOSTS[:count]))
    program = place.kuberry(*words, "--file", str(_file(place)), program=sys.executable)
    return _measured(place, program, TARGET, count)


def star(place: Place, count: int) -> tuple[Part, ...]:
    """Measure copies sent to *count* hosts side by side by OpenSSH, once."""
    target = f"/tmp/{_file(place).name}"  # noqa: S108 -- of a lab host
    words = (str(place.peers / "star.sh"), str(place.ssh_config), str(_file(place)), target)
    sample = _measured(place, (*words, *_HOSTS[:count]), target, count)
    name = f"a copy for each of {count} hosts, by scp side by side {sample.fault}".strip()
    return (Part(name=name, seconds=(sample.seconds,)),)


def _measured(place: Place, words: Sequence[str], target: str, count: int) -> Sample:
    lab = place.lab()
    if lab is None:
        return Sample(seconds=0.0, fault="there is no lab")
    for host in _HOSTS[:count]:
        place.on(host, f"sudo rm -rf {target} /var/lib/kuberry")
    with links.shaped(lab, RATE_MBIT_S):
        sample = measure(words, deadline_s=_DEADLINE_S).sample
    return sample.model_copy(update={"fault": sample.fault or _fault(place, target, count)})


def _fault(place: Place, target: str, count: int) -> str:
    """Return which hosts have not the right bytes; empty when all have."""
    wanted = hashlib.sha256(_file(place).read_bytes()).hexdigest()
    try:
        told = {host: place.on(host, f"sudo sha256sum {target}") for host in _HOSTS[:count]}
    except KuberryError as error:
        return error.message
    wrong = sorted(host for host, line in told.items() if not line.startswith(wanted))
    return f"not the bytes of the file: {', '.join(wrong)}" if wrong else ""


def _file(place: Place) -> Path:
    return place.directory / "cargo"
