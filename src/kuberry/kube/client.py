"""A running cluster, asked through its API server."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Mapping
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from types import TracebackType
from typing import Any, Self

import httpx2
from lightkube import AsyncClient, codecs
from lightkube.config.kubeconfig import KubeConfig
from lightkube.config.models import Cluster, User
from lightkube.resources.apps_v1 import Deployment
from lightkube.resources.coordination_v1 import Lease as LeaseResource
from lightkube.resources.core_v1 import Endpoints, Event, Namespace
from lightkube.resources.core_v1 import Node as NodeResource
from lightkube.resources.core_v1 import Pod as PodResource
from lightkube.resources.core_v1 import Service as ServiceResource
from lightkube.resources.storage_v1 import StorageClass

from kuberry.errors import ApiRefused
from kuberry.kube import read
from kuberry.kube.failures import our_errors
from kuberry.kube.objects import Execution, Lease, Node, Pod, Service

REQUEST_S = 10.0
_KUBELET_S = 3.0
_CONFLICT, _NOT_FOUND = 409, 404
_DEFAULT_CLASS = "storageclass.kubernetes.io/is-default-class"
Manifest = Mapping[str, Any]


class Kube:
    """A running cluster.

    Every method raises `kuberry.errors.ApiUnreachable` when nothing answers in time, and
    `kuberry.errors.ApiRefused` when the answer is an error.

    Args:
        url: Where the API server is.
        transport: Carries the requests; holds credentials and the check of the server.
        host: The control plane, for messages.
        look: What to type there to see why the API server does not answer.
    """

    def __init__(
        self, url: str, transport: httpx2.AsyncBaseTransport, *, host: str, look: str
    ) -> None:
        self._host, self._look = host, look
        self._raw = httpx2.AsyncClient(
            base_url=url, transport=transport, timeout=REQUEST_S, trust_env=False
        )
        self._client = AsyncClient(
            KubeConfig.from_one(cluster=Cluster(server=url), user=User()).get(),
            timeout=httpx2.Timeout(REQUEST_S),
            transport=transport,
            trust_env=False,
        )

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        await self._client.close()
        await self._raw.aclose()

    async def call(
        self, method: str, path: str, *, body: Manifest | None = None, **query: str
    ) -> dict[str, Any]:
        """Ask for *path* as it is written in the API's reference, and return the answer's JSON."""
        return await self._json(method, path, query, json=body)

    async def apply(self, path: str, manifest: Manifest, *, manager: str) -> dict[str, Any]:
        """Have the object at *path* be what *manifest* says of it; return what it is then.

        What *manifest* does not say stays as it is. A field that another manager has set otherwise
        is not taken from it: status 409. The object is made where there is none.
        https://kubernetes.io/docs/reference/using-api/server-side-apply/

        Args:
            manager: Who says so, for the server's record.
        """
        kind = {"Content-Type": "application/apply-patch+yaml"}  # of which JSON is a part
        content = json.dumps(dict(manifest)).encode()
        query = {"fieldManager": manager}
        return await self._json("PATCH", path, query, content=content, headers=kind)

    async def _json(
        self, method: str, path: str, query: Mapping[str, str], **request: Any
    ) -> dict[str, Any]:
        with our_errors(self._host, self._look):
            answer = await self._raw.request(method, path, params=query, **request)
            if not answer.is_success:
                raise ApiRefused(
                    f"the API server answers: {_message(answer)}",
                    host=self._host,
                    status=answer.status_code,
                )
            found: dict[str, Any] = answer.json()
            return found

    async def unready(self) -> str:
        """Return what the API server says is not ready of itself; empty when all is."""
        with our_errors(self._host, self._look):
            answer = await self._raw.get("/readyz?verbose")
        if answer.is_success:
            return ""
        failed = [line for line in answer.text.splitlines() if line.startswith("[-]")]
        return "; ".join(failed) or f"status {answer.status_code}"

    async def now(self) -> datetime:
        """Return the time of the control plane's clock, to the second."""
        with our_errors(self._host, self._look):
            answer = await self._raw.get("/version")
            answer.raise_for_status()
        stamp = answer.headers.get("date")
        return parsedate_to_datetime(stamp) if stamp else datetime.now(UTC)

    async def version(self) -> str:
        """Return the version of the API server."""
        with our_errors(self._host, self._look):
            answer = await self._raw.get("/version")
            answer.raise_for_status()
            return str(answer.json()["gitVersion"])

    async def kubelet_problem(self, node: str) -> str:
        """Return why the kubelet of *node* does not answer the API server; empty when it does."""
        path = f"/api/v1/nodes/{node}/proxy/healthz"
        try:
            async with asyncio.timeout(_KUBELET_S):
                with our_errors(self._host, self._look):
                    answer = await self._raw.get(path, timeout=None)
        except TimeoutError:
            return f"no answer within {_KUBELET_S:g} s"
        return "" if answer.is_success else _message(answer)

    async def nodes(self) -> tuple[Node, ...]:
        """Return all nodes."""
        with our_errors(self._host, self._look):
            return tuple([read.node(one) async for one in self._client.list(NodeResource)])

    async def leases(self) -> tuple[Lease, ...]:
        """Return the nodes' signs of life."""
        with our_errors(self._host, self._look):
            found = [
                one async for one in self._client.list(LeaseResource, namespace="kube-node-lease")
            ]
        return tuple(
            Lease(one.metadata.name, one.spec.renewTime)
            for one in found
            if one.metadata and one.metadata.name and one.spec and one.spec.renewTime
        )

    async def pods(self, namespace: str) -> tuple[Pod, ...]:
        """Return the pods of *namespace*."""
        with our_errors(self._host, self._look):
            listed = self._client.list(PodResource, namespace=namespace)
            return tuple([read.pod(one) async for one in listed])

    async def services(self, namespace: str) -> tuple[Service, ...]:
        """Return the services of *namespace*."""
        with our_errors(self._host, self._look):
            listed = self._client.list(ServiceResource, namespace=namespace)
            return tuple([read.service(one) async for one in listed])

    async def endpoints(self, namespace: str, service: str) -> tuple[str, ...]:
        """Return the addresses that *service* leads to: of the pods that are ready."""
        with our_errors(self._host, self._look):
            listed = self._client.list(
                Endpoints, namespace=namespace, fields={"metadata.name": service}
            )
            subsets = [subset async for one in listed for subset in one.subsets or []]
        return tuple(address.ip for subset in subsets for address in subset.addresses or [])

    async def replicas(self, namespace: str, deployment: str) -> int:
        """Return how many pods of *deployment* are available, of its newest template."""
        with our_errors(self._host, self._look):
            one = await self._client.get(Deployment, deployment, namespace=namespace)
        status = one.status
        if status is None or (status.updatedReplicas or 0) < (status.availableReplicas or 0):
            return 0
        return status.availableReplicas or 0

    async def warnings(self, namespace: str) -> dict[str, str]:
        """Return the last warning about each object of *namespace*, by the object's name."""
        with our_errors(self._host, self._look):
            found = [one async for one in self._client.list(Event, namespace=namespace)]
        return {
            one.involvedObject.name or "": f"{one.reason}: {one.message}"
            for one in found
            if one.type == "Warning"
        }

    async def default_storage_class(self) -> str | None:
        """Return the name of the storage class that claims get when they name none."""
        with our_errors(self._host, self._look):
            async for one in self._client.list(StorageClass):
                marks = (one.metadata.annotations if one.metadata else None) or {}
                if marks.get(_DEFAULT_CLASS) == "true" and one.metadata:
                    return one.metadata.name
        return None

    async def namespaces(self, label: str) -> tuple[str, ...]:
        """Return the namespaces that carry *label*, without those that are on their way out."""
        with our_errors(self._host, self._look):
            listed = self._client.list(Namespace, labels={label: None})
            staying = [one.metadata async for one in listed if one.metadata]
        return tuple(one.name for one in staying if one.name and not one.deletionTimestamp)

    async def create(self, manifest: Manifest) -> None:
        """Create what *manifest* says; what is there already stays as it is."""
        try:
            with our_errors(self._host, self._look):
                await self._client.create(codecs.from_dict(dict(manifest)))
        except ApiRefused as error:
            if error.status != _CONFLICT:
                raise

    async def delete_namespace(self, name: str) -> None:
        """Have a namespace deleted: nothing can be made in it any more, its pods end at once.

        The rest is removed by Kubernetes itself, which waits five seconds before it begins
        (kube-controller-manager, namespaceDeletionGracePeriod); that is not awaited.
        """
        try:
            with our_errors(self._host, self._look):
                await self._client.delete(Namespace, name)
                await self._client.deletecollection(PodResource, namespace=name, grace_period=0)
        except ApiRefused as error:
            if error.status not in {_NOT_FOUND, _CONFLICT}:
                raise

    async def log(self, namespace: str, pod: str) -> str:
        """Return what *pod* has written."""
        with our_errors(self._host, self._look):
            lines = [line async for line in self._client.log(pod, namespace=namespace)]
        return "".join(lines)

    async def execute(
        self, namespace: str, pod: str, words: tuple[str, ...], *, deadline_s: float
    ) -> Execution:
        """Run *words* in *pod* and wait for their end.

        Args:
            deadline_s: Seconds for all of it; then `ApiUnreachable` is raised.
        """
        with our_errors(self._host, self._look):
            ended = await self._client.exec(
                pod,
                namespace=namespace,
                command=list(words),
                stdout=True,
                stderr=True,
                timeout=deadline_s,
            )
        return Execution(ended.exit_code, str(ended.stdout), str(ended.stderr))


def _message(answer: httpx2.Response) -> str:
    try:
        return str(answer.json()["message"])
    except (ValueError, LookupError, TypeError):
        return answer.text.strip() or f"status {answer.status_code}"
