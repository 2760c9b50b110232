"""The machine that kuberry runs on is checked, too."""

from __future__ import annotations

import os
import socket
from pathlib import Path
from typing import Any

import pytest

import kuberry
from kuberry.facts.controller import Places, cms_plugin, directory, look_at_controller
from kuberry.model.controller import ControllerFacts, Directory
from kuberry.preflight import run_controller
from kuberry.preflight.controller import CHECKS, GIB


def place(name: str = "state", **changes: Any) -> Directory:
    """Return a directory that all is well with, but for *changes*."""
    known: dict[str, Any] = {
        "path": Path("/home/pi") / name,
        "is_there": True,
        "writable": True,
        "mode": 0o700,
        "free_bytes": 20 * GIB,
    }
    return Directory(**(known | changes))


def found(**changes: Any) -> list[tuple[str, str]]:
    """Return code and severity of what is found on a good machine with *changes*."""
    known: dict[str, Any] = {
        "python": "3.12.1",
        "asyncssh": "2.21.0",
        "agent": "ready",
        "agent_keys": 1,
        "key_files": ("id_ed25519",),
        "state": place(),
        "cache": place("cache"),
        "known_hosts": place("known_hosts", mode=0o600),
        "behind_s": 0.0,
        "old_package": None,
    }
    findings = run_controller(ControllerFacts(**(known | changes)))
    assert all(one.proof and one.remedy and one.host is None for one in findings)
    announced = {(one.code, severity) for one in CHECKS for severity in one.severities}
    assert {(one.code, one.severity) for one in findings} <= announced
    return [(one.code, one.severity.value) for one in findings]


def test_a_good_machine_has_no_findings() -> None:
    """Without an agent but with a key, and the other way round."""
    assert found() == []
    assert found(agent="none", agent_keys=None) == []
    assert found(key_files=()) == []


@pytest.mark.parametrize("python", ["3.10.9", "3.14.0", "4.0.0", "?"])
def test_other_pythons(python: str) -> None:
    """What it was not tested with."""
    assert found(python=python) == [("KB701", "error")]


@pytest.mark.parametrize("version", [None, "2.20.9", "1.99"])
def test_no_fitting_ssh_library(version: str | None) -> None:
    """Missing or too old."""
    assert found(asyncssh=version) == [("KB702", "error")]


def test_keys_and_agent() -> None:
    """An agent that is dead, an agent without keys, and nothing at all."""
    assert found(agent="unreachable", agent_keys=None) == [("KB703", "warning")]
    assert found(agent="ready", agent_keys=0, key_files=()) == [("KB703", "warning")]
    assert found(agent="none", agent_keys=None, key_files=()) == [("KB703", "warning")]


@pytest.mark.parametrize(
    ("free", "severity"), [(GIB // 2 - 1, "error"), (3 * GIB - 1, "warning"), (3 * GIB, None)]
)
def test_room_for_the_cache(free: int, severity: str | None) -> None:
    """Some is needed, some more is comfortable."""
    expected = [("KB704", severity)] if severity else []

    assert found(cache=place("cache", free_bytes=free)) == expected


def test_a_clock_before_our_own_files() -> None:
    """A day is forgiven: archives know no time zone."""
    assert found(behind_s=86_401.0) == [("KB705", "error")]
    assert found(behind_s=86_400.0) == []


def test_what_is_kept() -> None:
    """It must be ours to write, and nobody else's; reading alone does no harm."""
    assert found(state=place(writable=False)) == [("KB706", "error")]
    assert found(cache=place("cache", mode=0o770)) == [("KB707", "error")]
    assert found(state=place(mode=0o755)) == []
    assert found(state=place(mode=None, is_there=False)) == []


def test_known_hosts() -> None:
    """Without it no first contact can be kept."""
    assert found(known_hosts=place(writable=False)) == [("KB708", "error")]
    assert found(known_hosts=place(mode=0o666)) == [("KB708", "warning")]


def test_the_old_package() -> None:
    """It brings the same command; so does what it has left behind."""
    assert found(old_package="4.3.14", cms_plugin="ours") == [("KB709", "warning")]
    assert found(cms_plugin="foreign") == [("KB709", "warning")]
    assert found(cms_plugin="missing") == [("KB709", "warning")]
    assert found(cms_plugin="ours") == []


def test_whose_the_file_of_cms_pi_is(tmp_path: Path) -> None:
    """The one of this tree is ours; another is not, and none is missing."""
    path = tmp_path / "cloudmesh/pi/command/pi.py"
    path.parent.mkdir(parents=True)
    assert cms_plugin(tmp_path) == "missing"
    path.write_bytes(b"class PiCommand: \xff")
    assert cms_plugin(tmp_path) == "foreign"
    assert cms_plugin(Path(kuberry.__file__).parents[1]) == "ours"


def test_a_directory_that_is_not_there_yet(tmp_path: Path) -> None:
    """What its nearest parent allows counts; it is not made by looking."""
    seen = directory(tmp_path / "a" / "b")

    assert (seen.is_there, seen.writable, seen.mode) == (False, True, None)
    assert seen.free_bytes > 0
    assert list(tmp_path.iterdir()) == []


def test_a_file_in_the_way(tmp_path: Path) -> None:
    """No directory can be made below a file."""
    (tmp_path / "state").write_text("")

    assert not directory(tmp_path / "state" / "kuberry").writable


async def test_this_machine_is_looked_at(tmp_path: Path) -> None:
    """Keys by the names ssh looks for, modes as they are, and no agent where none is named."""
    ssh = tmp_path / ".ssh"
    ssh.mkdir()
    (ssh / "id_ed25519").write_text("a key")
    (ssh / "id_other").write_text("no usual name")
    (ssh / "known_hosts").touch(mode=0o600)
    (ssh / "known_hosts").chmod(0o620)
    seen = await look_at_controller(Places(tmp_path / "state", tmp_path, ssh, None))

    assert (seen.agent, seen.agent_keys, seen.key_files) == ("none", None, ("id_ed25519",))
    assert (seen.known_hosts.mode, seen.known_hosts.others_may_write) == (0o620, True)
    assert (seen.state.is_there, seen.cache.is_there) == (False, True)
    assert seen.behind_s == 0.0
    assert seen.asyncssh


async def test_an_agent_that_is_gone(tmp_path: Path) -> None:
    """Its socket is there, but nobody listens."""
    path = tmp_path / "agent"
    with socket.socket(socket.AF_UNIX) as left:
        left.bind(os.fspath(path))
    seen = await look_at_controller(Places(tmp_path, tmp_path, tmp_path, path))

    assert (seen.agent, seen.agent_keys) == ("unreachable", None)
