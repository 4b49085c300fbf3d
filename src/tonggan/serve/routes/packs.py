"""`/packs`: which models the shop understands its products by, and a change to others as a job."""

from __future__ import annotations

import asyncio
from functools import partial
from pathlib import Path
from typing import Any

from fastapi import APIRouter, Request
from starlette.responses import Response

from tonggan.errors import InputError, NotFoundError, unknown_name
from tonggan.packs.listing import kept_records
from tonggan.serve.bodies import read_json
from tonggan.serve.jobs import Tell, Work
from tonggan.serve.openapi import CHANGE_RESPONSES, PACKS_RESPONSES, USE_BODY
from tonggan.serve.parameters import check_names
from tonggan.serve.routes.products import once
from tonggan.serve.service import Service, caller_of, json_response, service_of
from tonggan.shop.packs import CATALOGUE

BODY_BYTES = 64 * 1024

LONGEST_NAME = 100
"""Characters of a name that are repeated in an answer."""

router = APIRouter(tags=["packs"])


@router.get("/packs", summary="The pack in use, and those that are here", responses=PACKS_RESPONSES)
async def listed(request: Request) -> Response:
    """What the shop understands products by, how far a change to another pack is, and which packs are here."""
    check_names(list(request.query_params), [])
    return json_response(await asyncio.to_thread(_listing, service_of(request)))


@router.post("/packs/use", summary="Change the pack", openapi_extra=USE_BODY, responses=CHANGE_RESPONSES)
async def use(request: Request) -> Response:
    """Move to a pack that is here, or to `catalogue`, while searches and writes go on.

    A short change is answered when it is through (200); a long one with its job (202), see `GET /packs/use/{job}`.
    """
    check_names(list(request.query_params), [])
    name = _name(await read_json(request, limit_bytes=BODY_BYTES))
    if not caller_of(request).is_owner:
        await asyncio.to_thread(_require_here, service_of(request), name)
    return await once(request, fingerprint=name, respond=partial(_started, request, name))


@router.get("/packs/use/{job}", summary="How a change of the pack stands", responses=CHANGE_RESPONSES)
async def stand(request: Request, job: str) -> Response:
    """State, stage, products so far and, when it is over, the version in use."""
    check_names(list(request.query_params), [])
    return json_response(service_of(request).changes.get(job).as_json())


def _name(body: Any) -> str:
    if not isinstance(body, dict) or not isinstance(body.get("name"), str) or not body["name"]:
        raise InputError("The body names no pack.", remedy='Send {"name": "default"}; GET /packs lists them.')
    check_names(list(body), ["name"])
    return body["name"]


def _require_here(service: Service, name: str) -> None:
    """Only the owner's own command line may name a folder: to others a pack is a name of the library."""
    known = [*(kept.name for kept in service.shop.library.list()), CATALOGUE]
    if name not in known:
        raise NotFoundError(unknown_name("pack", name[:LONGEST_NAME], known), remedy="Fetch it on the server first.")


async def _started(request: Request, name: str) -> Response:
    service = service_of(request)
    job = service.changes.start(name, _work(service, name))
    job = await service.changes.wait(job.id, seconds=service.settings.import_wait_ms / 1000)
    if job.error is not None:
        raise job.error
    if job.state == "finished":
        return json_response(job.as_json())
    return json_response(job.as_json(), 202, Location=f"/packs/use/{job.id}")


def _work(service: Service, name: str) -> Work:
    def work(job_id: str, tell: Tell) -> tuple[dict[str, Any], Path | None]:
        version = service.shop.use_pack(name, progress=lambda now: tell(now.stage, now.rows))
        return {"name": name, "version": version}, None

    return work


def _listing(service: Service) -> dict[str, Any]:
    pack = service.shop.health()["pack"]
    records = kept_records(service.shop.library)
    names = {record["fingerprint"]: record["name"] for record in records if "fingerprint" in record}
    used = {"name": names.get(pack["base"], ""), "version": pack["fingerprint"], "base": pack["base"]}
    lacking = {"lacking": pack["lacking"]} if "lacking" in pack else {}
    return {"used": used | lacking, "change": pack.get("change"), "packs": [_without_folder(each) for each in records]}


def _without_folder(record: dict[str, Any]) -> dict[str, Any]:
    """Where a pack stands on the server, and what is wrong with a damaged one there, is for its owner."""
    return {key: value for key, value in record.items() if key not in ("folder", "problem")}
