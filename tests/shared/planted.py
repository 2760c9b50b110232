"""Secrets that were planted or found, and everywhere they must not be."""

from __future__ import annotations

import base64
import binascii
import dataclasses
import os
import re
import threading
import time
from collections.abc import Callable, Iterable, Mapping
from pathlib import Path
from typing import Self

_PEM_LINE = re.compile(rb"^[A-Za-z0-9+/]{64}$", re.MULTILINE)
_NEEDLE_BYTES = 60
_LINES_OF_A_CURVE = 6
_SETTLED_LOOKS = 50

Secrets = Mapping[str, bytes]
"""By what it is: bytes that are in it, on one line, and long enough to be nowhere by chance."""


class Sampler:
    """Looks at the words and the environment of every process of this machine, again and again.

    A machine sees the processes of its lab hosts, so both sides are looked at. What was seen is
    kept, and searched afterwards: then all secrets are known, also those that the run itself made.

    A process that has had the same words for a second is looked at once a second: most of those of
    a machine never change theirs, and to read them all at every look takes a third of a core.

    Args:
        interval_s: Seconds between two looks. A process that lives shorter may be missed; programs
            that are given a secret to use (sudo, kubeadm, kubectl) live longer.
    """

    def __init__(self, interval_s: float = 0.02) -> None:
        self.looks = 0
        self.seen: set[bytes] = set()
        self._known: dict[int, tuple[bytes, int]] = {}
        self._interval_s = interval_s
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._work, name="sampler", daemon=True)

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._stop.set()
        self._thread.join()

    def _work(self) -> None:
        while not self._stop.wait(self._interval_s):
            self._look()
            self.looks += 1

    def _look(self) -> None:
        names = os.listdir("/proc")  # noqa: PTH208 -- 50 times a second
        alive = {int(name) for name in names if name.isdecimal()}
        self._known = {pid: one for pid, one in self._known.items() if pid in alive}
        for pid in alive:
            before, since = self._known.get(pid, (None, self.looks))
            age = self.looks - since
            if age > _SETTLED_LOOKS and (age + pid) % _SETTLED_LOOKS:
                continue
            words = _read(f"/proc/{pid}/cmdline")
            if words != before:
                self._known[pid] = (words, self.looks)
                self.seen |= {words, _read(f"/proc/{pid}/environ")}


def _read(path: str) -> bytes:
    try:
        with open(path, "rb", buffering=0) as file:  # noqa: PTH123 -- hundreds, 50 times a second
            return file.readall() or b""
    except OSError:  # it has ended meanwhile
        return b""


@dataclasses.dataclass(frozen=True, slots=True)
class Evidence:
    """All that a run left where people and programs can look.

    Attributes:
        secrets: What must not be in it.
        looks: How often the processes were looked at.
        processes: Words and environments of all processes, on both sides.
        said: What the command line wrote to standard output and error.
        kept: By name: the files that kuberry keeps on the controller, of whatever mode.
        logs: By host: its journal, whole.
        wide: By host: the files there that others than root might read, written during the run,
            in which a secret was found.
        needed: Whether sudo asked for the password, as it must for the proof to prove anything.
    """

    secrets: Secrets
    looks: int
    processes: frozenset[bytes]
    said: bytes
    kept: Mapping[str, bytes]
    logs: Mapping[str, bytes]
    wide: Mapping[str, tuple[str, ...]]
    needed: bool


def found_in(data: bytes, secrets: Secrets) -> list[str]:
    """Return the names of the *secrets* that are in *data*, as they are or in base64."""
    return [
        name
        for name, secret in secrets.items()
        if secret in data or any(one in data for one in _encodings(secret))
    ]


def _encodings(secret: bytes) -> tuple[bytes, ...]:
    """Return *secret* in base64 at each of three offsets, but for the ends that others share."""
    shifted = (base64.b64encode(b"\0" * offset + secret) for offset in range(3))
    return tuple(one[4:-4] for one in shifted)


def needles(secrets: Secrets) -> bytes:
    """Return what ``grep -F -f`` looks for: each secret, and each in base64, one a line."""
    lines = (one for secret in secrets.values() for one in (secret, *_encodings(secret)))
    return b"\n".join(lines) + b"\n"


