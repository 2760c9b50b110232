"""The words of `kuberry lab`."""

from __future__ import annotations

import json
import signal
from ipaddress import IPv4Network
from pathlib import Path

import pytest
import typer

from kuberry.cli.exits import Exit
from kuberry.cli.lab import size_bytes
from kuberry.cli.main import main
from kuberry.cli.render.lab import print_lab
from kuberry.cli.running import Interrupted
from kuberry.model.lab import LabHost, LabHostStatus, LabRemoved, LabShape, LabState, LabStatus


@pytest.fixture(autouse=True)
def _own_state(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("KUBERRY_STATE_DIR", str(tmp_path))


@pytest.mark.parametrize(
    ("text", "size"),
    [("64M", 2**26), ("2G", 2**31), ("1.5GiB", 3 * 2**29), ("512mb", 2**29), ("67108864", 2**26)],
)
def test_sizes_are_read_as_people_write_them(text: str, size: int) -> None:
    """Units are powers of 1024, with or without the B."""
    assert size_bytes(text) == size


@pytest.mark.parametrize("text", ["", "much", "1X", "-1G", "63M", "1", "1,5G", "²G"])
def test_what_is_no_size_is_refused(text: str) -> None:
    """The refusal says how sizes are written, or what the least is."""
    with pytest.raises(typer.BadParameter, match=r"512M or 2G|64M at least"):
        size_bytes(text)


def test_no_lab_is_an_answer(capsys: pytest.CaptureFixture[str]) -> None:
    """`status` without a lab says how to make one; programs get null."""
    assert main(["lab", "status"]) == Exit.DONE
    assert "kuberry lab up" in capsys.readouterr().out
    assert main(["lab", "status", "--output", "json"]) == Exit.DONE
    assert json.loads(capsys.readouterr().out) is None


def test_what_was_removed_is_an_answer(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """`down` names the hosts to people, and gives programs one document with all of it."""
    removed = LabRemoved(hosts=("red", "red01"), lost_labs=("0a1b2c",), settings_stuck=("a.b: 1",))

    async def down(**_: object) -> LabRemoved:
        return removed

    monkeypatch.setattr("kuberry.api.lab.lab_down", down)
    assert main(["lab", "down"]) == Exit.DONE
    assert capsys.readouterr().out == "removed red, red01\n"
    assert main(["lab", "down", "--output", "json"]) == Exit.DONE
    assert LabRemoved.model_validate_json(capsys.readouterr().out) == removed


def test_an_interrupted_up_says_what_keeps_running(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """The hosts do not end with the command: the line that ends them comes before the last."""

    async def up(*_: object, **__: object) -> LabStatus:
        raise Interrupted(signal.SIGTERM)

    monkeypatch.setattr("kuberry.api.lab.lab_up", up)
    assert main(["lab", "up", "--hosts", "red"]) == 143
    first, last = capsys.readouterr().err.splitlines()
    assert first == "hosts that are up keep running; kuberry lab down takes them down"
    assert last.startswith("interrupted")


def test_a_shell_on_an_unknown_host_is_a_usage_error(capsys: pytest.CaptureFixture[str]) -> None:
    """Exit code 2, and the command that shows the hosts."""
    assert main(["lab", "shell", "nobody"]) == Exit.USAGE
    assert "kuberry lab status" in capsys.readouterr().err


def test_the_table_shows_power_limits_and_the_air_gap(
    capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    """What is off, what is limited, and what was dropped, can be read off."""
    subnet = IPv4Network("10.88.0.0/24")
    shape = LabShape(cpus=1.5, memory_bytes=2**30)
    host = LabHost(name="red", number=2, address=subnet[2], shape=shape)
    lab = LabState(lab_id="0a1b2c", lab_dir=tmp_path, subnet=subnet, hosts=(host,))
    hosts = (LabHostStatus(host=host, power="off"),)
    print_lab(LabStatus(lab=lab, hosts=hosts, dropped_beyond=7, dropped_controller=2))
    out = capsys.readouterr().out
    assert "1.5 cpus, 1024 MiB" in out
    assert "dropped 7 packets to elsewhere and 2 to this machine" in out
    print_lab(LabStatus(lab=lab, hosts=hosts))
    assert "only root can see" in capsys.readouterr().out
