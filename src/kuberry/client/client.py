"""A server, asked from Python: the same values as from the functions, wherever the work is done."""

from __future__ import annotations

import secrets
import ssl
import time
from collections.abc import Iterator
from pathlib import Path
from types import TracebackType
from typing import Any, Self, TypeVar

import httpx2
from pydantic import BaseModel, TypeAdapter

from kuberry.client.failures import error_in, unreachable
from kuberry.errors import UsageError
from kuberry.model.check import CheckReport
from kuberry.model.cluster import Cluster
from kuberry.model.document import RunDocument
from kuberry.model.removal import ResetPlan
from kuberry.model.report import PlanReport
from kuberry.model.request import AnyPlanRequest, AnyRequest, DeployRequest
from kuberry.model.run import EventRecord, RunDetail, RunRecord
from kuberry.model.status import StatusReport
from kuberry.model.wire import BundleList, Caller, ClusterList, EventPage, FindingList, RunPage

Answer = TypeVar("Answer", bound=BaseModel)
_BEGIN_S = 900.0  # the first deploy of a version is answered when its bundle is there
_LOOK_S = 150.0  # longer than the server's own deadline for a look at hosts
_SILENCE_S = 60.0  # a server that follows a run says something every 15 s
_AGAIN_S = 1.0
_TRIES = 5
_PAGE = 200
_LOOPBACK = ("127.0.0.1", "::1", "localhost")


