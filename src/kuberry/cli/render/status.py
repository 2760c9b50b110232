"""The hosts as they are now, for people: a table where it fits, else a block for each host."""

from __future__ import annotations

from collections.abc import Iterable

from rich.box import SIMPLE_HEAD
from rich.console import Console, Group, RenderableType
from rich.measure import Measurement
from rich.table import Table
from rich.text import Text

from kuberry.cli.render import console
from kuberry.cli.render.health import complaints
from kuberry.model.facts import FileSystem, Health, HostFacts
from kuberry.model.status import HostStatus, StatusReport

_UNKNOWN = "?"
_GIB = 2**30
_NATURAL_WIDTH = 10_000
_COLUMNS = (
    "host",
    "state",
    "system",
    "machine",
    "cpus",
    "memory",
    "disk free",
    "health",
    "up",
    "kubernetes",
)


def print_status(report: StatusReport) -> None:
    """Print *report*; below it, why hosts could not be looked at and what to do."""
    out = console.stdout()
    rows = [_cells(row) for row in report.hosts]
    table = _table(rows)
    width = Measurement.get(out, out.options.update(width=_NATURAL_WIDTH), table).maximum
    if out.is_terminal and width > out.width:
        out.print(Group(*_blocks(rows)))
    else:
        out.width = max(width, out.width)
        out.print(table)
    for row in report.unreachable:
        _print_problem(out, row)


def _table(rows: Iterable[tuple[str, ...]]) -> Table:
    table = Table(box=SIMPLE_HEAD, padding=(0, 1, 0, 0), pad_edge=False, show_edge=False)
    for name in _COLUMNS:
        table.add_column(name, no_wrap=True, justify="right" if name == "cpus" else "left")
    for cells in rows:
        table.add_row(*(_styled(name, cell) for name, cell in zip(_COLUMNS, cells, strict=True)))
    return table


def _blocks(rows: Iterable[tuple[str, ...]]) -> Iterable[RenderableType]:
    """Yield a heading and a line for each fact, so that nothing is cut off."""
    for host, *cells in rows:
        yield Text(host, style="bold")
        for name, cell in zip(_COLUMNS[1:], cells, strict=True):
            if cell:
                yield Text(f"  {name}: ").append_text(_styled(name, cell))


def _styled(name: str, cell: str) -> Text:
    alarming = (name == "health" and " now" in cell) or (name == "state" and cell == "unreachable")
    style = "bold red" if alarming else "bold" if name == "host" else ""
    return Text(cell, style=style)


def _print_problem(out: Console, row: HostStatus) -> None:
    if row.problem is None:
        return
    text = f"{row.host}: {row.problem.message} [{row.problem.code}]"
    out.print(Text(_printable(text), style="red"))
    if row.problem.remedy:
        out.print(Text(f"  → {_printable(row.problem.remedy)}"))


def _cells(row: HostStatus) -> tuple[str, ...]:
    facts = row.facts
    if facts is None:
        cells: tuple[str, ...] = (row.host, row.state, *("" for _ in _COLUMNS[2:]))
    else:
        cells = (
            row.host,
            _state(facts),
            _system(facts),
            _machine(facts),
            _cpus(facts),
            _memory(facts),
            _disk(facts.disks),
            _health(facts.health),
            _uptime(facts),
            _kubernetes(facts) + (f", {row.role} of {row.cluster}" if row.role else ""),
        )
    return tuple(_printable(cell) for cell in cells)


def _printable(text: str) -> str:
    """Return *text* without what could steer a terminal: hosts choose some of these words."""
    return "".join(char if char.isprintable() else "\N{REPLACEMENT CHARACTER}" for char in text)


def _state(facts: HostFacts) -> str:
    words = [(facts.init and facts.init.state) or "up"]
    if not facts.privileges.root:
        words.append("no sudo")
    if facts.init and facts.init.reboot_required:
        words.append("wants a reboot")
    return ", ".join(words)


def _system(facts: HostFacts) -> str:
    if facts.os is None:
        return _UNKNOWN
    if facts.os.raspberry_pi_os:
        version = facts.os.version_id or facts.os.codename or ""
        return f"Raspberry Pi OS {version}".strip()
    return facts.os.pretty_name


def _machine(facts: HostFacts) -> str:
    architecture = facts.architecture
    kind = architecture.machine if architecture else _UNKNOWN
    if architecture and architecture.is_mixed:
        kind = f"{kind}, 32-bit programs"
    model = facts.board.model if facts.board else None
    if model is None:
        return kind
    return f"{model.removeprefix('Raspberry ').partition(' Rev ')[0]}, {kind}"


def _cpus(facts: HostFacts) -> str:
    if facts.processor is None:
        return _UNKNOWN
    count, quota = facts.processor.count, facts.processor.quota
    return str(count) if quota is None else f"{quota:g} of {count}"


def _memory(facts: HostFacts) -> str:
    return _gib(facts.memory.usable_bytes) if facts.memory else _UNKNOWN


def _gib(size_bytes: int) -> str:
    return f"{size_bytes / _GIB:.1f} GiB"


def _disk(disks: tuple[FileSystem, ...] | None) -> str:
    """Show the file system that images and volumes would fill: that of /var/lib."""
    if not disks:
        return _UNKNOWN
    disk = disks[-1]
    text = f"{disk.free_bytes / _GIB:.1f} of {_gib(disk.total_bytes)}"
    return f"{text}, read-only" if disk.read_only else text


def _health(health: Health | None) -> str:
    if health is None:
        return _UNKNOWN
    words = [] if health.temperature_c is None else [f"{health.temperature_c:.0f} °C"]
    if said := complaints(health):
        words.append(said)
    return ", ".join(words) or "-"


def _uptime(facts: HostFacts) -> str:
    if facts.identity is None or facts.identity.uptime_s is None:
        return _UNKNOWN
    minutes = int(facts.identity.uptime_s // 60)
    hours, days = minutes // 60, minutes // 1440
    if days:
        return f"{days}d {hours % 24}h"
    return f"{hours}h {minutes % 60}m" if hours else f"{minutes}m"


def _kubernetes(facts: HostFacts) -> str:
    if facts.kubernetes is None:
        return _UNKNOWN
    versions = {program.name: program.version for program in facts.programs or ()}
    versions["kubeadm"] = versions.get("kubelet") or versions.get("kubeadm")
    found = facts.kubernetes.distributions
    return ", ".join(f"{name} {versions.get(name) or ''}".strip() for name in found) or "none"
