"""The state of a host, read and compared."""

from __future__ import annotations

import pytest

from kuberry.facts.probe import Unparsable
from kuberry.facts.snapshot import PROBE, Entries, differences, ignored, snapshot_command

LOOK = """\
file:d 755 0:0\t/etc
file:f 644 0:0 9\t/etc/hosts
file:l ../usr/lib/os-release\t/etc/os-release
sum:0000000000000000000000000000000000000000000000000000000000000001  /etc/hosts
package:runc:amd64 1.1.5 installed
unit:ssh.service enabled enabled
unit:rescue.service static -
unit:session-1.scope transient -
active:ssh.service loaded active running OpenBSD Secure Shell server
active:broken.service loaded failed failed Broken
link:2: eth0@if9: <BROADCAST,UP> mtu 1500 qdisc noqueue state UP mode DEFAULT group default qlen \
1000\\    link/ether 02:00:00:00:00:01 brd ff:ff:ff:ff:ff:ff link-netnsid 0
route:default via 10.0.0.1 dev eth0
route:fd00::/64 dev eth0 proto ra metric 100 expires 86332sec pref medium
rules:iptables *filter
rules:iptables :INPUT ACCEPT [0:0]
rules:iptables :MINE - [0:0]
rules:iptables -A INPUT -j MINE
rules:iptables COMMIT
rules:nft table ip filter {
rules:nft \tchain INPUT {
rules:nft \t\ttype filter hook input priority filter; policy accept;
rules:nft \t}
rules:nft }
rules:nft table inet own {
rules:nft \tchain input {
rules:nft \t\ttype filter hook input priority filter; policy drop;
rules:nft \t\tct state established accept
rules:nft \t}
rules:nft }
mount:tmpfs /srv tmpfs rw,nosuid 0 0
sysctl:net.ipv4.ip_forward = 0
sysctl:net.ipv4.tcp_rmem = 4096\t131072\t6291456
module:overlay
end:
"""

OWN = "table inet own: chain input"


def _read(text: str) -> Entries:
    return PROBE.read(text)


def test_every_subject_is_read() -> None:
    """Each line has its place; what says nothing (an empty chain, a session) has none."""
    assert _read(LOOK) == {
        ("file", "/etc"): "d 755 0:0",
        ("file", "/etc/hosts"): f"f 644 0:0 9 {'0' * 63}1",
        ("file", "/etc/os-release"): "l ../usr/lib/os-release",
        ("package", "runc:amd64"): "1.1.5 installed",
        ("unit", "ssh.service"): "enabled active",
        ("unit", "rescue.service"): "static",
        ("unit", "broken.service (failed)"): "failed",
        ("link", "eth0"): "mtu 1500 link/ether",
        ("route", "default via 10.0.0.1 dev eth0"): "there",
        ("route", "fd00::/64 dev eth0 proto ra metric 100 pref medium"): "there",
        ("rule", "iptables: filter: chain MINE -"): "there",
        ("rule", "iptables: filter: -A INPUT -j MINE"): "there",
        ("rule", f"nft: {OWN}: type filter hook input priority filter; policy drop;"): "there",
        ("rule", f"nft: {OWN}: ct state established accept"): "there",
        ("mount", "/srv"): "tmpfs tmpfs",
        ("sysctl", "net.ipv4.ip_forward"): "0",
        ("sysctl", "net.ipv4.tcp_rmem"): "4096\t131072\t6291456",
    }


def test_a_state_that_was_cut_off_is_none() -> None:
    """Half a state would look like a host from which much is gone."""
    with pytest.raises(Unparsable, match="cut off"):
        _read(LOOK.removesuffix("end:\n"))


@pytest.mark.parametrize(
    ("was", "now", "words"),
    [
        ("sysctl:net.ipv4.ip_forward = 0", "sysctl:net.ipv4.ip_forward = 1", "was '0' and is '1'"),
        ("mount:tmpfs /srv", "mount:tmpfs /mnt", "/mnt is new"),
        ("package:runc:amd64 1.1.5 installed\n", "", "runc:amd64 is gone"),
        ("000001  /etc/hosts", "000002  /etc/hosts", "/etc/hosts was"),
        ("file:d 755 0:0\t/etc", "file:d 700 0:0\t/etc", "/etc was 'd 755 0:0' and is 'd 700 0:0'"),
        ("route:default via 10.0.0.1", "route:default via 10.0.0.2", "default via 10.0.0.2"),
        ("-A INPUT -j MINE", "-A INPUT -j KUBE", "-j KUBE is new"),
    ],
)
def test_what_changed_is_named(was: str, now: str, words: str) -> None:
    """A change of any subject is found and said."""
    assert was in LOOK
    found = differences(_read(LOOK), _read(LOOK.replace(was, now)))

    assert words in "; ".join(str(one) for one in found)


def test_nothing_changed_is_nothing() -> None:
    """A state is not different from itself, nor for another time that a route expires."""
    assert differences(_read(LOOK), _read(LOOK.replace("86332sec", "5sec"))) == ()


def test_kernel_settings_come_and_go_with_their_modules() -> None:
    """A setting that is new has no value it could be put back to."""
    before = _read(LOOK)
    after = _read(f"sysctl:net.bridge.bridge-nf-call-iptables = 1\n{LOOK}")

    assert differences(before, after) == ()


def test_what_changes_by_itself_is_left_out() -> None:
    """On the host by the same patterns as here, so that nothing large is read for nothing."""
    before = _read(LOOK)
    after = _read(f"file:f 600 0:0 512\t/var/lib/systemd/random-seed\n{LOOK}")

    assert differences(before, after) == ()
    assert "/var/lib/systemd/random-seed" in snapshot_command().text


def test_every_exception_has_its_reason() -> None:
    """No line of the list is without a reason of a few words, and none stands twice."""
    rules = ignored()

    assert all(
        len(one.reason.split()) >= 2 or one.reason in {"random", "leases", "logins"}
        for one in rules
    )
    assert len({(one.subject, one.pattern) for one in rules}) == len(rules)
    assert {one.subject for one in rules} <= {"file", "unit", "mount", "sysctl"}
