"""What can be asked of a server: the same as on the command line, and nothing of how to log in.

No field holds a path, an option of SSH or a password: those are the server's own.
"""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import ConfigDict, Field

from kuberry.model.cluster import Component, DistributionName, NetworkKind
from kuberry.model.heat import Hot
from kuberry.model.value import Value

HostsText = Annotated[
    str,
    Field(
        min_length=1,
        max_length=4096,
        pattern=r"^[A-Za-z0-9@\[][A-Za-z0-9._:%@,\[\] -]*$",
        examples=["red,red[01-02]"],
    ),
]
ClusterName = Annotated[
    str, Field(pattern=r"^[a-z0-9]([a-z0-9-]{0,38}[a-z0-9])?$", examples=["red-red-01-02"])
]
Word = Annotated[str, Field(pattern=r"^[A-Za-z0-9][A-Za-z0-9._+-]{0,99}$")]
Codes = Annotated[tuple[Annotated[str, Field(pattern=r"^KB[0-9]{3}$")], ...], Field(max_length=50)]
Seconds = Annotated[int, Field(ge=0, le=3600)]
VerifyWhen = Literal["always", "changed", "never"]


class Asked(Value):
    """What all requests have in common; made ready at once, as FastAPI wants its bodies."""

    model_config = ConfigDict(defer_build=False)


class DeployRequest(Asked):
    """Make hosts a cluster; what is left out is decided as on the command line.

    Attributes:
        hosts: ``null`` means those of the cluster, or of the last one.
        cluster: Its name.
        control_plane: One host, or an odd number of them: the servers of k3s.
        images: Bundles of images for jobs; ``[]`` is none again.
    """

    command: Literal["deploy"]
    hosts: HostsText | None = None
    cluster: ClusterName | None = None
    control_plane: HostsText | None = None
    bundle: Word | None = None
    distribution: DistributionName | None = None
    version: Word | None = None
    network: NetworkKind | None = None
    without: Annotated[tuple[Component, ...], Field(max_length=10)] | None = None
    images: Annotated[tuple[Word, ...], Field(max_length=20)] | None = None
    ignore: Codes = ()
    hot: Hot = "warn"
    page_size: Literal["keep", "4k"] = "keep"
    new_machine_ids: bool = False
    open_firewall: bool = False
    skip_unreachable: bool = False
    verify: VerifyWhen = "changed"


class NodeAddRequest(Asked):
    """Take hosts into a cluster; ``null`` means the last one."""

    command: Literal["node-add"]
    hosts: HostsText
    cluster: ClusterName | None = None
    ignore: Codes = ()
    skip_unreachable: bool = False
    verify: VerifyWhen = "changed"


class NodeRemoveRequest(Asked):
    """Drain hosts and take them out of their cluster.

    Attributes:
        drain_s: Seconds for their pods to end.
        force: Take them out, too, when pods stay, and when the host itself is dead.
    """

    command: Literal["node-remove"]
    hosts: HostsText
    cluster: ClusterName | None = None
    drain_s: Seconds = 60
    force: bool = False


class ResetRequest(Asked):
    """Bring hosts back to what they were; ``null`` means all of the cluster."""

    command: Literal["reset"]
    hosts: HostsText | None = None
    cluster: ClusterName | None = None
    skip_unreachable: bool = False


class StopRequest(Asked):
    """Switch the hosts of a cluster off, so that power alone brings it back."""

    command: Literal["stop"]
    cluster: ClusterName | None = None
    drain_s: Seconds = 60


class VerifyRequest(Asked):
    """Have a running cluster prove itself."""

    command: Literal["verify"]
    cluster: ClusterName | None = None


AnyRequest = (
    DeployRequest | NodeAddRequest | NodeRemoveRequest | ResetRequest | StopRequest | VerifyRequest
)
AnyPlanRequest = DeployRequest | NodeAddRequest | NodeRemoveRequest | ResetRequest
