"""Pages of tables: codes, probes, files and settings, HTTP, decisions; all from the program."""

from __future__ import annotations

import ast
import inspect
import json
import re
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, get_args

from pydantic import BaseModel

from kuberry.cli.exits import exit_for, exit_for_outcome
from kuberry.errors import KuberryError
from kuberry.inventory import Inventory, InventoryHost
from kuberry.model.cluster import Cluster, K3sWish
from kuberry.model.report import HostReport, RunOutcome
from kuberry.model.request import AnyRequest
from kuberry.server.app import document, make_app
from kuberry.server.problems import status_for
from kuberry.server.state import Setup
from kuberry.settings import Settings
from kuberry.verify.graph import KINDS, Kind

ROOT = Path(__file__).parents[1]
Fields = Callable[[type[BaseModel]], Iterator[str]]
MARK = "<!-- written by tools/reference.py -->\n"
_CODES = f"""\
# Codes

{MARK}
Every error has a code that keeps its meaning, a message, where it is about one host that host, and where there is one a remedy.
With `--output json` the last line on standard error is such an object; over HTTP it is a problem (RFC 9457); in Python it is an exception.
Codes of checks (`KB…`) are in [checks](checks.md), ids of probes in [probes](probes.md), and what to do by symptom in [troubleshooting](troubleshooting.md).

## Exit codes

| code | meaning |
|---|---|
"""
_PROBES = f"""\
# Probes

{MARK}
What a running cluster is asked by `kuberry verify`, and at the end of `kuberry deploy`.
Each probe ends as `ok`, `fail`, `skipped` (another failure explains it: the root cause is shown alone) or `absent` (this Kubernetes has no such part, and that is said).
Probes work in a namespace of their own, and nothing of them is left.

"""
_FILES = f"""\
# Files and settings

{MARK}
Where things lie on hosts is in [architecture](architecture.md#where-truth-lives); the [manifest of a bundle](bundles.md#the-manifest) and [events](events.md) have pages of their own.
"""
_HTTP = f"""\
# HTTP

{MARK}
What a [server](server.md) answers; its `/v1/openapi.json` says it for programs, with every field of every answer.
Each path but `/healthz` and `/readyz` needs a token with the scope that [the server's page](server.md#what-is-there) names.
What cannot be done is answered as a problem, with one of the [codes](codes.md#errors).
"""
_DECISIONS = f"""\
# Decisions

{MARK}
Why it is so: one page each, with context, decision and consequences.

"""


def codes_page(words: Callable[[Any], str]) -> str:
    """Return docs/codes.md; *words* gives the first sentence of a docstring."""
    parts = [_CODES, _exit_rows(), "\n## Errors\n\n| code | exit | HTTP | |\n|---|---|---|---|\n"]
    parts += [_error_row(kind, words) for kind in _below(KuberryError)]
    parts.append("\n## Refusals of a server\n\n| code | HTTP | |\n|---|---|---|\n")
    parts += [f"| `{code}` | {status} | {text} |\n" for code, status, text in _refusals()]
    parts.append("\n## Outcomes of a run\n\n| outcome | exit |\n|---|---|\n")
    parts += [f"| `{one}` | {int(exit_for_outcome(one))} |\n" for one in get_args(RunOutcome)]
    endings = get_args(HostReport.model_fields["ending"].annotation)
    parts.append("\nA host of a run ends as ")
    return "".join([*parts, ", ".join(f"`{one}`" for one in endings), ".\n"])


def _exit_rows() -> str:
    """Return what the README says of each exit code; a house test keeps that table complete."""
    readme = (ROOT / "README.md").read_text("utf-8")
    rows = readme.split("| code | meaning |\n|---|---|\n")[1].split("\n\n")[0]
    return f"{rows}\n"


def _below(kind: type[KuberryError]) -> Iterator[type[KuberryError]]:
    for one in kind.__subclasses__():
        if one.__module__ == "kuberry.errors":
            yield one
            yield from _below(one)


def _error_row(kind: type[KuberryError], words: Callable[[Any], str]) -> str:
    error = kind.__new__(kind)  # only its kind counts
    status = "its own" if kind.code == "server-refused" else status_for(error)
    return f"| `{kind.code}` | {int(exit_for(error))} | {status} | {words(kind)} |\n"


def _refusals() -> list[tuple[str, str, str]]:
    """Return code, status and sentence of each refusal in the sources of the server."""
    found = {}
    for path in sorted((ROOT / "src/kuberry/server").rglob("*.py")):
        for scope in ast.walk(ast.parse(path.read_text("utf-8"))):
            if isinstance(scope, ast.FunctionDef | ast.AsyncFunctionDef):
                found |= dict(_refusals_in(scope))
    return [(code, *found[code]) for code in sorted(found)]


