"""A stand-in for Ubuntu's piboot-try: new boot files are tried once, and promoted when they boot.

The contract is that of the page explanations/piboot-ab of
https://canonical-ubuntu-boards.readthedocs-hosted.com. What is staged lies in ``new/`` with the
state ``unknown``. The next boot is a double one: piboot-try-reboot sets ``trying`` and reboots into
tryboot mode, whose flag is read once. When that boot comes far enough, piboot-try-validate makes
``current/`` to ``old/`` and ``new/`` to ``current/`` with the state ``good``; when it does not, the
next ordinary boot finds ``trying`` and sets ``bad``.
"""

from __future__ import annotations

from collections.abc import Mapping

_REBOOT = """#!/bin/sh
set -e
card=/boot/firmware said=/usr/local/lib/kuberry-lab/firmware
[ ! -e "$said/on-trial" ] || exit 0
case $(cat "$card/new/state" 2>/dev/null) in
unknown)
    echo trying >"$card/new/state"
    : >"$said/tryboot"
    systemctl --no-block reboot
    sleep infinity
    ;;
trying) echo bad >"$card/new/state" ;;
esac
"""
_VALIDATE = """#!/bin/sh
set -e
card=/boot/firmware said=/usr/local/lib/kuberry-lab/firmware
[ -e "$said/on-trial" ] || exit 0
[ "$(cat "$card/new/state" 2>/dev/null)" = trying ] || exit 0
rm -rf "$card/old"
mv "$card/current" "$card/old"
mv "$card/new" "$card/current"
echo good >"$card/current/state"
"""


def _unit(description: str, script: str, place: str) -> str:
    return (
        f"[Unit]\nDescription={description} (a stand-in)\n{place}"
        "[Service]\nType=oneshot\nRemainAfterExit=yes\nTimeoutStartSec=60\n"
        f"ExecStart=/usr/local/lib/kuberry-lab/firmware/{script}\n"
    )


_LIB, _UNITS = "usr/local/lib/kuberry-lab/firmware", "etc/systemd/system"
FILES: Mapping[str, tuple[int, str]] = {
    f"{_LIB}/piboot-try-reboot": (0o755, _REBOOT),
    f"{_LIB}/piboot-try-validate": (0o755, _VALIDATE),
    f"{_UNITS}/piboot-try-reboot.service": (
        0o644,
        _unit(
            "Try new boot files",
            "piboot-try-reboot",
            "DefaultDependencies=no\nAfter=kuberry-lab-firmware.service\nBefore=sysinit.target\n",
        ),
    ),
    f"{_UNITS}/piboot-try-validate.service": (
        0o644,
        _unit("Promote boot files that booted", "piboot-try-validate", "After=multi-user.target\n"),
    ),
}
"""Path below the root: permission bits and text."""

LINKS: Mapping[str, str] = {
    f"{_UNITS}/sysinit.target.wants/piboot-try-reboot.service": "../piboot-try-reboot.service",
    f"{_UNITS}/graphical.target.wants/piboot-try-validate.service": (
        "../piboot-try-validate.service"
    ),
}
"""Path below the root, and where it points."""
