"""Bundles for people: one line a bundle, one line an artifact."""

from __future__ import annotations

from collections.abc import Sequence

from rich.box import SIMPLE_HEAD
from rich.table import Table
from rich.text import Text

from kuberry.cli.render import console
from kuberry.model.bundle import Bundle, ImageArchive

_STEP = 1024
_PIPE_COLUMNS = 200


def summary(bundle: Bundle) -> dict[str, object]:
    """Return what `list` says of *bundle*, for JSON."""
    return {
        **bundle.model_dump(mode="json", exclude={"artifacts", "schema_version"}),
        "architectures": list(bundle.architectures),
        "artifacts": len(bundle.artifacts),
        "size_bytes": bundle.size_bytes,
        "digest": bundle.digest,
    }


def print_bundles(bundles: Sequence[Bundle]) -> None:
    """Print one line for each of *bundles*."""
    out = console.stdout()
    if not bundles:
        out.print("there is no bundle; kuberry lab bundle builds one for lab hosts")
        return
    table = _table("name", "distribution", "version", "for", "size", "made from")
    for one in bundles:
        architectures = ", ".join(one.architectures)
        size = size_text(one.size_bytes)
        words = (one.distribution, one.version, architectures, size, one.created_from)
        table.add_row(Text(one.name, style="bold"), *map(Text, words))
    _print(table)


def print_bundle(bundle: Bundle) -> None:
    """Print what *bundle* holds, and the digest that names exactly this one."""
    out = console.stdout()
    print_bundles((bundle,))
    out.print()
    table = _table("kind", "name", "version", "for", "size", "sha256")
    for one in bundle.artifacts:
        target = f"{one.architecture} {one.system}" if one.system else one.architecture
        words = (one.name, one.version, target, size_text(one.size_bytes), one.sha256[:12])
        table.add_row(Text(one.kind), *map(Text, words))
        if isinstance(one, ImageArchive) and len(one.images) > 1:
            for name in one.images:
                table.add_row(Text(""), Text(f"  {name}", style="dim"))
    _print(table)
    out.print(f"digest sha256:{bundle.digest}", soft_wrap=True)


def size_text(size_bytes: int) -> str:
    """Return *size_bytes* in the largest unit that leaves something before the point."""
    size, units = float(size_bytes), ["B", "KiB", "MiB", "GiB"]
    while size >= _STEP and len(units) > 1:
        size /= _STEP
        units.pop(0)
    return f"{size:.0f} {units[0]}" if units[0] == "B" else f"{size:.1f} {units[0]}"


def _print(table: Table) -> None:
    """Print *table*, whole where nobody's screen limits it."""
    out = console.stdout()
    if not out.is_terminal:
        out.width = _PIPE_COLUMNS
    out.print(table)


def _table(*names: str) -> Table:
    table = Table(box=SIMPLE_HEAD, pad_edge=False, show_edge=False)
    for name in names:
        table.add_column(name, no_wrap=name != "made from")
    return table
