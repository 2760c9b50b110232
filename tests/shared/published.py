"""Made-up releases, laid out in a mirror as upstream lays out the real ones."""

from __future__ import annotations

import dataclasses
import functools
import gzip
import hashlib
import io
import json
import tarfile
from collections.abc import Callable, Sequence

from backports import zstd
from tests.unit.bundles.samples import docker_archive, elf, tar_of

from mirror import Mirror

K3S = "v1.36.3+k3s1"
K3S_CHANNELS = "update.k3s.io/v1-release/channels"
KUBEADM = "v1.36.3"
KUBEADM_IMAGES = (
    "registry.k8s.io/kube-apiserver:{version}",
    "registry.k8s.io/kube-controller-manager:{version}",
    "registry.k8s.io/kube-scheduler:{version}",
    "registry.k8s.io/kube-proxy:{version}",
    "registry.k8s.io/coredns/coredns:v1.14.2",
    "registry.k8s.io/pause:3.10.2",
    "registry.k8s.io/etcd:3.6.9-0",
    "ghcr.io/flannel-io/flannel-cni-plugin:v1.9.1-flannel3",
    "ghcr.io/flannel-io/flannel:v0.28.9",
)
CONSTANTS = """package constants

const (
	// Made up, with the names and the layout of kubeadm's own.
	MinExternalEtcdVersion = "3.5.24-0"
	DefaultEtcdVersion     = "3.6.4-0"
	CoreDNSVersion = "v1.14.2"
	PauseVersion = "3.10.2"
)

var SupportedEtcdVersion = map[uint8]string{
	35: "3.6.8-0",
	36: "3.6.9-0",
}
"""
FLANNEL = """---
kind: ConfigMap
apiVersion: v1
metadata: {name: kube-flannel-cfg, namespace: kube-flannel}
data: {net-conf.json: '{"Network": "10.244.0.0/16", "Backend": {"Type": "vxlan"}}'}
---
apiVersion: apps/v1
kind: DaemonSet
metadata: {name: kube-flannel-ds, namespace: kube-flannel}
spec:
  template:
    spec:
      initContainers:
      - {name: install-cni-plugin, image: "ghcr.io/flannel-io/flannel-cni-plugin:v1.9.1-flannel3"}
      - {name: install-cni, image: "ghcr.io/flannel-io/flannel:v0.28.9"}
      containers:
      - {name: kube-flannel, image: "ghcr.io/flannel-io/flannel:v0.28.9"}
"""
_CONTAINERD = "github.com/containerd/containerd/releases/download/v2.3.7/containerd-2.3.7-linux"
_RUNC = "github.com/opencontainers/runc/releases/download/v1.5.2/runc."
_CNI = "github.com/containernetworking/plugins/releases/download/v1.9.1/cni-plugins-linux"
_FLANNEL = "github.com/flannel-io/flannel/releases/download/v0.28.9/kube-flannel.yml"
_SUFFIX = {"amd64": "", "arm64": "-arm64", "armhf": "-armhf"}
_WORD = {"amd64": "amd64", "arm64": "arm64", "armhf": "arm"}
_GO = {"amd64": ("amd64", None), "arm64": ("arm64", "v8"), "armhf": ("arm", "v7")}
_PACKED: dict[str, Callable[[bytes], bytes]] = {
    "tar": bytes,
    "tar.gz": functools.partial(gzip.compress, mtime=0),
    "tar.zst": zstd.compress,
}


def channels(**latest: str) -> bytes:
    """Return what the channel server says: Rancher's API of that shape (rancher/channelserver)."""
    data = [
        {"id": name, "type": "channel", "name": name, "latest": version}
        for name, version in latest.items()
    ]
    return json.dumps({"type": "collection", "resourceType": "channels", "data": data}).encode()


def k3s_release(version: str, name: str) -> str:
    """Return where the mirror has an asset of a release of k3s."""
    return f"github.com/k3s-io/k3s/releases/download/{version}/{name}"


