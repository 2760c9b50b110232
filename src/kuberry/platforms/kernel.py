"""Modules and settings of the kernel that every Kubernetes is better off with; pure."""

from __future__ import annotations

from kuberry.model.plan import File, Run
from kuberry.platforms.measure import NOTHING, Measure, SeenHost, is_container, missing

NO_VXLAN = "KB410"
_SYSCTL = "/etc/sysctl.d/90-kuberry-watches.conf"
_LOADED = "/etc/modules-load.d/kuberry-vxlan.conf"

WATCHES = {"fs.inotify.max_user_instances": 512, "fs.inotify.max_user_watches": 262_144}
"""What pods of a few dozen log readers and file watchers use up; Debian's 128 instances are few
(ricsanfre/pi-cluster sets 512, kubespray 8192)."""

# The package's name carries the kernel's release; the one without (linux-modules-extra-raspi) would
# pull the newest, which may not be the one that runs. What was not there before is noted for reset.
_EXTRA = r"""
set -eu
package=linux-modules-extra-$(uname -r)
mkdir -p /var/lib/kuberry
touch /var/lib/kuberry/packages
state=$(dpkg-query -W -f '${db:Status-Status}' "$package" 2>/dev/null) || state=
[ "$state" = installed ] || grep -qxF "$package" /var/lib/kuberry/packages ||
    echo "$package" >>/var/lib/kuberry/packages
export DEBIAN_FRONTEND=noninteractive
apt-get -qq update || true
apt-get -qq -o DPkg::Lock::Timeout=120 install -y --no-install-recommends "$package" >&2
modprobe vxlan
"""


def watches(host: SeenHost) -> Measure:
    """Return what raises the limits of inotify; in a container they belong to the machine below."""
    if is_container(host):
        return NOTHING
    now = {one.name: one.value for one in host.facts.sysctls or ()}
    low = [name for name, least in WATCHES.items() if (now.get(name) or least) < least]
    ours = _SYSCTL in host.installed.files
    if not low and not ours:
        return NOTHING
    text = "".join(f"{name} = {least}\n" for name, least in WATCHES.items())
    files = missing(host, File(path=_SYSCTL, content=(text,)))
    if not files and not low:
        return NOTHING
    step = Run(
        id="watches",
        title="raise the limits of file watches",
        script='sysctl -q -p "$1"',
        arguments=(_SYSCTL,),
    )
    return Measure(files=files, now=(step,))


def vxlan(host: SeenHost) -> Measure:
    """Return what brings the module vxlan.

    Ubuntu kept it in linux-modules-extra-raspi from 21.10 to 23.10 (bugs.launchpad.net 1947628); on
    24.04 that package is gone and the module is in the kernel's own. Only the kernel's own
    directory of modules decides.
    """
    states = {one.name: one.state for one in host.facts.modules or ()}
    if states.get("vxlan") != "absent":
        return NOTHING
    if host.facts.os is None or host.facts.os.id != "ubuntu":
        return Measure(obstacle="its kernel has no module vxlan, and no package is known for it")
    step = Run(
        id="vxlan",
        title="install the kernel's extra modules",
        script=_EXTRA,
        deadline_s=600.0,
    )
    file = File(path=_LOADED, content=("vxlan\n",))
    return Measure(files=missing(host, file), now=(step,), cures=(NO_VXLAN,))
