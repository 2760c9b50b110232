"""The lab for people: a line for each host, and the proof that nothing went out."""

from __future__ import annotations

from rich.box import SIMPLE_HEAD
from rich.table import Table
from rich.text import Text

from kuberry.cli.render import console
from kuberry.model.lab import LabHostStatus, LabRemoved, LabShape, LabStatus

_MIB = 2**20


def print_lab(found: LabStatus | None) -> None:
    """Print *found*; ``None`` says that there is no lab."""
    out = console.stdout()
    if found is None:
        out.print('there is no lab; kuberry lab up --hosts "red,red[01-02]" makes one')
        return
    table = Table(box=SIMPLE_HEAD, pad_edge=False, show_edge=False)
    for name in ("host", "power", "address", "system", "limits"):
        table.add_column(name, no_wrap=True)
    for host in found.hosts:
        table.add_row(*_cells(host))
    out.print(table)
    out.print(f"network {found.lab.subnet}; {_air_gap(found)}", soft_wrap=True)


def print_removed(removed: LabRemoved) -> None:
    """Print which hosts are gone; what else was removed has been told as it happened."""
    hosts = ", ".join(removed.hosts)
    console.stdout().print(f"removed {hosts}" if hosts else "there were no hosts to remove")


def _cells(status: LabHostStatus) -> tuple[Text, ...]:
    host, style = status.host, "" if status.power == "on" else "bold red"
    return (
        Text(host.name, style="bold"),
        Text(status.power, style=style),
        Text(str(host.address)),
        Text(host.shape.dress or host.shape.os),
        Text(_limits(host.shape)),
    )


def _limits(shape: LabShape) -> str:
    words = [] if shape.cpus is None else [f"{shape.cpus:g} cpus"]
    if shape.memory_bytes is not None:
        words.append(f"{shape.memory_bytes / _MIB:g} MiB")
    return ", ".join(words) or "none"


def _air_gap(found: LabStatus) -> str:
    if found.dropped_beyond is None or found.dropped_controller is None:
        return "how much was dropped on the way out, only root can see"
    beyond, here = found.dropped_beyond, found.dropped_controller
    return f"no way out: dropped {_packets(beyond)} to elsewhere and {here} to this machine"


def _packets(count: int) -> str:
    return "1 packet" if count == 1 else f"{count} packets"
