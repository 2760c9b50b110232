"""Requests that want to make the server read, run or reach what it must not."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import httpx2
import pytest

from kuberry.journal.audit import entries
from kuberry.model.access_token import Scope
from kuberry.server.allowed import AllowedHosts, HostNotAllowed
from kuberry.server.bounds import LARGEST_BODY_BYTES
from kuberry.settings import Settings
from served import Server

HOSTS = [
    "red;touch /tmp/x",
    "$(touch /tmp/x)",
    "`id`",
    "red|id",
    "-oProxyCommand=id",
    "red -oProxyCommand=id",
    "red%h",
    "red,-J,jump",
    "[fe80::1%eth0;id]",
    "@/etc/passwd",
    "@../../etc",
    "@everything",
    "../../etc/passwd",
    "file:///etc/passwd",
    "http://red/",
    "red\r\nProxyJump jump",
    "red\nred01",
    "red\x00",
    "127.0.0.1",
    "[::1]",
    "localhost",
    "169.254.169.254",
    "localhost:6443",
    "root@red",
    "red:2222",
    "red.",
    "red[0-999999999]",
    "red[00001-99999]",
    "red" * 2000,
    "[" * 4000,
    "",
]
FIELDS: dict[str, Any] = {
    "options": {"config_files": ["/etc/evil"]},
    "config_files": ["/etc/evil"],
    "proxy_jump": "evil",
    "sudo_password": "secret",
    "identity_file": "/etc/shadow",
    "settings": {"state_dir": "/"},
    "preparation": {"pod_cidr": "0.0.0.0/0; id"},
    "bundle": "../../etc",
    "version": "../../../v1",
    "cluster": "../clusters/red",
    "control_plane": "-oProxyCommand=id",
    "ignore": ["KB101; id"],
    "without": ["../x"],
}


async def test_no_host_is_reached_that_the_server_was_not_told_of(
    server: Server, operator: httpx2.AsyncClient
) -> None:
    """Nothing is begun, by no way in, and the answer is a problem with a code."""
    wrong: list[tuple[str, int]] = []
    for hosts in HOSTS:
        answers = [
            await operator.post(f"/v1/{where}", json={"command": "deploy", "hosts": hosts})
            for where in ("runs", "plans", "checks")
        ]
        answers.append(await operator.get("/v1/hosts", params={"hosts": hosts}))
        bad = [one for one in answers if one.status_code not in {400, 403, 422}]
        wrong += [(hosts, one.status_code) for one in bad]
        assert all(one.json()["code"] for one in answers)

    assert wrong == []
    assert server.engine.asked == []


async def test_no_field_names_a_path_an_option_or_a_password(
    server: Server, operator: httpx2.AsyncClient
) -> None:
    """They are no part of a request, or not of that shape."""
    for field, value in FIELDS.items():
        request = {"command": "deploy", "hosts": "red", field: value}
        answer = await operator.post("/v1/runs", json=request)
        told = (field, answer.status_code, answer.json()["code"])
        assert told == (field, 422, "invalid-request")
        assert "secret" not in answer.text

    assert server.engine.asked == []


async def test_hosts_that_are_known_are_let_through_as_they_are_known(
    settings: Settings, server: Server
) -> None:
    """Of the inventory, of its groups with their logins, of clusters, and of the command line."""
    settings.config_dir.mkdir()
    settings.inventory_file.write_text("hosts: {blue: {port: 22}}\ngroups: {shelf: 'pi@g[1-2]'}")
    allowed = AllowedHosts(settings, "extra[1-2]")
    for good in ("red,red01", "blue", "@shelf", "pi@g1", "extra[1-2]"):
        allowed.check(good)
    for bad in ("g1", "root@g1", "pi@red", "blue:23", "extra3"):
        with pytest.raises(HostNotAllowed):
            allowed.check(bad)

    assert allowed.names() == ("blue", "pi@g1", "pi@g2", "extra1", "extra2", "red", "red01")


async def test_a_request_too_large_is_not_read(server: Server) -> None:
    """Whether it says how long it is or not."""

    async def endless() -> Any:
        for _ in range(LARGEST_BODY_BYTES):
            yield b"x" * 100

    async with server.client(Scope.OPERATE) as client:
        said = await client.post("/v1/runs", content=b"x" * (LARGEST_BODY_BYTES + 1))
        unsaid = await client.post("/v1/runs", content=endless())
        wrong = await client.post("/v1/runs", content=b"", headers={"Content-Length": "-1"})

    assert [one.status_code for one in (said, unsaid, wrong)] == [413, 400, 413]


async def test_a_name_that_is_not_the_servers_gets_nowhere(server: Server) -> None:
    """A page of a stranger that points a name of its own at us (DNS rebinding) is refused."""
    names = ("evil.example", "test.evil.example", "", "test@evil", "[::1]", "TEST:8443")
    async with server.client(Scope.ADMIN) as client:
        answers = [await client.get("/v1/me", headers={"Host": name}) for name in names]

    assert [one.status_code for one in answers] == [421, 421, 421, 421, 421, 200]


async def test_no_header_and_no_log_line_is_made_of_what_was_sent(
    server: Server, operator: httpx2.AsyncClient
) -> None:
    """Line ends in paths, keys and ids end in no header; the audit log has our words only."""
    for where in ("/v1/runs/a%0d%0aSet-Cookie:x", "/v1/clusters/..%2f..%2fetc%2fpasswd"):
        answer = await operator.get(where)
        assert answer.status_code in {404, 422}
        assert "set-cookie" not in answer.headers
    await operator.post("/v1/runs/a%0aFORGED/cancel")
    written = entries(server.state.store, after=0, limit=100)

    assert all("FORGED" not in one.model_dump_json() for one in written)


async def test_a_bug_tells_nothing_of_itself(
    server: Server, operator: httpx2.AsyncClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Its text may hold anything: it goes to the server's log."""

    def broken(*_: object) -> None:
        raise ValueError("holds a secret")

    monkeypatch.setattr(AllowedHosts, "check_request", broken)
    answer = await operator.post("/v1/runs", json={"command": "verify"})

    assert (answer.status_code, answer.json()["code"]) == (500, "bug")
    assert "secret" not in answer.text


async def test_every_answer_says_what_a_browser_may_do_with_it(server: Server) -> None:
    """Nothing at all: no frame, no script, no guess at its type, no copy."""
    async with server.client() as nobody:
        for where in ("/healthz", "/v1/me", "/nothing"):
            headers = (await nobody.get(where)).headers
            assert (
                "default-src 'none'; frame-ancestors 'none'" in headers["content-security-policy"]
            )
            assert headers["x-content-type-options"] == "nosniff"
            assert headers["cache-control"] == "no-store"


async def test_no_ssh_configuration_of_a_request_is_ever_asked(
    settings: Settings, server: Server, tmp_path: Path
) -> None:
    """`Match exec` and `ProxyCommand` run for hosts the server knows, with names it knows."""
    marker = tmp_path / "ran"
    async with server.client(Scope.OPERATE) as client:
        for name in (f"red;touch {marker}", f"$(touch {marker})"):
            for where in ("runs", "plans", "checks"):
                await client.post(f"/v1/{where}", json={"command": "deploy", "hosts": name})

    assert not marker.exists()
