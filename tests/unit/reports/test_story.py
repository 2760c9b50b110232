"""A run is told from its events alone; what the report knows better, it says."""

from __future__ import annotations

from datetime import UTC, datetime

import asked
import made_up as make
from kuberry.actions.told import tell_bundle, tell_hosts
from kuberry.model.edges import ValueEdge
from kuberry.model.event import (
    AnyEvent,
    ArtifactArrived,
    HostEnded,
    Notice,
    Phase,
    PlanStarted,
    RunEnded,
    RunStarted,
    StepFailed,
    StepFinished,
    StepProgress,
    StepStarted,
)
from kuberry.model.finding import Finding, Outcome, ProbeResult, Severity
from kuberry.model.report import HostReport, RunReport
from kuberry.model.run import RunRecord
from kuberry.model.sighting import HostConnected, HostsChecked, HostSeen
from kuberry.reports.story import Story
from kuberry.verify.sight import tell_hosts as verify_tells

WISH = make.cluster("red", "red01")
EDGE = ValueEdge(
    value="token", producer="red", producer_step="init", consumer="red01", consumer_step="join"
)
KEY = HostConnected(host="red", algorithm="ssh-ed25519", fingerprint="SHA256:red")
WARNING = Finding(code="KB101", severity=Severity.WARNING, title="little memory", host="red01")
RECORD = RunRecord(
    id="20260102-000000-abcdef",
    command="deploy",
    cluster="shelf",
    hosts=WISH.hosts,
    version="0.1",
    started=datetime(2026, 1, 2, tzinfo=UTC),
    state="ended",
    outcome="done",
)

Moment = tuple[float, AnyEvent]


def step(host: str, name: str, began_s: float, ended_s: float) -> list[Moment]:
    """Return the events of a step."""
    return [
        (began_s, StepStarted(host=host, step=name, title=name)),
        (ended_s, StepFinished(host=host, step=name, title=name, duration_s=ended_s - began_s)),
    ]


def beginning() -> list[Moment]:
    """Return the events up to the first step."""
    started = RunStarted(
        run=RECORD.id, command="deploy", cluster="shelf", hosts=WISH.hosts, version="0.1", wish=WISH
    )
    seen: list[Moment] = []
    hosts = {name: make.seen(name, f"10.0.0.{n}") for n, name in enumerate(WISH.hosts, 1)}
    tell_hosts(hosts, lambda event: seen.append((2.0, event)))
    tell_bundle(make.bundle(), lambda event: seen.append((2.0, event)))
    plan = PlanStarted(
        plan="install",
        steps={"red": 2, "red01": 1},
        bytes_to_send={},
        edges=(EDGE,),
        receivers={"0" * 64: ("red",)},
    )
    return [
        (0.0, started),
        (0.0, Phase(name="connect", message="connecting")),
        (1.0, KEY),
        (1.0, KEY),
        (1.0, Phase(name="facts", message="looking")),
        *seen,
        (2.0, HostsChecked(findings=(WARNING,))),
        (2.0, plan),
    ]


def tell(moments: list[Moment]) -> Story:
    """Tell what happened, in the order of time."""
    story = Story()
    for at_s, event in sorted(moments, key=lambda one: one[0]):
        story.take(event, at_s)
    return story


def test_a_whole_run() -> None:
    """Steps in time with their waits and bytes, the parts around them, and the path through all."""
    sent = StepProgress(host="red", step="init", bytes_sent=500)
    done = [(30.0, HostEnded(host=name, ending="done")) for name in WISH.hosts]
    moments = [
        *beginning(),
        *step("red", "init", 2, 20),
        (5.0, sent),
        (6.0, sent),
        *step("red01", "join", 3, 30),
        *done,
        (30.0, Notice(host="red", message="all is well")),
        (34.0, Phase(name="verify", message="proving")),
        (40.0, RunEnded(run=RECORD.id, outcome="done", duration_s=40)),
    ]
    document = tell(moments).document(RECORD, None)
    red, red01 = document.hosts

    assert [(one.title, one.started_s, one.ended_s) for one in document.phases] == [
        ("connecting", 0, 1),
        ("looking", 1, 2),
        ("finish", 30, 34),
        ("proving", 34, 40),
    ]
    assert [(one.title, one.ended_s - one.started_s) for one in document.critical_path] == [
        ("connecting", 1),
        ("looking", 1),
        ("init", 18),
        ("join", 10),
        ("finish", 4),
        ("proving", 6),
    ]
    assert (red.steps[0].bytes_sent, red.steps[0].critical) == (1000, True)
    assert (red01.steps[0].waited_s, red01.steps[0].state) == (17, "done")
    assert (red.role, red.ending, red.keys) == ("control plane", "done", (KEY,))
    assert (red01.role, red01.keys) == ("worker", ())
    assert red01.seen is not None
    assert (red01.seen.os, red01.seen.machine) == ("Debian 12", "x86_64")
    assert (document.wish, document.findings) == (WISH, (WARNING,))
    assert document.notices == ("red: all is well",)
    assert document.receivers == {"0" * 64: ("red",)}
    assert document.bundle is not None
    assert document.bundle.digest == make.bundle().digest
    assert [one.sha256 for one in document.bundle.artifacts] == [
        one.sha256 for one in make.bundle().artifacts
    ]


