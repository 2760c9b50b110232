"""A run, told from its events: as they come, or read again from the journal."""

from __future__ import annotations

from collections.abc import Iterable

from kuberry.model.cluster import Cluster
from kuberry.model.document import HostStory, Link, PhaseStory, RunDocument, StepStory
from kuberry.model.event import (
    AnyEvent,
    ArtifactArrived,
    HostEnded,
    HostKeyAccepted,
    Notice,
    PlanStarted,
    RunStarted,
    StepFailed,
)
from kuberry.model.finding import Finding
from kuberry.model.report import RunReport
from kuberry.model.run import EventRecord, RunRecord
from kuberry.model.sighting import BundleUsed, HostConnected, HostsChecked, HostSeen
from kuberry.reports.critical import Waits, critical_path
from kuberry.reports.spans import Spans

_END_FIELDS = ("ending", "failed_step", "code", "message", "remedy", "output")


class Story:
    """What the events of a run have told so far; it is small, however many they are."""

    def __init__(self) -> None:
        self._spans = Spans()
        self._wish: Cluster | None = None
        self._seen: dict[str, HostSeen] = {}
        self._keys: dict[str, list[HostConnected]] = {}
        self._bundle: BundleUsed | None = None
        self._receivers: dict[str, tuple[str, ...]] = {}
        self._arrivals: list[ArtifactArrived] = []
        self._findings: tuple[Finding, ...] = ()
        self._failures: dict[str, StepFailed] = {}
        self._endings: dict[str, str] = {}
        self._notices: list[str] = []

    def take(self, event: AnyEvent, elapsed_s: float) -> None:
        """Take in *event*, that came *elapsed_s* seconds after the run began."""
        self._spans.take(event, elapsed_s)
        match event:
            case RunStarted():
                self._wish = event.wish
            case HostConnected() | HostKeyAccepted() | HostSeen() | BundleUsed() | HostsChecked():
                self._see(event)
            case ArtifactArrived() | PlanStarted():
                self._bring(event)
            case Notice():
                self._notices.append(
                    f"{event.host}: {event.message}" if event.host else event.message
                )
            case StepFailed():
                self._failures[event.host] = event
            case HostEnded():
                self._endings[event.host] = event.ending
            case _:
                pass

    def _bring(self, event: ArtifactArrived | PlanStarted) -> None:
        if isinstance(event, ArtifactArrived):
            self._arrivals.append(event)
            return
        self._receivers |= event.receivers
        for host in event.steps:  # what ended was the plan before
            self._endings.pop(host, None)

    def _see(
        self, event: HostConnected | HostKeyAccepted | HostSeen | BundleUsed | HostsChecked
    ) -> None:
        match event:
            case HostConnected():
                keys = self._keys.setdefault(event.host, [])
                if event not in keys:
                    keys.append(event)
            case HostKeyAccepted():
                text = f"first contact: its {event.algorithm} key {event.fingerprint} is now known"
                self._notices.append(f"{event.host}: {text}")
            case HostSeen():
                self._seen[event.host] = _both(self._seen.get(event.host), event)
            case BundleUsed():
                self._bundle = event
            case HostsChecked():
                self._findings = event.findings

    def document(self, run: RunRecord, report: RunReport | None) -> RunDocument:
        """Return the run as it is told.

        Args:
            run: Its record.
            report: ``None`` where it came to none; then its events alone say what was done.
        """
        steps, path = self._steps()
        phases = self._spans.phases()
        wish = report.cluster if report else self._wish
        return RunDocument(
            run=run,
            wish=wish,
            duration_s=max(self._spans.now_s, report.duration_s if report else 0.0),
            hosts=tuple(self._host(name, wish, steps, report) for name in _names(run, report)),
            phases=phases,
            plans=tuple(self._spans.plans),
            critical_path=_whole_path(path, phases),
            bundle=self._bundle,
            receivers=self._receivers,
            arrivals=tuple(self._arrivals),
            findings=report.findings if report and report.findings else self._findings,
            probes=report.probes if report else (),
            notices=tuple(self._notices),
        )

    def _steps(self) -> tuple[tuple[StepStory, ...], tuple[Link, ...]]:
        steps, edges = self._spans.steps(), self._spans.edges
        waits, path = Waits(steps, edges), critical_path(steps, edges)
        on_path = {(one.plan, one.host, one.step) for one in path}
        told = (
            one.model_copy(
                update={
                    "waited_s": waits.waited_s(one),
                    "critical": (one.plan, one.host, one.id) in on_path,
                }
            )
            for one in steps
        )
        return tuple(told), path

    def _host(
        self,
        name: str,
        wish: Cluster | None,
        steps: Iterable[StepStory],
        report: RunReport | None,
    ) -> HostStory:
        known = HostStory(
            host=name,
            role="control plane" if wish and name in wish.servers else "worker",
            seen=self._seen.get(name),
            keys=tuple(self._keys.get(name, ())),
            steps=tuple(one for one in steps if one.host == name),
        )
        return known.model_copy(update=self._end(name, report))

    def _end(self, name: str, report: RunReport | None) -> dict[str, str]:
        """Return how a host ended: by the report, else by its events."""
        for one in report.hosts if report else ():
            if one.host == name:
                return {field: getattr(one, field) for field in _END_FIELDS}
        end = {"ending": self._endings.get(name, "")}
        if failure := self._failures.get(name):
            end |= {"failed_step": failure.title, "code": failure.code}
            end |= {"message": failure.message, "remedy": failure.remedy}
        return end


def tell(run: RunRecord, records: Iterable[EventRecord], report: RunReport | None) -> RunDocument:
    """Return the run that the journal remembers, as it is told."""
    story = Story()
    for record in records:
        story.take(record.event, record.elapsed_s)
    return story.document(run, report)


def _both(before: HostSeen | None, now: HostSeen) -> HostSeen:
    """Return what two looks saw: the later one, where it saw anything (a boot changes kernels)."""
    if before is None:
        return now
    return before.model_copy(update={name: value for name, value in now if value})


def _names(run: RunRecord, report: RunReport | None) -> tuple[str, ...]:
    """Return the hosts of the cluster, then those that were worked on besides."""
    besides = (one.host for one in report.hosts) if report else ()
    return tuple(dict.fromkeys((*run.hosts, *besides)))


def _whole_path(path: tuple[Link, ...], phases: tuple[PhaseStory, ...]) -> tuple[Link, ...]:
    """Return the links of the steps, and around them the parts of the run that all waited for."""
    around = (Link(title=one.title, started_s=one.started_s, ended_s=one.ended_s) for one in phases)
    return tuple(sorted((*path, *around), key=lambda one: (one.started_s, one.ended_s)))
