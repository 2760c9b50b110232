"""What `kuberry hosts setup` did, for people."""

from __future__ import annotations

from rich import box
from rich.markup import escape
from rich.table import Table

from kuberry.cli.render import console
from kuberry.model.setup import HostSetup, SetupReport

_SUDO = {
    "nopasswd": "without a password",
    "password": "with a password",
    "none": "[red]no[/red]",
    None: "-",
}


def print_setup(report: SetupReport) -> None:
    """Print a row for each host, then what is missing and what to do about it."""
    with_mesh = any(row.hops for row in report.hosts)
    table = Table(box=box.SIMPLE)
    for title in (
        "host",
        "login by key",
        "sudo",
        *(["other hosts"] if with_mesh else []),
        "changed",
    ):
        table.add_column(title)
    for row in report.hosts:
        table.add_row(*_cells(row, with_mesh=with_mesh))
    console.stdout().print(table)
    console.stdout().print(f"key: {escape(report.public_key_file)} ({report.fingerprint})")
    if not report.is_changed:
        console.stdout().print("all was in place already: nothing was changed")
    for row in report.not_ready:
        _print_problems(row)


def _cells(row: HostSetup, *, with_mesh: bool) -> list[str]:
    reached = len(row.hops) - len(row.broken_hops)
    mesh = [f"{reached} of {len(row.hops)}" if row.hops else "-"] if with_mesh else []
    return [
        escape(row.host),
        "yes" if row.key_login else "[red]no[/red]",
        _SUDO[row.sudo],
        *mesh,
        escape("; ".join(row.changes) or "nothing"),
    ]


def _print_problems(row: HostSetup) -> None:
    for problem in (row.problem, row.sudo_problem):
        if problem:
            console.print_host_failure(row.host, problem.message, problem.remedy)
    for hop in row.broken_hops:
        console.print_host_failure(row.host, f"cannot log in to {hop.to}: {hop.problem}", "")
