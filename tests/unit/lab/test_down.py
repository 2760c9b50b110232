"""What `down` reports, and what it leaves to others."""

from __future__ import annotations

from ipaddress import IPv4Network
from pathlib import Path

import pytest

from kuberry.lab import down, names, sweep, sysctls
from kuberry.model.event import AnyEvent
from kuberry.model.lab import LabHost, LabRemoved, LabShape, LabState

SUBNET = IPv4Network("10.88.0.0/24")
RESTORED = sysctls.Restored(back=("kernel.panic: 10 → 0",), stuck=("fs.x is 1, and was 0",))


@pytest.fixture
def run_dir(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Give a record of labs on a machine that has none but ours, all of it made up."""

    async def none(*_: object, **__: object) -> tuple[str, ...]:
        return ()

    directory = tmp_path / "run"
    for module in (down, names):
        monkeypatch.setattr(module, "RUN_DIR", directory)
    monkeypatch.setattr(sweep, "clear_orphans", none)
    monkeypatch.setattr(sweep, "clear", none)
    monkeypatch.setattr(sweep, "found", none)
    monkeypatch.setattr(sysctls, "restore", lambda: RESTORED)
    return directory


def _lab_dir(tmp_path: Path, text: str | None = None) -> Path:
    lab_dir = tmp_path / "lab"
    lab_dir.mkdir()
    host = LabHost(name="red", number=2, address=SUBNET[2], shape=LabShape())
    lab = LabState(lab_id="0a1b2c", lab_dir=lab_dir, subnet=SUBNET, hosts=(host,))
    (lab_dir / "lab.json").write_text(lab.model_dump_json() if text is None else text)
    return lab_dir


async def test_the_directory_of_all_labs_may_hold_what_others_keep(
    run_dir: Path, tmp_path: Path
) -> None:
    """A machine can be a host of a cluster, too: what is not the lab's stays, and is no error."""
    run_dir.mkdir()
    (run_dir / "of-another").touch()
    await down.down(_lab_dir(tmp_path), lambda _: None)
    assert (run_dir / "of-another").exists()


@pytest.mark.usefixtures("run_dir")
async def test_what_was_removed_is_returned_and_told(tmp_path: Path) -> None:
    """Hosts by name; a setting that could not be put back is a warning, not a success."""
    said: list[AnyEvent] = []
    removed = await down.down(_lab_dir(tmp_path), said.append)
    assert removed == LabRemoved(
        hosts=("red",), settings_put_back=RESTORED.back, settings_stuck=RESTORED.stuck
    )
    texts = [str(event) for event in said]
    assert "kernel setting put back: kernel.panic" in texts[0]
    assert "warning: a kernel setting could not be put back: fs.x" in texts[1]
    assert len(texts) == 2


@pytest.mark.usefixtures("run_dir")
async def test_a_lab_whose_file_is_torn_can_be_removed(tmp_path: Path) -> None:
    """The remedy for a file that cannot be read must not fail by it."""
    lab_dir = _lab_dir(tmp_path, text="{")
    assert (await down.down(lab_dir, lambda _: None)).hosts == ()
    assert not lab_dir.exists()
