"""Large files by their digest: resumed where they broke off, checked while they come.

A file is named after its digest: ``DIGEST`` when it is whole, ``DIGEST.part`` until then, so that
what an earlier run has left, even one that was killed, is gone on with and never mistaken.
"""

from __future__ import annotations

import dataclasses
import functools
import hashlib
import os
import re
import time
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import IO

from kuberry.bundles.store import unusable
from kuberry.bundles.upstream.web import Answer, Web
from kuberry.errors import BundleError, UpstreamUnreachable
from kuberry.model.event import DownloadProgress, Emit

_FULL, _PART, _NO_SUCH_RANGE = 200, 206, 416
_RANGE = re.compile(r"bytes (?P<first>[0-9]+)-[0-9]+/(?P<total>[0-9]+)")
_TOLD_EVERY_S = 0.5
_READ_BYTES = 1 << 20
_LIMIT_BYTES = 8 << 30


@dataclasses.dataclass(frozen=True, slots=True)
class Item:
    """A file that upstream publishes.

    Attributes:
        url: Its public address.
        path: Where it belongs in the directory of the release.
        size_bytes: ``None`` where nobody has said it.
        label: How people know it.
    """

    url: str
    path: str
    sha256: str
    size_bytes: int | None = None
    label: str = ""


@dataclasses.dataclass(frozen=True, slots=True)
class Downloads:
    """The directory that files come to.

    Attributes:
        root: Made when something comes.
        web: The way to the servers.
        emit: Is told how far it is.
        elsewhere: Says where a file with a digest may lie already.
        clock: Seconds that never jump.
    """

    root: Path
    web: Web
    emit: Emit
    elsewhere: Callable[[str], Path | None] = lambda _: None
    clock: Callable[[], float] = time.monotonic

    def place(self, sha256: str) -> Path:
        """Return where the file with this digest lies when it is whole."""
        found = self.elsewhere(sha256)
        return found if found and found.is_file() else self.root / sha256

    def has(self, sha256: str) -> bool:
        """Return whether the file with this digest is there, whole."""
        return self.place(sha256).is_file()

    def discard(self, digests: Iterable[str]) -> None:
        """Take these files away, and what has come of them."""
        for sha256 in digests:
            (self.root / sha256).unlink(missing_ok=True)
            (self.root / f"{sha256}.part").unlink(missing_ok=True)

    async def fetch(self, item: Item, headers: Callable[[], dict[str, str]] = dict) -> Path:
        """Bring *item*, or what is missing of it; the one caller at a time holds a lock.

        Args:
            headers: Gives what is asked with, at each try.

        Raises:
            NotThere: The server has no such file.
            BundleError: Its bytes are not those announced, or cannot be written.
            UpstreamUnreachable: Nothing more came, however often it was tried.
        """
        if self.has(item.sha256):
            return self.place(item.sha256)
        try:
            self.root.mkdir(parents=True, exist_ok=True)
            return await _Fetch(self, item, headers).run()
        except OSError as error:
            raise unusable(error, self.root) from error


class _Fetch:
    """One file on its way."""

    def __init__(self, to: Downloads, item: Item, headers: Callable[[], dict[str, str]]) -> None:
        self._to = to
        self._item = item
        self._headers = headers
        self._part = to.root / f"{item.sha256}.part"
        self._digest = hashlib.sha256()
        self._done = 0
        self._total = item.size_bytes
        self._told = self._began = to.clock()
        self._had = 0

    async def run(self) -> Path:
        with self._part.open("a+b") as file:
            self._take_what_is_there(file)
            resumed = self._done > 0
            await self._fill(file)
            if self._is_wrong() and resumed:
                self._restart(file)
                await self._fill(file)
            file.flush()
            os.fsync(file.fileno())
        if self._is_wrong():
            self._part.unlink()
            raise BundleError(
                f"{self._item.url} is not what its digest says; nothing of it was kept",
                remedy="repeat the command; if it comes again, see to the mirror or proxy between",
            )
        whole = self._to.root / self._item.sha256
        self._part.replace(whole)
        self._total = self._done
        self._say()
        return whole

    def _take_what_is_there(self, file: IO[bytes]) -> None:
        file.seek(0)
        while chunk := file.read(_READ_BYTES):
            self._digest.update(chunk)
            self._done += len(chunk)
        self._had = self._done

    def _restart(self, file: IO[bytes]) -> None:
        file.truncate(0)
        self._digest = hashlib.sha256()
        self._done = self._had = 0

    def _is_wrong(self) -> bool:
        return self._digest.hexdigest() != self._item.sha256

    async def _fill(self, file: IO[bytes]) -> None:
        """Ask until all is there; only tries that bring nothing are counted."""
        if self._done and not self._is_wrong():
            return
        while True:
            before = self._done
            try:
                await self._to.web.retried(functools.partial(self._once, file, before))
            except _Progress:
                continue
            return

    async def _once(self, file: IO[bytes], before: int) -> None:
        wanted = self._headers()
        if self._done:
            wanted["range"] = f"bytes={self._done}-"
        try:
            async with self._to.web.open(self._item.url, headers=wanted) as answer:
                self._begin(answer, file)
                async for chunk in answer.chunks:
                    self._take(chunk, file)
        except UpstreamUnreachable:
            if not self._is_wrong():  # a server may announce more than there is
                return
            if self._done > before:
                raise _Progress from None
            raise
        if self._total is not None and self._done < self._total:
            raise _Progress if self._done > before else self._cut()

    def _begin(self, answer: Answer, file: IO[bytes]) -> None:
        """Go on at the place the answer begins at, which is the file's start where it must be."""
        length = answer.headers.get("content-length", "")
        announced = int(length) if length.isdigit() else None
        match = _RANGE.fullmatch(answer.headers.get("content-range", ""))
        if answer.status == _PART and match and int(match["first"]) == self._done:
            announced = int(match["total"])
        elif answer.status == _FULL:
            self._restart(file)
        elif answer.status in (_NO_SUCH_RANGE, _PART):
            self._restart(file)
            raise UpstreamUnreachable(f"{self._item.url} cannot be gone on with")
        else:
            raise BundleError(f"{self._item.url} was answered with status {answer.status}")
        if announced is not None and self._item.size_bytes not in (None, announced):
            raise BundleError(
                f"{self._item.url} has {announced} bytes, not {self._item.size_bytes} as announced",
                remedy="repeat the command; if it comes again, see to the mirror or proxy between",
            )
        self._total = announced if announced is not None else self._item.size_bytes

    def _take(self, chunk: bytes, file: IO[bytes]) -> None:
        self._done += len(chunk)
        if self._done > (_LIMIT_BYTES if self._total is None else self._total):
            self._restart(file)
            raise BundleError(f"{self._item.url} is longer than it was announced")
        self._digest.update(chunk)
        file.write(chunk)
        if self._to.clock() - self._told >= _TOLD_EVERY_S:
            self._say()

    def _say(self) -> None:
        self._told = self._to.clock()
        seconds = self._told - self._began
        rate = (self._done - self._had) / seconds if seconds > 0 else 0.0
        self._to.emit(
            DownloadProgress(
                file=self._item.label or self._item.path,
                bytes_done=self._done,
                bytes_total=self._total,
                rate_bytes_s=round(rate),
            )
        )

    def _cut(self) -> UpstreamUnreachable:
        return UpstreamUnreachable(f"{self._item.url} broke off after {self._done} bytes")


class _Progress(Exception):
    """The connection broke, but something had come: the tries are counted anew."""
