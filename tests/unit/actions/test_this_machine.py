"""What is wrong with the machine that kuberry runs on stops a deploy before its first step."""

from __future__ import annotations

import contextlib
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest

import made_up as make
from kuberry.actions import deploy as action
from kuberry.actions.look import Sight
from kuberry.api import deploy as api
from kuberry.api.deploy import Wanted
from kuberry.bundles.store import Store
from kuberry.model.finding import Severity
from kuberry.model.plan import Plan
from kuberry.settings import Settings
from kuberry.transports.pool import Connections


@pytest.fixture
def settings(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Settings:
    """Give settings under which every plan is empty, and everyone may write what is kept."""
    (state := tmp_path / "state").mkdir()
    state.chmod(0o777)

    @contextlib.asynccontextmanager
    async def connect(*_: object) -> AsyncIterator[Any]:
        async def login(_host: object) -> Any:
            raise AssertionError

        yield Connections((), login)

    async def look(*_: object) -> Sight:
        return Sight({}, {})

    monkeypatch.setattr(action, "connect_all", connect)
    monkeypatch.setattr(action, "look_at_cluster", look)
    monkeypatch.setattr(action, "_install", lambda *_: Plan(title="install", hosts=()))
    monkeypatch.setattr(Store, "load", lambda *_: make.bundle())
    return Settings(state_dir=state, config_dir=tmp_path, cache_dir=tmp_path / "cache")


async def _planned(settings: Settings, *ignore: str) -> tuple[str, set[tuple[str, str]]]:
    wanted = Wanted(bundle="here", ignore=ignore)
    report = await api.plan("red", wanted=wanted, settings=settings)
    here = {(one.code, one.severity.value) for one in report.findings if one.host is None}
    return report.outcome, {one for one in here if one[0].startswith("KB7")}


async def test_an_error_stops_the_deploy_with_its_code(settings: Settings) -> None:
    """As `check` tells it; what only warns is left to `check`."""
    assert await _planned(settings) == ("refused", {("KB707", Severity.ERROR.value)})


async def test_what_is_ignored_or_mended_stops_nothing(settings: Settings) -> None:
    """By its code, or by doing what the remedy says."""
    outcome, found = await _planned(settings, "KB707")
    assert (outcome, {one for one in found if one[1] == "error"}) == ("unchanged", set())

    settings.state_dir.chmod(0o755)
    assert await _planned(settings) == ("unchanged", set())
