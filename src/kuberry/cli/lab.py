"""`kuberry lab`: virtual hosts on this machine."""

from __future__ import annotations

import os
import re
from typing import TYPE_CHECKING, Annotated

import typer

from kuberry.cli.lab_bundle import bundle
from kuberry.cli.options import HostsOption, Output, OutputOption
from kuberry.cli.render import console
from kuberry.cli.running import Interrupted, run
from kuberry.model.lab import UNDER_DRESS, LabDress, LabOs, PowerVerb

if TYPE_CHECKING:
    from kuberry.model.lab import LabStatus

app = typer.Typer(help="Virtual hosts on this machine, to try and to test.", no_args_is_help=True)

_SIZE = re.compile(r"(?P<number>\d+(\.\d+)?)(?P<unit>[KMGT]?)(i?B)?", re.IGNORECASE | re.ASCII)
_UNITS = {"": 0, "k": 1, "m": 2, "g": 3, "t": 4}
_SMALLEST_MEMORY = 64 * 2**20


def size_bytes(text: str) -> int:
    """Return the bytes that *text* (``512M``, ``2G``) stands for; units are powers of 1024.

    Raises:
        typer.BadParameter: It is no size, or too small for a host.
    """
    match = _SIZE.fullmatch(text.strip())
    if not match:
        raise typer.BadParameter(f"{text!r} is no size; write 512M or 2G")
    size = int(float(match["number"]) * 1024 ** _UNITS[match["unit"].lower()])
    if size < _SMALLEST_MEMORY:
        raise typer.BadParameter(f"{text!r} is too little for a host; it needs 64M at least")
    return size


NameArgument = Annotated[str, typer.Argument(metavar="NAME", help="A host of the lab.")]


@app.command()
def up(
    hosts: HostsOption,
    os: Annotated[LabOs, typer.Option("--os", help="Operating system of new hosts.")] = "debian12",
    dress: Annotated[
        LabDress | None,
        typer.Option(
            "--dress", help="Have new hosts pass themselves off as Raspberry Pis with this system."
        ),
    ] = None,
    cpus: Annotated[
        float | None, typer.Option("--cpus", min=0.01, help="Processors' worth of time for each.")
    ] = None,
    memory: Annotated[
        int | None,
        typer.Option(
            "--memory", metavar="SIZE", parser=size_bytes, help="Memory for each: 512M, 2G."
        ),
    ] = None,
    output: OutputOption = Output.TABLE,
) -> None:
    """Bring hosts up, add hosts to a running lab; the first time takes about a minute."""
    from kuberry.api.lab import lab_up
    from kuberry.model.lab import LabShape

    system = UNDER_DRESS[dress] if dress else os
    shape = LabShape(os=system, cpus=cpus, memory_bytes=memory, dress=dress)
    try:
        found = run(lab_up(hosts, shape=shape, emit=console.print_event))
    except Interrupted:
        console.stderr().print("hosts that are up keep running; kuberry lab down takes them down")
        raise
    _print(found, output)


@app.command()
def status(output: OutputOption = Output.TABLE) -> None:
    """Show the hosts, and what they sent elsewhere: all of it was dropped."""
    from kuberry.api.lab import lab_status

    _print(run(lab_status()), output)


@app.command()
def shell(name: NameArgument) -> None:
    """Open a shell on a host, as its user kuberry, who may sudo."""
    from kuberry.api.lab import lab_shell

    words = lab_shell(name)
    os.execvp(words[0], words)  # noqa: S606 -- fixed options, names from our own file


@app.command()
def poweroff(name: NameArgument, output: OutputOption = Output.TABLE) -> None:
    """Shut a host down and leave it off."""
    _switch(name, "poweroff", output)


@app.command()
def poweron(name: NameArgument, output: OutputOption = Output.TABLE) -> None:
    """Boot a host that is off."""
    _switch(name, "poweron", output)


@app.command()
def reboot(name: NameArgument, output: OutputOption = Output.TABLE) -> None:
    """Reboot a host and wait until it lets people in again."""
    _switch(name, "reboot", output)


@app.command()
def down(output: OutputOption = Output.TABLE) -> None:
    """Remove the lab, and what is left of killed ones; the base systems stay for the next time."""
    from kuberry.api.lab import lab_down
    from kuberry.cli.render.lab import print_removed

    removed = run(lab_down(emit=console.print_event))
    if output is Output.JSON:
        console.print_json(removed.model_dump(mode="json"))
    else:
        print_removed(removed)


def _switch(name: str, verb: PowerVerb, output: Output) -> None:
    from kuberry.api.lab import lab_power

    _print(run(lab_power(name, verb, emit=console.print_event)), output)


def _print(found: LabStatus | None, output: Output) -> None:
    from kuberry.cli.render.lab import print_lab

    if output is Output.JSON:
        console.print_json(found.model_dump(mode="json") if found else None)
    else:
        print_lab(found)


app.command(name="bundle")(bundle)
