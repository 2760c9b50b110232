"""`kuberry serve`: the same over HTTP."""

from __future__ import annotations

from typing import Annotated

import typer

from kuberry.cli.render import console


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
) -> None:
    """Serve the same over HTTP: docs/server.md. Always with tokens, and with TLS of its own."""
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
    )
    run(wish, Settings(), say)


def say(text: str) -> None:
    """Tell the user *text*, at once."""
    console.stderr().print(text, markup=False)
