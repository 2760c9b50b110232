"""`kuberry runs`: what was done, as the journal remembers it."""

from __future__ import annotations

from enum import StrEnum
from typing import Annotated

import typer

from kuberry.cli.options import Output, OutputOption

app = typer.Typer(help="Runs, as the journal remembers them.", no_args_is_help=True)


class Shape(StrEnum):
    """In which shape a run is shown."""

    TABLE = "table"
    JSON = "json"
    EVENTS = "events"


HtmlOption = Annotated[
    str | None,
    typer.Option("--html", metavar="FILE", help="Write the run's report as a page; - prints it."),
]


@app.command(name="list")
def list_(
    cluster: Annotated[
        str | None, typer.Option("--cluster", metavar="NAME", help="Only runs of this cluster.")
    ] = None,
    limit: Annotated[int, typer.Option("--limit", min=1, help="At most so many.")] = 20,
    output: OutputOption = Output.TABLE,
) -> None:
    """List the newest runs; one whose process is gone was interrupted."""
    from kuberry.api.runs import list_runs
    from kuberry.cli.render.runs import show_runs

    show_runs(list_runs(cluster=cluster, limit=limit), output)


@app.command()
def show(
    run: Annotated[
        str, typer.Argument(metavar="[ID]", help="A run's id, or how it begins; default: the last.")
    ] = "last",
    output: Annotated[
        Shape,
        typer.Option("--output", "-o", help="A table, its report as JSON, or its events as lines."),
    ] = Shape.TABLE,
    html: HtmlOption = None,
) -> None:
    """Show one run: how it ended, or how far it came; or write its report as a page."""
    from kuberry.api.runs import load_run, run_events, run_page
    from kuberry.cli.render import runs as render

    if html is not None:
        render.write_page(run_page(run), html)
        return
    if output is Shape.EVENTS:
        render.show_events(run_events(run))
        return
    detail = load_run(run)
    if output is Shape.JSON:
        render.show_json(detail)
    else:
        render.show_run(detail, run_events(detail.run.id))
