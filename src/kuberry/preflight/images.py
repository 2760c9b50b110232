"""Are the images for jobs there for the processor of each host?"""

from __future__ import annotations

from collections.abc import Iterator

from kuberry.model.bundle import image_names
from kuberry.preflight.scene import Check, Observation, Scene


def _other_processor(scene: Scene) -> Iterator[Observation]:
    if scene.bundle is None or not scene.cluster.images:
        return
    everywhere = image_names(scene.bundle.artifacts)
    for name in scene.hosts:
        pieces = scene.pieces(name)
        missing = sorted(everywhere - image_names(pieces)) if pieces is not None else []
        if missing:
            facts = scene.hosts[name].facts
            processor = facts.architecture.userland if facts.architecture else "its processor"
            yield Observation(
                host=name,
                proof=f"there is no {', '.join(missing)} for {processor}",
                remedy=f"kuberry image build --architecture {processor}, beside the others",
            )


CHECKS = (
    Check(
        "KB506",
        "an image for jobs is not there for a host's processor",
        _other_processor,
        why="A task that Kubernetes starts there would fail: an image is for one kind of "
        "processor, and the scheduler does not look at it.",
        remedy="Build or add it for all processors of the cluster (`kuberry image build "
        "--architecture …`, [images](images.md)).",
    ),
)
