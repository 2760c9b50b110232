"""The only reader of the environment: where kuberry keeps what it keeps."""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import Annotated

from pydantic import Field, SecretStr, field_validator
from pydantic_settings import BaseSettings, NoDecode, SettingsConfigDict

from kuberry.errors import UsageError
from kuberry.model.upstream import Upstream


def _xdg(variable: str, fallback: str) -> Path:
    base = os.environ.get(variable) or str(Path.home() / fallback)
    return Path(base) / "kuberry"


def _kubeconfig() -> Path:
    """Return the file kubectl writes to: the first of KUBECONFIG, else ~/.kube/config."""
    named = [part for part in os.environ.get("KUBECONFIG", "").split(os.pathsep) if part]
    return Path(named[0]) if named else Path.home() / ".kube" / "config"


def _agent_socket() -> Path | None:
    """Return the socket of the SSH agent, as ssh(1) is told of it."""
    named = os.environ.get("SSH_AUTH_SOCK")
    return Path(named) if named else None


class Settings(BaseSettings):
    """Directories, each settable by an environment variable of the same name with ``KUBERRY_``.

    Attributes:
        config_dir: What the user writes: inventory.yaml. Default ``~/.config/kuberry``.
        state_dir: What kuberry remembers: lab, clusters, journal. Default
            ``~/.local/state/kuberry``.
        cache_dir: What can be had again: downloads, builds. Default ``~/.cache/kuberry``.
        kubeconfig: Where kubectl looks for clusters. Default the first file of ``KUBECONFIG``,
            else ``~/.kube/config``.
        upstream_mirror: Where upstream's servers are found by their names; see docs/bundles.md.
        upstream_servers: Address by name of the server it stands in for, as JSON.
        upstream_ca_file: Certificates that downloads trust beside the system's.
        agent_socket: Of the SSH agent. Default ``SSH_AUTH_SOCK``; ``None`` where there is none.
        server: Address of the server that does what a line asks for; ``None`` does it here.
        token: For the server; no command shows or keeps it.
        token_file: Holds the token instead, for the user alone.
        server_ca_file: Whom to trust as the server; ``None`` means what `kuberry server login`
            kept, else whom the system trusts.
    """

    model_config = SettingsConfigDict(env_prefix="KUBERRY_", frozen=True, extra="ignore")

    config_dir: Path = Field(default_factory=lambda: _xdg("XDG_CONFIG_HOME", ".config"))
    state_dir: Path = Field(default_factory=lambda: _xdg("XDG_STATE_HOME", ".local/state"))
    cache_dir: Path = Field(default_factory=lambda: _xdg("XDG_CACHE_HOME", ".cache"))
    kubeconfig: Path = Field(default_factory=_kubeconfig)
    upstream_mirror: str | None = None
    upstream_servers: Annotated[dict[str, str], NoDecode] = Field(default_factory=dict)
    upstream_ca_file: Path | None = None
    agent_socket: Path | None = Field(default_factory=_agent_socket)
    server: str | None = None
    token: SecretStr | None = None
    token_file: Path | None = None
    server_ca_file: Path | None = None

    @field_validator("upstream_servers", mode="before")
    @classmethod
    def _read_servers(cls, said: object) -> object:
        """Read the JSON of the environment; what is none is the user's mistake, and said so."""
        found = said
        if isinstance(said, str):
            try:
                found = json.loads(said)
            except ValueError:
                found = None
        if isinstance(found, dict) and all(isinstance(one, str) for one in found.values()):
            return found
        raise UsageError(
            "KUBERRY_UPSTREAM_SERVERS is no JSON object of addresses by server",
            remedy='for example: KUBERRY_UPSTREAM_SERVERS=\'{"github.com": "https://mirror/gh"}\'',
        )

    @property
    def inventory_file(self) -> Path:
        """Return the file that names the user's hosts and groups."""
        return self.config_dir / "inventory.yaml"

    @property
    def servers_dir(self) -> Path:
        """Return the directory of the servers that the user has logged in to."""
        return self.config_dir / "servers"

    @property
    def lab_dir(self) -> Path:
        """Return the directory of this user's lab."""
        return self.state_dir / "lab"

    @property
    def journal_file(self) -> Path:
        """Return the file that keeps the runs and their events."""
        return self.state_dir / "journal.sqlite"

    @property
    def reports_dir(self) -> Path:
        """Return the directory of the runs' reports: JSON and a page each."""
        return self.state_dir / "reports"

    @property
    def clusters_dir(self) -> Path:
        """Return the directory of the remembered clusters."""
        return self.state_dir / "clusters"

    @property
    def downloads_dir(self) -> Path:
        """Return the directory of what is being downloaded for bundles."""
        return self.cache_dir / "downloads"

    @property
    def upstream(self) -> Upstream:
        """Return the way to the servers that bundles come from."""
        return Upstream(
            mirror=self.upstream_mirror,
            servers=self.upstream_servers,
            ca_file=self.upstream_ca_file,
        )

    @property
    def bundles_dir(self) -> Path:
        """Return the directory of the bundles, shared by all runs of this user."""
        return self.cache_dir / "bundles"
