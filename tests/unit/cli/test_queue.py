"""What `kuberry queue` says, to people and to programs; no cluster is asked."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from kuberry.cli.main import main
from kuberry.errors import KuberryError, PreflightFailed, VerifyFailed
from kuberry.model.queue import (
    ClassUse,
    ControllerStatus,
    HostClass,
    QueueChange,
    QueuePlan,
    QueueReport,
    QueueStatus,
)

PLAN = QueuePlan(
    kubernetes="v1.31.4",
    api="v1beta2",
    classes=(HostClass(name="arm64", nodes=("a", "b"), cpu_millicores=3500, memory_bytes=1 << 30),),
    queues=({"kind": "ClusterQueue"}, {"kind": "LocalQueue"}),
)
CHANGES = (QueueChange(object="LocalQueue kuberry-jobs/kuberry", change="created"),)
USE = ClassUse(
    name="arm64",
    cpu_millicores=3500,
    memory_bytes=1 << 30,
    used_cpu_millicores=500,
    used_memory_bytes=1 << 20,
)


@pytest.fixture
def lines(monkeypatch: pytest.MonkeyPatch) -> dict[str, Any]:
    """Have the façade give what is put in here by name; it keeps what it was asked."""
    told: dict[str, Any] = {}

    def give(name: str) -> None:
        async def answer(*words: Any, **more: Any) -> Any:
            told["asked"] = (name, words, more)
            if isinstance(told[name], KuberryError):
                raise told[name]
            return told[name]

        monkeypatch.setattr(f"kuberry.api.queue.{name}", answer)

    for one in ("plan_queue", "install_queue", "queue_status"):
        give(one)
    return told


def test_an_installation_tells_what_it_changed(
    lines: dict[str, Any], capsys: pytest.CaptureFixture[str]
) -> None:
    """And that it changed nothing."""
    lines["install_queue"] = QueueReport(outcome="done", plan=PLAN, changes=CHANGES)
    assert main(["queue", "install", "m.yaml", "--timeout", "9", "--cluster", "pi"]) == 0
    first = capsys.readouterr().out
    name, words, more = lines["asked"]
    lines["install_queue"] = QueueReport(outcome="unchanged", plan=PLAN, changes=())
    assert main(["queue", "install"]) == 0

    assert (name, words) == ("install_queue", (Path("m.yaml"),))
    assert (more["timeout_s"], more["cluster"]) == (9.0, "pi")
    assert "created LocalQueue kuberry-jobs/kuberry" in first
    assert "nothing to change" in capsys.readouterr().out


def test_a_dry_run_only_plans(lines: dict[str, Any], capsys: pytest.CaptureFixture[str]) -> None:
    """It tells classes and objects; as JSON it is the plan."""
    lines["plan_queue"] = PLAN
    assert main(["queue", "install", "--dry-run"]) == 0
    table = capsys.readouterr().out
    assert main(["queue", "install", "--dry-run", "-o", "json"]) == 0

    assert lines["asked"][0] == "plan_queue"
    assert "1 ClusterQueue, 1 LocalQueue" in table
    assert "3.5" in table
    assert QueuePlan.model_validate_json(capsys.readouterr().out) == PLAN


@pytest.mark.parametrize(
    ("error", "code"), [(PreflightFailed("too old"), 3), (VerifyFailed("no image"), 6)]
)
def test_how_it_can_fail(
    error: KuberryError, code: int, lines: dict[str, Any], capsys: pytest.CaptureFixture[str]
) -> None:
    """Refused before anything is changed, or not there in time: each with its exit code."""
    lines["install_queue"] = error

    assert main(["queue", "install", "m.yaml"]) == code
    assert error.message in capsys.readouterr().err


def test_the_status_shows_quota_use_and_who_waits(
    lines: dict[str, Any], capsys: pytest.CaptureFixture[str]
) -> None:
    """Nothing in it steers the terminal: reasons come from over there."""
    controller = ControllerStatus(ready=False, problem="why \x1b[2J", image="kueue:v1")
    lines["queue_status"] = QueueStatus(
        kubernetes="v1.31.4",
        api="v1beta2",
        controller=controller,
        problem=controller.problem,
        classes=(USE,),
        pending=3,
        admitted=1,
    )
    assert main(["queue", "status"]) == 0
    table = capsys.readouterr().out
    assert main(["queue", "status", "-o", "json"]) == 0
    told = json.loads(capsys.readouterr().out)

    assert "controller not ready (kueue:v1)" in table
    assert "3 waiting, 1 admitted" in table
    assert "0.5" in table
    assert "\x1b" not in table
    assert (told["ready"], told["pending"], told["classes"][0]["used_cpu_millicores"]) == (
        False,
        3,
        500,
    )


def test_a_cluster_without_kueue_is_said_so(
    lines: dict[str, Any], capsys: pytest.CaptureFixture[str]
) -> None:
    """In one line, and as null for programs."""
    lines["queue_status"] = QueueStatus(kubernetes="v1.20.2", problem="this cluster has no Kueue")
    assert main(["queue", "status"]) == 0
    assert capsys.readouterr().out == "this cluster has no Kueue\n"
    assert main(["queue", "status", "-o", "json"]) == 0
    assert json.loads(capsys.readouterr().out)["controller"] is None
