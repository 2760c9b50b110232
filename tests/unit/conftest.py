"""Unit tests open no connection: what wants one belongs to the integration tests."""

from __future__ import annotations

import socket
from typing import Any

import pytest


@pytest.fixture(autouse=True)
def no_connections(monkeypatch: pytest.MonkeyPatch) -> None:
    """Refuse connections and listeners of the Internet families; those within the process stay."""
    for name in ("connect", "connect_ex", "bind"):
        monkeypatch.setattr(socket.socket, name, _guard(getattr(socket.socket, name)))


def _guard(original: Any) -> Any:
    def guarded(self: socket.socket, *words: Any) -> Any:
        assert self.family == socket.AF_UNIX, "a unit test opens no connection"
        return original(self, *words)

    return guarded
