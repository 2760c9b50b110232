"""Is the machine strong enough, and does its clock agree with the others'?"""

from __future__ import annotations

from collections.abc import Iterator

from kuberry.model.facts import Clock, FileSystem
from kuberry.model.finding import Severity
from kuberry.preflight.scene import Check, Observation, Scene

MIB = 2**20
CONTROL_PLANE_REFUSED_BYTES = 1700 * MIB  # kubeadm, constants.ControlPlaneMem
CONTROL_PLANE_TIGHT_BYTES = 2 * 10**9
WORKER_TIGHT_BYTES = 10**9
CONTROL_PLANE_CPUS = 2  # kubeadm, constants.ControlPlaneNumCPU
UNPACKED = 3  # an archive, its layers, and the layers unpacked
SPARE_BYTES = 500 * MIB
TIGHT_SHARE = 0.15  # below it a kubelet evicts pods (imagefs.available, its default)
CONTAINERS = frozenset({"systemd-nspawn", "lxc", "lxc-libvirt", "docker", "podman"})
SKEW_WARNED_S, SKEW_REFUSED_S = 5.0, 30.0


def _memory(scene: Scene) -> Iterator[Observation]:
    for name, host in scene.hosts.items():
        if host.facts.memory is None:
            continue
        usable, first = host.facts.memory.usable_bytes, scene.is_control_plane(name)
        role = "a control plane" if first else "a worker"
        tight = CONTROL_PLANE_TIGHT_BYTES if first else WORKER_TIGHT_BYTES
        if first and _has_limits(scene) and usable < CONTROL_PLANE_REFUSED_BYTES:
            yield Observation(
                host=name,
                proof=f"{usable // MIB} MiB; kubeadm wants 1700 for a control plane",
                remedy="take a host with more memory: --control-plane HOST",
            )
        elif usable < tight:
            yield Observation(
                host=name,
                proof=f"{usable // MIB} MiB are tight for {role}; {tight // MIB} are comfortable",
                remedy="it will run, with little room for pods",
                severity=Severity.WARNING,
            )


def _has_limits(scene: Scene) -> bool:
    """Return whether the distribution refuses small hosts; k3s starts wherever it can."""
    return scene.cluster.distribution == "kubeadm"


def _processors(scene: Scene) -> Iterator[Observation]:
    for name, host in scene.hosts.items():
        seen = host.facts.processor
        first = scene.is_control_plane(name) and _has_limits(scene)
        if first and seen and seen.count < CONTROL_PLANE_CPUS:
            yield Observation(
                host=name,
                proof=f"{seen.count} processor; kubeadm wants 2 for a control plane",
                remedy="take another host: --control-plane HOST",
            )


def _disk(scene: Scene) -> Iterator[Observation]:
    for name, host in scene.hosts.items():
        disk, pieces = host.facts.disks, scene.pieces(name)
        if not disk or pieces is None:
            continue
        needed = 0 if scene.is_ours(name) else UNPACKED * sum(one.size_bytes for one in pieces)
        yield from _disk_of(name, disk[-1], needed)


def _disk_of(name: str, disk: FileSystem, needed: int) -> Iterator[Observation]:
    left = disk.free_bytes - needed
    proof = f"{disk.mount_point} has {disk.free_bytes // MIB} MiB free, {needed // MIB} are needed"
    if left < SPARE_BYTES:
        yield Observation(
            host=name, proof=proof, remedy="make room (sudo apt-get clean), or take a larger card"
        )
    elif left < TIGHT_SHARE * disk.total_bytes:
        yield Observation(
            host=name,
            proof=f"{proof}; a kubelet evicts pods when less than 15 % is free",
            remedy="make room, or take a larger card",
            severity=Severity.WARNING,
        )


def _read_only(scene: Scene) -> Iterator[Observation]:
    for name, host in scene.hosts.items():
        for disk in host.facts.disks or ():
            if disk.read_only:
                yield Observation(
                    host=name,
                    proof=f"{disk.mount_point} ({disk.source}) is mounted read-only",
                    remedy="a worn-out card does that: look at `dmesg`, take another card",
                )
                break


