"""Kernel settings that hosts changed are put back."""

from __future__ import annotations

from pathlib import Path

import pytest

from kuberry.lab import sysctls


@pytest.fixture
def tree(tmp_path: Path) -> Path:
    """Give a stand-in for /proc/sys."""
    root = tmp_path / "sys"
    values = {
        "kernel/panic": "0",
        "kernel/keys/root_maxkeys": "200",
        "kernel/hostname": "machine",
        "kernel/random/boot_id": "x",
        "vm/overcommit_memory": "0",
        "fs/file-max": "100",
        "net/ipv4/ip_forward": "0",
    }
    for path, text in values.items():
        (root / path).parent.mkdir(parents=True, exist_ok=True)
        (root / path).write_text(f"{text}\n")
    return root


def test_changed_settings_are_put_back_and_named(tree: Path, tmp_path: Path) -> None:
    """Only what differs is written, and the lines say from what to what."""
    saved = tmp_path / "saved.json"
    sysctls.save(saved, tree)
    (tree / "kernel/panic").write_text("10\n")
    (tree / "kernel/keys/root_maxkeys").write_text("1000000\n")
    said = sysctls.restore(saved, tree)
    assert said.stuck == ()
    assert said.back == ("kernel.keys.root_maxkeys: 1000000 → 200", "kernel.panic: 10 → 0")
    assert (tree / "kernel/panic").read_text() == "0"
    assert not saved.exists()


def test_the_first_lab_saves_later_ones_do_not(tree: Path, tmp_path: Path) -> None:
    """A second lab must not take what the first one's hosts wrote for the machine's own."""
    saved = tmp_path / "saved.json"
    sysctls.save(saved, tree)
    (tree / "vm/overcommit_memory").write_text("1\n")
    sysctls.save(saved, tree)
    sysctls.restore(saved, tree)
    assert (tree / "vm/overcommit_memory").read_text() == "0"


def _stubborn(monkeypatch: pytest.MonkeyPatch, file: Path, *, becomes: str | None) -> None:
    """Make *file* refuse what is written, or take another value for it."""
    write = Path.write_text

    def write_text(self: Path, data: str) -> int:
        if self != file:
            return write(self, data)
        if becomes is None:
            raise PermissionError(self)
        return write(self, becomes)

    monkeypatch.setattr(Path, "write_text", write_text)


@pytest.mark.parametrize("becomes", [None, "5"], ids=["refused", "bent"])
def test_what_could_not_be_put_back_is_said(
    tree: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, becomes: str | None
) -> None:
    """Reading the setting again decides, not that it was written; the others are put back."""
    saved = tmp_path / "saved.json"
    sysctls.save(saved, tree)
    (tree / "kernel/panic").write_text("10\n")
    (tree / "fs/file-max").write_text("7\n")
    _stubborn(monkeypatch, tree / "kernel/panic", becomes=becomes)
    said = sysctls.restore(saved, tree)
    there = becomes or "10"
    assert said.stuck == (f"kernel.panic is {there}, and was 0 before the first lab",)
    assert said.back == ("fs.file-max: 7 → 100",)


@pytest.mark.parametrize(
    "path", ["kernel/hostname", "kernel/random/boot_id", "net/ipv4/ip_forward"]
)
def test_what_hosts_have_of_their_own_is_left_alone(tree: Path, tmp_path: Path, path: str) -> None:
    """The machine may have changed these meanwhile; no host can have."""
    saved = tmp_path / "saved.json"
    sysctls.save(saved, tree)
    (tree / path).write_text("changed")
    assert sysctls.restore(saved, tree) == sysctls.Restored()
    assert (tree / path).read_text() == "changed"


def test_nothing_saved_means_nothing_to_put_back(tmp_path: Path) -> None:
    """`down` after `down` is no error."""
    assert sysctls.restore(tmp_path / "missing.json", tmp_path) == sysctls.Restored()


def test_read_only_settings_are_not_saved(tree: Path) -> None:
    """What nobody can write is no setting."""
    (tree / "fs/file-max").chmod(0o444)
    assert "fs/file-max" not in sysctls.snapshot(tree)


def test_room_is_made_and_given_back(tmp_path: Path) -> None:
    """A low limit of inotify instances is raised for many hosts and put back at the end."""
    setting = tmp_path / "sys/fs/inotify/max_user_instances"
    setting.parent.mkdir(parents=True)
    setting.write_text("128\n")
    saved = tmp_path / "sysctls.json"
    sysctls.save(saved, tmp_path / "sys")
    sysctls.make_room(tmp_path / "sys")
    raised = int(setting.read_text())
    sysctls.restore(saved, tmp_path / "sys")

    assert (raised >= 8192, setting.read_text().strip()) == (True, "128")


def test_a_generous_limit_is_left_alone(tmp_path: Path) -> None:
    """What is enough already is not touched."""
    setting = tmp_path / "fs/inotify/max_user_instances"
    setting.parent.mkdir(parents=True)
    setting.write_text("65536")
    sysctls.make_room(tmp_path)

    assert setting.read_text() == "65536"
