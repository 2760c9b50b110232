"""Access for a user: where the API server is, and kubectl over there."""

from __future__ import annotations

import base64
import re
import subprocess
import sys
from pathlib import Path

import pytest
import yaml

import made_up as make
from kuberry.actions import access
from kuberry.errors import ApiUnreachable
from kuberry.kube.connect import fetch_credentials
from kuberry.kube.credentials import ADMIN_CONFS
from kuberry.kube.kubectl import Streams, kubectl
from kuberry.model.host import Host
from kuberry.transports.fake import FakeTransport

TEXT = base64.b64encode(b"pem").decode()
CONF = yaml.safe_dump(
    {
        "clusters": [{"cluster": {"certificate-authority-data": TEXT}}],
        "users": [{"user": {"client-certificate-data": TEXT, "client-key-data": TEXT}}],
    }
).encode()
ANY = re.compile("")
ADMIN_CONF = next(iter(ADMIN_CONFS))


def _red(login: str, *, target: str | None = None) -> FakeTransport:
    host = Host(name="red", address=target)
    return FakeTransport(host, files={ADMIN_CONF: CONF}).reply(ANY, stdout=login)


def _reach(monkeypatch: pytest.MonkeyPatch, *addresses: str) -> None:
    async def answers(address: str) -> bool:
        return address in addresses

    monkeypatch.setattr(access, "_answers", answers)


@pytest.mark.parametrize(
    ("login", "target", "reachable", "server", "tls_name"),
    [
        ("10.0.0.1", None, ("10.0.0.1",), "https://10.0.0.1:6443", None),
        ("::ffff:10.0.0.1", None, ("10.0.0.1",), "https://10.0.0.1:6443", None),
        ("10.0.0.1", "pi.example", ("pi.example",), "https://pi.example:6443", "api"),
        ("10.0.0.1", "pi.example", (), "https://10.0.0.1:6443", None),
        ("", None, (), "https://red:6443", None),
        ("fd00::1%eth0", None, ("fd00::1",), "https://[fd00::1]:6443", None),
    ],
)
async def test_where_the_server_is(
    *,
    monkeypatch: pytest.MonkeyPatch,
    tmp_path: Path,
    login: str,
    target: str | None,
    reachable: tuple[str, ...],
    server: str,
    tls_name: str | None,
) -> None:
    """The address that answers; one its certificate does not name gets the name it does."""
    _reach(monkeypatch, *reachable)
    cluster, file = make.cluster("red"), tmp_path / "kubeconfig"
    report = await access.give_access(cluster, _red(login, target=target), file)
    entry = yaml.safe_load(file.read_text())["clusters"][0]["cluster"]

    assert (report.server, report.reachable, report.current) == (server, bool(reachable), True)
    assert entry["server"] == server
    assert entry.get("tls-server-name") == (cluster.endpoint if tls_name else None)


async def test_a_host_that_is_no_control_plane() -> None:
    """The file is missing, or is no kubeconfig: an error with a way on, and no quotation."""
    with pytest.raises(ApiUnreachable, match="no credentials"):
        await fetch_credentials(FakeTransport("red"))
    with pytest.raises(ApiUnreachable) as caught:
        await fetch_credentials(FakeTransport("red", files={ADMIN_CONF: b"secret"}))
    assert "secret" not in str(caught.value)


@pytest.mark.parametrize("path", ["/etc/kubernetes/admin.conf", "/etc/rancher/k3s/k3s.yaml"])
async def test_credentials_are_where_the_distribution_keeps_them(path: str) -> None:
    """Kubeadm and k3s each have a place of their own."""
    found = await fetch_credentials(FakeTransport("red", files={path: CONF}))
    assert found.authority == b"pem"


async def test_kubectl_keeps_its_streams_apart() -> None:
    """Standard error is known by a mark that nobody else can know, and loses it."""
    out, err = bytearray(), bytearray()
    marks: list[str] = []

    class Marking(FakeTransport):
        async def run(self, command, **options):  # type: ignore[no-untyped-def] # noqa: ANN001, ANN003, ANN202
            marks.append(re.search(r"set -- (\w{16}) ", command.text)[1])  # type: ignore[index]
            answer = f"{marks[0]}warning\n{marks[0]}error\n"
            self.reply(ANY, stdout="node/red\n", stderr=answer, exit_status=3)
            return await super().run(command, **options)

    streams = Streams(stdin=None, out=out.extend, err=err.extend)
    transport = Marking("red")
    status = await kubectl(transport, ["get", "a; reboot"], stdin=b"in", streams=streams)

    assert (status, bytes(out), bytes(err)) == (3, b"node/red\n", b"warning\nerror\n")
    assert transport.ran[0].stdin == b"in"
    assert transport.ran[0].command.root
    assert "'a; reboot'" in transport.ran[0].command.text


def test_the_client_is_loaded_when_it_is_needed() -> None:
    """No command pays for it but those that ask an API server."""
    modules = "kuberry.cli.main, kuberry.api.verify, kuberry.api.kubectl, kuberry.api.deploy"
    code = f"import sys, {modules}; print([x for x in ('lightkube', 'httpx2') if x in sys.modules])"
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True, timeout=60
    )

    assert done.stdout == "[]\n"
