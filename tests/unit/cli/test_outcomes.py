"""What a run's end is called on the terminal, and by the process's exit code."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest

import made_up as make
from kuberry.cli.main import main
from kuberry.model.finding import Finding, Outcome, ProbeResult, Severity
from kuberry.model.report import Ending, HostReport, RunReport

WRONG = Finding(code="memory-low", severity=Severity.ERROR, host="red", title="no", proof="")
UNPROVEN = ProbeResult(id="network.pods", outcome=Outcome.FAIL, title="pods reach pods", detail="")
NAMES = ("red", "red01")


@pytest.mark.parametrize(
    ("endings", "more", "code", "words"),
    [
        (("done", "done"), {}, 0, "shelf is a cluster of red,red01"),
        (("unchanged", "unchanged"), {}, 0, "nothing to do: shelf is as it should be, its nodes"),
        ((), {"findings": (WRONG,)}, 3, "nothing was done: put the errors above right"),
        (("unreachable",), {}, 4, "nothing was done: some hosts cannot be reached"),
        (("failed", "blocked"), {}, 5, "the same line goes on where this one stopped"),
        (("done", "done"), {"probes": (UNPROVEN,)}, 6, "shelf is deployed, but does not prove"),
        (("busy",), {}, 7, "nothing was done: another run is at work on these hosts"),
        (("done", "failed"), {}, 8, "ready: red; the same line goes on with the rest"),
    ],
)
def test_every_end_of_a_deploy_has_its_words_and_its_code(
    endings: tuple[Ending, ...],
    more: dict[str, Any],
    code: int,
    words: str,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    """The codes are those of the README; what a user reads says what to do next."""
    hosts = tuple(
        HostReport(host=name, ending=end) for name, end in zip(NAMES, endings, strict=False)
    )

    async def deploy(*_: object, **__: object) -> RunReport:
        return RunReport(
            command="deploy",
            cluster=make.cluster(*NAMES),
            started=datetime.now(UTC),
            duration_s=1,
            hosts=hosts,
            **more,
        )

    monkeypatch.setattr("kuberry.api.deploy.deploy", deploy)

    assert main(["deploy", "--hosts", "red,red01"]) == code
    assert words in " ".join(capsys.readouterr().out.split())
