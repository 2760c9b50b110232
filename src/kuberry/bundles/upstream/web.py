"""Questions to upstream's servers over HTTP: proxies, certificates, redirects, refusals.

Proxies come from HTTPS_PROXY, ALL_PROXY and NO_PROXY, certificates from the system or from
SSL_CERT_FILE, as httpx reads them; nothing is asked in the clear but a mirror on this machine.
"""

from __future__ import annotations

import asyncio
import contextlib
import dataclasses
import ssl
from collections.abc import AsyncGenerator, AsyncIterator, Awaitable, Callable, Iterator, Mapping
from types import TracebackType
from typing import TYPE_CHECKING, Self, TypeVar
from urllib.parse import urljoin, urlsplit

from kuberry.bundles.upstream.address import actual, check_redirect
from kuberry.errors import BundleError, UpstreamUnreachable
from kuberry.model.upstream import Upstream

if TYPE_CHECKING:
    import httpx2

Result = TypeVar("Result")
PAUSES_S = (0.5, 2.0, 5.0)
"""Before each further try, while nothing comes."""
_CONNECT_S, _SILENCE_S = 10.0, 60.0
_REDIRECTS = 6
_SMALL_BYTES = 4 << 20
_OK, _UNAUTHORIZED, _REFUSED, _TOO_MANY, _BROKEN_FROM = 200, 401, 403, 429, 500
_AWAY = (301, 302, 303, 307, 308)
_MISSING = (404, 410)
_OFFLINE = (
    "see to the connection and to HTTPS_PROXY; with a mirror set KUBERRY_UPSTREAM_MIRROR; without "
    "the Internet carry a bundle here: kuberry bundle export, then kuberry bundle import FILE"
)


class NotThere(BundleError):
    """The server has no such thing."""


class LoginWanted(BundleError):
    """The server answers only those who show a token.

    Attributes:
        challenge: Its WWW-Authenticate.
    """

    def __init__(self, message: str, *, challenge: str, remedy: str) -> None:
        super().__init__(message, remedy=remedy)
        self.challenge = challenge


@dataclasses.dataclass(frozen=True, slots=True)
class Answer:
    """What a server answered, its body still to be read.

    Attributes:
        headers: By name in lower case.
        chunks: The body's bytes as they come; raises `UpstreamUnreachable` when they end early.
    """

    status: int
    headers: Mapping[str, str]
    chunks: AsyncIterator[bytes]


class Web:
    """Asks for public addresses, wherever they are really asked.

    Args:
        upstream: Mirrors and certificates.
    """

    def __init__(self, upstream: Upstream) -> None:
        self._upstream = upstream
        self._client = _client(_context(upstream) if upstream.ca_file else None)

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        await self._client.aclose()

    async def read(
        self,
        url: str,
        *,
        headers: Mapping[str, str] | None = None,
        limit_bytes: int = _SMALL_BYTES,
    ) -> bytes:
        """Return the whole of something small.

        Raises:
            NotThere: The server has no such thing.
            BundleError: The server refused, or its answer is longer than *limit_bytes*.
            UpstreamUnreachable: Nothing came, however often it was tried.
        """

        async def ask() -> bytes:
            async with self.open(url, headers=headers or {}) as answer:
                return await _small(url, answer, limit_bytes)

        return await self.retried(ask)

    async def size(self, url: str) -> int | None:
        """Return the bytes that *url* has, ``None`` where the server does not say it before.

        Raises:
            NotThere: The server has no such thing.
            UpstreamUnreachable: Nothing came, however often it was tried.
        """

        async def ask() -> int | None:
            async with self.open(url, headers={}, method="HEAD") as answer:
                length = answer.headers.get("content-length", "")
                return int(length) if answer.status == _OK and length.isdigit() else None

        try:
            return await self.retried(ask)
        except _Refused:
            return None

    @contextlib.asynccontextmanager
    async def open(
        self, url: str, *, headers: Mapping[str, str], method: str = "GET"
    ) -> AsyncIterator[Answer]:
        """Ask for *url* once; answers that are neither errors nor redirects are given.

        Raises:
            NotThere: The server has no such thing.
            BundleError: The server refused, or sent us where we do not go.
            UpstreamUnreachable: Nothing came, or the server is broken.
        """
        where = actual(url, self._upstream)
        wanted = {"accept-encoding": "identity", **headers}
        for _ in range(_REDIRECTS):
            async with self._once(method, where, wanted, url) as answer:
                if answer.status not in _AWAY:
                    _check(answer, url)
                    yield answer
                    return
                target = urljoin(where, answer.headers.get("location", ""))
            check_redirect(target, where)
            target = actual(target, self._upstream)
            if urlsplit(target).netloc != urlsplit(where).netloc:
                wanted.pop("authorization", None)
            where = target
        raise BundleError(f"{_server(url)} sends us from one address to the next without end")

    @contextlib.asynccontextmanager
    async def _once(
        self, method: str, where: str, headers: Mapping[str, str], url: str
    ) -> AsyncIterator[Answer]:
        async with contextlib.AsyncExitStack() as stack:
            with _translated(url, where):
                response = await stack.enter_async_context(
                    self._client.stream(method, where, headers=headers)
                )
            chunks = _chunks(response, url, where)
            stack.push_async_callback(chunks.aclose)
            yield Answer(response.status_code, dict(response.headers), chunks)

    async def retried(self, ask: Callable[[], Awaitable[Result]]) -> Result:
        """Return what *ask* returns, asked again after each pause while nothing comes.

        Raises:
            UpstreamUnreachable: Nothing came, however often it was tried.
        """
        for pause_s in PAUSES_S:
            try:
                return await ask()
            except UpstreamUnreachable:
                await asyncio.sleep(pause_s)
        return await ask()


