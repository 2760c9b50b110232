"""Small files that look like what upstream releases: programs, packages, image archives."""

from __future__ import annotations

import gzip
import io
import json
import lzma
import tarfile
from collections.abc import Callable, Mapping
from pathlib import Path

from backports import zstd

VERSION = "v1.31.4"
_MACHINES = {"amd64": 0x3E, "arm64": 0xB7, "armhf": 0x28, "riscv64": 0xF3}
_GO = {"armhf": "arm"}
_COMPRESS: dict[str, Callable[[bytes], bytes]] = {
    "": bytes,
    ".gz": gzip.compress,
    ".xz": lzma.compress,
    ".zst": zstd.compress,
}
KUBE_IMAGES = ("kube-apiserver", "kube-controller-manager", "kube-scheduler", "kube-proxy")


def elf(architecture: str, content: bytes = b"") -> bytes:
    """Return bytes that begin like a little-endian ELF program (elf(5))."""
    start = b"\x7fELF\x02\x01\x01".ljust(18, b"\0")
    return start + _MACHINES[architecture].to_bytes(2, "little") + content


def tar_of(files: Mapping[str, bytes]) -> bytes:
    """Return a tar archive of *files*."""
    out = io.BytesIO()
    with tarfile.open(fileobj=out, mode="w") as tar:
        for name, content in files.items():
            entry = tarfile.TarInfo(name)
            entry.size = len(content)
            tar.addfile(entry, io.BytesIO(content))
    return out.getvalue()


def ar_of(members: Mapping[str, bytes]) -> bytes:
    """Return an ar archive of *members* (ar(5))."""
    out = b"!<arch>\n"
    for name, content in members.items():
        out += f"{name:<16}{0:<12}{0:<6}{0:<6}{'100644':<8}{len(content):<10}`\n".encode()
        out += content + b"\n" * (len(content) % 2)
    return out


def deb(control: str, files: Mapping[str, bytes], compression: str = ".xz") -> bytes:
    """Return a Debian package (deb(5))."""
    pack = _COMPRESS[compression]
    return ar_of(
        {
            "debian-binary": b"2.0\n",
            f"control.tar{compression}": pack(tar_of({"./control": control.encode()})),
            f"data.tar{compression}": pack(tar_of(files)),
        }
    )


def busybox_deb(architecture: str) -> bytes:
    """Return a package busybox-static."""
    control = f"Package: busybox-static\nVersion: 1:1.36\nArchitecture: {architecture}\n"
    return deb(control, {"./bin/busybox": elf(architecture, b"busybox")})


def docker_archive(names: list[str], architecture: str) -> bytes:
    """Return an image archive as `docker save` wrote it."""
    config = {"architecture": _GO.get(architecture, architecture), "os": "linux"}
    manifest = [{"Config": "c.json", "RepoTags": names, "Layers": ["l/layer.tar"]}]
    return tar_of(
        {
            "c.json": json.dumps(config).encode(),
            "l/layer.tar": tar_of({"x": b"x"}),
            "manifest.json": json.dumps(manifest).encode(),
        }
    )


def fill_release(directory: Path, architecture: str = "amd64", version: str = VERSION) -> None:
    """Lay out all that a kubeadm bundle for *architecture* needs."""
    folder = directory / architecture
    folder.mkdir(parents=True)
    for name in ("kubeadm", "kubelet", "kubectl"):
        (folder / name).write_bytes(elf(architecture, f"{name} {version}".encode()))
    for name in (*(f"{one}:{version}" for one in KUBE_IMAGES), "etcd:3.5.1-0", "pause:3.10"):
        archive = docker_archive([f"registry.example/{name}"], architecture)
        (folder / f"{name.replace(':', '_')}.tar").write_bytes(archive)
    (folder / f"busybox-static_1.36_{architecture}.deb").write_bytes(busybox_deb(architecture))
