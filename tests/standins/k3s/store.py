"""What a server keeps of its cluster: in files of its own as with SQLite, or in etcd with others.

The stand-in's etcd has the contract of one, and nothing of its protocol: members and learners, more
than half of the members for every change, one new member at a time. Where k3s speaks to etcd on
2379 and 2380, the servers of the stand-in ask each other below /standin/, with the servers' token.
"""

from __future__ import annotations

import contextlib
import threading
import time
from pathlib import Path
from urllib.parse import urlencode

import yaml
from tests.standins.k3s import errors, wire

_PROMOTED_S = 1.0  # rancher/k3s@aef8a6a pkg/etcd/etcd.go:45: looked at every 15 s there
_PEER_S = 2.0
Members = dict[str, dict[str, object]]


class NoQuorum(Exception):
    """Not more than half of the members are there (etcd: request timed out)."""


class Store:
    """Small texts by name, in a directory: what SQLite would keep for a server alone."""

    def __init__(self, data: Path) -> None:
        self.directory = data / "standin-nodes"
        self.directory.mkdir(exist_ok=True)

    @property
    def is_up(self) -> bool:
        """Return whether it can be read and written."""
        return True

    def get(self, name: str) -> str | None:
        """Return what is kept as *name*."""
        path = self.directory / name
        return path.read_text() if path.exists() else None

    def names(self) -> list[str]:
        """Return all names."""
        return sorted(one.name for one in self.directory.iterdir())

    def put(self, name: str, text: str | None) -> None:
        """Keep *text* as *name*; ``None`` forgets it.

        Raises:
            NoQuorum: Too few members took it.
        """
        self.apply(name, text)

    def apply(self, name: str, text: str | None) -> None:
        """Change what is kept here."""
        path = self.directory / name
        if text is None:
            path.unlink(missing_ok=True)
        else:
            path.write_text(text)


