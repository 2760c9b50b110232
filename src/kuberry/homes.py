"""Where each public name of kuberry lives; a name is loaded when it is first asked for."""

from __future__ import annotations

_HOMES = {
    "kuberry.api.bundle": "lab_bundle list_bundles upstream_bundle",
    "kuberry.api.check": "check",
    "kuberry.api.deploy": "Wanted deploy plan",
    "kuberry.api.find": "find_hosts",
    "kuberry.api.hosts": "expand_hosts fold_hosts",
    "kuberry.api.image": "add_images build_image",
    "kuberry.api.job": "JobHandle Jobs",
    "kuberry.api.kubeconfig": "kubeconfig",
    "kuberry.api.lab": "lab_down lab_power lab_status lab_up",
    "kuberry.api.node": "Leave node_add node_remove",
    "kuberry.api.queue": "install_queue plan_queue queue_status",
    "kuberry.api.reset": "reset",
    "kuberry.api.runs": "list_runs load_run run_document run_events run_page stamped",
    "kuberry.api.setup": "hosts_that_need_a_password setup_hosts",
    "kuberry.api.status": "status",
    "kuberry.api.stop": "stop",
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
    "kuberry.model.queue": (
        "ClassUse ControllerStatus HostClass QueueChange QueuePlan QueueReport QueueStatus"
    ),
    "kuberry.model.report": "FileChange HostReport PlanReport RunReport StepReport",
    "kuberry.model.run": "EventRecord RunDetail RunRecord",
    "kuberry.model.sighting": "BundleUsed HostConnected HostSeen HostsChecked",
    "kuberry.model.setup": "HostSetup SetupReport SetupWish",
    "kuberry.model.status": "HostStatus Problem StatusReport",
    "kuberry.settings": "Settings",
}
HOME_OF = {name: home for home, names in _HOMES.items() for name in names.split()}
