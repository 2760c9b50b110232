"""What a node of k3s leaves behind when its unit stops: the uninstaller must find it.

The list is what k3s' own scripts take away (k3s-io/k3s@0136cf2 install.sh: create_killall,
create_uninstall): shims, mounts, network namespaces, links, rules, directories.
"""

from __future__ import annotations

import subprocess
from pathlib import Path

_POD = "0b5c1c2e-5a1d-4c7c-9d4e-000000000001"
_RULES = """\
*filter
:KUBE-FORWARD - [0:0]
:KUBE-FIREWALL - [0:0]
:FLANNEL-FWD - [0:0]
-A FORWARD -m comment --comment "kubernetes forwarding rules" -j KUBE-FORWARD
-A FORWARD -m comment --comment "flanneld forward" -j FLANNEL-FWD
-A FLANNEL-FWD -s {pods} -m comment --comment "flanneld forward" -j ACCEPT
-A KUBE-FORWARD -m conntrack --ctstate INVALID -j DROP
COMMIT
*nat
:KUBE-SERVICES - [0:0]
:CNI-HOSTPORT-DNAT - [0:0]
-A PREROUTING -m comment --comment "kubernetes service portals" -j KUBE-SERVICES
-A PREROUTING -m addrtype --dst-type LOCAL -j CNI-HOSTPORT-DNAT
COMMIT
"""


def leave(data: Path, pods: str) -> None:
    """Do to the host what containerd, flannel and kube-proxy would."""
    shim = _shim(data)
    if not _runs(shim):
        subprocess.Popen(
            [str(shim), "infinity"], start_new_session=True, stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
        )  # fmt: skip
    for place in (
        Path("/run/k3s/containerd/io.containerd.grpc.v1.cri/sandboxes/1/shm"),
        Path(f"/var/lib/kubelet/pods/{_POD}/volumes/kubernetes.io~secret/token"),
    ):
        place.mkdir(parents=True, exist_ok=True)
        if not place.is_mount():
            _do("mount", "-t", "tmpfs", "standin", str(place))
    for directory in ("/var/lib/cni/networks/cbr0", "/var/log/pods/x", "/run/flannel"):
        Path(directory).mkdir(parents=True, exist_ok=True)
    Path("/run/flannel/subnet.env").write_text(f"FLANNEL_NETWORK={pods}\n", "utf-8")
    Path("/run/k3s/containerd/containerd.sock").touch()
    _links()
    _do("iptables-restore", "--noflush", stdin=_RULES.format(pods=pods))


def _shim(data: Path) -> Path:
    """Return a program at the place where k3s unpacks containerd's shims."""
    path = data / "data" / "standin" / "bin" / "containerd-shim-runc-v2"
    if not path.exists():
        path.parent.mkdir(parents=True)
        path.write_bytes(Path("/usr/bin/sleep").read_bytes())
        path.chmod(0o755)
    return path


def _runs(program: Path) -> bool:
    for one in Path("/proc").glob("[0-9]*/exe"):
        try:
            if one.readlink() == program:
                return True
        except OSError:
            continue
    return False


def _links() -> None:
    links = subprocess.run(["ip", "-o", "link"], capture_output=True, text=True, check=True).stdout
    if "flannel.1" not in links:
        vxlan = ("type", "vxlan", "id", "1", "dstport", "8472")
        try:
            _do("ip", "link", "add", "flannel.1", *vxlan)
        except subprocess.CalledProcessError:  # a kernel without vxlan: any link will do here
            _do("ip", "link", "add", "flannel.1", "type", "bridge")
    if "cni0" not in links:
        _do("ip", "link", "add", "cni0", "type", "bridge")
        _do("ip", "netns", "add", "cni-standin")
        _do("ip", "link", "add", "vethstandin", "type", "veth", "peer", "name", "eth0", "netns",
            "cni-standin")  # fmt: skip
        _do("ip", "link", "set", "vethstandin", "master", "cni0")


def _do(*words: str, stdin: str = "") -> None:
    subprocess.run(words, input=stdin, text=True, check=True, capture_output=True, timeout=60)
