"""What people and programs read of a proof."""

from __future__ import annotations

import json

import pytest

from kuberry.cli.options import Output
from kuberry.cli.render.verify import failed, show
from kuberry.model.finding import Outcome, ProbeResult


def _result(probe: str, outcome: Outcome, where: str | None = None, **more: str) -> ProbeResult:
    return ProbeResult(id=probe, outcome=outcome, title=f"title of {probe}", where=where, **more)


GOOD = tuple(_result("pods.start", Outcome.OK, f"red{number}") for number in range(5))
BAD = (
    _result("nodes.kubelet", Outcome.OK, "red"),
    _result("nodes.kubelet", Outcome.FAIL, "red01", detail="refused\x1b[2J", remedy="start it"),
    _result(
        "nodes.ready",
        Outcome.SKIPPED,
        "red01",
        detail="because of nodes.kubelet (red01)",
        cause="nodes.kubelet",
    ),
    _result("dns.lookup", Outcome.ABSENT, detail="there is no service"),
)


def test_a_table_counts_and_says_what_to_do(capsys: pytest.CaptureFixture[str]) -> None:
    """A line for each kind and outcome, the failure in full, consequences with their cause."""
    show(BAD, Output.TABLE)
    shown = capsys.readouterr().out

    assert "nodes.kubelet red01: refused" in shown
    assert "  → start it" in shown
    assert "because of nodes.kubelet (red01)" in shown
    assert "not what was promised: 1 fail, 1 skipped, 1 ok, 1 absent" in shown
    assert "\x1b" not in shown


def test_many_places_are_counted(capsys: pytest.CaptureFixture[str]) -> None:
    """A hundred hosts do not fill the screen."""
    show(GOOD, Output.TABLE)
    shown = capsys.readouterr().out

    assert "red0, red1, red2 and 2 more" in shown
    assert "the cluster is proven: 5 ok" in shown


def test_json_is_all_of_it(capsys: pytest.CaptureFixture[str]) -> None:
    """Programs get every result, as it is."""
    show(BAD, Output.JSON)

    found = json.loads(capsys.readouterr().out)
    assert [ProbeResult.model_validate(one) for one in found] == list(BAD)


def test_only_a_failure_is_a_failure() -> None:
    """What is absent or skipped is none by itself."""
    assert failed(BAD)
    assert not failed(BAD[2:])
