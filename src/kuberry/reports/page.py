"""One run as one page of HTML: nothing from outside, no script, everything escaped."""

from __future__ import annotations

import functools
from pathlib import Path
from typing import TYPE_CHECKING

from kuberry.model.document import RunDocument
from kuberry.reports import words
from kuberry.reports.scale import Scale

if TYPE_CHECKING:
    from jinja2 import Template

_TEMPLATES = Path(__file__).with_name("templates")


def prepare() -> None:
    """Load what `page` needs: a tenth of a second of work, better done while hosts are at work."""
    _template()


def page(document: RunDocument) -> str:
    """Return the page of *document*.

    Hosts may say anything: all of it is text on the page and never markup, and a policy in the
    page itself forbids scripts and every address.
    """
    said, tone = words.outcome(document)
    return _template().render(
        document=document,
        run=document.run,
        outcome=said,
        tone=tone,
        scale=Scale(document.duration_s),
        failures=[one for one in document.hosts if one.message],
    )


@functools.cache
def _template() -> Template:
    from jinja2 import Environment, FileSystemLoader, StrictUndefined  # noqa: PLC0415 -- `prepare`

    from kuberry.reports.compiled import Compiled  # noqa: PLC0415

    environment = Environment(
        loader=FileSystemLoader(_TEMPLATES),
        bytecode_cache=Compiled(Path(__file__)),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters |= {"seconds": words.seconds, "size": words.size}
    environment.globals |= {
        "ending_tone": words.ending,
        "facts_of": words.facts,
        "hosts_of": words.hosts,
    }
    for name in environment.list_templates():
        environment.get_template(name)  # compiled here, not when a run waits for its page
    return environment.get_template("page.html.j2")
