"""asyncssh, loaded at its first use.

Importing it costs 0.2 to 0.4 s, which `kuberry hosts expand` need not pay, and on POSIX it imports
fcntl and termios, which the import path of kuberry must do without.
Source of the recipe: docs.python.org, importlib, "Implementing lazy imports".

While it loads it looks for liboqs and nettle (asyncssh, crypto/pq.py and crypto/umac.py). Where
they are missing, Python's search for a library starts ldconfig, the C compiler and the linker, and
again for the next name (ctypes/util.py): eleven programs before a line has done anything. So both
are said to be missing. What is lost with them are sntrup761 and UMAC; ML-KEM is cryptography's.
"""

from __future__ import annotations

import importlib.abc
import importlib.util
import sys
from importlib.machinery import ModuleSpec
from types import ModuleType
from typing import TYPE_CHECKING


class _WithoutSearch(importlib.abc.Loader):
    """Loads a module that finds no library of the system while it is being loaded."""

    def __init__(self, loader: importlib.abc.Loader) -> None:
        self._loader = loader

    def create_module(self, spec: ModuleSpec) -> ModuleType | None:
        """Return the module before it is loaded."""
        return self._loader.create_module(spec)

    def exec_module(self, module: ModuleType) -> None:
        """Load the module."""
        import ctypes.util  # noqa: PLC0415 -- asyncssh needs it anyway, all others do not

        search = ctypes.util.find_library
        ctypes.util.find_library = _missing
        try:
            self._loader.exec_module(module)
        finally:
            ctypes.util.find_library = search


def _missing(name: str) -> str | None:
    """Find nothing, whatever its *name*."""
    del name
    return None


def _load_at_first_use(name: str) -> ModuleType:
    if name in sys.modules:
        return sys.modules[name]
    spec = importlib.util.find_spec(name)
    if spec is None or spec.loader is None:
        raise ModuleNotFoundError(name=name)
    spec.loader = importlib.util.LazyLoader(_WithoutSearch(spec.loader))
    module = importlib.util.module_from_spec(spec)
    sys.modules[name] = module
    spec.loader.exec_module(module)
    return module


__all__ = ["asyncssh"]

if TYPE_CHECKING:
    import asyncssh
else:
    asyncssh = _load_at_first_use("asyncssh")
