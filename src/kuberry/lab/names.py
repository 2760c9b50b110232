"""What the lab calls its things on this machine: one convention, so that remains can be found."""

from __future__ import annotations

import dataclasses
import hashlib
import re
from pathlib import Path

RUN_DIR = Path("/run/kuberry-lab")
"""Machine-wide record of all labs; gone after a reboot of the machine, as all else of a lab is."""

_ID = re.compile(r"(?:kb|kuberry_|kuberry)([0-9a-f]{6})(?:h\d+|\.slice)?")


@dataclasses.dataclass(frozen=True, slots=True)
class Names:
    """The names of one lab.

    Attributes:
        lab_id: Six hexadecimal digits.
    """

    lab_id: str

    @property
    def run_dir(self) -> Path:
        """Return the directory of the lab's record."""
        return RUN_DIR / self.lab_id

    @property
    def bridge(self) -> str:
        """Return the name of the bridge; link names have 15 characters at most."""
        return f"kb{self.lab_id}"

    @property
    def table(self) -> str:
        """Return the name of the nftables table."""
        return f"kuberry_{self.lab_id}"

    @property
    def cgroup(self) -> str:
        """Return the name of the control group above those of the hosts."""
        return f"kuberry{self.lab_id}"

    def link(self, number: int) -> str:
        """Return the name of the outer end of the link to host *number*."""
        return f"kb{self.lab_id}h{number}"

    def host_dir(self, name: str) -> Path:
        """Return the directory that records the running host *name*."""
        return self.run_dir / "hosts" / name

    def netns(self, name: str) -> Path:
        """Return the file that holds the network namespace of host *name*."""
        return self.host_dir(name) / "netns"

    def mac(self, number: int) -> str:
        """Return a locally administered hardware address; number 1 is the bridge."""
        pairs = (self.lab_id[start : start + 2] for start in (0, 2, 4))
        return ":".join(("02", "6b", *pairs, f"{number:02x}"))


def lab_id(lab_dir: Path) -> str:
    """Return the id of the lab of *lab_dir*: the same for ever, so a lost lab is found again."""
    return hashlib.sha256(str(lab_dir.resolve()).encode()).hexdigest()[:6]


def id_in(name: str) -> str | None:
    """Return the lab id in the *name* of a link, table or control group, if it is a lab's."""
    match = _ID.fullmatch(name)
    return match[1] if match else None
