"""What a reset would take away, for people and programs."""

from __future__ import annotations

from rich.markup import escape

from kuberry.cli.options import Output
from kuberry.cli.render import console
from kuberry.hostlist import fold
from kuberry.model.removal import HostRemoval, ResetPlan


def show(plan: ResetPlan, output: Output) -> None:
    """Print what would be done.

    A dry run's JSON goes to standard output; so does the table, which is what the user agrees to.
    """
    if output is Output.JSON:
        console.print_json(plan.model_dump(mode="json") | {"outcome": plan.outcome})
        return
    out = console.stdout()
    for one in plan.failures:
        console.print_host_failure(one.host, one.message, one.remedy)
    for host in plan.leaving:
        out.print(f"[bold]{escape(host.host)}[/bold]  {escape(_words(host))}")
    ours = [one.host for one in plan.leaving if not one.is_clean]
    if ours:
        gone = "[bold red]all data of the cluster[/bold red]" if plan.forgets else "its pods' data"
        out.print(f"Kubernetes, its containers and {gone} on {escape(fold(ours))} will be gone;")
        out.print("what was there before kuberry is put back, and that is proven.")


def _words(host: HostRemoval) -> str:
    if host.is_clean:
        return "nothing of kuberry: it stays as it is"
    counts = {
        "file": len(host.files),
        "unit": len(host.units),
        "image": host.images,
        "package": len(host.packages),
    }
    words = " · ".join(f"{count} {name}{'s' * (count != 1)}" for name, count in counts.items())
    return f"{words} ({', '.join(host.packages)})" if host.packages else words
