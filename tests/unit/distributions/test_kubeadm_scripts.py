"""The shell text that asks kubeadm for images and tokens, against stand-ins for kubeadm and ctr.

They answer as the real ones print: ``kubeadm config images list``, ``kubeadm token list`` and
``create --print-join-command`` (kubernetes.io/docs/reference/setup-tools/kubeadm), ``ctr images
list -q``; the real ones are asked in tests/e2e.
"""

from __future__ import annotations

import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest

from kubeadm_plans import plan_of
from kuberry.model.plan import Run

_KUBEADM = """#!/bin/sh
case "$1 $2" in
"config images")
    [ "$3 $4 $5" = "list --kubernetes-version v1.20.2" ] || exit 9
    printf '%s\\n' registry.k8s.io/etcd:3.4 registry.k8s.io/coredns/coredns:v1.12 ;;
"token create")
    echo "$*" >>"$HERE/made"
    number=$(grep -c . "$HERE/made")
    printf 'kubeadm join api:6443 --token aaaaa%s.bbbbbbbbbbbbbbbb ' "$number"
    printf -- '--discovery-token-ca-cert-hash sha256:cafe \\n' ;;
"token list")
    echo 'TOKEN TTL EXPIRES USAGES DESCRIPTION EXTRA GROUPS'
    echo 'aaaaa1.bbbbbbbbbbbbbbbb 9m 2026 authentication,signing kuberry: red01 system:x'
    echo 'theirs.bbbbbbbbbbbbbbbb 9m 2026 authentication,signing <none> system:x' ;;
"token delete") echo "$3" >>"$HERE/gone" ;;
*) exit 8 ;;
esac
"""
_CTR = """#!/bin/sh
cat "$HERE/images"
"""

Play = Callable[[str], "subprocess.CompletedProcess[str]"]


@pytest.fixture
def play(tmp_path: Path) -> Play:
    """Give a function that runs a step of the control plane with the stand-ins on its path."""
    for name, text in (("kubeadm", _KUBEADM), ("ctr", _CTR)):
        (tmp_path / name).write_text(text)
        (tmp_path / name).chmod(0o755)
    (tmp_path / "images").write_text("registry.k8s.io/etcd:3.4\n")
    steps = {step.id: step for step in plan_of()["red"].steps if isinstance(step, Run)}

    def run(step: str) -> subprocess.CompletedProcess[str]:
        text = steps[step].script.replace("PATH=", f"PATH={tmp_path}:")
        words = ["/bin/sh", "-c", f"HERE={tmp_path}; export HERE\n{text}", "sh"]
        words += steps[step].arguments
        return subprocess.run(words, capture_output=True, text=True, check=False, timeout=30)

    return run


def test_kubeadm_itself_says_which_images_it_needs(play: Play, tmp_path: Path) -> None:
    """What containerd has not is said; CoreDNS is let off where the bundle has none."""
    assert (play("check-images").returncode, play("check-images").stderr) == (0, "")
    (tmp_path / "images").write_text("registry.k8s.io/etcd:3.4.1\nx.io/registry.k8s.io/etcd:3.4\n")
    done = play("check-images")

    assert (done.returncode, done.stderr) == (
        1,
        "error: the bundle lacks registry.k8s.io/etcd:3.4\n",
    )


def test_each_worker_gets_a_token_of_ten_minutes(play: Play, tmp_path: Path) -> None:
    """The authority's hash first, then one token for each, in the order of the captures."""
    done = play("tokens")

    assert done.stdout.splitlines() == [
        "sha256:cafe",
        "aaaaa1.bbbbbbbbbbbbbbbb",
        "aaaaa2.bbbbbbbbbbbbbbbb",
    ]
    assert (tmp_path / "made").read_text().splitlines() == [
        f"token create --ttl 10m --description kuberry: {name} --print-join-command"
        for name in ("red01", "red02")
    ]
    (step,) = (one for one in plan_of()["red"].steps if one.id == "tokens")
    assert isinstance(step, Run)
    assert step.captures == ("ca-hash", "token:red01", "token:red02")


def test_our_tokens_are_deleted_and_no_others(play: Play, tmp_path: Path) -> None:
    """By the first part of their names, which is no secret."""
    assert play("revoke").returncode == 0
    assert (tmp_path / "gone").read_text().split() == ["aaaaa1"]


@pytest.mark.parametrize("step", ["check-images", "tokens", "revoke"])
def test_a_kubeadm_that_does_not_answer_is_no_answer(step: str, play: Play, tmp_path: Path) -> None:
    """Nothing is taken for granted when it fails."""
    (tmp_path / "kubeadm").write_text("#!/bin/sh\necho broken >&2; exit 1\n")
    done = play(step)

    assert (done.returncode != 0, done.stdout, done.stderr) == (True, "", "broken\n")
