"""Images from registries: the few questions of the OCI distribution API that a pull needs.

Source: https://github.com/opencontainers/distribution-spec/blob/v1.1.1/spec.md ("Pull"), and for
tokens https://distribution.github.io/distribution/spec/auth/token/. Nobody logs in: public images.
"""

from __future__ import annotations

import dataclasses
import hashlib
import json
import re
from collections.abc import Iterable, Mapping
from typing import Any
from urllib.parse import urlencode, urlsplit

from kuberry.bundles.upstream.address import is_safe
from kuberry.bundles.upstream.download import Item
from kuberry.bundles.upstream.web import LoginWanted, Web
from kuberry.errors import BundleError

# The API of Docker Hub answers under another name than its images have.
_API_HOSTS = {"docker.io": "registry-1.docker.io"}
_GO_WORDS = {"amd64": ("amd64", ("",)), "arm64": ("arm64", ("v8", ""))}
_GO_WORDS["armhf"] = ("arm", ("v7", "v6", "v5", ""))
_MANIFESTS = (
    "application/vnd.oci.image.manifest.v1+json",
    "application/vnd.docker.distribution.manifest.v2+json",
)
_INDEXES = (
    "application/vnd.oci.image.index.v1+json",
    "application/vnd.docker.distribution.manifest.list.v2+json",
)
_REFERENCE = re.compile(
    r"(?P<host>[a-z0-9.-]+(:[0-9]+)?)/(?P<repository>[a-z0-9]+([._/-]+[a-z0-9]+)*)"
    r":(?P<tag>[A-Za-z0-9_][A-Za-z0-9._-]{0,127})"
)
_DIGEST = re.compile(r"sha256:(?P<hex>[0-9a-f]{64})")


@dataclasses.dataclass(frozen=True, slots=True)
class PulledImage:
    """One image for one architecture, its manifest read and its blobs still to come.

    Attributes:
        reference: Its full name with tag.
        architecture: Debian's word.
        manifest: Its bytes, as the registry signed for them.
        media_type: Of the manifest.
        blobs: Configuration and layers; each item's path is the digest's place in an OCI layout.
    """

    reference: str
    architecture: str
    manifest: bytes
    media_type: str
    blobs: tuple[Item, ...]

    @property
    def file_name(self) -> str:
        """Return a name for its file: the last word of the repository, and the tag."""
        return self.reference.rsplit("/", 1)[-1].replace(":", "-")

    @property
    def layers(self) -> tuple[Item, ...]:
        """Return the layers, the lowest first."""
        return self.blobs[1:]


