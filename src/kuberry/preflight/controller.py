"""Is the machine that kuberry runs on fit for it?"""

from __future__ import annotations

from collections.abc import Iterator

from kuberry.model.controller import ControllerFacts
from kuberry.model.finding import Severity
from kuberry.preflight.scene import Check, Observation
from kuberry.preflight.versions import upstream

PYTHONS = ((3, 11), (3, 14))
"""From the first on, before the second: requires-python of pyproject.toml."""
ASYNCSSH = (2, 21)
"""The oldest version that pyproject.toml allows."""
GIB = 2**30
_CACHE_REFUSED_BYTES, _CACHE_TIGHT_BYTES = GIB // 2, 3 * GIB
_BEHIND_S = 86_400.0  # an archive may hold files of another time zone
_WARNING = (Severity.WARNING,)


def _here(proof: str, remedy: str, severity: Severity = Severity.ERROR) -> Observation:
    return Observation(host=None, proof=proof, remedy=remedy, severity=severity)


def _python(facts: ControllerFacts) -> Iterator[Observation]:
    seen = upstream(facts.python)
    if seen is None or not PYTHONS[0] <= seen < PYTHONS[1]:
        yield _here(f"it is Python {facts.python}", "install kuberry with Python 3.11 to 3.13")


def _library(facts: ControllerFacts) -> Iterator[Observation]:
    seen = upstream(facts.asyncssh) if facts.asyncssh else None
    if seen is None or seen < ASYNCSSH:
        yield _here(
            f"asyncssh {facts.asyncssh or 'is not installed'}",
            "install kuberry anew, with all that it needs",
        )


def _keys(facts: ControllerFacts) -> Iterator[Observation]:
    if facts.agent == "unreachable":
        yield _here(
            "SSH_AUTH_SOCK names an agent that does not answer",
            "start it anew (eval $(ssh-agent)), or unset SSH_AUTH_SOCK",
            Severity.WARNING,
        )
    if not facts.key_files and not facts.agent_keys:
        yield _here(
            "there is no usual key in ~/.ssh, and no agent holds one",
            "kuberry hosts setup makes one; a key of another name belongs into ~/.ssh/config",
            Severity.WARNING,
        )


def _room(facts: ControllerFacts) -> Iterator[Observation]:
    free = facts.cache.free_bytes
    if free < _CACHE_TIGHT_BYTES:
        refused = free < _CACHE_REFUSED_BYTES
        yield _here(
            f"{free / GIB:.1f} GiB are free for {facts.cache.path}",
            "make room, or name another place: KUBERRY_CACHE_DIR",
            Severity.ERROR if refused else Severity.WARNING,
        )


def _clock(facts: ControllerFacts) -> Iterator[Observation]:
    if facts.behind_s > _BEHIND_S:
        yield _here(
            f"its clock is {facts.behind_s / 86_400:.0f} days before kuberry itself was installed",
            "set the clock: sudo timedatectl set-ntp true",
        )


def _state(facts: ControllerFacts) -> Iterator[Observation]:
    for place, name in ((facts.state, "STATE"), (facts.cache, "CACHE")):
        if not place.writable:
            yield _here(
                f"{place.path} cannot be written",
                f"see to its owner, or name another place: KUBERRY_{name}_DIR",
            )


def _open_state(facts: ControllerFacts) -> Iterator[Observation]:
    for place in (facts.state, facts.cache):
        if place.others_may_write:
            yield _here(
                f"{place.path} can be written by others (mode {place.mode:o})",
                f"chmod go-w {place.path}",
            )


def _known_hosts(facts: ControllerFacts) -> Iterator[Observation]:
    known = facts.known_hosts
    if not known.writable:
        yield _here(
            f"{known.path} cannot be written, so no first contact can be kept",
            "see to its owner and mode",
        )
    if known.others_may_write:
        yield _here(
            f"{known.path} can be written by others (mode {known.mode:o})",
            f"chmod 600 {known.path}, and look whose keys it holds",
            Severity.WARNING,
        )


def _old_package(facts: ControllerFacts) -> Iterator[Observation]:
    anew = "pip install --force-reinstall --no-deps kuberry"
    whose = {"foreign": ", and `cms pi` is its", "missing": ", and `cms pi` is gone"}
    if facts.old_package:
        yield _here(
            f"cloudmesh-pi-cluster {facts.old_package} is installed, too"
            + whose.get(facts.cms_plugin, ""),
            f"pip uninstall cloudmesh-pi-cluster, then {anew}",
            Severity.WARNING,
        )
    elif facts.cms_plugin in whose:
        yield _here(
            "the file of `cms pi` that kuberry brought was "
            + ("overwritten" if facts.cms_plugin == "foreign" else "taken away"),
            anew,
            Severity.WARNING,
        )


CHECKS: tuple[Check[ControllerFacts], ...] = (
    Check(
        "KB701",
        "a Python that kuberry is not made for",
        _python,
        why="It is tested with Python 3.11, 3.12 and 3.13.",
        remedy="Install kuberry with one of these.",
    ),
    Check(
        "KB702",
        "no fitting SSH library",
        _library,
        why="asyncssh carries every byte to the hosts.",
        remedy="Install kuberry anew, with all that it needs.",
        must="no host could be reached",
    ),
    Check(
        "KB703",
        "no SSH key",
        _keys,
        why="Hosts are logged in to by key: one of the usual files in ~/.ssh, one named in "
        "~/.ssh/config, or one that an agent holds.",
        remedy="`kuberry hosts setup` makes one and brings it to the hosts.",
        severities=_WARNING,
    ),
    Check(
        "KB704",
        "little room for the cache",
        _room,
        why="A Kubernetes with its images takes a good GiB for each architecture.",
        remedy="Make room, or name another place by `KUBERRY_CACHE_DIR`.",
        severities=(Severity.ERROR, Severity.WARNING),
    ),
    Check(
        "KB705",
        "the clock of this machine is wrong",
        _clock,
        why="It is more than a day before the files of kuberry were written. Certificates of the "
        "cluster and of downloads would seem not valid yet.",
        remedy="`sudo timedatectl set-ntp true`",
    ),
    Check(
        "KB706",
        "what kuberry keeps cannot be written",
        _state,
        why="The journal, the clusters and the bundles are kept there.",
        remedy="See to the owner, or name another place: `KUBERRY_STATE_DIR`, `KUBERRY_CACHE_DIR`.",
        must="a run could not be remembered",
    ),
    Check(
        "KB707",
        "others may write what kuberry keeps",
        _open_state,
        why="Who can change the cache or the remembered clusters decides what is installed.",
        remedy="`chmod go-w` the directory.",
    ),
    Check(
        "KB708",
        "known_hosts is not as it should be",
        _known_hosts,
        why="It says which machine is which host: it must be ours to write, and nobody else's.",
        remedy="`chmod 600 ~/.ssh/known_hosts`, and see to its owner.",
        severities=(Severity.ERROR, Severity.WARNING),
    ),
    Check(
        "KB709",
        "the old cloudmesh-pi-cluster, or what it has left of `cms pi`",
        _old_package,
        why="Both bring the file of `cms pi`. The one that was installed last has overwritten the "
        "other's, and to uninstall the old one takes ours away; pip says neither.",
        remedy="`pip uninstall cloudmesh-pi-cluster`, then "
        "`pip install --force-reinstall --no-deps kuberry`",
        severities=_WARNING,
    ),
)
