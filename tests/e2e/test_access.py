"""kubectl, with the merged kubeconfig and through SSH, on a real cluster."""

from __future__ import annotations

import asyncio
import json
import os
import stat
import subprocess
import sys
from pathlib import Path

import pytest
import yaml

from kuberry.api.kubeconfig import forget_kubeconfig, kubeconfig
from kuberry.api.lab import lab_shell
from kuberry.settings import Settings
from one_cluster import Deployed

OTHERS: dict[str, object] = {
    "apiVersion": "v1",
    "kind": "Config",
    "current-context": "work",
    "clusters": [{"name": "work", "cluster": {"server": "https://192.0.2.1", "unheard-of": 1}}],
    "users": [{"name": "work", "user": {"token": "secret"}}],
    "contexts": [{"name": "work", "context": {"cluster": "work", "user": "work"}}],
}
FIRST, ONE = "red", "red01"


@pytest.fixture
def settings(deployed: Deployed, tmp_path: Path) -> Settings:
    """Return the cluster's settings with a kubeconfig of the test's own."""
    return deployed.settings.model_copy(update={"kubeconfig": tmp_path / "kubeconfig"})


def test_the_merged_kubeconfig_lets_kubectl_in(deployed: Deployed, settings: Settings) -> None:
    """Another machine is let in with it, and checks the server; what others wrote stays."""
    settings.kubeconfig.write_text(yaml.safe_dump(OTHERS))
    name = deployed.cluster.name
    report = asyncio.run(kubeconfig(settings=settings))
    text = settings.kubeconfig.read_text()
    config = yaml.safe_load(text)

    assert (report.reachable, report.current, report.context) == (True, False, name)
    assert stat.S_IMODE(settings.kubeconfig.stat().st_mode) == 0o600
    assert config["current-context"] == "work"
    assert all(config[key][0] == OTHERS[key][0] for key in ("clusters", "users", "contexts"))  # type: ignore[index]

    words = (*lab_shell(ONE, settings=settings), "--")
    ask = f"cat >k && kubectl --kubeconfig k --context {name} get nodes -o name; rm k"
    done = subprocess.run(
        (*words, ask), input=text, capture_output=True, text=True, timeout=60, check=False
    )
    assert done.stdout.split() == ["node/red", "node/red01", "node/red02"], done.stderr

    assert asyncio.run(kubeconfig(settings=settings)).changed is False
    assert forget_kubeconfig(name, settings=settings).changed
    assert yaml.safe_load(settings.kubeconfig.read_text()).items() >= OTHERS.items()


def _kubectl(
    settings: Settings, *words: str, stdin: bytes | None = None
) -> subprocess.CompletedProcess[bytes]:
    environment = os.environ | {
        "KUBERRY_STATE_DIR": str(settings.state_dir),
        "KUBERRY_CONFIG_DIR": str(settings.config_dir),
    }
    return subprocess.run(
        (sys.executable, "-m", "kuberry", "kubectl", *words),
        input=stdin,
        env=environment,
        capture_output=True,
        timeout=60,
        check=False,
    )


def test_kubectl_through_ssh(settings: Settings) -> None:
    """Its output is kubectl's own, on the right stream, and so is its exit code."""
    nodes = _kubectl(settings, "get", "nodes", "-o", "json")
    missing = _kubectl(settings, "-n", "default", "get", "pod", "no-such-pod")

    assert [one["metadata"]["name"] for one in json.loads(nodes.stdout)["items"]] == [
        "red",
        "red01",
        "red02",
    ]
    assert (nodes.returncode, nodes.stderr) == (0, b"")
    assert (missing.returncode, missing.stdout) == (1, b"")
    assert missing.stderr == b'Error from server (NotFound): pods "no-such-pod" not found\n'


def _map(name: str) -> dict[str, object]:
    return {"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": name}}


def test_manifests_of_this_machine(settings: Settings, tmp_path: Path) -> None:
    """-f FILE, -f DIRECTORY and -f - send what is here, YAML and JSON together."""
    folder = tmp_path / "manifests"
    folder.mkdir()
    (folder / "b.json").write_text(json.dumps(_map("second")))
    (folder / "c.yaml").write_text(yaml.safe_dump_all([_map("third"), _map("fourth")]))
    (tmp_path / "a.yml").write_text(yaml.safe_dump(_map("first")))

    applied = _kubectl(settings, "apply", "-f", str(tmp_path / "a.yml"), f"--filename={folder}")
    removed = _kubectl(
        settings,
        *("delete", "-f", "-"),
        stdin=yaml.safe_dump_all(map(_map, ("first", "second", "third", "fourth"))).encode(),
    )

    assert applied.stdout.decode().split()[::2] == [
        f"configmap/{name}" for name in ("first", "second", "third", "fourth")
    ]
    assert (removed.returncode, removed.stdout.count(b"deleted")) == (0, 4)


def test_what_only_a_kubectl_here_can_do(settings: Settings, tmp_path: Path) -> None:
    """Words about ports and other files are refused before anything is asked, with another way."""
    refused = _kubectl(settings, "port-forward", "svc/x", "8080")
    files = _kubectl(settings, "create", "configmap", "x", f"--from-file={tmp_path}")

    assert (refused.returncode, files.returncode) == (2, 2)
    assert b"kuberry kubeconfig" in refused.stderr
    assert b"control plane" in files.stderr
