"""The few words of ``k3s kubectl`` that the stand-in has an answer to; all others are errors."""

from __future__ import annotations

import base64
import os
import re
import sys
from pathlib import Path

import yaml
from tests.standins.k3s import errors, wire

_READY = '{.status.conditions[?(@.type=="Ready")].status}'
_NAME = "{.metadata.name}"
_NOT_SET = re.compile(r"\{\.spec\.unschedulable\}|\{\.metadata\.annotations\.[^{}]+\}")
"""What no node of the stand-in has: marks and annotations."""


def run(words: list[str]) -> int:
    """Do what kubectl does when it is called with *words*; return its exit status."""
    path, words = _kubeconfig(words)
    match words:
        case ["get", "nodes", "-o", template]:
            status, body = _rows(path, template.removeprefix("jsonpath="))
        case ["get", "node", name, "-o", template]:
            row = _known(template.removeprefix("jsonpath="))
            status, body = _ask(path, "GET", f"/nodes?name={name}")
            body = row.replace(_NAME, name).encode() if status == 200 else body
        case _:
            status, body = _ask(path, *_request(words))
    (sys.stdout if status == 200 else sys.stderr).write(body.decode())
    return 0 if status == 200 else 1


def _request(words: list[str]) -> tuple[str, str]:
    """Return method and path of what the supervisor answers as it is asked."""
    match words:
        case ["get", "--raw", raw]:
            return "GET", raw
        case ["get", "node", name]:
            return "GET", f"/nodes?name={name}"
        case ["drain" | "uncordon", _, *_] | ["annotate", *_]:  # there are no pods, and no marks
            return "GET", "/nodes"
        case ["delete", "node", name]:
            return "DELETE", f"/nodes?name={name}"
        case ["-n", "kube-system", "delete", "secret", name, "--ignore-not-found"]:
            return "DELETE", f"/secrets?name={name.removesuffix('.node-password.k3s')}"
    raise errors.Fatal(f"the stand-in has no answer to kubectl {' '.join(words)}")


def _kubeconfig(words: list[str]) -> tuple[str, list[str]]:
    """Return the path of the kubeconfig, and the words without it and without deadlines."""
    path = os.environ.get("KUBECONFIG", "/etc/rancher/k3s/k3s.yaml")
    rest = list(words)
    for name in ("--kubeconfig", "--request-timeout"):
        if name in rest:
            place = rest.index(name)
            value = rest.pop(place + 1)
            rest.pop(place)
            path = value if name == "--kubeconfig" else path
    return path, rest


def _rows(path: str, template: str) -> wire.Answer:
    found = re.fullmatch(r"\s*\{range \.items\[\*\]\}(.*)\{end\}\s*", template, re.DOTALL)
    if found is None:
        raise errors.Fatal(f"the stand-in does not know the template {template}")
    row = _known(found[1].replace('{"\\n"}', "\n"))
    status, body = _ask(path, "GET", "/nodes")
    if status != 200:
        return status, body
    return 200, "".join(row.replace(_NAME, one) for one in body.decode().split()).encode()


def _known(template: str) -> str:
    """Return *template* with all that is the same for every node, and the name still to come."""
    row = _NOT_SET.sub("", template.replace(_READY, "True"))
    if "{" in row.replace(_NAME, ""):
        raise errors.Fatal(f"the stand-in does not know the template {template}")
    return row


def _ask(path: str, method: str, target: str) -> wire.Answer:
    """Ask the server that the kubeconfig names, as whom it says."""
    try:
        config = yaml.safe_load(Path(path).read_text("utf-8"))
    except OSError as error:
        raise errors.Fatal(str(error)) from None
    cluster, user = config["clusters"][0]["cluster"], config["users"][0]["user"]
    written: list[Path] = []
    try:
        authority = _file(cluster, "certificate-authority", written)
        pair = (_file(user, "client-certificate", written), _file(user, "client-key", written))
        url = f"{cluster['server']}{target}"
        return wire.ask(url, cafile=authority, certificate=pair, method=method)
    except OSError as error:
        return 0, f"The connection to the server was refused: {error}".encode()
    finally:
        for one in written:
            one.unlink()


def _file(values: dict[str, str], name: str, written: list[Path]) -> str:
    """Return the path of what a kubeconfig names; what it has inside is written for a moment."""
    if name in values:
        return values[name]
    path = Path(f"/run/k3s-stand-in-{os.getpid()}-{name}")
    path.touch(0o600)
    path.write_bytes(base64.b64decode(values[f"{name}-data"]))
    written.append(path)
    return str(path)
