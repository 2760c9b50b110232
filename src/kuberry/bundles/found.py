"""One file of a user's directory, and what it turned out to be. Looked at, never believed."""

from __future__ import annotations

import dataclasses
import re
from pathlib import Path, PurePosixPath
from typing import Literal

from kuberry.bundles import debfile, imagefile
from kuberry.bundles.compressed import packing_of
from kuberry.errors import BundleError
from kuberry.model.bundle import Artifact, Binary, Deb, ImageArchive, PlainFile, TargetSystem

Kind = Literal["binary", "image-archive", "deb", "file"]
UNKNOWN = "unknown"
# e_machine of the ELF header (elf(5)) in Debian's words.
_ELF_MACHINES = {0x3E: "amd64", 0xB7: "arm64", 0x28: "armhf"}
_ARCHITECTURES = ("amd64", "arm64", "armhf")
_SYSTEM = re.compile(r"(?P<id>[a-z]+)-(?P<version_id>[0-9][0-9.]*)")
_VERSION = re.compile(r"v?[0-9]+\.[0-9]+(\.[0-9]+)?([.+-][A-Za-z0-9.+]*[0-9][A-Za-z0-9.]*)?")
_SUFFIXES = re.compile(
    r"(\.(tar|gz|tgz|xz|zst|bz2))+$|[-_]linux(?=[-_.]|$)|[-_.](amd64|arm64|armhf|arm)(?=[-_.]|$)"
)
# The plugins of https://github.com/containernetworking/plugins, and flannel's.
_CNI_PLUGINS = re.compile(
    "bandwidth|bridge|dhcp|dummy|firewall|flannel|host-(device|local)|ipvlan|loopback|macvlan|"
    "portmap|ptp|sbr|static|tap|tuning|vlan|vrf"
)


@dataclasses.dataclass(frozen=True, slots=True)
class Found:
    """A file that goes into a bundle.

    Attributes:
        source: Where it lies.
        label: How people know it: its path in their directory.
        place: For binaries, see `Binary`.
        images: For image archives, what they hold.
        depends: For debs, what they need.
    """

    source: Path
    label: str
    kind: Kind
    name: str
    version: str
    architecture: str
    system: TargetSystem | None = None
    place: Literal["bin", "cni"] = "bin"
    images: tuple[str, ...] = ()
    depends: tuple[str, ...] = ()

    def artifact(self, sha256: str, size_bytes: int) -> Artifact:
        """Return the entry of a manifest for it."""
        common: dict[str, object] = {
            "name": self.name,
            "version": self.version,
            "architecture": self.architecture,
            "system": self.system,
            "size_bytes": size_bytes,
            "sha256": sha256,
        }
        match self.kind:
            case "binary":
                return Binary.model_validate({**common, "place": self.place})
            case "image-archive":
                packing = packing_of(self.source)
                return ImageArchive.model_validate(
                    {**common, "images": self.images, "packing": packing}
                )
            case "deb":
                return Deb.model_validate({**common, "depends": self.depends})
            case "file":
                return PlainFile.model_validate(common)


def found_deb(path: Path, label: str) -> Found:
    """Look at a Debian package.

    Raises:
        BundleError: It is none, or for another architecture than its directory says.
    """
    control = debfile.read_control(path)
    return Found(
        source=path,
        label=label,
        kind="deb",
        name=control.package,
        version=control.version,
        architecture=_agreed(control.architecture.replace("all", "any"), label),
        system=_system(label),
        depends=control.depends,
    )


def found_images(path: Path, label: str, contents: imagefile.ImageContents) -> Found:
    """Look at an image archive.

    Raises:
        BundleError: It names no image, or is for another architecture than its directory says.
    """
    if not contents.images:
        raise BundleError(
            f"{label}: no image in it has a name",
            remedy="save images by name, for example: docker save -o FILE NAME:TAG",
        )
    said = contents.architectures
    alone = contents.images[0].rsplit("/", 1)[1] if len(contents.images) == 1 else ""
    name, _, tag = alone.partition("@")[0].partition(":")
    from_directory = _from_directory(label)
    if len(said) != 1 and from_directory in said:
        said = (from_directory,)
    return Found(
        source=path,
        label=label,
        kind="image-archive",
        name=name or plain_name(path.name),
        version=tag or version_in(path.name),
        architecture=_agreed(said[0] if len(said) == 1 else "any", label),
        system=_system(label),
        images=contents.images,
    )


def found_program(path: Path, label: str, *, version: str | None = None) -> Found:
    """Look at an executable: a program or a script.

    Args:
        version: What is known of it from elsewhere; ``None`` takes it from the file's name.

    Raises:
        BundleError: It is for an architecture we do not know, or not the one of its directory.
    """
    name = plain_name(PurePosixPath(label).name)
    is_plugin = bool(_CNI_PLUGINS.fullmatch(name)) or "cni" in PurePosixPath(label).parts[:-1]
    return Found(
        source=path,
        label=label,
        kind="binary",
        name=name,
        version=version or version_in(PurePosixPath(label).name),
        architecture=_agreed(_elf_architecture(path, label), label),
        system=_system(label),
        place="cni" if is_plugin else "bin",
    )


def found_file(path: Path, label: str) -> Found:
    """Take any other file as it is."""
    return Found(
        source=path,
        label=label,
        kind="file",
        name=path.name,
        version=version_in(path.name),
        architecture=_agreed("any", label),
        system=_system(label),
    )


def plain_name(file_name: str) -> str:
    """Return *file_name* without version, architecture and suffixes of archives."""
    name = _SUFFIXES.sub("", file_name)
    return re.sub(rf"[-_]{_VERSION.pattern}$", "", name) or file_name


def version_in(file_name: str) -> str:
    """Return the version in *file_name*, or the word for none."""
    match = _VERSION.search(_SUFFIXES.sub("", file_name))
    return match.group() if match else UNKNOWN


def _elf_architecture(path: Path, label: str) -> str:
    with path.open("rb") as file:
        header = file.read(20)
    if not header.startswith(b"\x7fELF"):
        return "any"
    machine = int.from_bytes(header[18:20], "little" if header[5] == 1 else "big")
    if machine not in _ELF_MACHINES:
        known = ", ".join(_ELF_MACHINES.values())
        raise BundleError(f"{label} is a program for another architecture than {known}")
    return _ELF_MACHINES[machine]


def _from_directory(label: str) -> str:
    return next((part for part in PurePosixPath(label).parts if part in _ARCHITECTURES), "any")


def _agreed(said: str, label: str) -> str:
    """Return the architecture, which file and directory must not tell differently."""
    directory = _from_directory(label)
    if said not in (*_ARCHITECTURES, "any"):
        raise BundleError(f"{label} is for {said}, which no host of ours has")
    if "any" not in (said, directory) and said != directory:
        raise BundleError(
            f"{label} is for {said}, not for {directory}",
            remedy=f"put it into a directory called {said}, or fetch the one for {directory}",
        )
    return directory if said == "any" else said


def _system(label: str) -> TargetSystem | None:
    for part in PurePosixPath(label).parts[:-1]:
        if match := _SYSTEM.fullmatch(part):
            return TargetSystem(id=match["id"], version_id=match["version_id"])
    return None
