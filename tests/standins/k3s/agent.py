"""``k3s agent``, and the part of it that a server runs, too."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
import tempfile
from pathlib import Path

from tests.standins.k3s import errors, flags, leavings, release, tokens, wire

# By the end of the name: what a file must begin with (pkg/agent/containerd/containerd.go:208-235).
_ARCHIVES = {
    ".tar.zst": b"\x28\xb5\x2f\xfd",
    ".tar.gz": b"\x1f\x8b",
    ".tgz": b"\x1f\x8b",
    ".tar": b"",
}


def run(options: flags.Options) -> None:
    """Run an agent (rancher/k3s@aef8a6a pkg/cli/agent/agent.go:21-71)."""
    if os.getuid() != 0:
        raise errors.Fatal("agent must be ran as root")
    path = flags.text(options, "token-file")
    token = tokens.read(path) if path else flags.text(options, "token")
    if not token:
        raise errors.Fatal("--token is required")
    url = flags.text(options, "server")
    if not url:
        raise errors.Fatal("--server is required")
    print(f'level=info msg="Starting k3s agent {release.VERSION} (stand-in)"', flush=True)
    if not token.startswith("K10"):
        raise errors.Fatal("the token does not say by which authority the server is known")
    data = Path(flags.text(options, "data-dir", "/var/lib/rancher/k3s"))
    join(options, data, url, token)
    stay()


def join(options: flags.Options, data: Path, url: str, token: str) -> None:
    """Become a node of the server at *url*, and tell systemd (pkg/agent/run.go:45-121)."""
    directory = data / "agent"
    directory.mkdir(parents=True, exist_ok=True)
    _check_network(options)
    _check_images(directory / "images")
    _check_snapshotter(flags.text(options, "snapshotter", "overlayfs"), directory / "containerd")
    digest, _, password = tokens.parse(token)
    authority = _authority(url, digest)
    cafile = directory / "server-ca.crt"
    cafile.write_bytes(authority)
    status, _ = wire.ask(f"{url}/v1-k3s/config", cafile=str(cafile), basic=("node", password))
    if status != 200:
        raise errors.Fatal(f"{url}/v1-k3s/config: {status}")
    _kubelet(options, directory, url, password)
    leavings.leave(data, "10.42.0.0/16")
    _listening.append(socket.create_server(("", 10250)))  # as the kubelet does
    notify()


_listening: list[socket.socket] = []
"""Kept open until the end."""


def _authority(url: str, digest: str) -> bytes:
    """Return the server's authority, held against the token's digest (token.go:234-264,216-232)."""
    if not url.startswith("https://"):
        raise errors.Fatal(f"only https:// URLs are supported, invalid scheme: {url}")
    try:
        status, found = wire.ask(f"{url}/cacerts")
    except OSError as error:
        raise errors.Fatal(f"failed to get CA certs: {error}: is the server up?") from None
    if status != 200 or (digest and tokens.digest_of(found) != digest):
        raise errors.Fatal("token CA hash does not match the Cluster CA certificate hash")
    return found


def _kubelet(options: flags.Options, directory: Path, url: str, password: str) -> None:
    """Fetch the kubelet's certificate (pkg/agent/config/config.go:80-140)."""
    headers = {
        "k3s-Node-Name": flags.text(options, "node-name", socket.gethostname()),
        "k3s-Node-Password": _node_password(),
    }
    status, found = wire.ask(
        f"{url}/v1-k3s/client-kubelet.crt",
        cafile=str(directory / "server-ca.crt"),
        basic=("node", password),
        headers=headers,
    )
    if status != 200:
        raise errors.Fatal(f"{url}/v1-k3s/client-kubelet.crt: {status} {found.decode()}")
    start = found.index(b"-----BEGIN PRIVATE KEY")
    certificate, key = directory / "client-kubelet.crt", directory / "client-kubelet.key"
    certificate.write_bytes(found[:start])
    key.touch(0o600)
    key.write_bytes(found[start:])
    kubeconfig(directory / "kubelet.kubeconfig", url, directory / "server-ca.crt", certificate)


