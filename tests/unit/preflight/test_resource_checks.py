"""Is the machine strong enough, and does its clock agree with the others'?"""

from __future__ import annotations

import pytest

import fit
import made_up as make
from fit import GIB, MIB, Found, check, host
from kuberry.model.facts import Processor
from kuberry.model.installed import HostRecord

OURS = make.installed(record=HostRecord(cluster="shelf", pod_cidr="10.244.0.0/24"))


@pytest.mark.parametrize(
    ("size", "severity"),
    [
        (1700 * MIB - 1, "error"),
        (1700 * MIB, "warning"),
        (2 * 10**9 - 1, "warning"),
        (2 * 10**9, None),
    ],
)
def test_memory_of_a_control_plane(size: int, severity: str | None) -> None:
    """Kubeadm's own limit is an error, 2 GB a warning; what a cgroup grants is what counts."""
    expected = [Found("KB301", severity, "red")] if severity else []

    assert check(host("red", memory=fit.memory(size))) == expected
    assert check(host("red", memory=fit.memory(8 * GIB, limit_bytes=size))) == expected


@pytest.mark.parametrize(("size", "found"), [(10**9 - 1, True), (10**9, False)])
def test_memory_of_a_worker(size: int, found: bool) -> None:  # noqa: FBT001
    """A worker may be small; below 1 GB it is said."""
    expected = [Found("KB301", "warning", "red01")] if found else []

    assert check(host("red"), host("red01", memory=fit.memory(size))) == expected


@pytest.mark.parametrize(("count", "found"), [(1, True), (2, False)])
def test_processors(count: int, found: bool) -> None:  # noqa: FBT001
    """Kubeadm wants two on the control plane, and one is enough for a worker."""
    processor = Processor(count=count, quota=None)
    expected = [Found("KB302", "error", "red")] if found else []

    assert check(host("red", processor=processor)) == expected
    assert check(host("red"), host("red01", processor=processor)) == []


def test_k3s_starts_on_small_hosts() -> None:
    """What kubeadm refuses is only tight for it."""
    small = host("red", memory=fit.memory(GIB), processor=Processor(count=1, quota=None))
    wish = {"distribution": "k3s", "version": "v1.36.3+k3s1"}
    found = check(small, pieces=make.k3s_bundle(), wish=wish)

    assert {one.severity for one in found} == {"warning"}


NEEDED_BYTES = 3 * sum(one.size_bytes for one in fit.bundle().artifacts)


@pytest.mark.parametrize(
    ("free", "severity"),
    [
        (NEEDED_BYTES + 500 * MIB - 1, "error"),
        (NEEDED_BYTES + 500 * MIB, "warning"),
        (NEEDED_BYTES + 3 * GIB - 1, "warning"),
        (NEEDED_BYTES + 3 * GIB, None),
    ],
)
def test_room_on_the_disk(free: int, severity: str | None) -> None:
    """Three times what is sent plus 500 MiB must fit; 15 % should be left, or pods are evicted."""
    seen = host("red", disks=(fit.disk(free, total_bytes=20 * GIB),))

    assert check(seen) == ([Found("KB303", severity, "red")] if severity else [])


def test_a_host_that_has_everything_needs_no_room_for_it() -> None:
    """A second run asks for no more than spare room."""
    disks = (fit.disk(500 * MIB, total_bytes=GIB),)

    assert check(host("red", disks=disks, there=OURS)) == []


def test_a_disk_that_cannot_be_written() -> None:
    """What becomes of a worn-out card."""
    assert check(host("red", disks=(fit.disk(20 * GIB, read_only=True),))) == [
        Found("KB304", "error", "red")
    ]


@pytest.mark.parametrize(
    ("offset", "severity"),
    [(5.0, None), (5.1, "warning"), (-30.0, "warning"), (-30.1, "error"), (31.0, "error")],
)
def test_clocks(offset: float, severity: str | None) -> None:
    """More than 5 s apart is a warning, more than 30 s an error, whoever is ahead."""
    found = check(host("red"), host("red01", clock=fit.clock(offset)))

    assert found == ([Found("KB305", severity, "red01")] if severity else [])


def test_clocks_are_judged_by_what_is_certain() -> None:
    """The uncertainty of both measurements is taken off; a common error of both is none."""
    vague = fit.clock(31.0, uncertainty_s=13.0)

    assert (
        check(host("red", clock=fit.clock(0.0, uncertainty_s=13.0)), host("red01", clock=vague))
        == []
    )
    together = check(host("red", clock=fit.clock(99.0)), host("red01", clock=fit.clock(99.0)))
    assert together == [Found("KB307", "warning", None)]
