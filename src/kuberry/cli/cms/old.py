"""What took over from the lines of the old `cms pi`. Pure.

The old lines: cloudmesh-pi-cluster cf7c427, cloudmesh/pi/command/pi.py, lines 29 to 82.
"""

from __future__ import annotations

import re
import shlex
from collections.abc import Sequence

_K = "(?:k3|microk8s)"
_ROLE = "(?: server| agent| cluster)?"
_DEPLOY = "cms pi cluster deploy kubernetes --hosts {}"
_NONE = "nothing takes its place; what there is: cms help pi"

# Words at the beginning of a line, what comes anywhere after them, what to type now. The hosts are
# the next word; the first that fits counts. A host may be called red: `led red` is no old line.
_OLD = (
    (f"{_K} install agent|{_K} join", "", "cms pi cluster node add {}"),
    (f"{_K} install(?: snapd)?{_ROLE}|{_K} enable containers", "", _DEPLOY),
    (f"{_K} start{_ROLE}", "", f"{_DEPLOY}; hosts that were stopped come back by power alone"),
    (f"{_K} stop{_ROLE}", "", "cms pi cluster stop"),
    (f"{_K} uninstall{_ROLE}|{_K} kill", "", "cms pi cluster destroy"),
    (f"{_K} remove node", "", "cms pi cluster node remove {}"),
    (f"{_K} cluster info|{_K} get node|{_K} inspect", "", "cms pi cluster status --hosts {}"),
    ("led list", "", "cms pi led {}"),
    (
        "led (?:reset|(?:blink|sequence)(?: red| green)?|(?:red|green) (?:on|off|[0-9]+))",
        "",
        "LEDs are shown and no longer switched: cms pi led {}",
    ),
    ("temp|free|load", " --rate", "cms pi cluster status --hosts {} --watch --interval 5"),
    ("temp|free|load|led", " --user", "write the user before the host: cms pi temp pi@red"),
    ("wifi", "", "Wi-Fi is set when the card is written: Raspberry Pi Imager"),
    ("k3|microk8s|script|nfs", "", _NONE),
)


def remedy(words: Sequence[str]) -> str | None:
    """Return what to type instead of the old line *words*; ``None`` when it is none."""
    line = " ".join(words)
    for begin, later, new in _OLD:
        found = re.match(rf"({begin})(?= |$)(?=.*{later})", line)
        if found:
            after = words[len(found[1].split()) :]
            hosts = next((word for word in after if not word.startswith("-")), "HOSTS")
            return new.format(shlex.quote(hosts))
    return None
