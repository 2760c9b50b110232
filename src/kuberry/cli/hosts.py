"""`kuberry hosts`: names in, names out."""

from __future__ import annotations

import typer

app = typer.Typer(
    help="Host expressions, and hosts prepared for login by key.", no_args_is_help=True
)
