"""One line turns a list of hosts into a proven Kubernetes cluster.

>>> import kuberry
>>> kuberry.expand_hosts("red,red[01-02]")
('red', 'red01', 'red02')

``report = await kuberry.deploy("red,red[01-02]")`` makes them a cluster; `kuberry.sync` has the
same functions for programs without an event loop. Names are loaded when they are first used, so
that importing kuberry is quick. docs/python.md describes them all.
"""

from __future__ import annotations

import importlib
import sys
import types
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from kuberry import sync
    from kuberry.api.bundle import lab_bundle, list_bundles, upstream_bundle
    from kuberry.api.check import check
    from kuberry.api.deploy import Wanted, deploy, plan
    from kuberry.api.find import find_hosts
    from kuberry.api.hosts import expand_hosts, fold_hosts
    from kuberry.api.job import JobHandle, Jobs
    from kuberry.api.kubeconfig import kubeconfig
    from kuberry.api.lab import lab_down, lab_power, lab_status, lab_up
    from kuberry.api.node import Leave, node_add, node_remove
    from kuberry.api.runs import list_runs, load_run, run_document, run_events, run_page, stamped
    from kuberry.api.setup import hosts_that_need_a_password, setup_hosts
    from kuberry.api.status import status
    from kuberry.api.verify import verify
    from kuberry.api.watch import watch
    from kuberry.client.client import Client
    from kuberry.errors import (
        ApiRefused,
        ApiUnreachable,
        AuthenticationFailed,
        BundleError,
        CacheBusy,
        CommandFailed,
        CommandTimeout,
        ConnectionLost,
        HostBusy,
        HostExpressionError,
        HostKeyChanged,
        HostKeyUnknown,
        JournalUnusable,
        KuberryError,
        LabUnavailable,
        NameNotResolved,
        PreflightFailed,
        ServerRefused,
        SudoFailed,
        TransportError,
        Unreachable,
        UpstreamUnreachable,
        UsageError,
        VerifyFailed,
    )
    from kuberry.model.access import AccessReport
    from kuberry.model.bundle import Bundle
    from kuberry.model.check import CheckReport
    from kuberry.model.cluster import Cluster
    from kuberry.model.connection import ConnectOptions
    from kuberry.model.document import RunDocument
    from kuberry.model.event import (
        AnyEvent,
        ArtifactArrived,
        DownloadProgress,
        Emit,
        HostEnded,
        HostKeyAccepted,
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
    from kuberry.model.facts import HostFacts
    from kuberry.model.finding import Finding, Outcome, ProbeResult, Severity
    from kuberry.model.found import FindReport, FoundHost
    from kuberry.model.heat import HostFelt
    from kuberry.model.job import JobStatus, JobWish
    from kuberry.model.lab import LabRemoved, LabShape, LabStatus
    from kuberry.model.plan import Plan
    from kuberry.model.preparation import Preparation
    from kuberry.model.pulse import HostPulse, Pace, Pulse, WatchReport
    from kuberry.model.report import FileChange, HostReport, PlanReport, RunReport, StepReport
    from kuberry.model.run import EventRecord, RunDetail, RunRecord
    from kuberry.model.setup import HostSetup, SetupReport, SetupWish
    from kuberry.model.sighting import BundleUsed, HostConnected, HostsChecked, HostSeen
    from kuberry.model.status import HostStatus, Problem, StatusReport
    from kuberry.settings import Settings

__all__ = [
    "AccessReport",
    "AnyEvent",
    "ApiRefused",
    "ApiUnreachable",
    "ArtifactArrived",
    "AuthenticationFailed",
    "Bundle",
    "BundleError",
    "BundleUsed",
    "CacheBusy",
    "CheckReport",
    "Client",
    "Cluster",
    "CommandFailed",
    "CommandTimeout",
    "ConnectOptions",
    "ConnectionLost",
    "DownloadProgress",
    "Emit",
    "EventRecord",
    "FileChange",
    "FindReport",
    "Finding",
    "FoundHost",
    "HostBusy",
    "HostConnected",
    "HostEnded",
    "HostExpressionError",
    "HostFacts",
    "HostFelt",
    "HostKeyAccepted",
    "HostKeyChanged",
    "HostKeyUnknown",
    "HostPulse",
    "HostReport",
    "HostSeen",
    "HostSetup",
    "HostStatus",
    "HostsChecked",
    "JobHandle",
    "JobStatus",
    "JobWish",
    "Jobs",
    "JournalUnusable",
    "KuberryError",
    "LabRemoved",
    "LabShape",
    "LabStatus",
    "LabUnavailable",
    "Leave",
    "NameNotResolved",
    "Notice",
    "Outcome",
    "Pace",
    "Phase",
    "Plan",
    "PlanReport",
    "PlanStarted",
    "PreflightFailed",
    "Preparation",
    "ProbeResult",
    "Problem",
    "Pulse",
    "RunDetail",
    "RunDocument",
    "RunEnded",
    "RunRecord",
    "RunReport",
    "RunStarted",
    "ServerRefused",
    "Settings",
    "SetupReport",
    "SetupWish",
    "Severity",
    "StatusReport",
    "StepFailed",
    "StepFinished",
    "StepProgress",
    "StepReport",
    "StepStarted",
    "SudoFailed",
    "TransportError",
    "Unreachable",
    "UpstreamUnreachable",
    "UsageError",
    "VerifyFailed",
    "Wanted",
    "WatchReport",
    "check",
    "deploy",
    "expand_hosts",
    "find_hosts",
    "fold_hosts",
    "hosts_that_need_a_password",
    "kubeconfig",
    "lab_bundle",
    "lab_down",
    "lab_power",
    "lab_status",
    "lab_up",
    "list_bundles",
    "list_runs",
    "load_run",
    "node_add",
    "node_remove",
    "plan",
    "run_document",
    "run_events",
    "run_page",
    "setup_hosts",
    "stamped",
    "status",
    "sync",
    "upstream_bundle",
    "verify",
    "watch",
]

_HOMES = {
    "kuberry.api.bundle": "lab_bundle list_bundles upstream_bundle",
    "kuberry.api.check": "check",
    "kuberry.api.deploy": "Wanted deploy plan",
    "kuberry.api.find": "find_hosts",
    "kuberry.api.hosts": "expand_hosts fold_hosts",
    "kuberry.api.job": "JobHandle Jobs",
    "kuberry.api.kubeconfig": "kubeconfig",
    "kuberry.api.lab": "lab_down lab_power lab_status lab_up",
    "kuberry.api.node": "Leave node_add node_remove",
    "kuberry.api.runs": "list_runs load_run run_document run_events run_page stamped",
    "kuberry.api.setup": "hosts_that_need_a_password setup_hosts",
    "kuberry.api.status": "status",
    "kuberry.api.verify": "verify",
    "kuberry.api.watch": "watch",
    "kuberry.client.client": "Client",
    "kuberry.errors": (
        "ApiRefused ApiUnreachable AuthenticationFailed BundleError CacheBusy CommandFailed "
        "CommandTimeout ConnectionLost HostBusy HostExpressionError HostKeyChanged HostKeyUnknown "
        "JournalUnusable KuberryError LabUnavailable NameNotResolved PreflightFailed "
        "ServerRefused SudoFailed TransportError Unreachable UpstreamUnreachable UsageError "
        "VerifyFailed"
    ),
    "kuberry.model.access": "AccessReport",
    "kuberry.model.bundle": "Bundle",
    "kuberry.model.check": "CheckReport",
    "kuberry.model.cluster": "Cluster",
    "kuberry.model.connection": "ConnectOptions",
    "kuberry.model.document": "RunDocument",
    "kuberry.model.event": (
        "AnyEvent ArtifactArrived DownloadProgress Emit HostEnded HostKeyAccepted Notice Phase "
        "PlanStarted RunEnded RunStarted StepFailed StepFinished StepProgress StepStarted"
    ),
    "kuberry.model.facts": "HostFacts",
    "kuberry.model.finding": "Finding Outcome ProbeResult Severity",
    "kuberry.model.found": "FindReport FoundHost",
    "kuberry.model.heat": "HostFelt",
    "kuberry.model.job": "JobStatus JobWish",
    "kuberry.model.lab": "LabRemoved LabShape LabStatus",
    "kuberry.model.plan": "Plan",
    "kuberry.model.pulse": "HostPulse Pace Pulse WatchReport",
    "kuberry.model.preparation": "Preparation",
    "kuberry.model.report": "FileChange HostReport PlanReport RunReport StepReport",
    "kuberry.model.run": "EventRecord RunDetail RunRecord",
    "kuberry.model.sighting": "BundleUsed HostConnected HostSeen HostsChecked",
    "kuberry.model.setup": "HostSetup SetupReport SetupWish",
    "kuberry.model.status": "HostStatus Problem StatusReport",
    "kuberry.settings": "Settings",
}
_HOME_OF = {name: home for home, names in _HOMES.items() for name in names.split()}


if not TYPE_CHECKING:  # a type checker that sees it believes in every name

    def __getattr__(name: str) -> object:
        """Load a public name when it is first asked for (PEP 562)."""
        if name == "sync":
            return importlib.import_module("kuberry.sync")
        if name not in _HOME_OF:
            raise AttributeError(f"module 'kuberry' has no attribute {name!r}")
        globals()[name] = getattr(importlib.import_module(_HOME_OF[name]), name)
        return globals()[name]


def __dir__() -> list[str]:
    """Name what is public, loaded or not."""
    return sorted({*globals(), *__all__})


class _Public(types.ModuleType):
    """Keeps the room `kuberry.verify` from hiding the function of that name.

    The import system binds each submodule in its package once it is loaded.
    """

    def __setattr__(self, name: str, value: object) -> None:
        if not (name in _HOME_OF and isinstance(value, types.ModuleType)):
            super().__setattr__(name, value)


sys.modules[__name__].__class__ = _Public
