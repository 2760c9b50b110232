"""Single answers and what they mean: the cases nobody recorded."""

from __future__ import annotations

import pytest

from kuberry.facts import hardware, health, kubernetes, network, system
from kuberry.facts.probe import Unparsable


def test_os_release_has_defaults_and_odd_quotes() -> None:
    """os-release(5): no ID means linux; single quotes and none are as good as double quotes."""
    found = system.OS.read("os:NAME='Odd OS'\nos:# a comment\nos:VERSION_ID=7\n")

    assert (found.id, found.pretty_name, found.version_id) == ("linux", "Linux", "7")


@pytest.mark.parametrize(
    ("answer", "version", "memory"),
    [
        ("type:tmpfs\nunified:\nproc:memory\t9\t140\t1\n", "v1", True),
        ("type:tmpfs\nunified:cgroup2fs\nproc:memory\t9\t140\t0\n", "hybrid", False),
        ("type:cgroup2fs\nunified:\ncontrollers:cpu io pids\n", "v2", False),
        ("type:cgroup2fs\nunified:\ncontrollers:cpu memory\nproc:memory\t0\t9\t1\n", "v2", True),
    ],
)
def test_cgroups(answer: str, version: str, memory: bool) -> None:  # noqa: FBT001
    """Each layout is told from the others."""
    found = system.CGROUPS.read(answer)

    assert (found.version, found.memory) == (version, memory)


def test_an_unset_machine_id_is_none() -> None:
    """Fresh Raspberry Pi images say ``uninitialized``: that must not match another host's."""
    found = system.IDENTITY.read(
        "hostname:red\nmachine:uninitialized\nboot:b-1\nuptime:12.50 3.1\n"
    )

    assert (found.machine_id, found.uptime_s) == (None, 12.5)


@pytest.mark.parametrize(
    ("answer", "state"),
    [("loaded", "loaded"), ("builtin", "builtin"), ("absent", "absent"), ("unknown", None)],
)
def test_modules(answer: str, state: str | None) -> None:
    """``unknown`` is not ``absent``."""
    assert system.MODULES.read(f"module:vxlan {answer}\n")[0].state == state


def test_a_setting_the_kernel_lacks_is_none_and_zero_is_zero() -> None:
    """bridge-nf-call-iptables does not exist before br_netfilter is loaded."""
    answer = "net.ipv4.ip_forward:0\nnet.bridge.bridge-nf-call-iptables:\nkernel.panic:-1\n"
    found = {one.name: one.value for one in system.SYSCTLS.read(answer)}

    assert found == {
        "net.ipv4.ip_forward": 0,
        "net.bridge.bridge-nf-call-iptables": None,
        "kernel.panic": -1,
    }


def test_a_degraded_system_names_its_failed_units() -> None:
    """People ask at once which."""
    found = system.INIT.read(
        "name:systemd\nstate:degraded\nfailed:a.service loaded failed failed\n"
    )

    assert (found.state, found.failed_units) == ("degraded", ("a.service",))


def test_without_systemd_failed_units_are_unknown() -> None:
    """None, not "no unit failed"."""
    found = system.INIT.read("name:sysvinit\n")

    assert (found.name, found.state, found.failed_units) == ("sysvinit", None, None)


@pytest.mark.parametrize(
    ("answer", "epoch_s", "fineness_s"),
    [("1700000000.250000000\n", 1_700_000_000.25, 0.0), ("1700000000.%N\n", 1_700_000_000.5, 0.5)],
)
def test_clock(answer: str, epoch_s: float, fineness_s: float) -> None:
    """A date that knows no nanoseconds costs half a second of certainty, not the fact."""
    assert system.CLOCK.read(answer) == (epoch_s, fineness_s)


@pytest.mark.parametrize(
    ("answer", "quota"),
    [
        ("count:4\n", None),
        ("count:4\nmax:max 100000\n", None),
        ("count:4\nmax:150000 100000\n", 1.5),
        ("count:4\nquota:-1\nperiod:100000\n", None),
        ("count:4\nquota:50000\nperiod:100000\n", 0.5),
    ],
)
def test_the_processor_quota_of_either_cgroup_version(answer: str, quota: float | None) -> None:
    """No limit is None."""
    assert hardware.PROCESSOR.read(answer).quota == quota


@pytest.mark.parametrize(
    ("limit", "usable_kib"),
    [("max", 1000), ("9223372036854771712", 1000), (str(512 * 1024), 512)],
)
def test_a_memory_limit_counts_only_below_the_memory(limit: str, usable_kib: int) -> None:
    """The kernel writes no limit as ``max`` or as a number of nearly 2**63."""
    found = hardware.MEMORY.read(f"MemTotal:1000 kB\nlimit:{limit}\n")

    assert found.usable_bytes == usable_kib * 1024
    assert found.available_bytes is None


def test_a_read_only_root_is_seen() -> None:
    """The last of several mounts on one point counts."""
    answer = "df:/ /dev/root ext4 100 50 50 50% /\nmount:/dev/root / ext4 rw 0 0\n"

    assert not hardware.DISKS.read(answer)[0].read_only
    assert hardware.DISKS.read(f"{answer}mount:/dev/root / ext4 noatime,ro 0 0\n")[0].read_only


def test_a_file_system_source_may_hold_blanks() -> None:
    """Network shares do."""
    (found,) = hardware.DISKS.read("df:/ //nas/my share cifs 100 50 50 50% /\n")

    assert (found.source, found.type, found.total_bytes) == ("//nas/my share", "cifs", 102_400)


