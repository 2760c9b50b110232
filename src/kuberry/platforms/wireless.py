"""Wi-Fi that sleeps between packets answers late: switched off on the interface in use; pure.

brcmfmac has it on by default: replies take 120 ms at the median and over a second at worst
(raspberrypi/linux issue 7533). NetworkManager sets it at every connection (``wifi.powersave``,
where 2 is "disable": nm-settings); elsewhere a rule of udev does, when the interface appears.
NetworkManager is not restarted: we may be logged in through it.
"""

from __future__ import annotations

from kuberry.model.plan import File, Run
from kuberry.platforms.measure import NOTHING, Measure, SeenHost, missing

_MANAGED = "/etc/NetworkManager/conf.d/90-kuberry.conf"
_RULE = "/etc/udev/rules.d/90-kuberry-wifi.rules"
_MANAGED_TEXT = "# Written by kuberry: 2 is disable.\n[connection]\nwifi.powersave = 2\n"
_RULE_TEXT = (
    'ACTION=="add", SUBSYSTEM=="net", KERNEL=="{name}", '
    "RUN+=\"/bin/sh -c 'iw dev %k set power_save off'\"\n"
)
_OFF = 'iw dev "$1" set power_save off'


def awake(host: SeenHost) -> Measure:
    """Return what keeps the Wi-Fi interface that we are logged in by awake."""
    network = host.facts.network
    used = network.login_interface if network else None
    radios = host.facts.radios or ()
    radio = next((one for one in radios if used and one.interface == used.name), None)
    if radio is None or not radio.power_save:
        return NOTHING
    if radio.network_manager:
        file = File(path=_MANAGED, content=(_MANAGED_TEXT,))
    else:
        file = File(path=_RULE, content=(_RULE_TEXT.format(name=radio.interface),))
    step = Run(
        id="wifi-awake",
        title=f"keep {radio.interface} awake",
        script=_OFF,
        arguments=(radio.interface,),
    )
    return Measure(files=missing(host, file), now=(step,))
