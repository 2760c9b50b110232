"""`kuberry bundle`: everything a cluster is installed from, made, checked and carried around."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from kuberry.cli.options import Output, OutputOption
from kuberry.cli.render import console
from kuberry.errors import BundleError, UsageError

if TYPE_CHECKING:
    from kuberry.model.bundle import Bundle

app = typer.Typer(help="What clusters are installed from.", no_args_is_help=True)

NameArgument = Annotated[str, typer.Argument(metavar="NAME", help="See kuberry bundle list.")]
FileArgument = Annotated[Path, typer.Argument(metavar="FILE", help="One file, a tar archive.")]


@app.command()
def create(
    distribution: Annotated[str, typer.Option("--distribution", help="k3s or kubeadm")] = "k3s",
    directory: Annotated[
        Path | None,
        typer.Option("--from", metavar="DIR", help="Holds the downloads; default: upstream's."),
    ] = None,
    name: Annotated[
        str | None, typer.Option("--name", help="Default: distribution and version.")
    ] = None,
    version: Annotated[
        str | None,
        typer.Option(
            "--version", help="stable, latest, v1.36, or exact. Default: stable; of DIR: its own."
        ),
    ] = None,
    architecture: Annotated[
        str | None,
        typer.Option("--architecture", help="amd64, arm64, armhf with commas. Default: arm64."),
    ] = None,
    output: OutputOption = Output.TABLE,
) -> None:
    """Make a bundle of a release of upstream, or of a directory of downloads."""
    if directory is None:
        words = tuple(word.strip() for word in (architecture or "arm64").split(","))
        print_one(_from_upstream(distribution, version or "stable", words, name, output), output)
        return
    from kuberry.api.bundle import Wanted, create_bundle

    if architecture is not None:
        raise UsageError("--architecture is for downloads", remedy="a directory tells it itself")
    wanted = Wanted(distribution, directory, name=name, version=version)
    print_one(create_bundle(wanted, emit=console.print_event), output)


def _from_upstream(
    distribution: str, version: str, words: tuple[str, ...], name: str | None, output: Output
) -> Bundle:
    from kuberry.api.bundle import upstream_bundle
    from kuberry.cli.render.progress import live
    from kuberry.cli.running import run

    with live(output) as emit:
        return run(upstream_bundle(distribution, version, words, name=name, emit=emit))


@app.command(name="list")
def list_(output: OutputOption = Output.TABLE) -> None:
    """Show the bundles on this machine."""
    from kuberry.api.bundle import list_bundles
    from kuberry.cli.render import bundle as render

    bundles = list_bundles()
    if output is Output.JSON:
        console.print_json([render.summary(one) for one in bundles])
    else:
        render.print_bundles(bundles)


@app.command()
def show(name: NameArgument, output: OutputOption = Output.TABLE) -> None:
    """Show what a bundle holds; as JSON: its manifest."""
    from kuberry.api.bundle import load_bundle
    from kuberry.cli.render import bundle as render

    bundle = load_bundle(name)
    if output is Output.JSON:
        console.print_json(bundle.model_dump(mode="json"))
    else:
        render.print_bundle(bundle)


@app.command()
def verify(name: NameArgument, output: OutputOption = Output.TABLE) -> None:
    """Read every byte of a bundle and compare it with its digest."""
    from kuberry.api.bundle import bundle_faults

    faults = bundle_faults(name)
    if output is Output.JSON:
        console.print_json({"name": name, "faults": list(faults)})
    if faults:
        message = f"{name} is damaged: {'; '.join(faults)}"
        raise BundleError(message, remedy="make it or import it again")
    if output is Output.TABLE:
        console.print_lines((f"{name}: every byte is as its digest says",))


@app.command()
def export(name: NameArgument, file: FileArgument, output: OutputOption = Output.TABLE) -> None:
    """Write a bundle to one file, for a machine without the Internet."""
    from kuberry.api.bundle import export_bundle

    print_one(export_bundle(name, file), output)


@app.command(name="import")
def import_(file: FileArgument, output: OutputOption = Output.TABLE) -> None:
    """Take a bundle from a file, once every digest in it is right."""
    from kuberry.api.bundle import import_bundle

    print_one(import_bundle(file, emit=console.print_event), output)


@app.command()
def remove(name: NameArgument, output: OutputOption = Output.TABLE) -> None:
    """Take a bundle out of the cache, with all that no other bundle needs."""
    from kuberry.api.bundle import remove_bundle

    print_one(remove_bundle(name, emit=console.print_event), output)


def print_one(bundle: Bundle, output: Output) -> None:
    """Print the line of *bundle*, or the same as JSON."""
    from kuberry.cli.render import bundle as render

    if output is Output.JSON:
        console.print_json(render.summary(bundle))
    else:
        render.print_bundles((bundle,))
