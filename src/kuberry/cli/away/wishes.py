"""From the words of a line to what a server is asked."""

from __future__ import annotations

import enum
import inspect
from collections.abc import Callable, Mapping
from typing import Any, TypeVar

from pydantic import ValidationError

from kuberry.cli.away import lines
from kuberry.cli.away.doing import Server
from kuberry.errors import UsageError
from kuberry.hostlist import expand
from kuberry.model.request import (
    Asked,
    DeployRequest,
    NodeAddRequest,
    NodeRemoveRequest,
    ResetRequest,
    StopRequest,
    VerifyRequest,
)

Request = TypeVar("Request", bound=Asked)
Said = Mapping[str, Any]
_CALLED = {"name": "cluster", "drain_timeout": "drain_s"}
_OF_THE_LINE = {
    "deploy": {"dry_run", "output"},
    "check": {"output"},
    "verify": {"output"},
    "stop": {"output"},
    "reset": {"yes", "dry_run", "output"},
    "node add": {"dry_run", "output"},
    "node remove": {"yes", "output"},
    "status": {"hosts", "output"},
    "runs list": {"cluster", "limit", "output"},
    "runs show": {"run", "output", "html"},
}
"""By command: what the line itself decides, and the server is not told."""
_REQUESTS: dict[str, type[Asked]] = {
    "deploy": DeployRequest,
    "check": DeployRequest,
    "verify": VerifyRequest,
    "stop": StopRequest,
    "reset": ResetRequest,
    "node add": NodeAddRequest,
    "node remove": NodeRemoveRequest,
}


def refuse_own(name: str, said: Said, known: Mapping[str, inspect.Parameter]) -> None:
    """Refuse what a line says of this machine: how to log in, and what servers do not do.

    Raises:
        UsageError: It names such an option.
    """
    request = _REQUESTS.get(name)
    fields = set(request.model_fields) if request else set()
    for word, value in said.items():
        is_told = word in _OF_THE_LINE[name] or _CALLED.get(word, word) in fields
        if not is_told and value != known[word].default:
            option = "--" + word.replace("_", "-")
            message = f"{option} is of this machine: a server does as its own user does"
            raise UsageError(message, remedy=f"leave {option} out, or --server")


def wish(kind: type[Request], command: str, said: Said) -> Request:
    """Return the request of *kind* that *said* asks for; what is not said is left out.

    Raises:
        HostExpressionError: The hosts are none: said here as it is said where all is done here.
        UsageError: A value is not of the right shape.
    """
    for expression in (said.get("hosts"), said.get("control_plane")):
        if expression:
            expand(expression)
    named = {_CALLED.get(word, word): _plain(value) for word, value in said.items()}
    known = {word: one for word, one in named.items() if word in kind.model_fields}
    wanted = {word: one for word, one in known.items() if one is not None}
    try:
        return kind.model_validate({**wanted, "command": command})
    except ValidationError as error:
        first = error.errors()[0]
        where = " ".join(str(part) for part in first["loc"])
        remedy = f"kuberry {command.replace('-', ' ')} --help"
        raise UsageError(f"{where}: {first['msg']}", remedy=remedy) from None


def _plain(value: Any) -> Any:
    if isinstance(value, list):
        return tuple(_plain(one) for one in value)
    return value.value if isinstance(value, enum.Enum) else value


def _deploy(server: Server, said: Said) -> int:
    return lines.deploy(server, wish(DeployRequest, "deploy", said), said)


def _check(server: Server, said: Said) -> int:
    return lines.check(server, wish(DeployRequest, "deploy", said), said)


def _verify(server: Server, said: Said) -> int:
    return lines.verify(server, wish(VerifyRequest, "verify", said), said)


def _stop(server: Server, said: Said) -> int:
    return lines.do(server, wish(StopRequest, "stop", said), said)


def _reset(server: Server, said: Said) -> int:
    return lines.remove(server, wish(ResetRequest, "reset", said), said)


def _node_add(server: Server, said: Said) -> int:
    return lines.deploy(server, wish(NodeAddRequest, "node-add", said), said)


def _node_remove(server: Server, said: Said) -> int:
    return lines.remove(server, wish(NodeRemoveRequest, "node-remove", said), said)


COMMANDS: dict[str, Callable[[Server, Said], int]] = {
    "deploy": _deploy,
    "check": _check,
    "verify": _verify,
    "stop": _stop,
    "reset": _reset,
    "node add": _node_add,
    "node remove": _node_remove,
    "status": lines.status,
    "runs list": lines.list_runs,
    "runs show": lines.show_run,
}
"""What a server does for a line, by its words."""
