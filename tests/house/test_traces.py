"""What a cluster leaves behind is looked for: no exception of the comparison hides it."""

from __future__ import annotations

import fnmatch
import re
from collections.abc import Iterator

import made_up as make
from kuberry.distributions.kubeadm import install
from kuberry.distributions.kubeadm.remove import CONTAINERD_PLACES, PLACES
from kuberry.facts.snapshot import ignored, snapshot_command
from kuberry.model.bundle import Binary
from kuberry.model.plan import PutArtifact, WriteFiles


def _written() -> Iterator[str]:
    """Yield every path that an installation writes, on hosts of all kinds."""
    wish = make.cluster("red", "red01")
    bundle = make.bundle()
    plugin = Binary(
        name="bridge", version="1", architecture="amd64", place="cni", sha256="0" * 64, size_bytes=1
    )
    for kind in ("none", "systemd-nspawn"):
        hosts = {
            name: make.seen(name, f"10.0.0.{number}", virtualization=kind)
            for number, name in enumerate(wish.hosts, 1)
        }
        for pieces in (bundle.artifacts, (*bundle.artifacts, plugin)):
            plan = install(wish, hosts, bundle.model_copy(update={"artifacts": pieces}))
            for step in (step for one in plan.hosts for step in one.steps):
                if isinstance(step, WriteFiles):
                    yield from (file.path for file in step.files if not file.volatile)
                if isinstance(step, PutArtifact):
                    yield step.path


def _traces() -> set[str]:
    places = (*PLACES, *CONTAINERD_PLACES)
    below = (f"{place}/some/thing.yaml" for place in places)
    return {*_written(), *places, *below}


def test_no_exception_hides_what_is_written() -> None:
    """No pattern that is left out of the comparison matches a path that we write."""
    patterns = [one for one in ignored() if one.subject == "file"]
    hidden = {
        (path, one.pattern)
        for path in _traces()
        for one in patterns
        if fnmatch.fnmatchcase(path, one.pattern)
    }

    assert hidden == set()


def test_what_is_written_is_looked_at() -> None:
    """Every path that we write lies below one that the comparison reads."""
    roots = re.search(r"for root in (.*?); do", snapshot_command().text, re.DOTALL)
    assert roots is not None
    looked_at = roots[1].replace("\\", "").split()
    outside = {
        path
        for path in _traces()
        if not any(path == root or path.startswith(f"{root}/") for root in looked_at)
    }

    assert outside == set()
    assert "/usr/local/bin/kubelet" in _traces()
    assert "/opt/cni/bin/bridge" in _traces()
