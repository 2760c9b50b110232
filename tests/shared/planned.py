"""What a plan has for one host, in words that tests compare."""

from __future__ import annotations

from kuberry.model.plan import HostPlan, WriteFiles


def ids_of(plan: HostPlan) -> list[str]:
    """Return the steps of one host by their ids."""
    return [step.id for step in plan.steps]


def files_of(plan: HostPlan) -> dict[str, str]:
    """Return the text of each file that one host gets; holes stand as ``<name>``."""
    return {
        file.path: "".join(one if isinstance(one, str) else f"<{one.captured}>" for one in text)
        for step in plan.steps
        if isinstance(step, WriteFiles)
        for file in step.files
        for text in [file.content]
    }