@pytest.mark.parametrize(
    ("row", "address", "port", "process"),
    [
        ('LISTEN 0 128 0.0.0.0:22 0.0.0.0:* users:(("sshd",pid=1,fd=3))', "0.0.0.0", 22, "sshd"),  # noqa: S104
        ("LISTEN 0 128 [::]:6443 [::]:*", "::", 6443, None),
        ("LISTEN 0 4096 *:10250 *:*", "::", 10250, None),
        ("LISTEN 0 4096 127.0.0.53%lo:53 0.0.0.0:*", "127.0.0.53", 53, None),
    ],
)
def test_ports(row: str, address: str, port: int, process: str | None) -> None:
    """As ss writes them, with and without the right to see whose they are."""
    (found,) = network.PORTS.read(f"port:{row}\n")

    assert (found.address, found.port, found.process) == (address, port, process)


def test_nobody_listening_is_known_to_be_nobody() -> None:
    """``ss`` ran and wrote nothing."""
    assert network.PORTS.read("") == ()


@pytest.mark.parametrize(
    ("login", "address"),
    [
        ("192.0.2.9 50000 192.0.2.1 22", "192.0.2.1"),
        ("fe80::9%eth0 50000 fe80::1%eth0 22", "fe80::1"),
        ("::ffff:192.0.2.9 50000 ::ffff:192.0.2.1 22", "192.0.2.1"),
        ("", None),
    ],
)
def test_the_address_we_are_logged_in_to(login: str, address: str | None) -> None:
    """Scopes and mapped addresses are taken off, so that it can be found among the interfaces."""
    assert network.NETWORK.read(f"login:{login}\naddr:[]\n").login_address == address


def test_only_ethernet_has_a_hardware_address() -> None:
    """A tunnel's "address" is an IP address: two hosts may well share it."""
    link = '{"ifname":"sit0","mtu":1480,"link_type":"sit","address":"192.0.2.1","addr_info":[]}'
    (found,) = network.NETWORK.read(f"addr:[{link}]\n").interfaces

    assert (found.name, found.mac, found.state) == ("sit0", None, "unknown")


def test_the_firewall_without_root() -> None:
    """Tables nobody could list are None; no table at all is empty."""
    seen_by_user = network.FIREWALL.read("ufw:yes\nfirewalld:no\n")
    seen_by_root = network.FIREWALL.read("ufw:no\nfirewalld:active\nnft:listed\n\n")

    assert (seen_by_user.ufw_enabled, seen_by_user.nft_tables) == (True, None)
    assert (seen_by_root.firewalld_active, seen_by_root.nft_tables) == (True, ())


def test_traces_of_a_kubernetes() -> None:
    """Units that do not exist are left out; a directory that cannot be listed is None."""
    found = kubernetes.TRACES.read(
        "unit:Id=k3s.service\nunit:LoadState=loaded\nunit:ActiveState=active\n"
        "unit:UnitFileState=enabled\nunit:\n"
        "unit:Id=kubelet.service\nunit:LoadState=not-found\nunit:ActiveState=inactive\n"
        "path:/var/lib/rancher/k3s\npath:/etc/shadow\ncni-dir:closed\n"
    )

    assert [(unit.name, unit.active, unit.enabled) for unit in found.units] == [
        ("k3s.service", "active", "enabled")
    ]
    assert found.paths == ("/var/lib/rancher/k3s",)
    assert found.distributions == ("k3s",)
    assert found.cni_configurations is None


@pytest.mark.parametrize(
    ("told", "version"),
    [
        ("k3s version v1.36.3+k3s1 (0123abcd)", "v1.36.3+k3s1"),
        ("containerd github.com/containerd/containerd 1.6.20~ds1 1.6.20~ds1-1+b1", "1.6.20~ds1"),
        ("Kubernetes v1.20.2", "v1.20.2"),
        ("", None),
    ],
)
def test_programs_tell_their_version(told: str, version: str | None) -> None:
    """The first thing that looks like one."""
    (found,) = kubernetes.PROGRAMS.read(f"program:x\t/usr/bin/x\t{told}\n")

    assert found.version == version


def test_removed_packages_are_not_installed() -> None:
    """The list names what was removed and what was never there."""
    found = kubernetes.PACKAGES.read(
        "package:ii \trunc\t1.1\tarm64\npackage:rc \tdocker.io\t20\tarm64\npackage:un \tcri-o\t\t\n"
    )

    assert [one.name for one in found] == ["runc"]


def test_the_processor_is_preferred_among_the_thermometers() -> None:
    """Not the Wi-Fi chip, and not a sensor that tells nonsense."""
    assert health.HEALTH.read("zone:wifi 70000\nzone:cpu-thermal 48000\n").temperature_c == 48.0
    assert health.HEALTH.read("zone:acpitz -273200\n").temperature_c is None
    assert health.HEALTH.read("").temperature_c is None


@pytest.mark.parametrize(
    "answer", ["", "count:0\n", "count:four\n", "count:4\nmax:1 0\n", "count:4\nmax:1\n"]
)
def test_nonsense_is_unparsable(answer: str) -> None:
    """It says why, in one line."""
    with pytest.raises(Unparsable, match="its answer makes no sense"):
        hardware.PROCESSOR.read(answer)
