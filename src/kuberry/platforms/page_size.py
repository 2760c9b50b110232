"""Pages of 16 KiB: the Raspberry Pi 5's own kernel has them, and some images cannot; pure.

Images with an allocator built for 4 KiB end with ``<jemalloc>: Unsupported system page size``
(raspberrypi/bookworm-feedback issue 107, fluent/fluent-bit issue 9730). ``kernel=kernel8.img``
boots the kernel of all 64-bit models, with pages of 4 KiB (Proxmox-Arm64 issue 65).
"""

from __future__ import annotations

from kuberry.model.facts import Boot
from kuberry.model.plan import File, Run
from kuberry.platforms.boot_config import Undecided, effective
from kuberry.platforms.measure import NOTHING, Measure, SeenHost
from kuberry.platforms.memory import BOOT_FILE_MODE

CODE = "KB208"
SMALL = 4096
_KERNEL = "kernel8.img"
_BLOCK = ("# BEGIN kuberry", "[all]", f"kernel={_KERNEL}", "# END kuberry")

_PROOF = r"""
size=$(getconf PAGESIZE)
[ "$size" = 4096 ] && exit 0
echo "error: config.txt asks for kernel8.img, and the pages are still of $size bytes" >&2
exit 1
"""


def small_pages(host: SeenHost) -> Measure:
    """Return what has the host boot a kernel with pages of 4 KiB."""
    kernel, boot = host.facts.kernel, host.facts.boot
    if kernel is None or kernel.page_size_bytes in {None, SMALL}:
        return NOTHING
    if boot is None or boot.directory is None:
        return Measure(obstacle="this host has no config.txt of a Raspberry Pi's firmware")
    if _KERNEL not in boot.assets:
        return Measure(obstacle=f"there is no {boot.directory}/{_KERNEL}")
    try:
        return _edit(host, boot)
    except Undecided as undecided:
        return Measure(obstacle=str(undecided))


def _edit(host: SeenHost, boot: Boot) -> Measure:
    model = host.facts.board.model if host.facts.board else None
    asked = effective(boot.config, model, tryboot=False).get("kernel") == _KERNEL
    file = File(
        path=f"{boot.directory}/config.txt",
        content=("\n".join([*_text(boot), *_BLOCK, ""]),),
        mode=BOOT_FILE_MODE,
    )
    return Measure(
        files=() if asked else (file,),
        reboot="for pages of 4 KiB",
        proofs=(Run(id="pages-proof", title="prove the page size", script=_PROOF),),
        cures=(CODE,),
    )


def _text(boot: Boot) -> list[str]:
    """Return the lines of config.txt without the empty ones at its end."""
    lines = list(boot.config)
    while lines and not lines[-1]:
        lines.pop()
    return lines
