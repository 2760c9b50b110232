"""`kuberry lab bundle`: a real Kubernetes for lab hosts, built on this machine."""

from __future__ import annotations

from kuberry.cli.bundle import print_one
from kuberry.cli.options import Output, OutputOption
from kuberry.cli.render import console
from kuberry.cli.running import run


def bundle(output: OutputOption = Output.TABLE) -> None:
    """Build Kubernetes 1.20 from Debian's source, unless that is done; needs no other download."""
    from kuberry.api.bundle import lab_bundle

    print_one(run(lab_bundle(emit=console.print_event)), output)
