"""Bundles: what can be installed without a download."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Path, Request

from kuberry.api.bundle import list_bundles as all_bundles
from kuberry.model.bundle import Bundle
from kuberry.model.request import Word
from kuberry.model.wire import BundleList
from kuberry.server.access import looking
from kuberry.server.problems import Refused
from kuberry.server.state import state_of

router = APIRouter(prefix="/bundles", tags=["bundles"])


@router.get("", dependencies=[looking()])
def list_bundles(request: Request) -> BundleList:
    """List the bundles in the cache."""
    return BundleList(bundles=all_bundles(settings=state_of(request).settings))


@router.get("/{name}", dependencies=[looking()])
def get_bundle(request: Request, name: Annotated[Word, Path()]) -> Bundle:
    """Return one bundle: every piece with its digest."""
    for one in all_bundles(settings=state_of(request).settings):
        if one.name == name:
            return one
    raise Refused(404, "no-such-bundle", f"no bundle is called {name}", remedy="GET /v1/bundles")