class _Refused(BundleError):
    """The server does not want to answer."""


async def _chunks(response: httpx2.Response, url: str, where: str) -> AsyncGenerator[bytes, None]:
    with _translated(url, where):
        async for chunk in response.aiter_raw():
            yield chunk


async def _small(url: str, answer: Answer, limit_bytes: int) -> bytes:
    body = bytearray()
    async for chunk in answer.chunks:
        body += chunk
        if len(body) > limit_bytes:
            raise BundleError(f"the answer to {url} is longer than {limit_bytes} bytes")
    return bytes(body)


def _check(answer: Answer, url: str) -> None:
    if answer.status in _MISSING:
        raise NotThere(f"{_server(url)} has no {urlsplit(url).path}", remedy="see docs/bundles.md")
    if answer.status == _UNAUTHORIZED:
        raise LoginWanted(
            f"{_server(url)} gives {urlsplit(url).path} to nobody who has not logged in",
            challenge=answer.headers.get("www-authenticate", ""),
            remedy="only what is public can be had; see to the name, or to the mirror",
        )
    if answer.status in (_REFUSED, _TOO_MANY):
        wait = answer.headers.get("retry-after", "")
        when = f"in {wait} s" if wait.isdigit() else "later"
        raise _Refused(
            f"{_server(url)} refused ({answer.status}): it has answered too often, or not to all",
            remedy=f"repeat the command {when}: it goes on where it was; or use a mirror",
        )
    if answer.status >= _BROKEN_FROM:
        raise UpstreamUnreachable(f"{_server(url)} is broken ({answer.status})", remedy=_OFFLINE)


@contextlib.contextmanager
def _translated(url: str, where: str) -> Iterator[None]:
    import httpx2  # noqa: PLC0415

    try:
        yield
    except (httpx2.RequestError, httpx2.InvalidURL) as error:
        raise _unreachable(error, url, where) from error


def _unreachable(error: Exception, url: str, where: str) -> UpstreamUnreachable | BundleError:
    asked, server = urlsplit(where).hostname, _server(url)
    name = server if asked == server else f"{asked} (for {server})"
    cause: BaseException | None = error
    while cause is not None:
        if isinstance(cause, ssl.SSLCertVerificationError):
            return BundleError(
                f"the certificate of {name} is not trusted: {cause.verify_message}",
                remedy="name the file with its authority: KUBERRY_UPSTREAM_CA_FILE=FILE.pem",
            )
        cause = cause.__cause__ or cause.__context__
    why = str(error) or type(error).__name__
    return UpstreamUnreachable(f"{name} cannot be reached: {why}", remedy=_OFFLINE)


def _server(url: str) -> str:
    return urlsplit(url).hostname or url


def _context(upstream: Upstream) -> ssl.SSLContext:
    context = ssl.create_default_context()
    try:
        context.load_verify_locations(upstream.ca_file)
    except OSError as error:
        raise BundleError(
            f"{upstream.ca_file} holds no certificates: {error.strerror or error}",
            remedy="see to KUBERRY_UPSTREAM_CA_FILE",
        ) from error
    return context


def _client(context: ssl.SSLContext | None) -> httpx2.AsyncClient:
    import httpx2  # noqa: PLC0415 -- a tenth of a second that only downloads need

    return httpx2.AsyncClient(
        timeout=httpx2.Timeout(_SILENCE_S, connect=_CONNECT_S),
        verify=context or True,
        mounts={"http://": None},  # what is on this machine is asked without a proxy
        headers={"user-agent": "kuberry"},
    )
