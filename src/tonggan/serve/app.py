"""The application: one shop behind its routes, gates and keys."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from typing import TYPE_CHECKING

from fastapi import Depends, FastAPI

from tonggan import __version__
from tonggan.serve import ServeSettings
from tonggan.serve.envelope import Envelope
from tonggan.serve.problems import add_handlers
from tonggan.serve.routes import explain, health, imports, keys, media, packs, page, products, rules, search, suggest
from tonggan.serve.service import Service, admit, build_service

if TYPE_CHECKING:
    from tonggan.shop import Shop

ROUTERS = (
    search.router,
    suggest.router,
    explain.router,
    products.router,
    imports.router,
    packs.router,
    keys.router,
    rules.rules,
    rules.synonyms,
    health.router,
    media.router,
    page.router,
)

READABLE_HEADERS = ["X-Request-ID", "Retry-After", "Location", "Idempotency-Replayed"]


def create_app(
    shop: Shop, *, settings: ServeSettings | None = None, host: str = "127.0.0.1", local_token: str = ""
) -> FastAPI:
    """The shop over HTTP, for a server bound to `host`.

    `local_token` is a secret that lets the owner's own command line in with every scope. The shop stays open when the
    application ends.
    """
    service = build_service(shop, settings=settings or ServeSettings(), host=host, local_token=local_token)
    app = FastAPI(
        title="Tonggan",
        version=__version__,
        description="Search a shop by words, pictures, stars or a mix.",
        docs_url=None,
        redoc_url=None,
        openapi_url=None,
        redirect_slashes=False,
        dependencies=[Depends(admit)],
        lifespan=_closing(service),
    )
    app.state.service = service
    for router in ROUTERS:
        app.include_router(router)
    add_handlers(app)
    _add_layers(app, service)
    return app


def _add_layers(app: FastAPI, service: Service) -> None:
    """The last one added is the outermost."""
    if service.gatekeeper.origins:
        from starlette.middleware.cors import CORSMiddleware

        app.add_middleware(
            CORSMiddleware,
            allow_origins=sorted(service.gatekeeper.origins),
            allow_methods=["GET", "POST", "PUT", "DELETE"],
            allow_headers=["Authorization", "Content-Type", "Idempotency-Key", "X-Request-ID", "X-Timeout-Ms"],
            expose_headers=READABLE_HEADERS,
        )
    app.add_middleware(Envelope, metrics=service.metrics)


def _closing(service: Service) -> Callable[[FastAPI], AbstractAsyncContextManager[None]]:
    @asynccontextmanager
    async def lifespan(app: FastAPI) -> AsyncIterator[None]:
        try:
            yield
        finally:
            service.close()

    return lifespan
