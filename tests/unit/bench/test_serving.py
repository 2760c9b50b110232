"""A server that fails is not measured."""

from __future__ import annotations

import sys

import httpx2
import pytest

from kuberry.bench import serving
from kuberry.errors import CommandFailed


def test_a_server_that_does_not_serve_costs_the_figure() -> None:
    """Its last words are the reason."""
    words = (sys.executable, "-c", "import sys; sys.exit('no port')")
    with pytest.raises(CommandFailed) as error, serving._serving(words, 2):
        pass

    assert error.value.stderr == "no port"


def test_requests_that_fail_do_not_count(monkeypatch: pytest.MonkeyPatch) -> None:
    """A quick refusal is no quick answer."""
    monkeypatch.setattr(serving, "REQUESTS", 2)
    transport = httpx2.MockTransport(lambda _: httpx2.Response(503))
    with httpx2.Client(base_url="http://test", transport=transport) as client:
        sample = serving._asked(client)

    assert sample.fault == "4 requests failed"
