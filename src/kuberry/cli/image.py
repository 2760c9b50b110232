"""`kuberry image`: images for jobs, which `kuberry deploy --images NAME` brings to every host."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from kuberry.cli.bundle import print_one
from kuberry.cli.options import Output, OutputOption
from kuberry.cli.render import console

app = typer.Typer(help="Images for jobs: docs/images.md.", no_args_is_help=True)


@app.command()
def build(
    name: Annotated[str, typer.Argument(metavar="NAME", help="Of image and bundle.")] = "science",
    package: Annotated[
        list[str] | None,
        typer.Option("--package", metavar="PACKAGE", help="Of Debian, beside ours (repeatable)."),
    ] = None,
    architecture: Annotated[
        str | None,
        typer.Option("--architecture", help="amd64, arm64, armhf with commas. Default: this one."),
    ] = None,
    output: OutputOption = Output.TABLE,
) -> None:
    """Build an image with Python, NumPy, SciPy and scikit-learn of Debian packages."""
    from kuberry.api.image import build_image

    words = [word.strip() for word in architecture.split(",")] if architecture else []
    made = build_image(name, packages=package or (), architectures=words, emit=console.print_event)
    print_one(made, output)


@app.command()
def add(
    name: Annotated[str, typer.Argument(metavar="NAME", help="Of the bundle that holds them.")],
    files: Annotated[
        list[Path], typer.Argument(metavar="FILE...", help="As docker save writes them.")
    ],
    output: OutputOption = Output.TABLE,
) -> None:
    """Keep image archives of your own, one for each image and architecture."""
    from kuberry.api.image import add_images

    print_one(add_images(files, name, emit=console.print_event), output)
