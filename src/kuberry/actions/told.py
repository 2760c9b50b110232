"""What a run says of what it saw, so that its report and its journal can show it."""

from __future__ import annotations

from collections.abc import Mapping

from kuberry.distributions.seen import Seen
from kuberry.model.bundle import ArtifactUse, Bundle
from kuberry.model.cluster import Cluster
from kuberry.model.event import Emit, Notice
from kuberry.model.sighting import BundleUsed, HostSeen


def tell_rule(cluster: Cluster, emit: Emit) -> None:
    """Say which host is the control plane, and why that one."""
    emit(Notice(message=f"control plane {cluster.control_plane}: {cluster.control_plane_rule}"))


def tell_hosts(seen: Mapping[str, Seen], emit: Emit) -> None:
    """Say what each host is; what is not known of it is left out."""
    for name, one in seen.items():
        facts = one.facts
        emit(
            HostSeen(
                host=name,
                os=facts.os.pretty_name if facts.os else "",
                kernel=facts.kernel.release if facts.kernel else "",
                machine=facts.architecture.machine if facts.architecture else "",
                architecture=(facts.architecture.userland or "") if facts.architecture else "",
                board=(facts.board.model or "") if facts.board else "",
            )
        )


def tell_bundle(bundle: Bundle, emit: Emit) -> None:
    """Say what is installed from, each piece with its digest."""
    emit(
        BundleUsed(
            name=bundle.name,
            version=bundle.version,
            digest=bundle.digest,
            created_from=bundle.created_from,
            artifacts=tuple(
                ArtifactUse(
                    kind=one.kind,
                    name=one.name,
                    version=one.version,
                    architecture=one.architecture,
                    size_bytes=one.size_bytes,
                    sha256=one.sha256,
                )
                for one in bundle.artifacts
            ),
        )
    )