def key_needle(text: bytes) -> bytes:
    """Return bytes of the secret part of a private key, given as PEM or as that in base64.

    An elliptic curve's is in the first line (RFC 5915); in RSA's it is in the middle, behind the
    public modulus (RFC 8017, A.1.2).

    Raises:
        ValueError: It is no key.
    """
    try:
        pem = text if b"-----BEGIN" in text else base64.b64decode(text, validate=True)
    except binascii.Error:
        pem = text
    _, is_key, behind = pem.partition(b"PRIVATE KEY-----")
    lines = _PEM_LINE.findall(behind.partition(b"-----END")[0])
    if not is_key or not lines:
        raise ValueError("no private key")
    return bytes(lines[len(lines) // 2 if len(lines) > _LINES_OF_A_CURVE else 0][:_NEEDLE_BYTES])


_WIDE = """
umask 077
cat >/run/needles
find / \\( -path /proc -o -path /sys -o -path /dev -o -path '/run/containerd/*/rootfs' \\) -prune \\
    -o -type f -perm /077 -newerct "@$1" -print0 |
    xargs -0 -r grep -laF -f /run/needles -- || [ $? -eq 123 ]
rm /run/needles
"""
"""Look for needles in all files, changed since $1, that others than root might read.

The root file systems of containers are left out: they are views of files that are looked at.
"""

_KEYS = """
for one in /etc/kubernetes/*.conf; do
    [ -e "$one" ] && sed -n 's/^ *client-key-data: //p' "$one" | sed "s|^|$one |"
done
for one in $(find /etc/kubernetes/pki -name '*.key' 2>/dev/null) /var/lib/kubelet/pki/*.pem \\
    /var/lib/kubelet/pki/*.key; do
    [ -e "$one" ] && printf '%s %s\\n' "$one" "$(base64 -w 0 "$one")"
done
exit 0
"""
"""Print each private key of Kubernetes: where it lies, and the key in base64."""

_TOKENS = """
cd /var/lib/etcd/member
cat wal/*.wal snap/db | LC_ALL=C grep -aoP 'token-secret\\x12\\x10\\K[a-z0-9]{16}' | sort -u
"""
"""Print the secret half of every bootstrap token that ever was: etcd keeps what was deleted.

In the wire format of a Secret (k8s.io/api/core/v1/generated.proto, field 2, a map) a key is
followed by 0x12, the length of its value (16) and the value; token-secret is described by
k8s.io/cluster-bootstrap/token/api/types.go.
"""

_ACCOUNTS = (
    "kubectl --kubeconfig /etc/kubernetes/admin.conf get secrets -A -o "
    'jsonpath=\'{range .items[*]}{.metadata.name}{" "}{.data.token}{"\\n"}{end}\''
)
"""Print the token of each service account in base64, behind its name."""

AsRoot = Callable[..., bytes]
"""Runs shell text on a host as root: ``as_root("red", text, *arguments, stdin=b"")``."""


def secrets_of(hosts: Iterable[str], as_root: AsRoot) -> dict[str, bytes]:
    """Return what a deployed cluster must keep to itself; the first of *hosts* runs its API."""
    first, *_ = names = list(hosts)
    found = {
        f"bootstrap token {number}": secret
        for number, secret in enumerate(as_root(first, _TOKENS).split(), 1)
    }
    for line in as_root(first, _ACCOUNTS).splitlines():
        name, _, token = line.partition(b" ")
        if token:
            found[f"service account {name.decode()}"] = base64.b64decode(token)[-_NEEDLE_BYTES:]
    for host in names:
        for line in as_root(host, _KEYS).splitlines():
            path, _, key = line.partition(b" ")
            text = base64.b64decode(key)
            if b"PRIVATE KEY-----" in text:
                found[f"{host}:{path.decode()}"] = key_needle(text)
    return found


def wide_files(host: str, since_s: int, secrets: Secrets, as_root: AsRoot) -> tuple[str, ...]:
    """Return the files of *host*, wider than 0600 and changed since then, that hold a secret.

    Args:
        since_s: Seconds since 1970. What was not written since cannot hold what was not there.
    """
    found = as_root(host, _WIDE, str(since_s), stdin=needles(secrets))
    return tuple(sorted(found.decode().splitlines()))


def files_below(directory: Path, *, but: str = "") -> dict[str, bytes]:
    """Return the content of all files below *directory*, by their paths from there.

    Args:
        but: A directory there that is left out.
    """
    return {
        str(path.relative_to(directory)): path.read_bytes()
        for top in directory.iterdir()
        if top.name != but
        for path in (top, *top.rglob("*"))
        if path.is_file() and not path.is_symlink()
    }


def now_s() -> int:
    """Return the seconds since 1970, a little early for clocks of file systems."""
    return int(time.time()) - 1
