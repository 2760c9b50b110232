"""Container images written without any container tool, byte for byte the same each time.

The format is docker-archive: https://github.com/moby/docker-image-spec (v1.2, "Combined Image JSON
+ Filesystem Changeset Format"), which containerd, docker, podman and k3s import.
"""

from __future__ import annotations

import dataclasses
import hashlib
import io
import json
import tarfile
from collections.abc import Callable, Iterable, Mapping, Sequence
from pathlib import Path
from typing import IO

from kuberry.bundles.debfile import open_content

_GO_WORDS = {"amd64": ("amd64", None), "arm64": ("arm64", None), "armhf": ("arm", "v7")}
_PATH = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"
_EPOCH = "1970-01-01T00:00:00Z"
Place = Callable[[str], str]
_UNWANTED = ("usr/share/doc/", "usr/share/man/", "usr/share/locale/", "usr/share/lintian/")


@dataclasses.dataclass(frozen=True, slots=True)
class Recipe:
    """An image but for its layers.

    Attributes:
        reference: Full name with tag.
        architecture: Debian's word.
        command: What runs when a pod says nothing else.
        entrypoint: What the words of a pod's ``args`` are given to.
        environment: Variables beside PATH.
    """

    reference: str
    architecture: str
    command: tuple[str, ...] = ()
    entrypoint: tuple[str, ...] = ()
    environment: Mapping[str, str] = dataclasses.field(default_factory=dict)


class Layer:
    """A layer being written: a tar archive whose bytes depend on its content only.

    Args:
        path: Where the archive is written.
    """

    def __init__(self, path: Path) -> None:
        self._tar = tarfile.open(path, "w", format=tarfile.GNU_FORMAT)  # noqa: SIM115
        self._seen: set[str] = set()

    def close(self) -> None:
        """End the archive."""
        self._tar.close()

    def has(self, inside: str) -> bool:
        """Return whether there is something at *inside*."""
        return inside in self._seen

    def add_text(self, inside: str, content: bytes, *, mode: int = 0o644) -> None:
        """Add a file with *content*."""
        self._add_file(inside, io.BytesIO(content), len(content), mode)

    def add_file(self, inside: str, source: Path, *, mode: int = 0o755) -> None:
        """Add a copy of the file *source*."""
        with source.open("rb") as file:
            self._add_file(inside, file, source.stat().st_size, mode)

    def add_link(self, inside: str, target: str) -> None:
        """Add a symbolic link."""
        self._add_folders(inside)
        entry = _entry(inside, 0o777, tarfile.SYMTYPE)
        entry.linkname = target
        self._put(entry, None)

    def add_folder(self, inside: str, *, mode: int = 0o755) -> None:
        """Add an empty directory."""
        self._add_folders(inside)
        self._put(_entry(inside, mode, tarfile.DIRTYPE), None)

    def add_deb(self, deb: Path, place: Place = lambda inside: inside) -> None:
        """Add what a Debian package installs, without documentation; its scripts are not run.

        Args:
            place: Says where in the image a path of the package belongs; ``""`` is nowhere.
        """
        with open_content(deb) as tar:
            for member in tar:
                path = member.name.removeprefix("./").rstrip("/")
                inside = "" if f"{path}/".startswith(_UNWANTED) else place(path)
                if inside and inside not in self._seen:
                    content = tar.extractfile(member) if member.isreg() else None
                    self._put(_copy_of(member, inside, place), content)

    def _add_file(self, inside: str, content: IO[bytes], size: int, mode: int) -> None:
        self._add_folders(inside)
        entry = _entry(inside, mode, tarfile.REGTYPE)
        entry.size = size
        self._put(entry, content)

    def _add_folders(self, inside: str) -> None:
        for folder in reversed(Path(inside).parents):
            name = folder.as_posix()
            if name != "." and name not in self._seen:
                self._put(_entry(name, 0o755, tarfile.DIRTYPE), None)

    def _put(self, entry: tarfile.TarInfo, content: IO[bytes] | None) -> None:
        self._seen.add(entry.name)
        self._tar.addfile(entry, content)


def write_image(path: Path, recipe: Recipe, layers: Sequence[Path]) -> None:
    """Write an image archive.

    Args:
        path: Where the archive is written.
        layers: Tar archives, the lowest first, as `Layer` writes them.
    """
    digests = [_digest(layer) for layer in layers]
    config = _config(recipe, digests)
    config_name = f"{hashlib.sha256(config).hexdigest()}.json"
    names = [f"{digest}/layer.tar" for digest in digests]
    manifest = _json([{"Config": config_name, "RepoTags": [recipe.reference], "Layers": names}])
    with tarfile.open(path, "w", format=tarfile.GNU_FORMAT) as tar:
        _add_bytes(tar, config_name, config)
        for name, layer in zip(names, layers, strict=True):
            entry = _entry(name, 0o644, tarfile.REGTYPE)
            entry.size = layer.stat().st_size
            with layer.open("rb") as file:
                tar.addfile(entry, file)
        _add_bytes(tar, "manifest.json", manifest)


def _config(recipe: Recipe, digests: Iterable[str]) -> bytes:
    architecture, variant = _GO_WORDS[recipe.architecture]
    others = (f"{name}={value}" for name, value in recipe.environment.items())
    run: dict[str, object] = {"Env": [f"PATH={_PATH}", *others]}
    if recipe.entrypoint:
        run["Entrypoint"] = list(recipe.entrypoint)
    if recipe.command:
        run["Cmd"] = list(recipe.command)
    document: dict[str, object] = {
        "architecture": architecture,
        "os": "linux",
        "created": _EPOCH,
        "config": run,
        "rootfs": {"type": "layers", "diff_ids": [f"sha256:{digest}" for digest in digests]},
        "history": [{"created": _EPOCH, "created_by": "kuberry"} for _ in digests],
    }
    if variant:
        document["variant"] = variant
    return _json(document)


def _entry(name: str, mode: int, kind: bytes) -> tarfile.TarInfo:
    entry = tarfile.TarInfo(name)
    entry.mode, entry.type = mode, kind
    return entry


def _copy_of(member: tarfile.TarInfo, inside: str, place: Place) -> tarfile.TarInfo:
    entry = _entry(inside, member.mode, member.type)
    entry.size = member.size
    entry.linkname = member.linkname
    if member.islnk():
        entry.linkname = place(member.linkname.removeprefix("./"))
    return entry


def _add_bytes(tar: tarfile.TarFile, name: str, content: bytes) -> None:
    entry = _entry(name, 0o644, tarfile.REGTYPE)
    entry.size = len(content)
    tar.addfile(entry, io.BytesIO(content))


def _digest(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def _json(value: Mapping[str, object] | Sequence[object]) -> bytes:
    return json.dumps(value, sort_keys=True, separators=(",", ":")).encode()
