"""Where a run of the benchmarks keeps its own lab, and the program that is measured."""

from __future__ import annotations

import dataclasses
import json
import shutil
import sys
from collections.abc import Sequence
from pathlib import Path

from kuberry.bench.unmeasured import output_of
from kuberry.model.lab import LabState, LabStatus
from kuberry.settings import Settings

_LAB_DEADLINE_S = 600.0
_CHUNK = 10


@dataclasses.dataclass(frozen=True, slots=True)
class Place:
    """A state directory of the benchmarks' own, so that the user's lab is left alone.

    Attributes:
        directory: Made and removed by the run.
        peers: What we are measured against, from the source tree.
        tools: Programs that are installed for the benchmarks alone, kept from run to run.
    """

    directory: Path
    peers: Path
    tools: Path

    @property
    def settings(self) -> Settings:
        """Return the settings that the measured program is given."""
        return Settings(
            state_dir=self.directory / "state",
            config_dir=self.directory / "config",
            kubeconfig=self.directory / "kubeconfig",
        )

    def kuberry(self, *words: str, program: str = "") -> tuple[str, ...]:
        """Return the words that run the program as a user would, in this place.

        Whoever installs it has Python compile it, and so may it here: where this machine forbids
        that, every run would compile all of it again.

        Args:
            program: Another program than ours.
        """
        names = ("state_dir", "config_dir", "cache_dir", "kubeconfig")
        where = (f"KUBERRY_{name.upper()}={getattr(self.settings, name)}" for name in names)
        ours = str(Path(sys.executable).with_name("kuberry"))
        return ("env", "-u", "PYTHONDONTWRITEBYTECODE", *where, program or ours, *words)

    def run(self, *words: str, deadline_s: float = _LAB_DEADLINE_S) -> str:
        """Run the program without measuring it; return what it wrote to standard output.

        Raises:
            CommandFailed: It failed.
            CommandTimeout: It did not end in time.
        """
        return output_of(self.kuberry(*words), deadline_s=deadline_s)

    def fresh_lab(self, names: Sequence[str]) -> None:
        """Have a lab of new hosts that nobody has touched; the one before is taken down."""
        self.no_lab()
        for start in range(0, len(names), _CHUNK):
            self.run("lab", "up", "--hosts", ",".join(names[start : start + _CHUNK]))
        lab = self.lab()
        if lab:
            write_ssh_config(lab, self.ssh_config, self.directory)

    def lab(self) -> LabState | None:
        """Return the lab as it is; ``None`` when there is none."""
        status = json.loads(self.run("lab", "status", "--output", "json"))
        return LabStatus.model_validate(status).lab if status else None

    def no_lab(self) -> None:
        """Take the lab down, if there is one, and forget its clusters."""
        self.run("lab", "down")
        shutil.rmtree(self.settings.clusters_dir, ignore_errors=True)

    @property
    def ssh_config(self) -> Path:
        """Return the file by which OpenSSH reaches the lab's hosts by their names."""
        return self.directory / "ssh_config"

    @property
    def site(self) -> Path:
        """Return the directory of what a script or a playbook sends to the hosts."""
        return self.directory / "site"

    def on(self, host: str, text: str, *, stdin: bytes = b"") -> str:
        """Run shell *text* on a lab host by OpenSSH; return what it wrote.

        Raises:
            CommandFailed: It failed.
            CommandTimeout: It did not end in time.
        """
        words = ("ssh", "-F", str(self.ssh_config), "-o", "ControlMaster=no", host, "--", text)
        return output_of(words, stdin=stdin)


def write_ssh_config(lab: LabState, path: Path, control: Path) -> None:
    """Write what OpenSSH has to know to log in to the hosts of *lab*, and nothing of the user's.

    Args:
        control: Directory for the sockets of multiplexed connections; nobody makes one unasked.
    """
    lines = [
        "Host *",
        f"  IdentityFile {lab.identity_file}",
        "  IdentitiesOnly yes",
        f"  UserKnownHostsFile {lab.known_hosts_file}",
        "  GlobalKnownHostsFile none",
        "  StrictHostKeyChecking yes",
        "  ConnectTimeout 10",
        f"  ControlPath {control}/%n",
    ]
    for host in lab.hosts:
        login = lab.login(host.name)
        lines += [
            f"Host {host.name}",
            f"  HostName {login.address}",
            f"  User {login.user}",
            f"  HostKeyAlias {host.name}",
        ]
    path.write_text("".join(f"{line}\n" for line in lines), "utf-8")