def _refusals_in(scope: ast.AST) -> Iterator[tuple[str, tuple[str, str]]]:
    said: dict[str, ast.expr] = {}
    for one in sorted(ast.walk(scope), key=lambda node: getattr(node, "lineno", 0)):
        if isinstance(one, ast.Assign) and isinstance(one.targets[0], ast.Name):
            said[one.targets[0].id] = one.value
        if isinstance(one, ast.Call) and getattr(one.func, "id", "") == "Refused":
            status, code, text = one.args[:3]
            if isinstance(code, ast.Constant):
                value = said.get(getattr(text, "id", ""), text)
                yield str(code.value), (ast.unparse(status), _sentence(value))


def _sentence(text: ast.expr) -> str:
    if not isinstance(text, ast.Constant | ast.JoinedStr):
        return "its message says why"
    words = ast.unparse(text).removeprefix("f").strip("'\"")
    return re.sub(r"\{.*?\}", "…", words)


def probes_page() -> str:
    """Return docs/probes.md."""
    rows = "".join(_probe_row(one) for one in KINDS)
    return f"{_PROBES}| probe | ok means | a failure of these explains it |\n|---|---|---|\n{rows}"


def _probe_row(kind: Kind) -> str:
    causes = ", ".join(f"`{one}`" for one in (*kind.here, *kind.anywhere))
    return f"| `{kind.id}` | {kind.title} | {causes or 'nothing'} |\n"


def files_page(fields: Fields, words: Callable[[Any], str]) -> str:
    """Return docs/files.md; *fields* gives the table of a model."""
    titles: tuple[tuple[type[BaseModel], str, str], ...] = (
        (Cluster, "The file of a cluster", "`~/.local/state/kuberry/clusters/NAME.yaml`"),
        (K3sWish, "Its part `k3s`", ""),
        (Inventory, "The inventory", "`~/.config/kuberry/inventory.yaml`"),
        (InventoryHost, "A host of it", ""),
    )
    parts = [_FILES]
    for model, title, place in titles:
        where = f"{place}: " if place else ""
        parts += [f"\n## {title}\n\n{where}{words(model)}\n\n", *fields(model)]
    parts.append("\n## The environment\n\n")
    parts.append("| variable | |\n|---|---|\n")
    meanings = inspect.cleandoc(Settings.__doc__ or "").partition("Attributes:\n")[2]
    for name, text in re.findall(r"^    (\w+): (.*(?:\n {8}.*)*)", meanings, re.MULTILINE):
        parts.append(f"| `KUBERRY_{name.upper()}` | {_plain(text)} |\n")
    return "".join(parts)


def http_page() -> str:
    """Return docs/http.md."""
    described = document(make_app(Setup(settings=Settings())))
    parts = [_HTTP]
    for path, operations in described["paths"].items():
        for method, one in operations.items():
            parts += [f"\n## {method.upper()} {path}\n\n{_plain(one['description'])}\n"]
            parts += [_parameters(one), _body(one)]
    parts.append("\n## Requests\n")
    for model in get_args(AnyRequest):
        parts += [f"\n### {model.__name__}\n\n{_plain(model.__doc__.split('Attributes:')[0])}\n\n"]
        parts += ["| field | default |\n|---|---|\n", *_request_rows(model)]
    return "".join(parts)


def _parameters(operation: dict[str, Any]) -> str:
    rows = [
        f"| `{one['name']}` | {one['in']} | {_plain(one.get('description', ''))} |\n"
        for one in operation.get("parameters", [])
    ]
    return "".join(["\n| parameter | in | |\n|---|---|---|\n", *rows]) if rows else ""


def _body(operation: dict[str, Any]) -> str:
    found = re.findall(
        r"'#/components/schemas/(\w+Request)'", str(operation.get("requestBody", ""))
    )
    links = ", ".join(f"[{name}](#{name.lower()})" for name in dict.fromkeys(found))
    return f"\nThe body: {links}.\n" if links else ""


def _request_rows(model: type[BaseModel]) -> Iterator[str]:
    for name, field in model.model_fields.items():
        default = "required" if field.is_required() else f"`{_json(field.default)}`"
        value = f"`{get_args(field.annotation)[0]}`" if name == "command" else default
        yield f"| `{name}` | {value} |\n"


def _json(default: Any) -> str:
    return default if isinstance(default, str) else json.dumps(default)


def decisions_page() -> str:
    """Return docs/decisions.md."""
    pages = sorted((ROOT / "docs/adr").glob("*.md"))
    titles = [page.read_text("utf-8").splitlines()[0].partition(". ")[2] for page in pages]
    rows = [
        f"{int(page.name[:4])}. [{title}](adr/{page.name})\n"
        for page, title in zip(pages, titles, strict=True)
    ]
    return "".join([_DECISIONS, *rows])


def _plain(text: str) -> str:
    return " ".join(text.replace("``", "`").split()).replace("|", "\\|")
