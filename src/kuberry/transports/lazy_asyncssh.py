"""asyncssh, loaded at its first use.

Importing it costs 0.2 to 0.4 s, which `kuberry hosts expand` need not pay, and on POSIX it imports
fcntl and termios, which the import path of kuberry must do without.
Source of the recipe: docs.python.org, importlib, "Implementing lazy imports".
"""

from __future__ import annotations

import importlib.util
import sys
from types import ModuleType
from typing import TYPE_CHECKING


def _load_at_first_use(name: str) -> ModuleType:
    if name in sys.modules:
        return sys.modules[name]
    spec = importlib.util.find_spec(name)
    if spec is None or spec.loader is None:
        raise ModuleNotFoundError(name=name)
    spec.loader = importlib.util.LazyLoader(spec.loader)
    module = importlib.util.module_from_spec(spec)
    sys.modules[name] = module
    spec.loader.exec_module(module)
    return module


__all__ = ["asyncssh"]

if TYPE_CHECKING:
    import asyncssh
else:
    asyncssh = _load_at_first_use("asyncssh")