class Client:
    """Asks one server; close it, or use it as a context.

    Args:
        url: ``https://127.0.0.1:8443``.
        token: Of the server; never shown, not even by `repr`.
        ca_file: Whom to trust: the server's ``ca.pem``; ``None`` trusts whom the system trusts.
        ca_text: The same as text (PEM).
        timeout_s: Seconds for an answer that needs no host.

    Raises:
        UsageError: *url* is none, *ca_file* cannot be used, or the token would go unencrypted
            beyond this machine.
    """

    def __init__(
        self,
        url: str,
        token: str,
        *,
        ca_file: Path | str | None = None,
        ca_text: str | None = None,
        timeout_s: float = 30.0,
    ) -> None:
        self.url = url.rstrip("/")
        try:
            file = str(ca_file) if ca_file else None
            trust = ssl.create_default_context(cafile=file, cadata=ca_text)
        except (OSError, ValueError) as error:
            raise UsageError(
                f"{ca_file or 'the authority'} holds no certificates: {error}"
            ) from None
        _check(self.url)
        self._http = httpx2.Client(
            base_url=self.url,
            headers={"Authorization": f"Bearer {token}"},
            verify=trust,
            timeout=timeout_s,
            trust_env=False,  # the token goes to this server alone, through no proxy
        )

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        at: TracebackType | None,
    ) -> None:
        self.close()

    def close(self) -> None:
        """Close the connections."""
        self._http.close()

    def me(self) -> Caller:
        """Return who we are to the server, and what we may."""
        return self._get(Caller, "/v1/me")

    def runs(
        self, *, cluster: str | None = None, limit: int = 20, before: str | None = None
    ) -> RunPage:
        """Return the newest runs, newest first; *before* is the ``next`` of the page before."""
        words = {"cluster": cluster, "limit": limit, "before": before}
        return self._get(RunPage, "/v1/runs", **words)

    def run(self, run: str = "last") -> RunDetail:
        """Return one run with its report."""
        return self._get(RunDetail, f"/v1/runs/{run}")

    def document(self, run: str = "last") -> RunDocument:
        """Return all that is known of one run."""
        return self._get(RunDocument, f"/v1/runs/{run}/document")

    def report_page(self, run: str = "last") -> str:
        """Return the report of one run as a page of HTML that needs nothing but itself."""
        return self._ask("GET", f"/v1/runs/{run}/report").text

    def kept_events(self, run: str = "last") -> Iterator[EventRecord]:
        """Yield the events of *run* so far; `events` follows it."""
        after: int | None = 0
        while after is not None:
            page = self._get(EventPage, f"/v1/runs/{run}/events", after=after, limit=_PAGE)
            yield from page.events
            after = page.next

    def check(self, request: DeployRequest) -> CheckReport:
        """Return whether hosts are fit for what a deploy would make of them."""
        answer = self._ask("POST", "/v1/checks", request, _LOOK_S)
        return CheckReport.model_validate_json(answer.content)

    def clusters(self) -> tuple[Cluster, ...]:
        """Return the clusters that the server remembers."""
        return self._get(ClusterList, "/v1/clusters").clusters

    def findings(self) -> FindingList:
        """Return what the last run of each cluster found."""
        return self._get(FindingList, "/v1/findings")

    def bundles(self) -> BundleList:
        """Return the bundles in the server's cache."""
        return self._get(BundleList, "/v1/bundles")

    def status(self, hosts: str) -> StatusReport:
        """Return the hosts as the server sees them now."""
        answer = self._ask("GET", "/v1/hosts", timeout_s=_LOOK_S, words={"hosts": hosts})
        return StatusReport.model_validate_json(answer.content)

    def plan(self, request: AnyPlanRequest) -> PlanReport | ResetPlan:
        """Return what *request* would do, without doing it."""
        answer = self._ask("POST", "/v1/plans", request, _BEGIN_S)
        kind = PlanReport if request.command == "deploy" else ResetPlan
        return kind.model_validate_json(answer.content)

    def begin(self, request: AnyRequest, *, key: str | None = None) -> RunRecord:
        """Begin a run and return it; what the server began is begun once, also when a line breaks.

        Args:
            key: The same key and request again name the same run; ``None`` makes one up.

        Raises:
            KuberryError: What is wrong with the request, as if it had been made here.
        """
        headers = {"Idempotency-Key": key or secrets.token_hex(16)}
        for _ in range(_TRIES - 1):
            try:
                answer = self._send("POST", "/v1/runs", request, _BEGIN_S, headers)
            except httpx2.TransportError:
                time.sleep(_AGAIN_S)
                continue
            return RunRecord.model_validate_json(answer.content)
        answer = self._ask("POST", "/v1/runs", request, _BEGIN_S, headers)
        return RunRecord.model_validate_json(answer.content)

    def cancel(self, run: str) -> RunRecord:
        """Cancel a run that the server does."""
        answer = self._ask("POST", f"/v1/runs/{run}/cancel")
        return RunRecord.model_validate_json(answer.content)

    def withdraw(self, key: str) -> RunRecord | None:
        """Cancel what `begin` asked with *key*; ``None`` where it had led to no run yet."""
        answer = self._ask("DELETE", f"/v1/requests/{key}")
        return TypeAdapter(RunRecord | None).validate_json(answer.content)

    def events(self, run: str = "last", *, after: int = 0) -> Iterator[EventRecord]:
        """Yield the events of *run* as they happen, to its end; a line that breaks is taken up.

        Args:
            after: Leave out the events up to this number.

        Raises:
            KuberryError: There is no such run, or the server does not come back.
        """
        whole, failures = self.run(run).run.id, 0
        while True:
            try:
                for record in self._stream(whole, after):
                    after, failures = record.seq, 0
                    yield record
                if self._is_told(whole, after):
                    return
            except httpx2.TransportError as error:
                failures += 1
                if failures == _TRIES:
                    raise unreachable(self.url, error) from error
                time.sleep(_AGAIN_S)

    def _stream(self, run: str, after: int) -> Iterator[EventRecord]:
        headers = {"Last-Event-ID": str(after), "Accept": "text/event-stream"}
        with self._http.stream(
            "GET", "/v1/events", params={"run": run}, headers=headers, timeout=_SILENCE_S
        ) as answer:
            if answer.is_error:
                answer.read()
                raise error_in(answer)
            for line in answer.iter_lines():
                if line.startswith("data: "):
                    yield EventRecord.model_validate_json(line[6:])

    def _is_told(self, run: str, after: int) -> bool:
        """Return whether the run has ended and nothing of it is left to tell."""
        headers = {"Last-Event-ID": str(after)}
        with self._http.stream("GET", "/v1/events", params={"run": run}, headers=headers) as answer:
            return answer.status_code == httpx2.codes.NO_CONTENT

    def _get(self, kind: type[Answer], path: str, **words: Any) -> Answer:
        said = {name: value for name, value in words.items() if value is not None}
        return kind.model_validate_json(self._ask("GET", path, words=said).content)

    def _ask(
        self,
        method: str,
        path: str,
        request: BaseModel | None = None,
        timeout_s: float | None = None,
        headers: dict[str, str] | None = None,
        *,
        words: dict[str, Any] | None = None,
    ) -> httpx2.Response:
        try:
            return self._send(method, path, request, timeout_s, headers, words=words)
        except httpx2.TransportError as error:
            raise unreachable(self.url, error) from error

    def _send(
        self,
        method: str,
        path: str,
        request: BaseModel | None = None,
        timeout_s: float | None = None,
        headers: dict[str, str] | None = None,
        *,
        words: dict[str, Any] | None = None,
    ) -> httpx2.Response:
        body = request.model_dump_json() if request is not None else None
        kind = {"Content-Type": "application/json"} if body else {}
        answer = self._http.request(
            method,
            path,
            params=words,
            content=body,
            headers={**kind, **(headers or {})},
            timeout=timeout_s or self._http.timeout,
        )
        if answer.is_error:
            raise error_in(answer)
        return answer


def _check(url: str) -> None:
    try:
        where = httpx2.URL(url)
    except httpx2.InvalidURL:
        where = httpx2.URL()
    if where.scheme not in {"http", "https"} or not where.host:
        raise UsageError(f"{url!r} is no server", remedy="for example https://127.0.0.1:8443")
    if where.scheme == "http" and where.host not in _LOOPBACK:
        raise UsageError(f"without TLS the token could be read on its way to {url}")
