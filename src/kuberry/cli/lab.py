"""`kuberry lab`: virtual hosts on this machine."""

from __future__ import annotations

import typer

app = typer.Typer(help="Virtual hosts on this machine, to try and to test.", no_args_is_help=True)


@app.command()
def status() -> None:
    """Show the lab."""
