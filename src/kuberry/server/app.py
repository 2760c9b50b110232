"""The application: its resources, and what stands before them."""

from __future__ import annotations

from importlib.metadata import version
from typing import Any

from fastapi import APIRouter, Depends, FastAPI

from kuberry.model.wire import Problem
from kuberry.server.access import READ
from kuberry.server.bounds import Bounds
from kuberry.server.metrics import Metrics
from kuberry.server.observed import Observed
from kuberry.server.problems import MEDIA_TYPE, add_handlers
from kuberry.server.routes import bundles, clusters, events, health, page, plans, runs, tokens
from kuberry.server.state import Setup, lifespan

_ABOUT = (
    "The same engine as on the command line. Every request but /healthz and /readyz needs a token; "
    "what goes wrong is told as a problem (RFC 9457) with a stable code and a remedy."
)
_REF = "#/components/schemas/{model}"


def make_app(setup: Setup) -> FastAPI:
    """Return the application that serves what *setup* says."""
    metrics = Metrics()
    app = FastAPI(
        title="kuberry",
        version=version("kuberry"),
        description=_ABOUT,
        lifespan=lifespan(setup, metrics),
        openapi_url=None,
        docs_url=None,
        redoc_url=None,
        redirect_slashes=False,
    )
    resources = APIRouter(prefix="/v1")
    for room in (runs, events, plans, clusters, bundles, tokens):
        resources.include_router(room.router)
    resources.include_router(runs.requests)

    @resources.get("/openapi.json", include_in_schema=False, dependencies=[Depends(READ)])
    def describe() -> dict[str, Any]:
        return document(app)

    app.include_router(resources)
    app.include_router(health.router)
    app.include_router(page.router)
    add_handlers(app)
    app.add_middleware(Bounds, names=setup.names)
    app.add_middleware(Observed, metrics=metrics)
    return app


def document(app: FastAPI) -> dict[str, Any]:
    """Return the description of *app* (OpenAPI 3.1), with what is answered when it cannot be done.

    FastAPI would describe failures of its own shape there.
    """
    described = app.openapi()
    schemas = described["components"]["schemas"]
    problem = Problem.model_json_schema(ref_template=_REF)
    schemas.update(problem.pop("$defs", {}) | {"Problem": problem})
    for name in ("HTTPValidationError", "ValidationError"):
        schemas.pop(name, None)
    content = {MEDIA_TYPE: {"schema": {"$ref": _REF.format(model="Problem")}}}
    for path in described["paths"].values():
        for operation in path.values():
            operation["responses"].pop("422", None)
            operation["responses"]["default"] = {
                "description": "It cannot be done, and why.",
                "content": content,
            }
    return described
