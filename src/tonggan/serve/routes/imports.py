"""`/import`: a merchant's file, taken in as a job."""

from __future__ import annotations

import shutil
from collections.abc import AsyncIterator
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

from fastapi import APIRouter, Request
from starlette.datastructures import UploadFile
from starlette.responses import FileResponse, Response

from tonggan.errors import AccessError, InputError, NotFoundError
from tonggan.feed.mapping import read_mapping
from tonggan.serve.bodies import StoredBody, capped, chunks_of, keep_upload, media_type, open_form, read_json
from tonggan.serve.jobs import Tell, Work
from tonggan.serve.openapi import IMPORT_BODY, JOB_RESPONSES
from tonggan.serve.parameters import check_names
from tonggan.serve.routes.products import once
from tonggan.serve.service import caller_of, json_response, service_of
from tonggan.serve.uploads import keep_refusals, upload_folder

OPTIONS = ["dry_run", "filename"]

MAPPING_BYTES = 1024 * 1024

router = APIRouter(tags=["import"])


@dataclass(frozen=True, slots=True)
class ImportRequest:
    """A feed to take in; `leftovers` is the folder to remove afterwards."""

    source: Path
    name: str
    fingerprint: str
    is_dry_run: bool = False
    mapping: Path | None = None
    leftovers: Path | None = None


@router.post("/import", summary="Import a feed", openapi_extra=IMPORT_BODY, responses=JOB_RESPONSES)
async def start(request: Request) -> Response:
    """Take in a feed: the file as the body with `?filename=`, or as the form field `file`.

    A short import is answered with its report (200); a long one with its job (202), see `GET /import/{job}`.
    """
    check_names(list(request.query_params), OPTIONS)
    if media_type(request) == "application/json" and "filename" not in request.query_params:
        wanted = await _named_file(request)
    else:
        wanted = await _uploaded(request)
    return await once(request, fingerprint=wanted.fingerprint, respond=partial(_started, request, wanted))


@router.get("/import/{job}", summary="How an import stands", responses=JOB_RESPONSES)
async def stand(request: Request, job: str) -> Response:
    """State, rows so far and, when it is over, the report."""
    check_names(list(request.query_params), [])
    return json_response(service_of(request).jobs.get(job).as_json())


@router.get("/import/{job}/refused.csv", summary="Refused rows of an import", response_class=FileResponse)
async def refused(request: Request, job: str) -> Response:
    """Line, column, value, reason and remedy of every row that was not taken."""
    check_names(list(request.query_params), [])
    path = service_of(request).jobs.get(job).refused
    if path is None or not path.is_file():
        raise NotFoundError(f"Import {job[:40]!r} has no refused rows.", remedy=f"GET /import/{job[:40]} tells why.")
    return FileResponse(path, media_type="text/csv; charset=utf-8", filename="refused.csv")


async def _started(request: Request, wanted: ImportRequest) -> Response:
    service = service_of(request)
    job = service.jobs.start(wanted.name, _work(request, wanted), leftovers=wanted.leftovers)
    job = await service.jobs.wait(job.id, seconds=service.settings.import_wait_ms / 1000)
    if job.error is not None:
        raise job.error
    if job.state == "finished":
        return json_response(job.as_json())
    return json_response(job.as_json(), 202, Location=f"/import/{job.id}")


def _work(request: Request, wanted: ImportRequest) -> Work:
    service = service_of(request)

    def work(job_id: str, tell: Tell) -> tuple[dict[str, Any], Path | None]:
        mapping = read_mapping(wanted.mapping) if wanted.mapping else None
        with service.writing():
            report = service.shop.ingest(
                wanted.source,
                mapping=mapping,
                dry_run=wanted.is_dry_run,
                progress=lambda now: tell(now.stage, now.rows),
            )
            shown = {**report.as_json(), "refused_csv": None}
            return shown, keep_refusals(shown.pop("refusals_path", ""), service.shop.folder, job_id=job_id)

    return work


async def _named_file(request: Request) -> ImportRequest:
    """A file of this machine, for its owner's own command line only."""
    if not caller_of(request).is_owner:
        raise AccessError("Only this machine's command line may name a file.", remedy="Send the file itself.")
    body = await read_json(request, limit_bytes=MAPPING_BYTES)
    if not isinstance(body, dict) or not isinstance(body.get("path"), str):
        raise InputError("The body names no file.", remedy='Send {"path": "/folder/products.csv"}.')
    check_names(list(body), ["path", "mapping", "dry_run"])
    mapping = Path(body["mapping"]) if body.get("mapping") else None
    return ImportRequest(
        Path(body["path"]), body["path"], repr(body), is_dry_run=bool(body.get("dry_run")), mapping=mapping
    )


async def _uploaded(request: Request) -> ImportRequest:
    folder = upload_folder(service_of(request).shop.folder)
    try:
        return await _receive(request, folder)
    except BaseException:
        shutil.rmtree(folder, ignore_errors=True)
        raise


async def _receive(request: Request, folder: Path) -> ImportRequest:
    limit = service_of(request).settings.import_bytes
    if media_type(request) != "multipart/form-data":
        stream = capped(request, limit_bytes=limit).stream()
        return await _kept(stream, folder, fields=dict(request.query_params))
    async with open_form(request, limit_bytes=limit) as items:
        files = [value for name, value in items if isinstance(value, UploadFile) and name == "file"]
        check_names([name for name, _ in items], ["file", *OPTIONS])
        if not files:
            raise InputError("The form has no file.", remedy="Send the feed as the form field 'file'.")
        fields = {name: value for name, value in items if isinstance(value, str)}
        fields = {"filename": files[0].filename or "", **dict(request.query_params), **fields}
        return await _kept(chunks_of(files[0]), folder, fields=fields)


async def _kept(chunks: AsyncIterator[bytes], folder: Path, *, fields: dict[str, str]) -> ImportRequest:
    name = fields.get("filename", "")
    is_dry_run = _flag(fields.get("dry_run", "false"))
    stored: StoredBody = await keep_upload(chunks, folder, name=name)
    fingerprint = f"{stored.fingerprint} {name} {is_dry_run}"
    return ImportRequest(stored.path, name, fingerprint, is_dry_run=is_dry_run, leftovers=folder)


def _flag(text: str) -> bool:
    flags = {"true": True, "1": True, "false": False, "0": False}
    if text.lower() not in flags:
        raise InputError(f"dry_run {text[:40]!r} is neither true nor false.", remedy="Write dry_run=true.")
    return flags[text.lower()]
