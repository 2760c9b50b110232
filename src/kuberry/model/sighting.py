"""Events of what a run saw before it changed anything: hosts, their keys, its bundle."""

from __future__ import annotations

from typing import Literal

from kuberry.model.bundle import ArtifactUse
from kuberry.model.finding import Finding
from kuberry.model.value import Value


class HostConnected(Value):
    """A host was logged in to, and has proven to own its key.

    Attributes:
        host: Which.
        algorithm: Of its key: ``ssh-ed25519``.
        fingerprint: As ``ssh-keygen -l`` prints it: ``SHA256:…``.
    """

    kind: Literal["host-connected"] = "host-connected"
    host: str
    algorithm: str
    fingerprint: str


class HostSeen(Value):
    """A host was looked at. What is not known is empty.

    Attributes:
        host: Which.
        os: Its operating system, by its own name.
        kernel: The release of the running kernel.
        machine: The kernel's word for the processor: ``aarch64``.
        architecture: The packages' word: ``arm64``.
        board: Its model: ``Raspberry Pi 5 Model B Rev 1.0``.
    """

    kind: Literal["host-seen"] = "host-seen"
    host: str
    os: str = ""
    kernel: str = ""
    machine: str = ""
    architecture: str = ""
    board: str = ""


class BundleUsed(Value):
    """The run installs from this bundle.

    Attributes:
        name: What it is called here.
        version: Of its Kubernetes.
        digest: SHA-256 of its manifest: equal bundles have equal digests.
        created_from: Where its pieces came from.
        artifacts: Its pieces, each with its digest.
    """

    kind: Literal["bundle-used"] = "bundle-used"
    name: str
    version: str
    digest: str
    created_from: str = ""
    artifacts: tuple[ArtifactUse, ...] = ()


class HostsChecked(Value):
    """The hosts were checked, before anything is changed.

    Attributes:
        findings: What is not as it should be; an error among them ends the run.
    """

    kind: Literal["hosts-checked"] = "hosts-checked"
    findings: tuple[Finding, ...] = ()
