"""One line deploys; the same line again finds nothing to do, or heals what has drifted."""

from __future__ import annotations

import asyncio
import json

import pytest

from cluster_shell import KUBECTL, WHOLE, On
from kuberry.api.deploy import Wanted, deploy, plan
from kuberry.api.lab import lab_power
from kuberry.model.report import RunReport
from one_cluster import HOSTS, Deployed


def _again(deployed: Deployed) -> RunReport:
    return asyncio.run(deploy(settings=deployed.settings, verify="never"))


def _steps(report: RunReport) -> dict[str, list[str]]:
    return {one.host: [step.id for step in one.steps] for one in report.hosts if one.steps}


STAGED = (  # of the two, the one in /run is gone after a boot
    "sudo sh -c 'for one in /run/kuberry /var/lib/kuberry/staging; "
    "do [ ! -d $one ] || find $one ! -type d; done'"
)


def test_three_real_nodes(deployed: Deployed, on: On) -> None:
    """The API server itself names exactly the three nodes, Ready, in the wished version."""
    nodes = json.loads(on("red", f"{KUBECTL} get nodes -o json"))["items"]

    assert sorted(one["metadata"]["name"] for one in nodes) == ["red", "red01", "red02"]
    assert {one["status"]["nodeInfo"]["kubeletVersion"] for one in nodes} == {"v1.20.2"}
    for one in nodes:
        ready = [c["status"] for c in one["status"]["conditions"] if c["type"] == "Ready"]
        assert ready == ["True"]


def test_no_token_is_left(deployed: Deployed, on: On) -> None:
    """The join tokens are revoked, and no configuration with a secret lies on a host."""
    assert on("red", "sudo kubeadm token list").strip() == ""
    for name in ("red", "red01", "red02"):
        found = on(name, STAGED)
        assert [path for path in found.split() if not path.endswith(".lock")] == []


def test_the_api_certificate_holds_all_names(deployed: Deployed, on: On) -> None:
    """Host, address, endpoint and loopback are names of the certificate."""
    names = on(
        "red",
        "sudo openssl x509 -in /etc/kubernetes/pki/apiserver.crt -noout -ext subjectAltName"
        " 2>/dev/null || sudo python3 - /etc/kubernetes/pki/apiserver.crt <<'EOF'\n"
        "import ssl, sys; print(ssl._ssl._test_decode_cert(sys.argv[1])['subjectAltName'])\nEOF",
    )
    for name in ("red", deployed.cluster.endpoint, "127.0.0.1"):
        assert name in names


@pytest.mark.usefixtures("on")
def test_a_second_run_finds_nothing_to_do(deployed: Deployed) -> None:
    """Nothing is planned and nothing is done."""
    report = _again(deployed)

    assert (report.outcome, _steps(report)) == ("unchanged", {})
    dry = asyncio.run(plan(settings=deployed.settings))
    assert dry.outcome == "unchanged"


def test_the_same_hosts_with_another_name_are_refused(deployed: Deployed) -> None:
    """Hosts of one cluster are not taken for another: nothing is done to them."""
    report = asyncio.run(deploy(HOSTS, wanted=Wanted(name="other"), settings=deployed.settings))

    assert report.outcome == "refused"
    assert not report.hosts


def test_an_unknown_host_stops_the_run_before_it_begins(deployed: Deployed) -> None:
    """A wrong name is reported with its reason, and the others are left alone."""
    wanted = Wanted(name=deployed.cluster.name)
    report = asyncio.run(deploy(f"{HOSTS},nosuchhost", wanted=wanted, settings=deployed.settings))

    assert report.outcome == "unreachable"
    assert [(one.host, one.code) for one in report.hosts] == [("nosuchhost", "name-not-resolved")]


def test_drift_is_healed_alone(deployed: Deployed, on: On) -> None:
    """An edited file, a stopped unit and a lost route are shown and put right, nothing else."""
    on("red01", "echo '# drift' | sudo tee -a /usr/local/lib/kuberry/routes")
    on("red02", "sudo systemctl disable --now kubelet 2>/dev/null; sudo ip route del 10.244.0.0/24")
    shown = asyncio.run(plan(settings=deployed.settings))
    report = _again(deployed)

    assert shown.plan is not None
    assert report.outcome == "done"
    assert (
        _steps(report)
        == {one.host: [step.id for step in one.steps] for one in shown.plan.hosts if one.steps}
        == {"red01": ["files", "routes"], "red02": ["routes", "kubelet", "ready"]}
    )
    (drift,) = shown.files
    assert (drift.host, drift.path) == ("red01", "/usr/local/lib/kuberry/routes")
    assert "# drift" in (drift.before or "")
    assert "# drift" not in drift.after
    assert "drift" not in on("red01", "cat /usr/local/lib/kuberry/routes")
    assert "10.244.0.0/24" in on("red02", "ip route")
    assert _again(deployed).outcome == "unchanged"


def test_a_deleted_node_comes_back(deployed: Deployed, on: On) -> None:
    """A node that somebody deleted joins again with a fresh token."""
    on("red", f"{KUBECTL} delete node red01")
    report = _again(deployed)

    assert report.outcome == "done"
    assert set(_steps(report)) == {"red", "red01"}
    on("red", WHOLE)
    assert _again(deployed).outcome == "unchanged"


def test_a_worker_survives_its_reboot(deployed: Deployed, on: On) -> None:
    """After a reboot the node is Ready and its routes are there without any command of ours."""
    asyncio.run(lab_power("red02", "reboot", settings=deployed.settings))
    on("red", WHOLE)

    assert "10.244.1.0/24" in on("red02", "ip route")
    # What the API says of a node that has just booted may change once more: that is waited for.
    assert _steps(_again(deployed)) in ({}, {"red02": ["ready"]})
    assert _again(deployed).outcome == "unchanged"
