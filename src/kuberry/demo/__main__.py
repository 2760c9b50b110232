"""``python -m kuberry.demo``: from nothing to a proven cluster on this machine, as root.

Three virtual hosts, a Kubernetes on them, verified, and the times of it. Each stage is the line
that a user would type. Ctrl-C ends the line that runs; then, as after a failure, all is taken down
again. What came to its end stays with ``--keep`` (``make demo KEEP=1``); ``--output json`` (``make
demo OUTPUT=json``) tells a program how it went.
"""

from __future__ import annotations

import argparse
import dataclasses
import json
import shutil
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path

from kuberry.demo.course import HOSTS, Wish, demonstrate, forget, refuse_what_is_there
from kuberry.demo.lines import Ended, Lines, say
from kuberry.hostlist import expand
from kuberry.reports.words import seconds
from kuberry.settings import Settings

_NOT_COUNTED = ("look", "clean up")


def main(words: Sequence[str] | None = None) -> int:
    """Demonstrate, and return the exit code."""
    wish = _read(words)
    if wish.keep:
        try:
            refuse_what_is_there(Settings())
        except Ended as error:
            say(str(error))
            return error.code
    own = None if wish.keep else _own_place()
    lines = Lines(_settings(own) if own else {})
    code = _attempt(wish, lines, own)
    _tell(wish, lines, code)
    return code


def _own_place() -> Path:
    """Return a directory in which all is kept but the cache: nothing of the user's is touched."""
    cache = Settings().cache_dir
    cache.mkdir(parents=True, exist_ok=True)
    return Path(tempfile.mkdtemp(prefix="demo-", dir=cache))


def _settings(own: Path) -> dict[str, str]:
    return {
        "KUBERRY_STATE_DIR": str(own / "state"),
        "KUBERRY_CONFIG_DIR": str(own / "config"),
        "KUBECONFIG": str(own / "kubeconfig"),
    }


def _attempt(wish: Wish, lines: Lines, own: Path | None) -> int:
    """Demonstrate, and clean up unless it is to stay; return the exit code."""
    code = 0
    try:
        demonstrate(wish, lines)
    except Ended as error:
        say(f"{error}: what was made is taken down")
        code = error.code
    if code == 0 and wish.keep:
        return 0
    left = lines.clean()
    if own is None:
        forget(Settings())
    elif left == 0:
        shutil.rmtree(own)
    return code or left


def _tell(wish: Wish, lines: Lines, code: int) -> None:
    """Tell how it went, with the times."""
    done = [one for one in lines.stages if one.name not in _NOT_COUNTED]
    total_s = sum(one.duration_s for one in done)
    proposals = _next(wish) if code == 0 else ()
    if wish.is_json:
        document = {
            "exit_code": code,
            "hosts": expand(HOSTS),
            "kept": wish.keep and code == 0,
            "duration_s": round(total_s, 2),
            "stages": [dataclasses.asdict(one) for one in lines.stages],
            "next": proposals,
        }
        sys.stdout.write(f"{json.dumps(document)}\n")
    elif code == 0:
        say(f"\n\033[1mThree real nodes, proven, in {seconds(total_s)}\033[0m")
        for one in done:
            say(f"  {one.name:8} {seconds(one.duration_s):>12}")
        say("It stays up. Next:" if wish.keep else "All is taken down again. Next:")
        for line in proposals:
            say(f"    {line}")


def _next(wish: Wish) -> tuple[str, ...]:
    """Return three lines to type now."""
    if not wish.keep:
        return (
            "make demo KEEP=1   # the same, and it stays",
            f'.venv/bin/kuberry hosts setup "{HOSTS}" --user pi   # hosts of your own',
            f'.venv/bin/kuberry deploy --hosts "{HOSTS}" --dry-run',
        )
    kuberry = f"{wish.root} .venv/bin/kuberry".strip()
    return (
        f"{kuberry} kubectl get pods -A",
        f"{kuberry} deploy   # finds nothing to do",
        f"{kuberry} reset --yes && {kuberry} lab down   # takes it all away",
    )


def _read(words: Sequence[str] | None) -> Wish:
    parser = argparse.ArgumentParser(prog="python -m kuberry.demo")
    parser.add_argument("--keep", action="store_true", help="leave the cluster up")
    parser.add_argument("--distribution", default="", help="take this one from upstream")
    parser.add_argument("--version", default="", help="of it; default: stable")
    parser.add_argument("--output", choices=("table", "json"), default="table")
    parser.add_argument("--root", default="", help="what makes you root, for the lines to type")
    said = parser.parse_args(words)
    return Wish(
        keep=said.keep,
        distribution=said.distribution,
        version=said.version,
        is_json=said.output == "json",
        root=said.root,
    )


if __name__ == "__main__":
    sys.exit(main())
