"""``python -m kuberry.paper``: one page and one PDF of all raw data that are here."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence
from pathlib import Path

from kuberry.bench.scenarios import SCENARIOS
from kuberry.paper.page import page
from kuberry.paper.sources import sources_of
from kuberry.paper.whole import whole


def main(argv: Sequence[str] | None = None) -> int:
    """Write the report and return the exit code; a PDF that cannot be made is told, no failure."""
    parser = argparse.ArgumentParser(prog="make report", description=__doc__)
    parser.add_argument("--root", type=Path, default=Path(), help="the source tree")
    parser.add_argument("--to", type=Path, default=Path("build"), help="where both files go")
    words = parser.parse_args(argv)
    try:
        text = page_of(words.root)
    except ModuleNotFoundError as error:
        _say(f"error: {error}\n  → make install (there is none for machines of 32 bits)")
        return 1
    words.to.mkdir(parents=True, exist_ok=True)
    target = words.to / "report.html"
    target.write_text(text, "utf-8")
    _say(f"{target}")
    _print(text, words.to / "report.pdf")
    return 0


def page_of(root: Path) -> str:
    """Return the page of the raw data in the source tree *root*."""
    sources = sources_of(root)
    wished = {one.name: one.title for one in SCENARIOS}
    return page(whole(sources, wished), sources.files)


def _print(text: str, target: Path) -> None:
    try:
        from weasyprint import HTML  # noqa: PLC0415 # it looks for Pango when it is imported
    except ModuleNotFoundError:
        _say("no PDF: WeasyPrint is missing (requirements/docs.txt)")
        return
    except OSError:
        _say("no PDF: Pango is missing (apt-get install libpangoft2-1.0-0)")
        return
    HTML(string=text).write_pdf(target)
    _say(f"{target}")


def _say(text: str) -> None:
    sys.stderr.write(f"{text}\n")


if __name__ == "__main__":
    sys.exit(main())
