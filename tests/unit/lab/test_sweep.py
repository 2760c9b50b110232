"""Which labs are lost, and which are only not ours to understand."""

from __future__ import annotations

import json
from ipaddress import IPv4Network
from pathlib import Path

import pytest

from kuberry.lab import sweep
from kuberry.lab.sweep import LabRecord
from kuberry.model.event import AnyEvent
from kuberry.model.lab import LabState

LAB_ID = "0a1b2c"


@pytest.fixture
def lab_dir(tmp_path: Path) -> Path:
    """Give the directory of a lab that is remembered."""
    directory = tmp_path / "lab"
    directory.mkdir()
    lab = LabState(lab_id=LAB_ID, lab_dir=directory, subnet=IPv4Network("10.88.0.0/24"))
    (directory / "lab.json").write_text(lab.model_dump_json())
    return directory


@pytest.fixture
def run_dir(tmp_path: Path, lab_dir: Path) -> Path:
    """Give the directory of the machine-wide record of that lab."""
    directory = tmp_path / "run"
    directory.mkdir()
    record = LabRecord(lab_id=LAB_ID, lab_dir=lab_dir)
    (directory / "lab.json").write_text(record.model_dump_json())
    return directory


def _judge(run_dir: Path) -> tuple[bool, list[AnyEvent]]:
    said: list[AnyEvent] = []
    return sweep.is_orphan(LAB_ID, said.append, run_dir), said


def test_a_remembered_lab_is_not_lost(run_dir: Path) -> None:
    """It is left alone without a word."""
    assert _judge(run_dir) == (False, [])


@pytest.mark.parametrize("missing", ["run", "lab"])
def test_a_missing_file_makes_a_lost_lab(run_dir: Path, tmp_path: Path, missing: str) -> None:
    """Nobody remembers it: neither the machine's record nor the user's directory."""
    (tmp_path / missing / "lab.json").unlink()
    assert _judge(run_dir) == (True, [])


def test_the_directory_of_another_lab_remembers_not_this_one(run_dir: Path, lab_dir: Path) -> None:
    """A directory that was moved or copied holds a lab of another id."""
    file = lab_dir / "lab.json"
    file.write_text(file.read_text().replace(LAB_ID, "ffffff"))
    assert _judge(run_dir) == (True, [])


@pytest.mark.parametrize("where", ["run", "lab"])
@pytest.mark.parametrize("how", ["newer", "torn"])
def test_what_another_version_wrote_is_left_alone(
    run_dir: Path, tmp_path: Path, where: str, how: str
) -> None:
    """A field that is not known here, or half a file: the lab may run, and the user is told."""
    file = tmp_path / where / "lab.json"
    text = file.read_text()
    newer = json.dumps({**json.loads(text), "of-a-later-version": 1})
    file.write_text(newer if how == "newer" else text[:-5])
    lost, said = _judge(run_dir)
    assert not lost
    assert [f"{LAB_ID} is left alone" in str(event) for event in said] == [True]
