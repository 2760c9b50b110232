"""A cluster's place in the user's kubeconfig."""

from __future__ import annotations

import copy
import errno
import os
import stat
from pathlib import Path
from typing import Any

import pytest
import yaml

from kuberry.errors import UsageError
from kuberry.kube import kubeconfig_file
from kuberry.kube.credentials import Credentials
from kuberry.kube.kubeconfig import Entry, merged, without
from kuberry.kube.kubeconfig_file import read, update

OLD = Credentials(b"old authority", b"old certificate", b"old key")
NEW = Credentials(b"authority", b"certificate", b"key")
OTHERS: dict[str, Any] = {
    "apiVersion": "v1",
    "kind": "Config",
    "preferences": {"colors": True},
    "clusters": [{"name": "work", "cluster": {"server": "https://work", "unheard-of": 1}}],
    "users": [{"name": "work", "user": {"exec": {"command": "login"}}}],
    "contexts": [{"name": "work", "context": {"cluster": "work", "user": "work"}}],
    "current-context": "work",
    "extensions": [{"name": "theirs"}],
}


def _entry(credentials: Credentials = NEW, *, tls_server_name: str | None = None) -> Entry:
    return Entry("shelf", "https://10.0.0.1:6443", tls_server_name, credentials)


def test_an_empty_file_becomes_a_whole_one() -> None:
    """All that kubectl needs is there, and the new context is the current one."""
    config = merged({}, _entry(), use=False)

    assert config["kind"] == "Config"
    assert config["current-context"] == "shelf"
    assert config["contexts"] == [
        {"name": "shelf", "context": {"cluster": "shelf", "user": "shelf"}}
    ]
    assert config["clusters"][0]["cluster"]["server"] == "https://10.0.0.1:6443"
    assert "tls-server-name" not in config["clusters"][0]["cluster"]


def test_what_others_wrote_stays() -> None:
    """Their entries, fields we never heard of and their current context are as they were."""
    before = copy.deepcopy(OTHERS)
    config = merged(OTHERS, _entry(), use=False)

    assert before == OTHERS
    assert config["current-context"] == "work"
    for key, value in OTHERS.items():
        assert config[key][: len(value)] == value if isinstance(value, list) else value
    assert without(config, "shelf") == OTHERS


def test_the_context_is_changed_on_request_alone() -> None:
    """`use` makes ours the current one."""
    assert merged(OTHERS, _entry(), use=True)["current-context"] == "shelf"


def test_an_older_entry_of_ours_is_replaced() -> None:
    """A cluster that was made anew has new keys; a namespace the user chose for it stays."""
    config = merged(OTHERS, _entry(OLD, tls_server_name="api.shelf"), use=False)
    config["contexts"][1]["context"]["namespace"] = "mine"
    again = merged(config, _entry(), use=False)

    assert len(again["clusters"]) == 2
    assert "old" not in str(again)
    assert "tls-server-name" not in again["clusters"][1]["cluster"]
    assert again["contexts"][1]["context"]["namespace"] == "mine"
    assert merged(again, _entry(), use=False) == again


@pytest.mark.parametrize("word", ["clusters", "users", "contexts"])
def test_an_entry_of_somebody_else_is_never_replaced(word: str) -> None:
    """The same name for another cluster, user or context is an error with a way out."""
    config: dict[str, Any] = {word: [{"name": "shelf", word[:-1]: {"server": "https://other"}}]}

    with pytest.raises(UsageError) as caught:
        merged(config, _entry(), use=False)
    assert "rename-context shelf" in caught.value.remedy
    assert without(config, "shelf") == config


def test_removal_leaves_no_dangling_current_context() -> None:
    """What kubectl would take by default is gone, too."""
    config = merged({}, _entry(), use=True)

    assert without(config, "shelf")["current-context"] == ""


def test_a_secret_is_in_no_message() -> None:
    """The key shows in no representation."""
    assert "key" not in repr(NEW).replace("Credentials", "")


def _add(config: dict[str, Any]) -> dict[str, Any]:
    return {**config, "added": True}


