"""The lab bundle, for tests that need a real Kubernetes."""

from __future__ import annotations

import asyncio

import pytest

from kuberry.api.bundle import lab_bundle as build_lab_bundle
from kuberry.errors import LabUnavailable
from kuberry.model.bundle import Bundle
from kuberry.settings import Settings


@pytest.fixture(scope="session")
def lab_bundle(lab_machine: None, lab_settings: Settings) -> Bundle:
    """Give the lab bundle; on a machine that has none it is built, which takes minutes."""
    try:
        return asyncio.run(build_lab_bundle(settings=lab_settings))
    except LabUnavailable as error:
        pytest.skip(f"the lab bundle cannot be built here: {error}")
