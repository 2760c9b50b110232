"""The real cluster that the e2e tests share."""

from __future__ import annotations

import dataclasses
from pathlib import Path

from kuberry.model.cluster import Cluster
from kuberry.model.report import RunReport
from kuberry.settings import Settings

HOSTS = "red,red[01-02]"
SET_UP_S = 3600
"""The first time on a machine Kubernetes is built from source."""


@dataclasses.dataclass(frozen=True, slots=True)
class Deployed:
    """The cluster that the tests share; leave it as you found it."""

    settings: Settings
    cluster: Cluster
    report: RunReport


def own_settings(directory: Path) -> Settings:
    """Return settings that keep everything but the cache below *directory*."""
    return Settings(
        config_dir=directory / "config",
        state_dir=directory / "state",
        kubeconfig=directory / "kubeconfig",
    )
