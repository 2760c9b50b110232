"""Network add-ons: a manifest wants images, and nothing is pulled while hosts are at work."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

import yaml

from kuberry.bundles.found import Found
from kuberry.bundles.imagefile import full_reference
from kuberry.errors import BundleError
from kuberry.model.bundle import MANIFEST_SUFFIXES

_CONTAINERS = ("containers", "initContainers")


def missing_images(found: Sequence[Found]) -> tuple[str, ...]:
    """Return what the manifests among *found* want and no archive holds, one sentence each.

    Raises:
        BundleError: A manifest is no YAML.
    """
    architectures = sorted({one.architecture for one in found} - {"any"})
    return tuple(
        f"for {architecture}: the image {image}, which {one.label} wants"
        for one in found
        if one.kind == "file" and one.name.endswith(MANIFEST_SUFFIXES)
        for image in sorted(set(_images(one)))
        for architecture in architectures
        if one.architecture in ("any", architecture) and image not in _there(found, architecture)
    )


def _there(found: Sequence[Found], architecture: str) -> frozenset[str]:
    fitting = (one for one in found if one.architecture in ("any", architecture))
    return frozenset(name for one in fitting for name in one.images)


def _images(manifest: Found) -> Iterator[str]:
    try:
        for document in yaml.safe_load_all(manifest.source.read_text("utf-8")):
            yield from map(full_reference, _of_containers(document))
    except (UnicodeDecodeError, yaml.YAMLError) as error:
        reason = str(error).splitlines()[0]
        remedy = "leave it out, or fetch it again"
        raise BundleError(f"{manifest.label} is no YAML: {reason}", remedy=remedy) from None


def _of_containers(value: Any) -> Iterator[str]:
    """Yield the images of all containers, however deep their pod template lies."""
    if isinstance(value, list):
        for one in value:
            yield from _of_containers(one)
    if not isinstance(value, dict):
        return
    for key, one in value.items():
        if key in _CONTAINERS and isinstance(one, list):
            images = (each.get("image") for each in one if isinstance(each, dict))
            yield from (image for image in images if isinstance(image, str))
        else:
            yield from _of_containers(one)
