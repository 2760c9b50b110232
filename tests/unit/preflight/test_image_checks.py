"""Are the images for jobs there for the processor of each host?"""

from __future__ import annotations

import made_up as make
from fit import host
from kuberry.model.bundle import ImageArchive
from kuberry.preflight.images import CHECKS
from kuberry.preflight.scene import Scene

ARCHIVE = ImageArchive(
    name="science",
    version="1",
    architecture="arm64",
    size_bytes=1,
    sha256="0" * 64,
    images=("localhost/kuberry/science:1",),
)


def _seen(architecture: str, images: tuple[str, ...]) -> list[str]:
    cluster = make.cluster("red").model_copy(update={"images": images})
    archive = ARCHIVE.model_copy(update={"architecture": architecture})
    bundle = make.bundle().model_copy(update={"artifacts": (archive,)})
    scene = Scene(cluster=cluster, hosts={"red": host("red")}, bundle=bundle)
    return [one.proof for check in CHECKS for one in check.look(scene)]


def test_an_image_for_another_processor_is_found_before_anything_is_sent() -> None:
    """Where images were asked for, and a host is of a kind they are not for."""
    own = host("red").facts.architecture
    assert own is not None
    mine = str(own.userland)
    other = "armhf"

    assert _seen(mine, ("science",)) == []
    assert _seen(other, ()) == []
    assert _seen(other, ("science",)) == [f"there is no localhost/kuberry/science:1 for {mine}"]
