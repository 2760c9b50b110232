"""What a bundle holds: everything that is installed on hosts, each piece with its digest.

The format is described for users in docs/bundles.md. Bytes lie beside the manifest (in an exported
file) or in the shared cache, under a path made of their own digest, so that bundles share them.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable
from typing import Annotated, Literal, Self

from pydantic import Field, NonNegativeInt, model_validator

from kuberry.model.value import Value

IMAGES_ALONE = "images"
"""The distribution of a bundle with images for jobs and nothing else: docs/images.md."""
PROBE_REPOSITORY = "localhost/kuberry/probe"
"""The repository of our own probe image; it can be pulled from nowhere."""
MANIFEST_SUFFIXES = (".json", ".yaml", ".yml")
"""How the names of files end that ``kubectl apply`` takes."""
PROBE_IMAGE = f"{PROBE_REPOSITORY}:1"
"""The probe image: one name on every architecture, so that one pod runs on every node."""

ArchitectureName = Literal["amd64", "arm64", "armhf"]
"""Debian's words (``dpkg --print-architecture``)."""
Packing = Literal["tar", "tar.gz", "tar.xz", "tar.bz2", "tar.zst"]
"""How an archive is packed, in the words that file names end with."""
BUNDLE_NAME = r"^[a-z0-9][a-z0-9._-]{0,62}$"
_WORD = r"^[A-Za-z0-9][A-Za-z0-9._+~:@-]{0,200}$"


class TargetSystem(Value):
    """An operating system by the words of its os-release(5).

    Attributes:
        id: ``debian``, ``ubuntu``, … Raspberry Pi OS (64 bit) says ``debian``.
        version_id: ``12``, ``24.04``, …
    """

    id: str = Field(pattern=r"^[a-z][a-z0-9._-]*$")
    version_id: str = Field(pattern=r"^[0-9][A-Za-z0-9.]*$")

    def __str__(self) -> str:
        return f"{self.id}-{self.version_id}"


class Target(Value):
    """A host as a bundle sees it."""

    architecture: str
    id: str
    version_id: str | None = None


class _Piece(Value):
    """What all artifacts have.

    Attributes:
        name: What it is; for a deb its package's name.
        version: ``unknown`` where the file does not tell.
        architecture: ``any`` for what runs everywhere, such as scripts and manifests.
        system: The only operating system it is for; ``None`` for any.
        size_bytes: Of the file as it is stored.
        sha256: Of the file as it is stored, in hexadecimal.
    """

    name: str = Field(pattern=_WORD)
    version: str = Field(pattern=_WORD)
    architecture: ArchitectureName | Literal["any"]
    system: TargetSystem | None = None
    size_bytes: NonNegativeInt
    sha256: str = Field(pattern=r"^[0-9a-f]{64}$")

    @property
    def path(self) -> str:
        """Return where its bytes lie, relative to the cache or to the top of an exported file."""
        return f"blobs/sha256/{self.sha256}"

    def fits(self, target: Target) -> bool:
        """Return whether it is meant for *target*."""
        if self.architecture not in ("any", target.architecture):
            return False
        if self.system is None:
            return True
        return (self.system.id, self.system.version_id) == (target.id, target.version_id)


class Binary(_Piece):
    """An executable file: a program, or a script.

    Attributes:
        place: ``cni`` for network plugins, ``bin`` for what belongs on the PATH.
    """

    kind: Literal["binary"] = "binary"
    place: Literal["bin", "cni"] = "bin"


class ImageArchive(_Piece):
    """Container images in one file, as docker-archive or OCI layout.

    Attributes:
        images: The full references it holds, as a kubelet asks for them.
        packing: How its bytes are packed; k3s wants to read it in the name of the file.
    """

    kind: Literal["image-archive"] = "image-archive"
    images: tuple[str, ...] = Field(min_length=1)
    packing: Packing = "tar"


class Deb(_Piece):
    """A Debian package.

    Attributes:
        depends: What its control file says in Pre-Depends and Depends, each alternative group as
            one text.
    """

    kind: Literal["deb"] = "deb"
    depends: tuple[str, ...] = ()


class PlainFile(_Piece):
    """Any other file, such as the Kubernetes manifest of a network add-on."""

    kind: Literal["file"] = "file"

    @property
    def is_manifest(self) -> bool:
        """Return whether it is something that ``kubectl apply`` takes."""
        return self.name.endswith(MANIFEST_SUFFIXES)


class ArtifactUse(Value):
    """What reports say of an artifact.

    Attributes:
        kind: ``binary``, ``image-archive``, ``deb``, ``file``.
        architecture: ``any`` for what runs everywhere.
        sha256: Of the file as it is stored, in hexadecimal.
    """

    kind: str
    name: str
    version: str
    architecture: str
    size_bytes: int
    sha256: str


Artifact = Annotated[Binary | ImageArchive | Deb | PlainFile, Field(discriminator="kind")]


class Bundle(Value):
    """One Kubernetes, complete, for one or more architectures.

    Attributes:
        name: What it is called in the cache and on the command line.
        version: The version of Kubernetes, with its leading ``v``.
        created_from: Where its pieces came from, for people.
        inputs: Digest of what it was built from; ``None`` when nothing builds it again.
    """

    schema_version: Literal[1] = 1
    name: str = Field(pattern=BUNDLE_NAME)
    distribution: str = Field(pattern=r"^[a-z][a-z0-9]*$")
    version: str = Field(pattern=r"^v[0-9]+\.[0-9]+\.[0-9]+[A-Za-z0-9.+-]*$")
    created_from: str = Field(max_length=500)
    inputs: str | None = None
    artifacts: tuple[Artifact, ...]

    @model_validator(mode="after")
    def _each_once(self) -> Self:
        seen: set[object] = set()
        for one in self.artifacts:
            key = (one.kind, one.name, one.architecture, one.system)
            if key in seen:
                msg = f"{one.kind} {one.name} for {one.architecture} is there twice"
                raise ValueError(msg)
            seen.add(key)
        return self

    @property
    def digest(self) -> str:
        """Return the digest of the manifest: equal bundles have equal digests."""
        return hashlib.sha256(self.model_dump_json().encode()).hexdigest()

    @property
    def architectures(self) -> tuple[str, ...]:
        """Return the architectures it has something for."""
        return tuple(sorted({one.architecture for one in self.artifacts} - {"any"}))

    @property
    def size_bytes(self) -> int:
        """Return what its different files take together."""
        return sum({one.sha256: one.size_bytes for one in self.artifacts}.values())

    def pieces_for(self, target: Target) -> tuple[Artifact, ...]:
        """Return the artifacts that are meant for *target*, in the order of the manifest."""
        return tuple(one for one in self.artifacts if one.fits(target))


def image_names(artifacts: Iterable[Artifact]) -> frozenset[str]:
    """Return the references of all images in *artifacts*."""
    return frozenset(
        name for one in artifacts if isinstance(one, ImageArchive) for name in one.images
    )
