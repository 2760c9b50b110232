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

from kuberry.homes import HOME_OF

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
    from kuberry.api.queue import install_queue, plan_queue, queue_status
    from kuberry.api.reset import reset
    from kuberry.api.runs import list_runs, load_run, run_document, run_events, run_page, stamped
    from kuberry.api.setup import hosts_that_need_a_password, setup_hosts
    from kuberry.api.status import status
    from kuberry.api.stop import stop
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
    from kuberry.model.queue import (
        ClassUse,
        ControllerStatus,
        HostClass,
        QueueChange,
        QueuePlan,
        QueueReport,
        QueueStatus,
    )
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
    "ClassUse",
    "Client",
    "Cluster",
    "CommandFailed",
    "CommandTimeout",
    "ConnectOptions",
    "ConnectionLost",
    "ControllerStatus",
    "DownloadProgress",
    "Emit",
    "EventRecord",
    "FileChange",
    "FindReport",
    "Finding",
    "FoundHost",
    "HostBusy",
    "HostClass",
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
    "QueueChange",
    "QueuePlan",
    "QueueReport",
    "QueueStatus",
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
    "install_queue",
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
    "plan_queue",
    "queue_status",
    "reset",
    "run_document",
    "run_events",
    "run_page",
    "setup_hosts",
    "stamped",
    "status",
    "stop",
    "sync",
    "upstream_bundle",
    "verify",
    "watch",
]


if not TYPE_CHECKING:  # a type checker that sees it believes in every name

    def __getattr__(name: str) -> object:
        """Load a public name when it is first asked for (PEP 562)."""
        if name == "sync":
            return importlib.import_module("kuberry.sync")
        if name not in HOME_OF:
            raise AttributeError(f"module 'kuberry' has no attribute {name!r}")
        globals()[name] = getattr(importlib.import_module(HOME_OF[name]), name)
        return globals()[name]


def __dir__() -> list[str]:
    """Name what is public, loaded or not."""
    return sorted({*globals(), *__all__})


class _Public(types.ModuleType):
    """Keeps the room `kuberry.verify` from hiding the function of that name.

    The import system binds each submodule in its package once it is loaded.
    """

    def __setattr__(self, name: str, value: object) -> None:
        if not (name in HOME_OF and isinstance(value, types.ModuleType)):
            super().__setattr__(name, value)


sys.modules[__name__].__class__ = _Public
