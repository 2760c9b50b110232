"""The laws of a queue on a real cluster, where a real bundle and a real release of Kueue are.

Beside the bundles that `KUBERRY_REAL_BUNDLES` holds lies Kueue's manifests.yaml as kueue.yaml; its
image is in the bundle, or the lab's hosts reach its registry.
"""

from __future__ import annotations

import asyncio
import os
from pathlib import Path

import pytest

import k3s_bundles
import queue_laws
from kuberry.api.bundle import import_bundle
from kuberry.api.deploy import Wanted, deploy
from kuberry.api.hosts import resolve
from kuberry.api.lab import lab_up
from kuberry.kube.connect import connect
from kuberry.model.bundle import PROBE_IMAGE
from kuberry.model.connection import ConnectOptions
from kuberry.model.event import ignore
from kuberry.queueing import release
from kuberry.settings import Settings
from kuberry.transports.pool import connect_all

pytestmark = [pytest.mark.integration, pytest.mark.timeout(1200)]

HOSTS = "red,red[01-02]"
RELEASE = "kueue.yaml"


def _real() -> tuple[Path, list[Path]]:
    directory = Path(os.environ.get(k3s_bundles.REAL, "/nonexistent"))
    return directory / RELEASE, sorted(directory.glob("*.kuberry"))


async def _prove(settings: Settings, text: str) -> None:
    servers = resolve(("red",), settings, ignore)
    async with (
        connect_all(servers, ConnectOptions(), ignore) as server,
        connect(server.transports[0]) as kube,
    ):
        await queue_laws.it_comes_and_is_left_alone(kube, {}, release.documents(text, RELEASE))
        await queue_laws.what_has_no_room_waits_and_says_why(kube, PROBE_IMAGE)


def test_a_real_bundle_gets_a_queue(own_lab: Settings, tmp_path: Path) -> None:
    """The same laws as with the stand-in (tests/unit/queueing/test_install.py)."""
    manifest, bundles = _real()
    if not (manifest.exists() and bundles):
        pytest.skip(f"{k3s_bundles.REAL} names no directory with a bundle and {RELEASE}")
    asyncio.run(lab_up(HOSTS, settings=own_lab))
    settings = own_lab.model_copy(update={"cache_dir": tmp_path / "cache"})
    bundle = import_bundle(bundles[0], settings=settings)
    report = asyncio.run(deploy(HOSTS, wanted=Wanted(bundle=bundle.name), settings=settings))

    assert report.outcome == "done", report.model_dump_json(indent=2)
    asyncio.run(_prove(settings, manifest.read_text("utf-8")))