def test_a_run_that_was_killed() -> None:
    """No end, no report: what was under way is unfinished, and all else is there."""
    record = RECORD.model_copy(update={"state": "interrupted", "outcome": ""})
    moments = [
        *beginning(),
        (2.0, StepStarted(host="red", step="init", title="init")),
        (3.0, StepStarted(host="red01", step="join", title="join")),
        (9.0, Notice(message="last words")),
    ]
    document = tell(moments).document(record, None)

    assert [(one.title, one.state, one.ended_s) for one in document.hosts[0].steps] == [
        ("init", "unfinished", 9)
    ]
    assert document.hosts[1].steps[0].waited_s == 6
    assert (document.duration_s, document.wish, document.hosts[0].ending) == (9, WISH, "")
    assert document.findings == (WARNING,)


def test_what_failed_is_told_from_events_and_better_from_the_report() -> None:
    """Events know the message and the remedy; the report has the host's last words, too."""
    failure = StepFailed(
        host="red", step="init", title="init", code="command-failed", message="no", remedy="again"
    )
    moments = [
        *beginning(),
        (2.0, StepStarted(host="red", step="init", title="init")),
        (4.0, failure),
        (4.0, HostEnded(host="red", ending="failed")),
    ]
    probe = ProbeResult(id="x", outcome=Outcome.FAIL, title="x")
    report = RunReport(
        command="deploy",
        cluster=WISH,
        started=RECORD.started,
        duration_s=4,
        hosts=(
            HostReport(
                host="red",
                ending="failed",
                failed_step="init",
                code="command-failed",
                message="no",
                remedy="again",
                output="last words",
            ),
        ),
        probes=(probe,),
    )
    bare, full = (tell(moments).document(RECORD, one) for one in (None, report))

    assert bare.hosts[0].model_copy(update={"output": "last words"}) == full.hosts[0]
    assert (full.hosts[0].ending, full.hosts[0].remedy) == ("failed", "again")
    assert [one.state for one in full.hosts[0].steps] == ["failed"]
    assert full.probes == (probe,)


def test_events_of_older_kuberries_still_make_a_report() -> None:
    """Without wish, edges and digests: what is not known is left out."""
    started = RunStarted(
        run=RECORD.id, command="deploy", cluster="shelf", hosts=WISH.hosts, version="0.1"
    )
    plan = PlanStarted(plan="install", steps={"red": 1}, bytes_to_send={})
    document = tell([(0.0, started), (0.0, plan), *step("red", "init", 1, 2)]).document(
        RECORD, None
    )

    assert (document.wish, document.bundle, document.findings) == (None, None, ())
    assert [one.title for one in document.critical_path] == ["init"]


def test_steps_of_a_second_plan_are_their_own() -> None:
    """The same id in another plan is another step."""
    plans = [
        (at_s, PlanStarted(plan=title, steps={"red": 1}, bytes_to_send={}))
        for at_s, title in ((0.0, "reset"), (5.0, "forget"))
    ]
    ended = (4.0, HostEnded(host="red", ending="done"))
    moments = [*plans, *step("red", "same", 1, 3), ended, *step("red", "same", 6, 7)]
    document = tell(moments).document(RECORD, None)

    assert document.plans == ("reset", "forget")
    assert [one.plan for one in document.hosts[0].steps] == [0, 1]
    assert [one.critical for one in document.hosts[0].steps] == [True, True]


def test_verify_tells_hosts_as_their_kubelets_know_them() -> None:
    """Later words win, for a boot changes kernels; what they do not say stays; no node, no word."""
    nodes = {
        name: asked.node(name, os="Debian", kernel="6.1", architecture="arm64")
        for name in ("red", "red01")
    }
    told: list[AnyEvent] = []
    sight = asked.sight(nodes=nodes)
    verify_tells(sight, told.append)
    moments = [(1.0, event) for event in told]
    closer = HostSeen(host="red", os="Debian", kernel="6.0", machine="aarch64")
    document = tell([(0.5, closer), *moments]).document(
        RECORD.model_copy(update={"hosts": asked.HOSTS}), None
    )

    assert [one.seen for one in document.hosts] == [
        HostSeen(host="red", os="Debian", kernel="6.1", machine="aarch64", architecture="arm64"),
        HostSeen(host="red01", os="Debian", kernel="6.1", architecture="arm64"),
        None,
    ]


def test_a_document_knows_who_passed_an_artifact_on() -> None:
    """What this machine sent is no gift of another host."""
    story = Story()
    for host, given in (("red", {}), ("red01", {"red": 7})):
        arrived = ArtifactArrived(
            host=host,
            name="kubelet",
            sha256="0" * 64,
            size_bytes=7,
            from_controller_bytes=7 - sum(given.values()),
            from_hosts_bytes=given,
        )
        story.take(arrived, 1.0)
    document = story.document(RECORD, None)

    assert document.givers("red", "0" * 64) == ()
    assert document.givers("red01", "0" * 64) == ("red",)
    assert document.givers("red01", "1" * 64) == ()


def test_the_end_of_one_plan_is_not_the_end_of_the_next() -> None:
    """A run cut off while it installs does not call a host done that was only prepared."""
    plans = [
        (at_s, PlanStarted(plan=title, steps={"red": 1}, bytes_to_send={}))
        for at_s, title in ((0.0, "prepare"), (5.0, "install"))
    ]
    ended = (4.0, HostEnded(host="red", ending="done"))
    begun = (6.0, StepStarted(host="red", step="init", title="init"))
    moments = [*plans, *step("red", "swap", 1, 3), ended, begun]

    assert tell(moments[:-1]).document(RECORD, None).hosts[0].ending == ""
    assert tell(moments).document(RECORD, None).hosts[0].ending == ""
    assert tell([*moments, (9.0, ended[1])]).document(RECORD, None).hosts[0].ending == "done"
