"""Make the pictures of the documents from real runs on lab hosts: docs/pictures/*.svg.

Run as root by ``make docs``; it brings a lab of its own up and takes it down again.
"""

from __future__ import annotations

import io
import os
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
KUBERRY = ROOT / ".venv/bin/kuberry"
WIDTH = 110
HOSTS = "red,red[01-02]"
SHOTS = {
    "deploy": ("deploy", "--hosts", HOSTS),
    "again": ("deploy",),
    "status": ("status", "--hosts", HOSTS),
    "verify": ("verify",),
}


def main() -> None:
    """Make all pictures."""
    PICTURES.mkdir(exist_ok=True)
    with tempfile.TemporaryDirectory() as state:
        try:
            run(state, "lab", "up", "--hosts", HOSTS)
            for name, words in SHOTS.items():
                shoot(name, words, run(state, *words))
        finally:
            run(state, "lab", "down")


def run(state: str, *words: str) -> str:
    """Run kuberry as a user with a terminal of 110 columns would; return what it showed."""
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
    return done.stdout.replace(state, "~")


def shoot(name: str, words: tuple[str, ...], shown: str) -> None:
    """Write the picture *name*: the line typed, and what came of it."""
    console = Console(record=True, width=WIDTH, file=io.StringIO(), force_terminal=True)
    typed = " ".join(f'"{word}"' if "[" in word else word for word in words)
    console.print(Text(f"$ kuberry {typed}", style="bold"))
    console.print(Text.from_ansi(shown.rstrip("\n")))
    svg = console.export_svg(title="kuberry", theme=MONOKAI, unique_id=f"kuberry-{name}")
    # No outside address: the reader's own monospaced font will do.
    svg = re.sub(r"@font-face \{.*?\}", "", svg, flags=re.DOTALL)
    (PICTURES / f"{name}.svg").write_text(svg, "utf-8")


if __name__ == "__main__":
    main()
