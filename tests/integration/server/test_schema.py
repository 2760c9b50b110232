"""The server does what its own description says: schemathesis tries to prove that it does not."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import hypothesis
import pytest
import requests
import schemathesis
from hypothesis import HealthCheck, Phase
from schemathesis.core.result import Ok

from one_cluster import own_settings
from real_server import RealServer, start, stop

pytestmark = pytest.mark.integration

LEFT_OUT = (
    # What is of the right shape may still name a host or a cluster that is not known: 400.
    schemathesis.checks.positive_data_acceptance,
    # A run begun or a token made is not what a request for a made-up id is about.
    schemathesis.checks.ensure_resource_availability,
    schemathesis.checks.use_after_free,
)


@pytest.fixture
def tried_server(tmp_path: Path) -> Iterator[RealServer]:
    """Give a server of this test's own: after its wrong tokens nobody here is listened to."""
    one = start(own_settings(tmp_path))
    yield one
    stop(one)


@pytest.mark.parametrize("examples", [2, pytest.param(200, marks=pytest.mark.campaign)])
def test_no_request_finds_a_gap_between_word_and_deed(
    tried_server: RealServer, examples: int
) -> None:
    """Made-up requests to every endpoint, right ones and wrong ones: no crash, no other shape."""
    with tried_server.client() as client:
        description = client.get("/v1/openapi.json").json()
    del description["paths"]["/v1/tokens/{token}"]  # it could revoke our own
    del description["paths"]["/v1/events"]  # it has no end
    schema = schemathesis.openapi.from_dict(description)
    with requests.Session() as session:  # a handshake for each request costs more than the request
        assert _attempt_all(schema, tried_server, session, examples) > 20


def _attempt_all(schema: Any, server: RealServer, session: requests.Session, examples: int) -> int:
    """Have each endpoint tried; return how many there are."""
    tried = 0
    for result in schema.get_all_operations():
        assert isinstance(result, Ok)
        operation = result.ok()
        tried += 1

        @hypothesis.settings(
            max_examples=examples,
            deadline=None,
            database=None,
            derandomize=True,
            phases=[Phase.explicit, Phase.generate],
            suppress_health_check=list(HealthCheck),
        )
        @hypothesis.given(case=operation.as_strategy())
        def attempt(case: schemathesis.Case[Any]) -> None:
            case.call_and_validate(
                base_url=server.url,
                headers={"Authorization": f"Bearer {server.token}"},
                session=session,
                verify=server.authority,
                timeout=30,
                excluded_checks=list(LEFT_OUT),
            )

        attempt()
    return tried
