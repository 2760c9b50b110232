"""What every lab host has in common: packages, and the files that make Debian a lab host. Pure."""

from __future__ import annotations

import hashlib
import platform

from kuberry.model.lab import USER, LabOs

SUITES: dict[LabOs, str] = {"debian12": "bookworm", "debian13": "trixie"}
USER_ID = 1000

PACKAGES = (
    "ca-certificates",
    "conntrack",
    "curl",
    "dbus",
    "ethtool",
    "iproute2",
    "iptables",
    "iputils-ping",
    "kmod",
    "nftables",
    "openssh-server",
    "procps",
    "python3-minimal",
    "socat",
    "sudo",
    "systemd",
    "systemd-sysv",
)

# systemd-nspawn leaves the controllers of cgroup v1 read-only and "/" private; a kubelet needs the
# former writable and the latter shared. The machine's swap is not the host's. What the machine
# would run as its root (core_pattern), what puts it to sleep or down, and what nobody could put
# back must not be hit by accident; root could still undo the mounts (docs/adr/0005).
_PREPARE = """#!/bin/sh
set -e
mount --make-rshared /
for controller in /sys/fs/cgroup/*; do
    if mountpoint -q "$controller"; then mount -o remount,bind,rw "$controller"; fi
done
mount --bind /usr/local/lib/kuberry-lab/swaps /proc/swaps
for file in /proc/sysrq-trigger /sys/power/state \\
    /proc/sys/kernel/core_pattern /proc/sys/kernel/modules_disabled \\
    /proc/sys/kernel/kexec_load_disabled /proc/sys/kernel/unprivileged_bpf_disabled
do
    if [ -e "$file" ]; then
        mount --bind "$file" "$file"
        mount -o remount,bind,ro "$file"
    fi
done
"""

_PREPARE_UNIT = """[Unit]
Description=Make this lab host fit for a kubelet
DefaultDependencies=no
Before=sysinit.target
[Service]
Type=oneshot
RemainAfterExit=yes
ExecStart=/usr/local/lib/kuberry-lab/prepare
"""

_SSHD = """PasswordAuthentication no
KbdInteractiveAuthentication no
UseDNS no
HostKey /etc/ssh/ssh_host_ed25519_key
"""

FILES: dict[str, tuple[int, str]] = {
    "etc/resolv.conf": (0o644, "nameserver 127.0.0.1\n"),  # refuses at once: no name service here
    "etc/ssh/sshd_config.d/50-kuberry-lab.conf": (0o644, _SSHD),
    "etc/sudoers.d/kuberry": (0o440, f"{USER} ALL=(ALL:ALL) NOPASSWD: ALL\n"),
    # Until systemd-user-sessions.service has run, PAM turns unprivileged users away.
    "etc/systemd/system/ssh.service.d/kuberry-lab.conf": (
        0o644,
        "[Unit]\nAfter=systemd-user-sessions.service\n",
    ),
    "etc/systemd/journald.conf.d/kuberry-lab.conf": (0o644, "[Journal]\nReadKMsg=no\n"),
    "etc/systemd/system/kuberry-lab.service": (0o644, _PREPARE_UNIT),
    "usr/local/lib/kuberry-lab/prepare": (0o755, _PREPARE),
    "usr/local/lib/kuberry-lab/swaps": (0o644, "Filename\tType\tSize\tUsed\tPriority\n"),
}
"""Path below the root, permission bits, text."""

_MASKED = (
    # They would write to or mount what belongs to the machine below.
    "etc/sysctl.d/50-pid-max.conf",
    "etc/sysctl.d/99-protect-links.conf",
    "etc/systemd/system/proc-sys-fs-binfmt_misc.automount",
    "etc/systemd/system/sys-kernel-debug.mount",
    "etc/systemd/system/sys-kernel-tracing.mount",
    "etc/systemd/system/systemd-binfmt.service",
    "etc/systemd/system/systemd-modules-load.service",
    # They cost time at every boot and can do nothing here.
    "etc/systemd/system/apt-daily.timer",
    "etc/systemd/system/apt-daily-upgrade.timer",
    "etc/systemd/system/console-getty.service",
    "etc/systemd/system/e2scrub_all.timer",
    "etc/systemd/system/e2scrub_reap.service",
)

LINKS: dict[str, str] = {
    "etc/systemd/system/sysinit.target.wants/kuberry-lab.service": "../kuberry-lab.service",
    **dict.fromkeys(_MASKED, "/dev/null"),
}
"""Path below the root, and where it points."""


def key(os: LabOs) -> str:
    """Return a short word that changes when anything the base is made of changes."""
    inputs = (
        SUITES[os],
        platform.machine(),
        PACKAGES,
        sorted(FILES.items()),
        sorted(LINKS.items()),
    )
    return hashlib.sha256(repr(inputs).encode()).hexdigest()[:12]
