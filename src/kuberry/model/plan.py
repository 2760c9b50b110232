"""A plan is data: what will be done, on which host, in which order; printable and countable.

Hosts go their own way, each with an ordered list of steps. The only edges between them are named
values: a step declares what it *captures*, another uses it as `Captured` in a text or waits for it
at a `Gate`. A value exists only in memory while the plan runs; the plan holds its name.
"""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field

from kuberry.model.bundle import Artifact, Deb, ImageArchive
from kuberry.model.value import Value


class Captured(Value):
    """Stands for a value that another step brings forth, a join token for example."""

    captured: str


FanOut = Literal["chain", "star"]
"""How artifacts get to several hosts: passed on from host to host, or each by the controller."""
Text = tuple[str | Captured, ...]
"""Text with holes; the engine fills them in memory."""


class File(Value):
    """A file as it is to be on the host.

    Attributes:
        path: Absolute path; missing directories are made (0755).
        volatile: Gone after a boot and not part of what the host is (a join configuration): it is
            written without a record of what stood there before.
    """

    path: str
    content: Text
    mode: int = 0o644
    volatile: bool = False


class WriteFiles(Value):
    """Write files as root, all in one round trip, each whole or not at all."""

    kind: Literal["write-files"] = "write-files"
    id: str
    title: str
    files: tuple[File, ...]


class PutArtifact(Value):
    """Bring an artifact of the bundle to a path of the host; its digest is checked there."""

    kind: Literal["put-artifact"] = "put-artifact"
    id: str
    title: str
    artifact: Artifact
    path: str
    mode: int = 0o644


class InstallPackages(Value):
    """Install Debian packages of the bundle, all in one transaction, without any repository."""

    kind: Literal["install-packages"] = "install-packages"
    id: str
    title: str
    packages: tuple[Deb, ...]


class LoadImages(Value):
    """Bring an image archive to the host and import it into containerd.

    It is done beside the steps after it, one archive after the other: a step that needs the images
    stands behind a `Gate` for what the last of them captures.

    Attributes:
        captures: Names for the fact that these images, and those before, are there.
    """

    kind: Literal["load-images"] = "load-images"
    id: str
    title: str
    archive: ImageArchive
    captures: tuple[str, ...] = ()


class Run(Value):
    """Run shell text as root, as a named transient unit that a later run finds and waits for.

    Lines of its standard error that begin with ``notice: `` are told to the user.

    Attributes:
        script: Shell text of this project; values from outside come as *arguments*.
        stdin: What it reads; the place for secrets.
        captures: Names for the lines of its standard output, first to last.
        deadline_s: Seconds until it is given up.
    """

    kind: Literal["run"] = "run"
    id: str
    title: str
    script: str
    arguments: tuple[str, ...] = ()
    stdin: Text = ()
    captures: tuple[str, ...] = ()
    deadline_s: float = 60.0


class SetUnit(Value):
    """Have a systemd unit enabled and running, restarted where its files changed.

    Attributes:
        waits: Come back when it is up; otherwise as soon as systemd has it in hand, for units that
            are up only after something else has happened.
    """

    kind: Literal["set-unit"] = "set-unit"
    id: str
    title: str
    unit: str
    action: Literal["start", "restart", "disable"] = "start"
    waits: bool = True


class WaitUntil(Value):
    """Wait on the host until a command succeeds.

    Attributes:
        script: Shell text that exits with 0 once it is so; asked again every *interval_s*.
    """

    kind: Literal["wait-until"] = "wait-until"
    id: str
    title: str
    script: str
    arguments: tuple[str, ...] = ()
    deadline_s: float = 120.0
    interval_s: float = 0.5


class Gate(Value):
    """Wait here until a value was captured on another host, or that host has ended.

    Attributes:
        tolerant: Go on, too, when the other host failed.
    """

    kind: Literal["gate"] = "gate"
    id: str
    title: str
    value: str
    tolerant: bool = False


class Reboot(Value):
    """Reboot and wait until the host is back with another boot id."""

    kind: Literal["reboot"] = "reboot"
    id: str
    title: str
    deadline_s: float = 600.0


class RecordState(Value):
    """Note on the host how it is before our first change, for its restoration and its proof."""

    kind: Literal["record-state"] = "record-state"
    id: str
    title: str


Restored = Literal["idle-units", "images", "packages", "files", "settings", "units", "records"]


class Restore(Value):
    """Put back what we changed, by the records on the host.

    Attributes:
        what: ``idle-units`` stops what did not run before us and ``units`` starts what did;
            ``records`` removes our own, last of all.
        names: Of the kernel settings to put back.
    """

    kind: Literal["restore"] = "restore"
    id: str
    title: str
    what: Restored
    names: tuple[str, ...] = ()


class Clear(Value):
    """Remove everything under *paths* that was not there before us."""

    kind: Literal["clear"] = "clear"
    id: str
    title: str
    paths: tuple[str, ...]


class PowerOff(Value):
    """Switch the host off and wait until it is gone.

    Attributes:
        captures: Names for the fact that it is off, so that others can wait for it.
    """

    kind: Literal["power-off"] = "power-off"
    id: str
    title: str
    captures: tuple[str, ...] = ()
    deadline_s: float = 120.0


Step = Annotated[
    WriteFiles
    | PutArtifact
    | InstallPackages
    | LoadImages
    | Run
    | SetUnit
    | WaitUntil
    | Gate
    | Reboot
    | RecordState
    | Restore
    | Clear
    | PowerOff,
    Field(discriminator="kind"),
]


class HostPlan(Value):
    """What will be done on one host, in order."""

    host: str
    steps: tuple[Step, ...] = ()

    @property
    def bytes_to_send(self) -> int:
        """Return the bytes of all artifacts that this host is to receive."""
        return sum(artifact.size_bytes for step in self.steps for artifact in artifacts_of(step))


class Plan(Value):
    """What will be done.

    Attributes:
        title: A word for people: ``prepare``, ``install``.
    """

    title: str
    hosts: tuple[HostPlan, ...]

    @property
    def is_empty(self) -> bool:
        """Return whether nothing is to do."""
        return not any(one.steps for one in self.hosts)


def artifacts_of(step: Step) -> tuple[Artifact, ...]:
    """Return the artifacts that *step* brings to its host."""
    match step:
        case PutArtifact():
            return (step.artifact,)
        case InstallPackages():
            return step.packages
        case LoadImages():
            return (step.archive,)
        case _:
            return ()
