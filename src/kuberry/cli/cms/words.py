"""Words after `cms pi` to words of kuberry. Pure."""

from __future__ import annotations

from collections.abc import Sequence

from kuberry.cli.cms import old
from kuberry.errors import UsageError

SENSORS = ("temp", "free", "load", "led")
HELP = "cms help pi"
_RENAMED = {"destroy": "reset"}
_KINDS: dict[str, tuple[str, ...]] = {
    "kubernetes": (),
    "k3s": ("--distribution", "k3s"),
    "kubeadm": ("--distribution", "kubeadm"),
}


def refuse_old(words: Sequence[str]) -> None:
    """Point lines of the old plugin to what took over.

    Raises:
        UsageError: It is one; the remedy is what to type now.
    """
    remedy = old.remedy(words)
    if remedy is not None:
        raise UsageError(f"'{' '.join(words)}' is of the old cms pi", remedy=remedy)


def kuberry_words(words: Sequence[str]) -> tuple[str, ...]:
    """Return the line of kuberry that `cms pi` with *words* means.

    Raises:
        UsageError: There is none.
    """
    match tuple(words):
        case ("cluster", "deploy", kind, *rest) if kind in _KINDS:
            return ("deploy", *_KINDS[kind], *rest)
        case ("cluster", verb, *rest):
            return (_RENAMED.get(verb, verb), *rest)
        case () | ("cluster",):
            raise UsageError("what is cms pi to do?", remedy=HELP)
        case _:
            raise UsageError(f"cms pi does not know the word '{words[0]}'", remedy=HELP)
