"""asyncssh is loaded when it is needed, and loading it starts no program."""

from __future__ import annotations

import subprocess
import sys

_LOAD = """
import ctypes.util, sys

before = ctypes.util.find_library
def audit(event, words):
    if event in ("subprocess.Popen", "os.system", "os.posix_spawn", "os.fork", "os.exec"):
        print("started", words[0])
sys.addaudithook(audit)
{way}
assert asyncssh.connect
print("searches" if ctypes.util.find_library is before else "searches no more")
"""


def _said(way: str) -> list[str]:
    words = [sys.executable, "-c", _LOAD.format(way=way)]
    return subprocess.run(words, capture_output=True, text=True, check=True).stdout.splitlines()


def test_loading_asyncssh_starts_no_program() -> None:
    """Neither compiler nor linker is started, and who searches for libraries afterwards can."""
    assert _said("from kuberry.transports.lazy_asyncssh import asyncssh") == ["searches"]


def test_loading_it_as_it_is_would_start_some() -> None:
    """The law above looks at something: without our way of loading it programs are started."""
    way = "sys.platform == 'linux' or print('started elsewhere')\nimport asyncssh"
    assert any(line.startswith("started") for line in _said(way))
