"""Make the pictures of the documents from real runs on lab hosts: docs/pictures.

The run of the picture ``deploy`` also gives the report that docs/reports.md shows.
Run as root by ``make docs``; it brings a lab of its own up and takes it down again.
"""

from __future__ import annotations

import io
import os
import platform
import re
import subprocess
import sys
import tempfile
from pathlib import Path

from rich.console import Console
from rich.terminal_theme import MONOKAI
from rich.text import Text

ROOT = Path(__file__).parents[1]
PICTURES = ROOT / "docs/pictures"
KUBERRY = Path(sys.executable).with_name("kuberry")
WIDTH = 100
HEAD, TAIL = 14, 20
"""Lines of a long run that are shown; how many are left out between them is said."""
HOSTS = "red,red[01-02]"
REPORT = ROOT / "docs/examples/report.html"
SHOTS = {
    "deploy": ("deploy", "--hosts", HOSTS),
    "status": ("status", "--hosts", HOSTS),
}


def main() -> None:
    """Make all pictures."""
    PICTURES.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory() as state:
        try:
            run(state, "lab", "up", "--hosts", HOSTS)
            for name, words in SHOTS.items():
                shoot(name, words, run(state, *words))
                if name == "deploy":
                    run(state, "runs", "show", "--html", str(REPORT))
                    shorten_kernel()
        finally:
            run(state, "lab", "down")
    browse()


def browse() -> None:
    """Have the tests of the page keep what they see of a cluster."""
    words = (sys.executable, "-m", "pytest", "-q", "-n", "0", "tests/e2e/test_page.py")
    environment = os.environ | {"KUBERRY_PICTURES": str(PICTURES)}
    done = subprocess.run(words, cwd=ROOT, env=environment, check=False, timeout=3600)
    if done.returncode:
        sys.exit("the tests of the page failed")


def shorten_kernel() -> None:
    """Take what the maker of this machine's kernel added to its name out of the report."""
    name = platform.release()
    text = REPORT.read_text("utf-8").replace(name, name.partition("-")[0])
    REPORT.write_text(text, "utf-8")
    REPORT.chmod(0o644)


def run(state: str, *words: str) -> str:
    """Run kuberry as a user with a terminal of 100 columns would; return what it showed."""
    environment = os.environ | {
        "KUBERRY_STATE_DIR": state,
        "KUBECONFIG": f"{state}/kubeconfig",
        "COLUMNS": str(WIDTH),
        "FORCE_COLOR": "1",
    }
    done = subprocess.run(
        [KUBERRY, *words],
        env=environment,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        check=False,
        timeout=3600,
    )
    sys.stdout.write(done.stdout)
    if done.returncode:
        sys.exit(f"kuberry {' '.join(words)} ended with {done.returncode}")
    return done.stdout.replace(state, "~/.local/state/kuberry")


def shoot(name: str, words: tuple[str, ...], shown: str) -> None:
    """Write the picture *name*: the line typed, and what came of it."""
    console = Console(record=True, width=WIDTH, file=io.StringIO(), force_terminal=True)
    typed = " ".join(f'"{word}"' if "[" in word else word for word in words)
    console.print(Text(f"$ kuberry {typed}", style="bold"))
    lines = shown.rstrip("\n").split("\n")
    if len(lines) > HEAD + TAIL:
        left_out = f"   …    ({len(lines) - HEAD - TAIL} more lines)"
        lines = [*lines[:HEAD], left_out, *lines[-TAIL:]]
    console.print(Text.from_ansi("\n".join(lines)))
    svg = console.export_svg(title="kuberry", theme=MONOKAI, unique_id=f"kuberry-{name}")
    # No outside address: the reader's own monospaced font will do.
    svg = re.sub(r"@font-face \{.*?\}", "", svg, flags=re.DOTALL)
    (PICTURES / f"{name}.svg").write_text(svg, "utf-8")


if __name__ == "__main__":
    main()