def test_the_file_is_private_and_the_one_before_is_kept(tmp_path: Path) -> None:
    """Whatever its mode was, it is 0600 now, and so is the backup; no lock or draft is left."""
    path = tmp_path / "kubeconfig"
    path.write_text("kind: Config\n")
    path.chmod(0o644)

    assert update(path, _add) == (True, tmp_path / "kubeconfig.before-kuberry")
    assert yaml.safe_load(path.read_text()) == {"kind": "Config", "added": True}
    assert (tmp_path / "kubeconfig.before-kuberry").read_text() == "kind: Config\n"
    assert {one.name for one in tmp_path.iterdir()} == {"kubeconfig", "kubeconfig.before-kuberry"}
    assert {stat.S_IMODE(one.stat().st_mode) for one in tmp_path.iterdir()} == {0o600}


def test_nothing_to_change_changes_nothing(tmp_path: Path) -> None:
    """The file, its time and an older backup stay."""
    path = tmp_path / "kubeconfig"
    path.write_text("added: true\n")
    before = path.stat().st_mtime_ns

    assert update(path, _add) == (False, None)
    assert path.stat().st_mtime_ns == before
    assert list(tmp_path.iterdir()) == [path]


def test_a_new_file_in_a_new_directory(tmp_path: Path) -> None:
    """Nothing is there before: no backup, and nobody else may look in."""
    path = tmp_path / "home" / ".kube" / "config"

    assert update(path, _add) == (True, None)
    assert stat.S_IMODE(path.parent.stat().st_mode) == 0o700


def test_a_link_stays_a_link(tmp_path: Path) -> None:
    """The file in the folder of dot files is what is written."""
    (tmp_path / "dotfiles").mkdir()
    target, link = tmp_path / "dotfiles" / "kubeconfig", tmp_path / "config"
    target.write_text("")
    link.symlink_to(target)
    update(link, _add)

    assert link.is_symlink()
    assert read(target) == {"added": True}


@pytest.mark.parametrize(
    "text", ["- a list", "clusters: {}x: secret", "clusters: 7", "\x00", "users: &a [*a", "a: b: c"]
)
def test_a_file_that_is_no_kubeconfig_is_left_alone(tmp_path: Path, text: str) -> None:
    """It is neither changed nor quoted: it may hold secrets."""
    path = tmp_path / "kubeconfig"
    path.write_text(text)

    with pytest.raises(UsageError) as caught:
        update(path, _add)
    assert "secret" not in str(caught.value)
    assert path.read_text() == text
    assert [one.name for one in tmp_path.iterdir()] == ["kubeconfig"]


def test_a_lock_of_kubectl_is_respected(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Who waits in vain is told which file to look at; the lock is not broken."""
    monkeypatch.setattr(kubeconfig_file, "_LOCK_S", 0.0)
    path, lock = tmp_path / "kubeconfig", tmp_path / "kubeconfig.lock"
    lock.touch()

    with pytest.raises(UsageError) as caught:
        update(path, _add)
    assert str(lock) in caught.value.remedy
    assert lock.exists()
    assert not path.exists()


def test_a_change_that_fails_leaves_no_lock(tmp_path: Path) -> None:
    """The next one is not held up."""

    def refuse(config: dict[str, Any]) -> dict[str, Any]:
        raise UsageError("no")

    with pytest.raises(UsageError, match="no"):
        update(tmp_path / "kubeconfig", refuse)
    assert list(tmp_path.iterdir()) == []


def test_a_full_disk_leaves_the_file_whole(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """It is replaced at once or not at all; half of one is never seen, and no draft stays."""
    path = tmp_path / "kubeconfig"
    path.write_text("kind: Config\n")
    writes = iter([None, OSError(errno.ENOSPC, "no space left on device")])  # the backup fits

    def sync(_: int) -> None:
        assert path.read_text() == "kind: Config\n"
        if error := next(writes):
            raise error

    monkeypatch.setattr(os, "fsync", sync)
    with pytest.raises(UsageError, match="no space left"):
        update(path, _add)

    assert path.read_text() == "kind: Config\n"
    assert {one.name for one in tmp_path.iterdir()} == {"kubeconfig", "kubeconfig.before-kuberry"}
