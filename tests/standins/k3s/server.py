"""``k3s server``: tokens, certificates, the supervisor, and the agent of its own."""

from __future__ import annotations

import base64
import os
import socket
import threading
import time
from pathlib import Path

from tests.standins.k3s import agent, authority, errors, flags, joining, release, tokens, wire
from tests.standins.k3s.store import Etcd, Store, is_initialised
from tests.standins.k3s.supervisor import Supervisor

_KUBECONFIG = "/etc/rancher/k3s/k3s.yaml"
_MANIFESTS = ("ccm", "coredns", "local-storage", "metrics-server", "rolebindings", "traefik")


def run(options: flags.Options) -> None:
    """Run a server (rancher/k3s@aef8a6a pkg/cli/server/server.go:53-430)."""
    if os.getuid() != 0:
        raise errors.Fatal("must run as root unless --disable-agent is specified")
    passwords = _passwords(options)
    print(f'level=info msg="Starting k3s {release.VERSION} (stand-in)"', flush=True)
    base = Path(flags.text(options, "data-dir", "/var/lib/rancher/k3s"))
    data = base / "server"
    (data / "tls").mkdir(parents=True, exist_ok=True)
    data.chmod(0o700)  # pkg/server/server.go:407
    store = joining.choose(options, data, _own(options), passwords["server"])
    joins = isinstance(store, Etcd) and not is_initialised(data) and "server" in options
    if joins:
        joining.bootstrap(options, data, _token(options))
    _check_passwords(data, passwords, is_alone=not isinstance(store, Etcd))
    _certificates(options, data / "tls")
    _write_tokens(data, passwords)
    for name in {*_MANIFESTS} - {*flags.several(options, "disable")}:  # pkg/deploy/stage.go
        path = data / "manifests" / f"{name}.yaml"
        path.parent.mkdir(exist_ok=True)
        path.touch()
    supervisor = Supervisor(data, passwords, store)
    supervisor.offer = joining.offered(options, data)
    supervisor.serve()
    _start(store, flags.text(options, "server") if joins else "", data)
    _write_kubeconfig(options, data / "tls")
    whole = tokens.whole("node", passwords["node"], (data / "tls/server-ca.crt").read_bytes())
    _wait_until_up(data, passwords["node"])
    agent.join(options, base, "https://127.0.0.1:6443", whole)  # server.go:395-411
    agent.stay()


def _own(options: flags.Options) -> tuple[str, str]:
    """Return name and address, by which others know this server."""
    addresses = flags.several(options, "node-ip")
    return flags.text(options, "node-name", socket.gethostname()), "".join(addresses[:1])


def _start(store: Store, joined: str, data: Path) -> None:
    """Start the datastore (rancher/k3s@aef8a6a pkg/etcd/etcd.go:243-291)."""
    if not isinstance(store, Etcd):
        return
    threading.Thread(target=store.manage_learners, daemon=True).start()
    if joined:
        store.join(joined)
    elif is_initialised(data):
        store.go_on()
    else:
        store.begin()


def _token(options: flags.Options) -> str:
    path = flags.text(options, "token-file")
    return tokens.read(path) if path else flags.text(options, "token")


def _passwords(options: flags.Options) -> dict[str, str]:
    """Return the password of each user (pkg/daemons/control/deps/deps.go:196-232)."""
    found = {}
    for user, name in (("server", "token"), ("node", "agent-token")):
        path = flags.text(options, f"{name}-file")
        token = tokens.read(path) if path else flags.text(options, name)
        if not token:
            raise errors.Fatal(f"--{name} is required: the stand-in makes none up")
        found[user] = tokens.parse(token)[2]
    if found["server"] == found["node"]:
        raise errors.Fatal("who has the agents' token must not be able to become a server")
    return found


def _check_passwords(data: Path, passwords: dict[str, str], *, is_alone: bool) -> None:
    """Refuse another token than at the first start: it seals what is stored (docs/cli/token.md)."""
    path = data / "cred" / "passwd"
    text = "".join(f"{word},{user},{user},k3s:agent\n" for user, word in passwords.items())
    if path.exists() and path.read_text() != text:
        raise errors.Fatal("bootstrap data already found and encrypted with different token")
    path.parent.mkdir(mode=0o700, exist_ok=True)
    path.touch(0o600)
    path.write_text(text)
    (data / "db").mkdir(mode=0o700, exist_ok=True)
    if is_alone:
        (data / "db" / "state.db").touch(0o600)


def _certificates(options: flags.Options, directory: Path) -> None:
    for name in ("server-ca", "client-ca"):
        authority.make(directory, name)
    said = [*flags.several(options, "tls-san"), *flags.several(options, "node-ip"), "10.43.0.1"]
    names = dict.fromkeys(
        f"{'IP' if one.replace('.', '').isdigit() else 'DNS'}:{one}" for one in said
    )
    authority.issue(
        directory, "server-ca", "serving-kube-apiserver", "/CN=kube-apiserver", tuple(names)
    )
    subject = "/O=system:masters/CN=system:admin"  # deps.go: genClientCerts
    authority.issue(directory, "client-ca", "client-admin", subject)


def _write_tokens(data: Path, passwords: dict[str, str]) -> None:
    """Write what others need to join (rancher/k3s@aef8a6a pkg/server/server.go:305-338,431-441)."""
    certificate = (data / "tls" / "server-ca.crt").read_bytes()
    files = {"token": "server"} | ({"agent-token": "node"} if release.HAS_READYZ else {})
    for name, user in files.items():
        path = data / name
        path.touch(0o600)
        path.write_text(tokens.whole(user, passwords[user], certificate) + "\n")
    link = data / "node-token"
    if not link.is_symlink():
        link.symlink_to(data / "token")


def _write_kubeconfig(options: flags.Options, directory: Path) -> None:
    """Write the administrator's kubeconfig, with everything inside (server.go:340-393)."""
    path = Path(flags.text(options, "write-kubeconfig", _KUBECONFIG))
    names = ("server-ca.crt", "client-admin.crt", "client-admin.key")
    inside = [_base64(directory / name) for name in names]
    path.touch(0o600)
    path.chmod(int(flags.text(options, "write-kubeconfig-mode", "0600"), 8))
    path.write_text(
        f"""\
apiVersion: v1
kind: Config
clusters:
- name: default
  cluster: {{server: "https://127.0.0.1:6443", certificate-authority-data: {inside[0]}}}
contexts: [{{name: default, context: {{cluster: default, user: default}}}}]
current-context: default
users:
- name: default
  user: {{client-certificate-data: {inside[1]}, client-key-data: {inside[2]}}}
""",
        "utf-8",
    )


def _base64(path: Path) -> str:
    return base64.b64encode(path.read_bytes()).decode()


def _wait_until_up(data: Path, password: str) -> None:
    """Wait as the server's own agent does, until a kubelet's certificate can be had."""
    headers = {"k3s-Node-Name": "nobody"}
    for _ in range(100):
        status, _ = wire.ask(
            "https://127.0.0.1:6443/v1-k3s/client-kubelet.crt",
            cafile=str(data / "tls/server-ca.crt"),
            basic=("node", password),
            headers=headers,
        )
        if status == 400:  # it would, but nobody has no password
            return
        time.sleep(0.2)
    raise errors.Fatal("the supervisor does not come up")