def publish_k3s(
    mirror: Mirror,
    version: str = K3S,
    architectures: Sequence[str] = ("amd64", "arm64", "armhf"),
    endings: Sequence[str] = ("tar", "tar.gz", "tar.zst"),
) -> None:
    """Publish a release of k3s, with its channels and the image of busybox."""
    minor = version.rsplit(".", 1)[0]
    said = {"stable": version, "latest": version, minor: version, "v1.30": "v1.30.9+k3s1"}
    mirror.files[K3S_CHANNELS] = channels(**said)
    for architecture in architectures:
        word = _WORD[architecture]
        names = ["docker.io/rancher/mirrored-coredns-coredns:1.14.7", "rancher/klipper-lb:v1"]
        images = docker_archive(names, architecture)
        files = {f"k3s{_SUFFIX[architecture]}": program("k3s", version, architecture)}
        for ending in endings:
            files[f"k3s-airgap-images-{word}.{ending}"] = _packed(ending, images)
        listed = "".join(f"{sha256(content)}  {name}\n" for name, content in files.items())
        files[f"sha256sum-{word}.txt"] = listed.encode()
        mirror.files |= {k3s_release(version, name): text for name, text in files.items()}
    publish_busybox(mirror, architectures)


def publish_kubeadm(
    mirror: Mirror, version: str = KUBEADM, architectures: Sequence[str] = ("amd64", "arm64")
) -> None:
    """Publish a Kubernetes with everything that its hosts need, and the images it names."""
    minor = version.rsplit(".", 1)[0][1:]
    mirror.files["dl.k8s.io/release/stable.txt"] = version.encode()
    mirror.files[f"dl.k8s.io/release/stable-{minor}.txt"] = f"{version}\n".encode()
    for word in architectures:
        for name in ("kubeadm", "kubelet", "kubectl"):
            path = f"dl.k8s.io/release/{version}/bin/linux/{word}/{name}"
            mirror.files[path] = program(name, version, word)
            mirror.files[f"{path}.sha256"] = sha256(mirror.files[path]).encode()
        _publish_parts(mirror, word)
    lists = [f"{sha256(mirror.files[_RUNC + word])} *runc.{word}\n" for word in architectures]
    mirror.files[f"{_RUNC[:-1]}.sha256sum"] = "".join(["-----BEGIN PGP-----\n", *lists]).encode()
    source = "raw.githubusercontent.com/kubernetes/kubernetes"
    path = f"{source}/{version}/cmd/kubeadm/app/constants/constants.go"
    mirror.files[path] = CONSTANTS.encode()
    mirror.files[_FLANNEL] = FLANNEL.encode()
    for name in (*KUBEADM_IMAGES, "registry.k8s.io/etcd:3.6.4-0"):
        host, _, rest = name.format(version=version).partition("/")
        publish_image(mirror, host, rest, {one: _layer(rest, one) for one in architectures})
    publish_busybox(mirror, architectures)


def _publish_parts(mirror: Mirror, word: str) -> None:
    """Publish containerd, runc and the plugins, each with digests as its project writes them."""
    release = f"{_CONTAINERD}-{word}.tar.gz"
    names = ("containerd", "containerd-shim-runc-v2", "ctr", "containerd-stress")
    files = {f"bin/{name}": program(name, "2.3.7", word, 9_000) for name in names}
    mirror.files[release] = _packed("tar.gz", tar_of(files))
    digest, name = sha256(mirror.files[release]), release.rsplit("/", 1)[1]
    mirror.files[f"{release}.sha256sum"] = f"{digest}  {name}\n".encode()
    mirror.files[_RUNC + word] = program("runc", "1.5.2", word)
    release = f"{_CNI}-{word}-v1.9.1.tgz"
    plugins = {f"./{name}": program(name, "1.9.1", word, 99) for name in ("bridge", "portmap")}
    mirror.files[release] = gzip.compress(tar_of({**plugins, "./README.md": b"plugins"}), mtime=0)
    digest, name = sha256(mirror.files[release]), release.rsplit("/", 1)[1]
    mirror.files[f"{release}.sha256"] = f"{digest}  {name}\n".encode()


def _layer(name: str, architecture: str) -> bytes:
    return gzip.compress(tar_of({"file": f"{name} {architecture}".encode()}), mtime=0)


