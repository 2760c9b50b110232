"""A mirror of upstream on this machine, and settings that ask it."""

from __future__ import annotations

from collections.abc import Callable, Coroutine, Iterator, Sequence
from pathlib import Path
from typing import Any

import pytest

from kuberry.api.bundle import upstream_bundle
from kuberry.bundles.upstream import web
from kuberry.model.bundle import Bundle
from kuberry.model.event import AnyEvent
from kuberry.settings import Settings
from mirror import Mirror, serving
from published import publish_k3s

Make = Callable[..., Coroutine[Any, Any, Bundle]]


@pytest.fixture(autouse=True)
def short_pauses(monkeypatch: pytest.MonkeyPatch) -> None:
    """Try again at once, as often as ever."""
    monkeypatch.setattr(web, "PAUSES_S", (0.0, 0.0, 0.0))


@pytest.fixture
def mirror() -> Iterator[Mirror]:
    """Give a mirror that has a release of k3s."""
    with serving(Mirror()) as one:
        publish_k3s(one)
        yield one


@pytest.fixture
def settings(mirror: Mirror, tmp_path: Path) -> Settings:
    """Give settings with an empty cache that ask the mirror."""
    return Settings(cache_dir=tmp_path / "cache", upstream_mirror=mirror.url)


@pytest.fixture
def events() -> list[AnyEvent]:
    """Give the list that `make` writes events to."""
    return []


@pytest.fixture
def make(settings: Settings, events: list[AnyEvent]) -> Make:
    """Give a function that makes a bundle from the mirror."""

    async def upstream(
        version: str = "stable",
        architectures: Sequence[str] = ("arm64",),
        distribution: str = "k3s",
    ) -> Bundle:
        return await upstream_bundle(
            distribution, version, architectures, settings=settings, emit=events.append
        )

    return upstream