class Etcd(Store):
    """The same, with other servers; members are called by their nodes.

    Args:
        own: Name and address of this server.
        password: Of servers.
    """

    def __init__(self, data: Path, own: tuple[str, str], password: str) -> None:
        super().__init__(data)
        self.name, self.address = own
        self._password = password
        self._authority = str(data / "tls" / "server-ca.crt")
        self._directory = directory_of(data)
        self._lock = threading.RLock()

    def begin(self) -> None:
        """Be the first member (etcd.go:507-523)."""
        (self._directory / "member" / "wal").mkdir(mode=0o700, parents=True)
        self.set_members({self.name: {"address": self.address, "learner": False}})

    def join(self, url: str) -> None:
        """Become a member, a learner first (etcd.go:282-345); one that is promoted has all."""
        self._call(url, "/standin/add", name=self.name, address=self.address)
        self._directory.mkdir(mode=0o700, parents=True, exist_ok=True)
        self.set_members(yaml.safe_load(self._call(url, "/db/info")))  # as etcd's log would have it
        (self._directory / "member" / "wal").mkdir(mode=0o700, parents=True, exist_ok=True)
        self._follow(url)

    def go_on(self) -> None:
        """Start again with what is on the disk; the others know better what has happened since.

        Raises:
            Fatal: It was taken out meanwhile.
        """
        for name in self.members().keys() - {self.name}:
            url = self._url(name)
            try:
                known: Members = yaml.safe_load(self._call(url, "/db/info"))
            except (OSError, errors.Fatal):
                continue
            if self.name not in known:
                self.set_members(known)
                raise errors.Fatal("this node has been removed from the cluster: restart to rejoin")
            self._follow(url)
            return

    def _follow(self, url: str) -> None:
        for _ in range(100):
            known: Members = yaml.safe_load(self._call(url, "/db/info"))
            if not known.get(self.name, {"learner": True})["learner"]:
                for name, text in yaml.safe_load(self._call(url, "/standin/all")).items():
                    self.apply(name, text)
                self.set_members(known)
                return
            time.sleep(0.2)
        raise errors.Fatal("this server has not yet been promoted from learner to voting member")

    def members(self) -> Members:
        """Return the members, with address and whether one is a learner."""
        with self._lock:
            path = self._directory / "members.yaml"
            found: Members = yaml.safe_load(path.read_text()) if path.exists() else {}
            return found

    def set_members(self, members: Members) -> None:
        """Take over who is a member."""
        with self._lock:
            (self._directory / "members.yaml").write_text(yaml.safe_dump(members))
            if self.name not in members:  # rancher/k3s@aef8a6a pkg/daemons/executor/etcd.go:37-43
                (self._directory / "tombstone").touch()

    @property
    def is_up(self) -> bool:
        """Return whether this one votes, and more than half of all are there."""
        return self._voters("/ping") is not None

    def put(self, name: str, text: str | None) -> None:
        """Have more than half of the members keep *text* as *name*."""
        said = {"name": name} | ({} if text is None else {"text": text})
        if self._voters("/standin/put", **said) is None:
            raise NoQuorum
        self.apply(name, text)

    def add(self, name: str, address: str) -> None:
        """Take in a learner.

        Raises:
            Fatal: There is a learner already (k3s-io/k3s#4335), or too few members are there.
        """
        with self._lock:
            members = self.members()
            if name in members:  # it was lost while it joined (etcd.go:314-330)
                return
            if any(one["learner"] for one in members.values()):
                raise errors.Fatal("etcdserver: too many learner members in cluster")
            self._tell(members | {name: {"address": address, "learner": True}})

    def remove(self, name: str) -> None:
        """Take a member out, as when its node is deleted (pkg/etcd/controller.go:80-91)."""
        with self._lock:
            members = self.members()
            if name in members and name != self.name:
                del members[name]
                self._tell(members)

    def manage_learners(self) -> None:
        """Promote learners that are there, for ever (etcd.go:598-690)."""
        while True:
            time.sleep(_PROMOTED_S)
            for name in [other for other, one in self.members().items() if one["learner"]]:
                with contextlib.suppress(OSError, errors.Fatal):
                    self._call(self._url(name), "/ping")
                    self._promote(name)

    def _promote(self, name: str) -> None:
        with self._lock:
            members = self.members()
            if name in members:
                members[name]["learner"] = False
                self._tell(members)

    def _tell(self, members: Members) -> None:
        if self._voters("/standin/members", members=yaml.safe_dump(members)) is None:
            raise errors.Fatal("etcdserver: request timed out")
        self.set_members(members)

    def _voters(self, path: str, **said: str) -> int | None:
        """Return how many members took it, this one with them; ``None`` when too few did."""
        voters = [name for name, one in self.members().items() if not one["learner"]]
        if self.name not in voters:
            return None
        count = 1
        for name in voters:
            if name == self.name or (path == "/ping" and 2 * count > len(voters)):
                continue
            try:
                self._call(self._url(name), path, **said)
                count += 1
            except (OSError, errors.Fatal):
                continue
        return count if 2 * count > len(voters) else None

    def _url(self, name: str) -> str:
        return f"https://{self.members()[name]['address']}:6443"

    def _call(self, url: str, path: str, **said: str) -> str:
        status, body = wire.ask(
            f"{url}{path}?{urlencode(said)}",
            cafile=self._authority,
            basic=("server", self._password),
            timeout_s=_PEER_S,
        )
        if status != 200:
            raise errors.Fatal(f"joining etcd cluster: {path}: {status} {body.decode()}")
        return body.decode()


def directory_of(data: Path) -> Path:
    """Return where etcd keeps what it keeps (etcd.go:137-140)."""
    return data / "db" / "etcd"


def is_initialised(data: Path) -> bool:
    """Return whether etcd has been here before (etcd.go:163-174)."""
    return (directory_of(data) / "member" / "wal").is_dir()


def bury(data: Path) -> None:
    """Put away what a member that was taken out has left: it joins anew (etcd.go:378-384)."""
    directory = directory_of(data)
    if (directory / "tombstone").exists():
        directory.rename(directory.with_name(f"etcd-old-{time.time_ns()}"))
