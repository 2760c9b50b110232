"""The report as one page of HTML: nothing from outside, no script, everything escaped."""

from __future__ import annotations

import base64
from collections.abc import Sequence
from pathlib import Path

from kuberry.paper.content import Plot, Section, Waterfall
from kuberry.paper.plots import svg_of

_TEMPLATES = Path(__file__).with_name("templates")


def page(sections: Sequence[Section], files: Sequence[str]) -> str:
    """Return the page of *sections*.

    Args:
        files: The raw data all this comes from.

    Raises:
        ModuleNotFoundError: matplotlib is not here.
    """
    from jinja2 import Environment, FileSystemLoader, StrictUndefined  # noqa: PLC0415 # heavy

    environment = Environment(
        loader=FileSystemLoader(_TEMPLATES),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    template = environment.get_template("paper.html.j2")
    return template.render(sections=sections, files=files, address=_address) + "\n"


def _address(picture: Plot | Waterfall) -> str:
    """Return *picture* as an address that holds it."""
    return f"data:image/svg+xml;base64,{base64.b64encode(svg_of(picture).encode()).decode()}"
