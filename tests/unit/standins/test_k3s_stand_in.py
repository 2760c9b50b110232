"""The stand-in refuses what k3s refuses: else what it accepts would prove nothing."""

from __future__ import annotations

import os
import subprocess
from pathlib import Path

import pytest
from tests.standins.k3s.pack import NEW, OLD, pack

DIGEST = "0" * 64


def _run(
    directory: Path, *words: str, config: str = "", version: str = NEW
) -> subprocess.CompletedProcess[str]:
    program, file = directory / "k3s", directory / "config.yaml"
    pack(program, version)
    file.write_text(config, "utf-8")
    env = {**os.environ, "K3S_CONFIG_FILE": str(file)}
    env.pop("PYTHONPATH", None)
    return subprocess.run(
        [program, *words], capture_output=True, text=True, check=False, timeout=30, env=env
    )


def test_it_says_that_it_is_one(tmp_path: Path) -> None:
    """Nobody takes it for k3s."""
    assert _run(tmp_path, "--version").stdout == f"k3s version {NEW} (stand-in)\n"


def test_two_packings_are_one_file(tmp_path: Path) -> None:
    """Else a bundle of it would be another one each time."""
    pack(tmp_path / "a", NEW)
    pack(tmp_path / "b", NEW)
    assert (tmp_path / "a").read_bytes() == (tmp_path / "b").read_bytes()


@pytest.mark.parametrize(
    ("words", "config", "message"),
    [
        ("server --frob", "", "flag provided but not defined: -frob"),
        ("server", "frob: 1", "flag provided but not defined: -frob"),
        ("agent", "cluster-cidr: 10.42.0.0/16", "flag provided but not defined: -cluster-cidr"),
        ("server", "disable: [nginx]", "there is no component nginx"),
        ("server", "flannel-backend: calico", "unknown flannel backend calico"),
        ("server", "write-kubeconfig-mode: '0644'", "is not its owner's alone"),
        ("server", "write-kubeconfig-mode: 0600", "is not its owner's alone"),
        ("kubectl top nodes", "", "has no answer to kubectl top nodes"),
        ("etcd-snapshot save", "", "No help topic for"),
    ],
)
def test_what_it_does_not_know_is_an_error(
    tmp_path: Path, words: str, config: str, message: str
) -> None:
    """A key of the file is a flag of that command; YAML's 0600 is another number than '0600'."""
    done = _run(tmp_path, *words.split(), config=config)
    assert (done.returncode, message in done.stderr) == (1, True), done.stderr


@pytest.mark.skipif(os.getuid() != 0, reason="k3s runs as root")
@pytest.mark.parametrize(
    ("token", "mode", "message"),
    [
        ("secret", 0o600, "does not say by which authority"),
        (f"K10{DIGEST}::node:secret", 0o644, "can be read by others"),
        (f"K10{DIGEST}::node:secret", 0o600, "an interface and one address of it must be said"),
    ],
)
def test_an_agent_is_particular_about_its_token(
    tmp_path: Path, token: str, mode: int, message: str
) -> None:
    """Only with a whole one, of its owner alone, it goes on to look at the network."""
    file = tmp_path / "token"
    file.write_text(token)
    file.chmod(mode)
    config = f"server: https://127.0.0.1:1\ntoken-file: {file}\ndata-dir: {tmp_path}/data\n"
    done = _run(tmp_path, "agent", config=config)
    assert (done.returncode, message in done.stderr) == (1, True), done.stderr


def test_an_older_one_knows_fewer_flags(tmp_path: Path) -> None:
    """What newer k3s brought is no flag of it."""
    done = _run(tmp_path, "server", config="embedded-registry: true\n", version=OLD)
    assert "flag provided but not defined: -embedded-registry" in done.stderr
