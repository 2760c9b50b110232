"""`kuberry serve`: the same over HTTP."""

from __future__ import annotations

from collections.abc import Sequence
from enum import StrEnum
from typing import Annotated

import typer

from kuberry.cli.render import console


class Log(StrEnum):
    """What the server says beside what goes wrong."""

    QUIET = "quiet"
    JSON = "json"


def serve(
    host: Annotated[
        str, typer.Option("--host", metavar="ADDRESS", help="Where to listen.")
    ] = "127.0.0.1",
    port: Annotated[
        int, typer.Option("--port", min=0, max=65535, help="0 takes a free one.")
    ] = 8443,
    name: Annotated[
        list[str] | None,
        typer.Option("--name", metavar="NAME", help="The server is called so, too (repeatable)."),
    ] = None,
    allow_hosts: Annotated[
        str | None,
        typer.Option(
            "--allow-hosts",
            metavar="EXPR",
            help="Hosts that requests may name, beside those of the inventory and of clusters.",
        ),
    ] = None,
    plain: Annotated[
        bool, typer.Option("--plain", help="Without TLS; for this machine itself alone.")
    ] = False,
    new_admin_token: Annotated[
        bool, typer.Option("--new-admin-token", help="Make another token of an admin.")
    ] = False,
    log: Annotated[
        Log, typer.Option("--log", help="json: a line on standard error for each request and run.")
    ] = Log.QUIET,
    print_unit: Annotated[
        bool, typer.Option("--print-unit", help="Print a unit of systemd for this line instead.")
    ] = False,
) -> None:
    """Serve the same over HTTP: docs/server.md. Always with tokens, and with TLS of its own."""
    if print_unit:
        from kuberry.server.unit import unit

        said = (*_said("--name", name), *_said("--allow-hosts", allow_hosts and [allow_hosts]))
        where = ("--host", host, "--port", str(port), *(("--plain",) if plain else ()))
        console.print_lines(tuple(unit((*where, *said)).splitlines()))
        return
    from kuberry.server.serve import Wish
    from kuberry.server.serve import serve as run
    from kuberry.settings import Settings

    wish = Wish(
        host=host,
        port=port,
        names=tuple(name or ()),
        allow_hosts=allow_hosts,
        plain=plain,
        new_admin_token=new_admin_token,
        log_json=log is Log.JSON,
    )
    run(wish, Settings(), say)


def _said(option: str, values: Sequence[str] | None) -> tuple[str, ...]:
    return tuple(word for value in values or () for word in (option, value))


def say(text: str) -> None:
    """Tell the user *text*, at once."""
    console.stderr().print(text, markup=False)
