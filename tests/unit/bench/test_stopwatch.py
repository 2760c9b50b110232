"""Programs are measured in turn, and one that fails does not count."""

from __future__ import annotations

from pathlib import Path

import pytest

from kuberry.bench.figures import Pair, Sample
from kuberry.bench.stopwatch import alternate, measure


def test_who_begins_changes_each_time() -> None:
    """And what was measured stands on its own side, whoever began."""
    order: list[str] = []

    def contender(name: str, seconds: float) -> Sample:
        order.append(name)
        return Sample(seconds=seconds)

    told: list[Pair] = []
    pairs = alternate(3, lambda: contender("ours", 1), lambda: contender("theirs", 2), told.append)

    assert order == ["theirs", "ours", "ours", "theirs", "theirs", "ours"]
    assert [one.first for one in pairs] == ["theirs", "ours", "theirs"]
    assert {(one.ours.seconds, one.theirs.seconds) for one in pairs} == {(1, 2)}
    assert tuple(told) == pairs


def test_what_a_program_wrote_is_told_apart() -> None:
    """Results and what is said beside them."""
    done = measure(("sh", "-c", "echo out; echo err >&2"), deadline_s=30)

    assert (done.stdout, done.stderr, done.sample.fault) == ("out\n", "err\n", "")


def test_a_program_that_fails_has_a_fault() -> None:
    """Its status and its last words."""
    done = measure(("sh", "-c", "echo first >&2; echo last >&2; exit 3"), deadline_s=30)

    assert done.sample.fault == "exit status 3: first | last"


def test_a_program_that_does_not_end_is_ended_with_all_it_started(tmp_path: Path) -> None:
    """What it left running would disturb the next measurement."""
    pid = tmp_path / "pid"
    text = f"sleep 600 & echo $! >{pid}; wait"
    done = measure(("sh", "-c", text), deadline_s=1)

    assert done.sample.fault == "no end within 1 s"
    status = Path(f"/proc/{pid.read_text('utf-8').strip()}/stat")
    assert not status.exists() or status.read_text("utf-8").split()[2] == "Z"


def test_interrupting_a_measurement_ends_the_program(monkeypatch: pytest.MonkeyPatch) -> None:
    """Ctrl-C leaves nothing running."""
    import subprocess  # noqa: PLC0415 -- only this test breaks it

    started: list[subprocess.Popen[str]] = []

    def interrupted(self: subprocess.Popen[str], **words: object) -> tuple[str, str]:
        started.append(self)
        if words:
            raise KeyboardInterrupt
        self.wait()
        return "", ""

    monkeypatch.setattr(subprocess.Popen, "communicate", interrupted)
    with pytest.raises(KeyboardInterrupt):
        measure(("sleep", "600"), deadline_s=30)

    assert started[0].returncode == -9
    for stream in (started[0].stdout, started[0].stderr):
        if stream:
            stream.close()