class Registries:
    """Pulls images without logging in.

    Args:
        web: The way to the servers.
    """

    def __init__(self, web: Web) -> None:
        self._web = web
        self._tokens: dict[str, str] = {}

    def headers(self, url: str) -> dict[str, str]:
        """Return what *url*, an address of this API, is to be asked with."""
        token = self._tokens.get(_scope_of(url))
        return {"authorization": f"Bearer {token}"} if token else {}

    async def resolve(self, reference: str, architecture: str) -> PulledImage:
        """Return the image *reference* for *architecture*.

        Args:
            architecture: Debian's word.

        Raises:
            NotThere: The registry has no such image.
            BundleError: It has none for *architecture*, or what it says is not sound.
            UpstreamUnreachable: It does not answer.
        """
        match = _REFERENCE.fullmatch(reference)
        if match is None:
            raise BundleError(f"{reference!r} is no full name of an image with its tag")
        host = _API_HOSTS.get(match["host"], match["host"])
        base = f"https://{host}/v2/{match['repository']}"
        text = await self._manifest(f"{base}/manifests/{match['tag']}", None)
        document = _parse(text, reference)
        if "manifests" in document:
            digest = _choose(document["manifests"], architecture, reference)
            text = await self._manifest(f"{base}/manifests/{digest}", digest)
            document = _parse(text, reference)
        return PulledImage(
            reference=reference,
            architecture=architecture,
            manifest=text,
            media_type=str(document.get("mediaType") or _MANIFESTS[0]),
            blobs=tuple(_blobs(document, base, reference)),
        )

    async def _manifest(self, url: str, digest: str | None) -> bytes:
        """Return a manifest; one that is asked for by its digest is held to it."""
        text = await self._authorized(url)
        if digest and f"sha256:{hashlib.sha256(text).hexdigest()}" != digest:
            raise BundleError(f"{url} is not what its digest says")
        return text

    async def _authorized(self, url: str) -> bytes:
        """Ask, and once more with a token where the registry wants one."""
        accept = {"accept": ", ".join((*_INDEXES, *_MANIFESTS))}
        try:
            return await self._web.read(url, headers={**accept, **self.headers(url)})
        except LoginWanted as error:
            await self.login(url, error.challenge)
        return await self._web.read(url, headers={**accept, **self.headers(url)})

    async def login(self, url: str, challenge: str) -> None:
        """Get the token that lets anybody read what is at *url*, for a while.

        Args:
            challenge: What the registry said when it was asked without.

        Raises:
            BundleError: There is no token for everybody.
            UpstreamUnreachable: The server that gives tokens does not answer.
        """
        self._tokens[_scope_of(url)] = await self._token(challenge, url)

    async def _token(self, challenge: str, url: str) -> str:
        fields = dict(re.findall(r'([a-z]+)="([^"]*)"', challenge))
        realm = fields.pop("realm", "")
        if not challenge.lower().startswith("bearer ") or not is_safe(realm):
            raise BundleError(f"{urlsplit(url).hostname} wants a login that we do not know")
        fields.setdefault("scope", f"repository:{_scope_of(url).split('/', 1)[1]}:pull")
        query = urlencode({key: fields[key] for key in ("service", "scope") if key in fields})
        answer = _parse(await self._web.read(f"{realm}?{query}"), realm)
        token = answer.get("token") or answer.get("access_token")
        if not isinstance(token, str) or not token.isascii() or not token.isprintable():
            raise BundleError(f"{urlsplit(realm).hostname} gave no token for {url}")
        return token


def _scope_of(url: str) -> str:
    """Return registry and repository of an address of this API: ``host/repository``."""
    parts = urlsplit(url)
    path = parts.path.removeprefix("/v2/")
    return f"{parts.netloc}/{re.split('/(?:manifests|blobs)/', path)[0]}"


def _choose(entries: Iterable[Any], architecture: str, reference: str) -> str:
    """Return the digest of the manifest that fits *architecture* best."""
    word, variants = _GO_WORDS[architecture]
    found: dict[str, str] = {}
    for entry in entries:
        platform = entry.get("platform") or {}
        if (platform.get("os"), platform.get("architecture")) == ("linux", word):
            found.setdefault(str(platform.get("variant") or ""), str(entry.get("digest")))
    digest = next((found[one] for one in variants if one in found), None)
    if digest is None:
        raise BundleError(f"{reference} is not made for {architecture}")
    if not _DIGEST.fullmatch(digest):
        raise BundleError(f"{reference}: the registry names no sound digest")
    return digest


def _blobs(document: Mapping[str, Any], base: str, reference: str) -> Iterable[Item]:
    entries = [document.get("config"), *(document.get("layers") or ())]
    for entry in entries:
        match = _DIGEST.fullmatch(str(entry.get("digest"))) if isinstance(entry, dict) else None
        size = entry.get("size") if isinstance(entry, dict) else None
        if match is None or not isinstance(size, int) or size < 0:
            raise BundleError(f"{reference}: its manifest is not sound")
        yield Item(
            url=f"{base}/blobs/sha256:{match['hex']}",
            path=f"blobs/sha256/{match['hex']}",
            sha256=match["hex"],
            size_bytes=size,
            label=reference.rsplit("/", 1)[-1],
        )


def _parse(text: bytes, source: str) -> dict[str, Any]:
    try:
        document = json.loads(text)
    except ValueError:
        document = None
    if not isinstance(document, dict):
        raise BundleError(f"{source}: the answer is no JSON object")
    return document
