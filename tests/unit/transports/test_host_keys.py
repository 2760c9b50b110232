"""Whether a host key may be trusted, by what known_hosts says of the name and the port."""

from __future__ import annotations

from pathlib import Path

import asyncssh
import pytest

from kuberry.errors import HostKeyChanged, HostKeyUnknown
from kuberry.model.connection import HostKeyPolicy
from kuberry.model.event import HostKeyAccepted, Notice
from kuberry.model.host import Host
from kuberry.transports.host_keys import HostKeyCheck
from kuberry.transports.ssh_settings import settings_for

KEYS = [asyncssh.generate_private_key("ssh-ed25519").convert_to_public() for _ in range(3)]
A, B, C = (key.export_public_key().decode().strip() for key in KEYS)
KEY_A, KEY_B, KEY_C = KEYS
POLICIES: tuple[HostKeyPolicy, ...] = ("accept-new", "strict")


def _check(
    tmp_path: Path,
    text: str,
    *,
    target: str = "red",
    port: int = 22,
    policy: HostKeyPolicy = "accept-new",
    config: str = "",
) -> HostKeyCheck:
    known_hosts, file = tmp_path / "known_hosts", tmp_path / "config"
    known_hosts.write_text(text)
    file.write_text(config)
    host = Host(name="red", port=port, known_hosts_file=known_hosts)
    return HostKeyCheck("red", target, settings_for(host, [file]), policy)


@pytest.mark.parametrize("policy", POLICIES)
def test_the_key_of_port_22_is_not_one_of_another_port(
    tmp_path: Path, policy: HostKeyPolicy
) -> None:
    """Where name and port have a key, the key of the plain name counts as changed."""
    check = _check(tmp_path, f"[red]:2222 {A}\nred {B}\n", port=2222, policy=policy)
    assert check.trusted() == ([KEY_A], [], [])
    assert not check.accepts(KEY_B)
    assert isinstance(check.refusal, HostKeyChanged)
    assert "known_hosts:1 has" in check.refusal.message
    assert "-R '[red]:2222'" in check.refusal.remedy


def test_the_plain_name_stands_in_for_a_port_without_a_key(tmp_path: Path) -> None:
    """As in ssh: trusted where it matches; another key is a first contact with that port."""
    text = f"red {A}\n@cert-authority red {C}\n"
    strict = _check(tmp_path, text, port=2222, policy="strict")
    assert strict.trusted() == ([KEY_A], [KEY_C], [])
    assert not strict.accepts(KEY_B)
    assert isinstance(strict.refusal, HostKeyUnknown)
    assert _check(tmp_path, text, port=2222).accepts(KEY_B)


def test_the_key_of_another_port_says_nothing_of_port_22(tmp_path: Path) -> None:
    """An entry with a port is for this port alone."""
    assert _check(tmp_path, f"[red]:2222 {A}\n").trusted() == ([], [], [])


def test_a_revoked_key_is_revoked_at_every_port(tmp_path: Path) -> None:
    """What the plain name revokes counts beside a key of name and port, and so does the reverse."""
    text = f"[red]:2222 {A}\n@revoked [red]:2222 {B}\n@revoked red {C}\n@cert-authority red {B}\n"
    assert _check(tmp_path, text, port=2222).trusted() == ([KEY_A], [], [KEY_B, KEY_C])


@pytest.mark.parametrize("policy", POLICIES)
def test_an_alias_stands_alone_at_every_port(tmp_path: Path, policy: HostKeyPolicy) -> None:
    """A key is kept under HostKeyAlias without the port, so another one there has changed."""
    config = "HostKeyAlias other\n"
    check = _check(tmp_path, f"other {A}\nred {B}\n", port=2222, policy=policy, config=config)
    assert check.trusted() == ([KEY_A], [], [])
    assert not check.accepts(KEY_B)
    assert isinstance(check.refusal, HostKeyChanged)
    assert "-R other" in check.refusal.remedy


@pytest.mark.parametrize("policy", POLICIES)
@pytest.mark.parametrize("port", [22, 2222])
def test_what_answers_as_local_must_show_the_key_of_the_name(
    tmp_path: Path, port: int, policy: HostKeyPolicy
) -> None:
    """Any machine can say that it is red.local; where red has a key, it must show that one."""
    text = f"red {A}\nred.local,[red.local]:2222 {B}\n"
    check = _check(tmp_path, text, target="red.local", port=port, policy=policy)
    assert (check.name, check.trusted()) == ("red", ([KEY_A], [], []))
    for other in (KEY_B, KEY_C):
        assert not check.accepts(other)
        assert isinstance(check.refusal, HostKeyChanged)
        assert "what answers in place of red shows" in check.refusal.message
        assert "known_hosts:1 has" in check.refusal.message
        assert "-R red;" in check.refusal.remedy


def test_what_is_revoked_for_the_name_is_revoked_for_local(tmp_path: Path) -> None:
    """And the reverse, whichever of both has keys."""
    text = f"@revoked red {B}\nred.local {A}\n"
    check = _check(tmp_path, text, target="red.local")
    assert (check.name, check.trusted()) == ("red.local", ([KEY_A], [], [KEY_B]))
    text = f"red {A}\n@revoked red.local {B}\nred.local {C}\n"
    assert _check(tmp_path, text, target="red.local").trusted() == ([KEY_A], [], [KEY_B])


async def test_a_first_contact_as_local_is_written_so_and_said(tmp_path: Path) -> None:
    """The name that was asked for gets no key from what anyone may have answered."""
    check = _check(tmp_path, "", target="red.local")
    assert check.accepts(KEY_A)
    said: list[object] = []
    await check.remember_new(said.append)
    assert (tmp_path / "known_hosts").read_text() == f"red.local {A}\n"
    accepted, notice = said
    assert isinstance(accepted, HostKeyAccepted)
    assert isinstance(notice, Notice)
    assert "written under red.local, not red: any machine" in notice.message
    again = _check(tmp_path, f"red.local {A}\n", target="red.local", policy="strict")
    assert again.trusted() == ([KEY_A], [], [])
    assert not again.accepts(KEY_B)
    assert isinstance(again.refusal, HostKeyChanged)


def test_an_alias_rules_over_both_names(tmp_path: Path) -> None:
    """HostKeyAlias is the user's word, wherever the host was found."""
    text = f"other {A}\nred {B}\nred.local {C}\n"
    check = _check(tmp_path, text, target="red.local", config="HostKeyAlias other\n")
    assert (check.name, check.trusted()) == ("other", ([KEY_A], [], []))