def _skew(scene: Scene) -> Iterator[Observation]:
    first = scene.hosts.get(scene.cluster.control_plane)
    reference = first.facts.clock if first else None
    if reference is None:
        return
    for name, host in scene.hosts.items():
        clock = host.facts.clock
        if clock is None or name == scene.cluster.control_plane:
            continue
        apart, certain = _apart(clock, reference)
        if certain > SKEW_WARNED_S:
            refused = certain > SKEW_REFUSED_S
            way = "ahead of" if apart > 0 else "behind"
            yield Observation(
                host=name,
                proof=f"its clock is {abs(apart):.1f} s {way} {scene.cluster.control_plane}'s",
                remedy="have both clocks set by NTP: sudo timedatectl set-ntp true",
                severity=Severity.ERROR if refused else Severity.WARNING,
            )


def _not_synchronised(scene: Scene) -> Iterator[Observation]:
    for name, host in scene.hosts.items():
        clock = host.facts.clock
        if host.facts.virtualization in CONTAINERS:  # its clock is that of the machine below
            continue
        if clock is not None and clock.synchronised is False:
            yield Observation(
                host=name,
                proof="the kernel says that nobody keeps its clock right",
                remedy="sudo timedatectl set-ntp true, and see that a time server can be reached",
                severity=Severity.WARNING,
            )


def _ours_is_wrong(scene: Scene) -> Iterator[Observation]:
    """Find hosts that agree with each other, but not with the controller, to which offsets are."""
    clocks = [one.facts.clock for one in scene.hosts.values() if one.facts.clock is not None]
    ahead = all(one.offset_s - one.uncertainty_s > SKEW_REFUSED_S for one in clocks)
    behind = all(one.offset_s + one.uncertainty_s < -SKEW_REFUSED_S for one in clocks)
    if clocks and (ahead or behind):
        offset_s = clocks[0].offset_s
        yield Observation(
            host=None,
            proof=f"all hosts are {abs(offset_s):.0f} s {'ahead of' if ahead else 'behind'} this "
            "machine",
            remedy="set the clock that is wrong: sudo timedatectl set-ntp true",
            severity=Severity.WARNING,
        )


def _apart(clock: Clock, reference: Clock) -> tuple[float, float]:
    """Return how far two clocks are apart, and how far they are at the very least."""
    apart = clock.offset_s - reference.offset_s
    return apart, abs(apart) - clock.uncertainty_s - reference.uncertainty_s


_BOTH = (Severity.ERROR, Severity.WARNING)
CHECKS = (
    Check(
        "KB301",
        "little memory",
        _memory,
        why="kubeadm refuses a control plane with less than 1700 MiB; below 2 GB there, and 1 GB "
        "on a worker, little room is left for pods. What a control group grants is what counts.",
        remedy="Take a host with more memory as control plane: `--control-plane HOST`.",
        severities=_BOTH,
    ),
    Check(
        "KB302",
        "too few processors",
        _processors,
        why="kubeadm wants two for a control plane.",
        remedy="Take another host: `--control-plane HOST`.",
    ),
    Check(
        "KB303",
        "little room on the disk",
        _disk,
        why="What is sent needs three times its size while it is unpacked; a kubelet evicts pods "
        "when less than 15 % is free.",
        remedy="Make room (`sudo apt-get clean`), or take a larger card.",
        severities=_BOTH,
    ),
    Check(
        "KB304",
        "a disk that cannot be written",
        _read_only,
        why="A worn-out card becomes read-only.",
        remedy="Look at `dmesg`, and take another card.",
        must="nothing could be written",
    ),
    Check(
        "KB305",
        "clocks that disagree",
        _skew,
        why="Certificates are not valid yet, or no more, for a host whose clock is wrong. More "
        f"than {SKEW_WARNED_S:.0f} s from the control plane's is a warning, more than "
        f"{SKEW_REFUSED_S:.0f} s an error.",
        remedy="`sudo timedatectl set-ntp true`",
        severities=_BOTH,
    ),
    Check(
        "KB306",
        "a clock nobody keeps right",
        _not_synchronised,
        why="A Pi has no clock that runs without power (a Pi 5 has one, without battery): after "
        "a power cut its time is wrong until a time server was asked.",
        remedy="`sudo timedatectl set-ntp true`, and see that a time server can be reached.",
        severities=(Severity.WARNING,),
    ),
    Check(
        "KB307",
        "this machine's clock disagrees with all hosts",
        _ours_is_wrong,
        why="One of the clocks is wrong: what the hosts sign seems not valid yet, or no more.",
        remedy="`sudo timedatectl set-ntp true` where it is wrong.",
        severities=(Severity.WARNING,),
    ),
)
