"""The page to search with, its assets, and the list of addresses."""

from __future__ import annotations

import json
from functools import cache
from pathlib import Path
from typing import Any

from fastapi import APIRouter, Request
from starlette.responses import FileResponse, HTMLResponse, Response

from tonggan.errors import NotFoundError
from tonggan.serve.access import SCOPES
from tonggan.serve.problems import TITLES

WEB = Path(__file__).parents[1] / "web"

ASSETS = {
    "tonggan.css": "text/css; charset=utf-8",
    "tonggan.js": "text/javascript; charset=utf-8",
    "cards.js": "text/javascript; charset=utf-8",
    "meaning.js": "text/javascript; charset=utf-8",
    "picture.js": "text/javascript; charset=utf-8",
    "suggest.js": "text/javascript; charset=utf-8",
    "why.js": "text/javascript; charset=utf-8",
    "words.js": "text/javascript; charset=utf-8",
    "strings.json": "application/json",
    "icon.svg": "image/svg+xml",
}
"""The files that a page may load, and nothing else of the folder."""

LANGUAGES = ("en", "zh")

router = APIRouter(tags=["page"])


@router.get("/", summary="The page to search with", response_class=HTMLResponse)
async def page(request: Request) -> Response:
    """A shell in the reader's language; its module asks /search for everything else."""
    language = _language(request)
    html = _templates().get_template("page.html").render(language=language, text=_strings()[language])
    return HTMLResponse(html, headers={"Cache-Control": "no-cache", "Content-Language": language})


@router.get("/assets/{name}", summary="Style, module and words of the page", response_class=FileResponse)
async def asset(request: Request, name: str) -> Response:
    """One file that the page needs."""
    if name not in ASSETS:
        raise NotFoundError(f"There is no asset {name[:80]!r}.", remedy=f"There are: {', '.join(ASSETS)}.")
    return FileResponse(WEB / name, media_type=ASSETS[name], headers={"Cache-Control": "no-cache"})


@router.get("/docs", summary="This list", response_class=HTMLResponse)
async def docs(request: Request) -> Response:
    """Every address, its parameters and the scope that it needs."""
    schema = request.app.openapi()
    html = _templates().get_template("docs.html").render(schema=schema, groups=_grouped(schema), problems=TITLES)
    return HTMLResponse(html, headers={"Cache-Control": "no-cache"})


@router.get("/openapi.json", summary="OpenAPI 3.1")
async def openapi(request: Request) -> Response:
    """The description of this server for programs."""
    return Response(json.dumps(request.app.openapi(), ensure_ascii=False), media_type="application/json")


def _grouped(schema: dict[str, Any]) -> dict[str, list[dict[str, Any]]]:
    groups: dict[str, list[dict[str, Any]]] = {}
    for path, operations in schema["paths"].items():
        for method, operation in operations.items():
            scope = _scope(method.upper(), path)
            entry = {"method": method.upper(), "path": path, "scope": scope, **operation}
            groups.setdefault(operation["tags"][0], []).append(entry)
    return groups


def _scope(method: str, path: str) -> str:
    return next(
        scope for (verb, route), scope in SCOPES.items() if (verb, route.replace(":path", "")) == (method, path)
    )


def _language(request: Request) -> str:
    wanted = request.query_params.get("lang", "") or request.headers.get("accept-language", "")
    return "zh" if wanted.strip().lower().startswith("zh") else LANGUAGES[0]


@cache
def _templates() -> Any:
    from jinja2 import Environment, FileSystemLoader, StrictUndefined

    return Environment(loader=FileSystemLoader(WEB), autoescape=True, undefined=StrictUndefined)


@cache
def _strings() -> dict[str, dict[str, Any]]:
    return json.loads((WEB / "strings.json").read_text(encoding="utf-8"))
