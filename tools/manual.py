"""Make the manual from docs/: ``site/`` for browsers, ``site/kuberry.1``, ``site/kuberry.pdf``.

``python tools/manual.py`` makes all; ``--quick`` makes the pages for browsers alone.
Whatever Sphinx warns of, a link to nothing above all, ends it with 1.
What it needs is in requirements/docs.txt and is installed where it is missing; the PDF also needs
the library Pango (Debian: libpango-1.0-0, libpangoft2-1.0-0), and is left out where it is not.
"""

from __future__ import annotations

import importlib.util
import shutil
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parents[1]
SITE = ROOT / "site"
_FRONT = '<!doctype html><meta http-equiv="refresh" content="0; url=docs/index.html">\n'


def main() -> int:
    """Make everything, or end at the first warning."""
    _install()
    shutil.rmtree(SITE, ignore_errors=True)
    _build("html", SITE)
    (SITE / "index.html").write_text(_FRONT, "utf-8")
    if "--quick" not in sys.argv[1:]:
        _build("man", SITE / ".man")
        (SITE / ".man/kuberry.1").rename(SITE / "kuberry.1")
        _build("singlehtml", SITE / ".print", "-D", "html_theme=basic")
        _print(SITE / ".print/docs/index.html", SITE / "kuberry.pdf")
    for part in (".man", ".print", ".doctrees"):
        shutil.rmtree(SITE / part, ignore_errors=True)
    return 0


def _install() -> None:
    if all(
        importlib.util.find_spec(name) for name in ("furo", "mmdr", "myst_parser", "weasyprint")
    ):
        return
    pip = [sys.executable, "-m", "pip", "install", "-q", "--disable-pip-version-check"]
    requirements = str(ROOT / "requirements/docs.txt")
    subprocess.run([*pip, "--require-hashes", "-r", requirements], check=True)


def _build(builder: str, target: Path, *more: str) -> None:
    strict = ["-W", "--keep-going", "-q", "-n", "-j", "auto"]
    where = ["-d", str(SITE / ".doctrees"), "-c", str(ROOT / "docs"), str(ROOT), str(target)]
    command = [sys.executable, "-m", "sphinx", "-b", builder, *strict, *more, *where]
    if subprocess.run(command, check=False).returncode:
        sys.exit(f"the manual has faults ({builder}): see above")


def _print(page: Path, target: Path) -> None:
    try:
        from weasyprint import HTML  # noqa: PLC0415 # it looks for Pango when it is imported
    except OSError:
        sys.stderr.write("no PDF: Pango is missing (apt-get install libpangoft2-1.0-0)\n")
        return
    # All that the one page names is named from the top, wherever the page itself lies.
    HTML(string=page.read_text("utf-8"), base_url=f"{page.parents[1]}/").write_pdf(target)


if __name__ == "__main__":
    sys.exit(main())