def publish_busybox(mirror: Mirror, architectures: Sequence[str]) -> None:
    """Publish the image that our probe is made of, behind tokens as Docker Hub has them."""
    mirror.guarded.add("registry-1.docker.io")
    mirror.files["auth.registry-1.docker.io/token"] = b""
    layers = {one: gzip.compress(_busybox_layer(one), mtime=0) for one in architectures}
    publish_image(mirror, "registry-1.docker.io", "library/busybox:1.37.0-musl", layers)


@dataclasses.dataclass(frozen=True)
class MediaTypes:
    """The words of one of the two formats that registries have."""

    index: str
    manifest: str
    config: str
    layer: str


_OCI_WORDS = "application/vnd.oci.image"
OCI = MediaTypes(
    f"{_OCI_WORDS}.index.v1+json",
    f"{_OCI_WORDS}.manifest.v1+json",
    f"{_OCI_WORDS}.config.v1+json",
    f"{_OCI_WORDS}.layer.v1.tar+gzip",
)
_DOCKER_WORDS = "application/vnd.docker"
DOCKER = MediaTypes(
    f"{_DOCKER_WORDS}.distribution.manifest.list.v2+json",
    f"{_DOCKER_WORDS}.distribution.manifest.v2+json",
    f"{_DOCKER_WORDS}.container.image.v1+json",
    f"{_DOCKER_WORDS}.image.rootfs.diff.tar.gzip",
)


def publish_image(
    mirror: Mirror,
    host: str,
    name: str,
    layers: dict[str, bytes],
    *,
    types: MediaTypes = OCI,
    config: bytes | None = None,
) -> None:
    """Publish an image for several architectures, with one layer each.

    Args:
        config: Its configuration, the same for all; ``None`` makes one up.
    """
    repository, tag = name.rsplit(":", 1)
    base = f"{host}/v2/{repository}"
    entries = []
    for architecture, layer in layers.items():
        word, variant = _GO[architecture]
        own = config or json.dumps({"architecture": word, "os": "linux"}).encode()
        for blob in (own, layer):
            mirror.files[f"{base}/blobs/sha256:{sha256(blob)}"] = blob
        document = {
            "schemaVersion": 2,
            "mediaType": types.manifest,
            "config": _descriptor(types.config, own),
            "layers": [_descriptor(types.layer, layer)],
        }
        manifest = json.dumps(document).encode()
        mirror.files[f"{base}/manifests/sha256:{sha256(manifest)}"] = manifest
        platform = {"architecture": word, "os": "linux"} | ({"variant": variant} if variant else {})
        entries.append({**_descriptor(types.manifest, manifest), "platform": platform})
    # Attestations stand beside images; nobody may take one for an image.
    other = {
        **_descriptor(types.manifest, b"{}"),
        "platform": {"architecture": "unknown", "os": "unknown"},
    }
    index = {"schemaVersion": 2, "mediaType": types.index, "manifests": [other, *entries]}
    mirror.files[f"{base}/manifests/{tag}"] = json.dumps(index).encode()
    mirror.types[f"{base}/manifests/{tag}"] = types.index


@functools.cache
def program(name: str, version: str, architecture: str, size: int = 300_000) -> bytes:
    """Return a program of some size, each byte pair its own, that names its version."""
    filler = b"".join(index.to_bytes(4, "little") for index in range(size // 4))
    return elf(architecture, f"{name} {version} ".encode() + filler)


@functools.cache
def _packed(ending: str, content: bytes) -> bytes:
    return _PACKED[ending](content)


def sha256(content: bytes) -> str:
    """Return the digest of *content*."""
    return hashlib.sha256(content).hexdigest()


def _descriptor(media_type: str, content: bytes) -> dict[str, object]:
    return {"mediaType": media_type, "digest": f"sha256:{sha256(content)}", "size": len(content)}


def _busybox_layer(architecture: str) -> bytes:
    """Return a layer as the official image has it: the applets are hard links of one file."""
    out = io.BytesIO()
    with tarfile.open(fileobj=out, mode="w") as tar:
        content = elf(architecture, b"busybox")
        first = tarfile.TarInfo("bin/[")
        first.size = len(content)
        tar.addfile(first, io.BytesIO(content))
        link = tarfile.TarInfo("bin/busybox")
        link.type, link.linkname = tarfile.LNKTYPE, "bin/["
        tar.addfile(link)
    return out.getvalue()
