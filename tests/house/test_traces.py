"""What a cluster leaves behind is looked for: no exception of the comparison hides it."""

from __future__ import annotations

import fnmatch
import re
from collections.abc import Iterator

import made_up as make
from kuberry.distributions import k3s, kubeadm
from kuberry.distributions.k3s.remove import PLACES as PLACES_OF_K3S
from kuberry.distributions.kubeadm.remove import CONTAINERD_PLACES, PLACES
from kuberry.facts.snapshot import ignored, snapshot_command
from kuberry.model.bundle import Binary
from kuberry.model.facts import (
    Boot,
    Cgroups,
    CloudInit,
    CommandLineFile,
    Kernel,
    KernelModule,
    OperatingSystem,
    Radio,
    Sysctl,
)
from kuberry.model.plan import Plan, PutArtifact, WriteFiles
from kuberry.model.preparation import Preparation
from kuberry.platforms import prepare


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
            whole = bundle.model_copy(update={"artifacts": pieces})
            yield from _paths(kubeadm.install(wish, hosts, whole))
        yield from _paths(k3s.install(make.k3s_cluster(*hosts), hosts, make.k3s_bundle()))


def _paths(plan: Plan) -> Iterator[str]:
    for step in (step for one in plan.hosts for step in one.steps):
        if isinstance(step, WriteFiles):
            yield from (file.path for file in step.files if not file.volatile)
        if isinstance(step, PutArtifact):
            yield step.path


def _prepared() -> Iterator[str]:
    """Yield every path that is written to make a host fit, on a board that needs all of it."""
    card = Boot(
        directory="/boot/firmware",
        config=("[all]",),
        command_lines=(CommandLineFile(name="cmdline.txt", lines=("quiet",)),),
        assets=("kernel8.img", "bcm2712-rpi-5-b.dtb"),
    )
    cloud = CloudInit(
        enabled=True,
        preserves_hostname=False,
        hostname="raspberrypi",
        manages_hosts_file=True,
        configuration=(" - update_etc_hosts",),
    )
    kernel = Kernel(release="6.12", page_size_bytes=16_384, command_line=())
    off = Cgroups(version="v2", controllers=("cpu",), memory=False)
    vxlan = KernelModule(name="vxlan", state="absent")
    ubuntu = OperatingSystem(
        id="ubuntu",
        version_id="22.04",
        pretty_name="Ubuntu",
        codename=None,
        raspberry_pi_os=False,
        image=None,
    )
    for managed in (True, False):
        radio = Radio(interface="eth0", power_save=True, network_manager=managed)
        host = make.seen(
            "red",
            "10.0.0.1",
            boot=card,
            cloud_init=cloud,
            kernel=kernel,
            cgroups=off,
            radios=(radio,),
            modules=(vxlan,),
            os=ubuntu,
            sysctls=(Sysctl(name="fs.inotify.max_user_instances", value=128),),
        )
        plan = prepare({"red": host}, Preparation(page_size="4k", needs_vxlan=True)).plan
        yield from _paths(plan)


def _traces() -> set[str]:
    places = (*PLACES, *CONTAINERD_PLACES, *PLACES_OF_K3S)
    below = (f"{place}/some/thing.yaml" for place in places)
    return {*_written(), *_prepared(), *places, *below}


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
    assert {"/usr/local/bin/k3s", "/etc/rancher/k3s/config.yaml"} <= _traces()
    assert {"/boot/firmware/config.txt", "/etc/cloud/cloud.cfg"} <= _traces()
    assert len(set(_prepared())) == 8
