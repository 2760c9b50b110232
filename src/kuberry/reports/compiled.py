"""Compiled templates, kept where Python keeps its own compiled modules."""

from __future__ import annotations

import contextlib
import importlib.util
import io
import os
import sys
import tempfile
from pathlib import Path

from jinja2 import BytecodeCache
from jinja2.bccache import Bucket


class Compiled(BytecodeCache):
    """Keeps what Jinja made of the templates, under the rules of Python's own cache.

    To compile them takes a tenth of a second of processor time, in each and every run. Jinja looks
    whether a template has changed since. Where Python may not write, nothing is kept.

    Args:
        beside: The module whose compiled form it stands beside.
    """

    def __init__(self, beside: Path) -> None:
        self._directory = Path(importlib.util.cache_from_source(str(beside))).parent

    def load_bytecode(self, bucket: Bucket) -> None:
        """Fill *bucket* where something is kept that is of use."""
        with contextlib.suppress(OSError):
            bucket.load_bytecode(io.BytesIO(self._path(bucket).read_bytes()))

    def dump_bytecode(self, bucket: Bucket) -> None:
        """Keep what is in *bucket*, whole or not at all."""
        if sys.dont_write_bytecode:
            return
        with contextlib.suppress(OSError):
            self._directory.mkdir(parents=True, exist_ok=True)
            descriptor, name = tempfile.mkstemp(dir=self._directory)
            with os.fdopen(descriptor, "wb") as file:
                bucket.write_bytecode(file)
            Path(name).replace(self._path(bucket))

    def _path(self, bucket: Bucket) -> Path:
        return self._directory / f"{bucket.key}.{sys.implementation.cache_tag}.jinja"
