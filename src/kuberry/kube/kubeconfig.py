"""A cluster's place in the user's kubeconfig; pure: what others wrote there is not touched.

The file's form: https://kubernetes.io/docs/reference/config-api/kubeconfig.v1/
"""

from __future__ import annotations

import base64
import copy
import dataclasses
from typing import Any

from kuberry.errors import UsageError
from kuberry.kube.credentials import Credentials

Config = dict[str, Any]
_MARK = "kuberry.internal/cluster"
_LISTS = {"clusters": "cluster", "users": "user", "contexts": "context"}


@dataclasses.dataclass(frozen=True, slots=True)
class Entry:
    """A cluster as kubectl is to know it.

    Attributes:
        name: Of cluster, user and context.
        server: ``https://ADDRESS:PORT``.
        tls_server_name: What its certificate says where that is not the address.
    """

    name: str
    server: str
    tls_server_name: str | None
    credentials: Credentials


def merged(config: Config, entry: Entry, *, use: bool) -> Config:
    """Return *config* with *entry* in it, in the place of an older one of ours.

    Args:
        use: Make it the current context even if there is one.

    Raises:
        UsageError: Somebody else has a cluster, user or context of that name.
    """
    result = copy.deepcopy(config)
    result.setdefault("apiVersion", "v1")
    result.setdefault("kind", "Config")
    result.setdefault("preferences", {})
    ours = _is_ours(config, entry.name)
    for word, value in _parts(entry).items():
        _put(result, word, entry.name, value, ours=ours)
    if use or not result.get("current-context"):
        result["current-context"] = entry.name
    return result


def without(config: Config, name: str) -> Config:
    """Return *config* without our entry called *name*; one of somebody else stays."""
    result = copy.deepcopy(config)
    if not _is_ours(result, name):
        return result
    for word in _LISTS:
        result[word] = [one for one in result.get(word) or [] if one.get("name") != name]
    if result.get("current-context") == name:
        result["current-context"] = ""
    return result


def _parts(entry: Entry) -> dict[str, Config]:
    known = entry.credentials
    cluster: Config = {
        "certificate-authority-data": _encoded(known.authority),
        "extensions": [{"name": _MARK, "extension": {"writtenBy": "kuberry"}}],
        "server": entry.server,
    }
    if entry.tls_server_name:
        cluster["tls-server-name"] = entry.tls_server_name
    return {
        "clusters": cluster,
        "users": {
            "client-certificate-data": _encoded(known.certificate),
            "client-key-data": _encoded(known.key),
        },
        "contexts": {"cluster": entry.name, "user": entry.name},
    }


def _put(config: Config, word: str, name: str, value: Config, *, ours: bool) -> None:
    entries = config.get(word) or []
    config[word] = entries
    for one in entries:
        if one.get("name") == name:
            if not ours and one.get(_LISTS[word]) != value:
                raise _taken(name)
            one[_LISTS[word]] = _kept(one.get(_LISTS[word]) or {}, word) | value
            return
    entries.append({"name": name, _LISTS[word]: value})


def _kept(old: Config, word: str) -> Config:
    """Return what a user may have added to our entry: a namespace, a proxy."""
    chosen = {"contexts": ("namespace", "extensions"), "clusters": ("proxy-url",)}
    return {key: old[key] for key in chosen.get(word, ()) if key in old}


def _is_ours(config: Config, name: str) -> bool:
    for one in config.get("clusters") or []:
        if one.get("name") == name:
            marks = (one.get("cluster") or {}).get("extensions") or []
            return any(mark.get("name") == _MARK for mark in marks)
    return False


def _taken(name: str) -> UsageError:
    return UsageError(
        f"your kubeconfig has an entry called {name!r} that is not ours",
        remedy=f"give it another name (kubectl config rename-context {name} NEW), "
        "or deploy with another --name",
    )


def _encoded(text: bytes) -> str:
    return base64.b64encode(text).decode()
