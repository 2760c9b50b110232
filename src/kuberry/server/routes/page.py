"""The page in the browser: files of this package by a fixed table of names, for whoever asks.

They hold nothing that is secret; what they show, they ask for with the token of who looks.
"""

from __future__ import annotations

from pathlib import Path

from fastapi import APIRouter, Response

from kuberry.server.problems import Refused

router = APIRouter(include_in_schema=False)
_TYPES = {
    ".css": "text/css; charset=utf-8",
    ".html": "text/html; charset=utf-8",
    ".js": "text/javascript; charset=utf-8",
    ".svg": "image/svg+xml",
}
_FOLDER = Path(__file__).parents[1] / "page"
_FILES = {file.name: file for file in sorted(_FOLDER.iterdir()) if file.suffix in _TYPES}
_RULES = (
    "default-src 'none'",
    "script-src 'self'",
    "style-src 'self'",
    "img-src 'self'",
    "connect-src 'self'",
    "base-uri 'none'",
    "form-action 'none'",
    "frame-ancestors 'none'",
    "require-trusted-types-for 'script'",
    "trusted-types 'none'",
)
POLICY = "; ".join(_RULES)
"""Nothing from elsewhere, no script or style in a text, and no text becomes markup (CSP 3)."""


@router.get("/")
def shell() -> Response:
    """Give the page itself; its scripts fill it."""
    return _file("index.html")


@router.get("/page/{name}")
def part(name: str) -> Response:
    """Give one of its parts."""
    if name not in _FILES:
        raise Refused(404, "not-found", "the page has no such part")
    return _file(name)


def _file(name: str) -> Response:
    file = _FILES[name]
    headers = {"Content-Security-Policy": POLICY}
    return Response(file.read_bytes(), media_type=_TYPES[file.suffix], headers=headers)
