"""How a server finds its cluster: alone, as the first of several, or by another server."""

from __future__ import annotations

import base64
from pathlib import Path

import yaml
from tests.standins.k3s import errors, flags, tokens, wire
from tests.standins.k3s.store import Etcd, Store, bury, is_initialised

_AUTHORITIES = ("server-ca.crt", "server-ca.key", "client-ca.crt", "client-ca.key")
# k3s-io/docs docs/cli/server.md, «Critical Configuration Values»
_CRITICAL = (
    "cluster-cidr",
    "cluster-dns",
    "cluster-domain",
    "disable",
    "disable-helm-controller",
    "disable-network-policy",
    "egress-selector-mode",
    "embedded-registry",
    "flannel-backend",
    "secrets-encryption",
    "service-cidr",
)


def choose(options: flags.Options, data: Path, own: tuple[str, str], password: str) -> Store:
    """Return where this server keeps its state (rancher/k3s@aef8a6a pkg/cluster/managed.go:112).

    What is on the disk decides, whatever the flags say; ``server`` wins over ``cluster-init``
    (pkg/etcd/etcd.go:278-291).
    """
    bury(data)
    wants_etcd = "server" in options or flags.text(options, "cluster-init") == "true"
    if is_initialised(data):
        return Etcd(data, own, password)
    if not wants_etcd:
        return Store(data)
    if (data / "db" / "state.db").exists():
        raise errors.Fatal("the stand-in does not migrate from SQLite to etcd")
    return Etcd(data, own, password)


def bootstrap(options: flags.Options, data: Path, token: str) -> None:
    """Fetch the authorities from the server that is joined (pkg/cluster/bootstrap.go:66-128).

    Raises:
        Fatal: It is not up, is not who the token says, keeps no etcd, or is set up differently.
    """
    url = flags.text(options, "server")
    digest, user, password = tokens.parse(token)
    if not digest or user != "server":
        raise errors.Fatal("the token does not say by which authority the server is known")
    try:
        status, found = wire.ask(f"{url}/cacerts")
    except OSError as error:
        raise errors.Fatal(f"failed to get CA certs: {error}: is the server up?") from None
    if status != 200 or tokens.digest_of(found) != digest:
        raise errors.Fatal("token CA hash does not match the Cluster CA certificate hash")
    cafile = data / "tls" / "joined-ca.crt"
    cafile.write_bytes(found)
    basic = ("server", password)
    path = "/v1-k3s/server-bootstrap"  # router.go:59-61: a server with SQLite does not know it
    status, body = wire.ask(f"{url}{path}", cafile=str(cafile), basic=basic)
    if status != 200:
        raise errors.Fatal(f"{url}{path}: {status} {body.decode()}")
    answer = yaml.safe_load(body)
    compare(options, answer["critical"])
    for name, text in answer["files"].items():
        target = data / "tls" / name
        target.touch(0o600)
        target.write_bytes(base64.b64decode(text))


def offered(options: flags.Options, data: Path) -> bytes:
    """Return what a joining server is told (pkg/bootstrap/bootstrap.go:15-43)."""
    files = {
        name: base64.b64encode((data / "tls" / name).read_bytes()).decode() for name in _AUTHORITIES
    }
    return yaml.safe_dump({"files": files, "critical": _critical(options)}).encode()


def compare(options: flags.Options, others: dict[str, object]) -> None:
    """Refuse what must be the same on all servers (k3s-io/k3s#4579, #6448)."""
    own = _critical(options)
    wrong = sorted(key for key in {*own, *others} if own.get(key) != others.get(key))
    if wrong:
        words = "critical configuration value mismatch between servers"
        raise errors.Fatal(f"failed to validate server configuration: {words}: {', '.join(wrong)}")


def _critical(options: flags.Options) -> dict[str, object]:
    return {key: options[key] for key in _CRITICAL if key in options}
