"""What an image archive holds, told by its own words: docker-archive or OCI layout."""

from __future__ import annotations

import dataclasses
import json
from pathlib import Path
from typing import Any

from kuberry.bundles.compressed import open_tar

_JSON_LIMIT_BYTES = 4 << 20
_JSON_LIMIT_COUNT = 4096
_INDEX_NAME = "io.containerd.image.name"
_REF_NAME = "org.opencontainers.image.ref.name"
_DEBIAN_WORDS = {"amd64": "amd64", "arm64": "arm64", "arm": "armhf"}


@dataclasses.dataclass(frozen=True, slots=True)
class ImageContents:
    """The images of one archive.

    Attributes:
        images: Full references, sorted.
        architectures: Debian's words where there is one, else the archive's own, sorted.
    """

    images: tuple[str, ...]
    architectures: tuple[str, ...]


def read_contents(path: Path) -> ImageContents | None:
    """Return what the image archive at *path* holds; ``None`` when it is another kind of archive.

    Raises:
        BundleError: It is no tar archive.
    """
    documents = _documents(path)
    docker = documents.get("manifest.json")
    index = documents.get("index.json")
    if docker is None and index is None:
        return None
    names: set[str] = set()
    words: set[str] = set()
    for image in docker if isinstance(docker, list) else ():
        names.update(image.get("RepoTags") or ())
        config = documents.get(str(image.get("Config")).removeprefix("./"))
        words.add(config.get("architecture", "") if isinstance(config, dict) else "")
    if not names and isinstance(index, dict):
        _walk_index(index, documents, names, words)
    return ImageContents(
        images=tuple(sorted(full_reference(name) for name in names)),
        architectures=tuple(sorted(_DEBIAN_WORDS.get(word, word) for word in words if word)),
    )


def full_reference(name: str) -> str:
    """Return the reference a kubelet and containerd use for the short *name* of an image."""
    head, slash, rest = name.partition("/")
    if not slash:
        name = f"docker.io/library/{name}"
    elif "." not in head and ":" not in head and head != "localhost":
        name = f"docker.io/{head}/{rest}"
    last = name.rsplit("/", 1)[1]
    return name if ":" in last or "@" in last else f"{name}:latest"


def _documents(path: Path) -> dict[str, Any]:
    """Read all small members that are JSON: manifests and configurations among the layers."""
    found: dict[str, Any] = {}
    with path.open("rb") as file, open_tar(file, path.name) as tar:
        for member in tar:
            small = member.isreg() and member.size <= _JSON_LIMIT_BYTES
            if not small or len(found) >= _JSON_LIMIT_COUNT:
                continue
            content = tar.extractfile(member)
            text = content.read() if content else b""
            if text[:1] in (b"{", b"["):
                try:
                    found[member.name.removeprefix("./")] = json.loads(text)
                except ValueError:
                    continue
    return found


def _walk_index(
    index: dict[str, Any], documents: dict[str, Any], names: set[str], words: set[str]
) -> None:
    """Follow an OCI index one level down: `docker save` and buildx nest no deeper."""
    for entry in index.get("manifests", ()):
        names.update(_names_of(entry))
        document = _blob(entry, documents)
        for part in (entry, *document.get("manifests", ())):
            words.add(_architecture_of(part, documents))


def _names_of(entry: dict[str, Any]) -> tuple[str, ...]:
    notes = entry.get("annotations") or {}
    name = str(notes.get(_INDEX_NAME) or notes.get(_REF_NAME) or "")
    # A bare tag, as the OCI layout allows, names no image that a kubelet could ask for.
    return (name,) if "/" in name or ":" in name else ()


def _architecture_of(entry: dict[str, Any], documents: dict[str, Any]) -> str:
    word = (entry.get("platform") or {}).get("architecture")
    if word is None:
        config = _blob(entry, documents).get("config")
        word = _blob(config, documents).get("architecture") if isinstance(config, dict) else None
    return "" if word in (None, "unknown") else str(word)


def _blob(entry: dict[str, Any], documents: dict[str, Any]) -> dict[str, Any]:
    document = documents.get("blobs/" + str(entry.get("digest", "")).replace(":", "/"))
    return document if isinstance(document, dict) else {}
