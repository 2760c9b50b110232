"""`kuberry hosts`: names in, names out; hosts found, and prepared for login by key."""

from __future__ import annotations

from typing import Annotated

import typer

from kuberry.cli import hosts_find, hosts_setup
from kuberry.cli.options import Output, OutputOption
from kuberry.cli.render import console

app = typer.Typer(
    help="Host expressions, and hosts prepared for login by key.", no_args_is_help=True
)
app.command(name="setup")(hosts_setup.setup)
app.command(name="find")(hosts_find.find)


@app.command()
def expand(
    expression: Annotated[str, typer.Argument(metavar="EXPR", help='"red,red[01-02]"')],
    output: OutputOption = Output.TABLE,
) -> None:
    """Print the names that EXPR stands for, one a line, in its order."""
    from kuberry.api.hosts import expand_hosts

    names = expand_hosts(expression)
    if output is Output.JSON:
        console.print_json(list(names))
    else:
        console.print_lines(names)


@app.command()
def fold(
    names: Annotated[list[str], typer.Argument(metavar="NAME...", help="red red01 red02")],
    output: OutputOption = Output.TABLE,
) -> None:
    """Print the one expression that expands to the names again; only neighbours are folded."""
    from kuberry.api.hosts import fold_hosts

    expression = fold_hosts(names)
    if output is Output.JSON:
        console.print_json(expression)
    else:
        console.print_lines((expression,))
