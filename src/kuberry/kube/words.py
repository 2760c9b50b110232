"""The words of a kubectl command line, as far as files of this machine are concerned; pure.

kubectl runs on the control plane, so files that it would read or write there are not the user's.
`-f FILE` is sent as its standard input; what cannot be sent is refused with a way that works.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence

from kuberry.errors import UsageError

STDIN = "-"
_WITH_FILES = {
    "annotate",
    "apply",
    "create",
    "delete",
    "describe",
    "diff",
    "expose",
    "get",
    "label",
    "patch",
    "replace",
    "rollout",
    "scale",
    "set",
    "wait",
}
_GLOBAL_WITH_VALUE = {
    "--as",
    "--as-group",
    "--as-uid",
    "--cache-dir",
    "--namespace",
    "--request-timeout",
    "--v",
    "-n",
    "-v",
}
_IMPOSSIBLE = {
    "config": "it would change the control plane's kubeconfig; yours: kuberry kubeconfig",
    "cp": "it would copy to and from the control plane; kuberry kubectl exec POD -- tar cf - PATH",
    "edit": "it needs an editor on your screen; kuberry kubectl get … -o yaml, then apply -f",
    "port-forward": "the port would open there; use kubectl here, with `kuberry kubeconfig`",
    "proxy": "the port would open there; use kubectl here, with `kuberry kubeconfig`",
}
_OTHER_FILES = (
    "--cert",
    "--from-env-file",
    "--from-file",
    "--key",
    "--kustomize",
    "--patch-file",
    "-k",
)
_OTHER_CLUSTERS = ("--cluster", "--context", "--kubeconfig", "--server")


@dataclasses.dataclass(frozen=True, slots=True)
class Words:
    """A command line for the control plane.

    Attributes:
        argv: Without the program's name.
        files: Files of this machine that become its standard input, in order.
        reads_stdin: Whether it reads what the user types or pipes in.
    """

    argv: tuple[str, ...]
    files: tuple[str, ...] = ()
    reads_stdin: bool = False


def for_control_plane(words: Sequence[str]) -> Words:
    """Return *words* as kubectl on the control plane can take them.

    Raises:
        UsageError: They are about files, ports or screens that are only here.
    """
    own, rest = _split(words)
    verb = _verb(own)
    _refuse(own, verb)
    if verb not in _WITH_FILES:
        interactive = any(word in {"-i", "-it", "-ti", "--stdin", "--stdin=true"} for word in own)
        return Words(tuple(words), reads_stdin=interactive)
    kept, files = _files(own)
    if not files:
        return Words(tuple(words))
    if STDIN in files:
        if len(files) > 1:
            raise UsageError("-f - stands alone: standard input has no end but its own")
        return Words((*kept, "-f", STDIN, *rest), reads_stdin=True)
    remote = tuple(one for one in files if one.startswith(("http://", "https://")))
    local = tuple(one for one in files if one not in remote)
    kept += [word for one in remote for word in ("-f", one)]
    return Words((*kept, *(("-f", STDIN) if local else ()), *rest), files=local)


def _split(words: Sequence[str]) -> tuple[list[str], list[str]]:
    """Part what is kubectl's from what comes after ``--``, which is a command in a pod."""
    end = list(words).index("--") if "--" in words else len(words)
    return list(words[:end]), list(words[end:])


def _verb(words: Sequence[str]) -> str:
    value = False
    for word in words:
        if value:
            value = False
        elif word in _GLOBAL_WITH_VALUE:
            value = True
        elif not word.startswith("-"):
            return word
    return ""


def _refuse(words: Sequence[str], verb: str) -> None:
    if verb in _IMPOSSIBLE:
        reason, _, remedy = _IMPOSSIBLE[verb].partition("; ")
        raise UsageError(f"kubectl {verb} runs on the control plane: {reason}", remedy=remedy)
    for word in words:
        name = word.partition("=")[0]
        if name in _OTHER_CLUSTERS:
            raise UsageError(
                f"{name} means another cluster, and kubectl runs on this one's control plane",
                remedy="kuberry kubectl --cluster NAME …, before kubectl's own words",
            )
        if name in _OTHER_FILES and verb in _WITH_FILES:
            raise UsageError(
                f"{name} reads files of the control plane, not of this machine",
                remedy="with kubectl here: kubectl … --dry-run=client -o yaml | "
                "kuberry kubectl apply -f -",
            )


def _files(words: Sequence[str]) -> tuple[list[str], list[str]]:
    """Return *words* without ``-f``, ``--filename`` and their values, and the values."""
    kept: list[str] = []
    files: list[str] = []
    rest = iter(words)
    for word in rest:
        if word in {"-f", "--filename"}:
            files += next(rest, "").split(",")
        elif word.startswith("--filename="):
            files += word.partition("=")[2].split(",")
        elif word.startswith("-f") and not word.startswith("--"):
            files += word.removeprefix("-f").removeprefix("=").split(",")
        else:
            kept.append(word)
    return kept, [one for one in files if one]
