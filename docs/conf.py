"""How Sphinx makes the manual: `python tools/manual.py`; why so: docs/adr/0020-manual.md."""

from __future__ import annotations

import base64
import re
from importlib.metadata import version as version_of
from typing import Any, ClassVar

import mmdr
from docutils import nodes
from docutils.parsers.rst import Directive

project = "kuberry"
author = "The kuberry authors"
copyright = author  # noqa: A001 # Sphinx calls it so
release = version_of("kuberry")
extensions = ["myst_parser"]
source_suffix = {".md": "markdown"}
# The source is the whole repository, so that links lead to the same files as they do elsewhere.
include_patterns = ["README.md", "CHANGELOG.md", "CONTRIBUTING.md", "SECURITY.md"]
include_patterns += ["CODE_OF_CONDUCT.md", "changes/README.md", "docs/**"]
exclude_patterns = ["docs/examples", "docs/pictures", "docs/_static"]
root_doc = "docs/index"
suppress_warnings = ["myst.header"]  # pages may begin where another one ends
myst_heading_anchors = 4
myst_fence_as_directive = ["mermaid"]
pygments_style = "tango"
html_theme = "furo"
html_title = f"kuberry {release}"
html_copy_source = html_show_sourcelink = False
html_static_path = ["_static"]
html_css_files = ["manual.css"]
man_pages = [
    ("docs/cli", "kuberry", "one line turns a list of hosts into a Kubernetes cluster", [author], 1)
]
smartquotes = False  # words are there to be copied


class Mermaid(Directive):
    """Draw a diagram while the manual is made: browsers need no script and no other server."""

    has_content: ClassVar[bool] = True

    def run(self) -> list[nodes.Node]:
        """Return the picture, for HTML and what is made of it; else the text of the diagram."""
        text = "\n".join(self.content)
        data = base64.b64encode(mmdr.render(text).svg().encode()).decode()
        image = f'<img class="diagram" alt="diagram" src="data:image/svg+xml;base64,{data}">'
        return [nodes.raw("", image, format="html")]


def name_anchors(_app: Any, _page: str, source: list[str]) -> None:
    """Have links find the anchors that stand as HTML in a page."""
    source[0] = re.sub(r'^<a id="([\w-]+)"></a>$', r"(\1)=", source[0], flags=re.MULTILINE)


def setup(app: Any) -> dict[str, Any]:
    """Tell Sphinx of the diagrams and anchors."""
    app.add_directive("mermaid", Mermaid)
    app.connect("source-read", name_anchors)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