def kubeconfig(path: Path, url: str, cafile: Path, certificate: Path) -> None:
    """Write a kubeconfig that names files (pkg/daemons/control/deps/deps.go:35-60)."""
    path.touch(0o600)
    path.write_text(
        f"""\
apiVersion: v1
kind: Config
clusters: [{{name: local, cluster: {{server: "{url}", certificate-authority: {cafile}}}}}]
contexts: [{{name: Default, context: {{cluster: local, user: user}}}}]
current-context: Default
users:
- name: user
  user: {{client-certificate: {certificate}, client-key: {certificate.with_suffix(".key")}}}
""",
        "utf-8",
    )


def _node_password() -> str:
    """Return what this node is known by, for ever (pkg/agent/config/config.go:345-380)."""
    path = Path("/etc/rancher/node/password")
    if not path.exists():
        path.parent.mkdir(parents=True, exist_ok=True)
        path.touch(0o600)
        path.write_text(os.urandom(16).hex())
    return path.read_text()


def _check_snapshotter(name: str, root: Path) -> None:
    """Mount an overlay where containerd will (pkg/agent/config/config.go:447-452).

    containerd's own test of it: vendor/github.com/containerd/containerd/snapshots/overlay/check.go.
    """
    if name == "native":
        return
    if name != "overlayfs":
        raise errors.Fatal(f"the stand-in knows no snapshotter {name}")
    root.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=root) as folder:
        lower, below, upper, work, merged = (
            Path(folder) / part for part in ("lower", "below", "upper", "work", "merged")
        )
        for path in (lower, below, upper, work, merged):
            path.mkdir()
        said = f"lowerdir={lower}:{below},upperdir={upper},workdir={work}"
        words = ("mount", "-t", "overlay", "overlay", "-o", said, str(merged))
        done = subprocess.run(words, capture_output=True, text=True, check=False)
        if done.returncode != 0:
            why = f'"overlayfs" snapshotter cannot be enabled for "{root}"'
            raise errors.Fatal(
                f'{why}, try using "fuse-overlayfs" or "native": {done.stderr.strip()}'
            )
        subprocess.run(["umount", str(merged)], check=True)


def _check_network(options: flags.Options) -> None:
    """Find the interface, which must own the address (pkg/agent/config/config.go:330-335)."""
    name, addresses = flags.text(options, "flannel-iface"), flags.several(options, "node-ip")
    if not name or len(addresses) != 1:
        raise errors.Fatal("an interface and one address of it must be said")
    shown = subprocess.run(
        ["ip", "-o", "-4", "addr", "show", "dev", name], capture_output=True, text=True, check=False
    )
    if shown.returncode != 0:
        raise errors.Fatal(f"route ip+net: no such network interface: {name}")
    if f" {addresses[0]}/" not in shown.stdout:
        raise errors.Fatal(f"{name} does not own {addresses[0]}")


def _check_images(directory: Path) -> None:
    """Look at what would be imported; k3s imports what is there and only logs what it cannot."""
    found = sorted(directory.iterdir()) if directory.is_dir() else []
    if not found:
        raise errors.Fatal(f"there are no images in {directory}, and nothing can be pulled here")
    for path in found:
        ending = next((one for one in _ARCHIVES if path.name.endswith(one)), None)
        if ending is None:
            raise errors.Fatal(f"{path}: unhandled file type")
        with path.open("rb") as file:
            start = file.read(262)
        if not start.startswith(_ARCHIVES[ending]) or (ending == ".tar" and b"ustar" not in start):
            raise errors.Fatal(f"{path} is not packed as its name says")


def notify() -> None:
    """Tell systemd that all is up (pkg/agent/run.go:88-89,118-119)."""
    address = os.environ.get("NOTIFY_SOCKET")
    if not address:
        raise errors.Fatal("nobody waits for READY=1: is the unit of Type=notify?")
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as unix:
        unix.sendto(b"READY=1\n", address.replace("@", "\0", 1))
    print('level=info msg="k3s is up and running (stand-in)"', flush=True)


def stay() -> None:
    """Wait for the end; what containers need stays (KillMode=process, docs/upgrades/killall.md)."""
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(0))
    while True:
        signal.pause()
