"""What a request about a search asks: its parameters and its picture, from an address, a JSON body or a form."""

from __future__ import annotations

import base64
import binascii
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import partial
from typing import Any

from fastapi import Request
from starlette.datastructures import UploadFile

from tonggan.errors import AccessError, InputError
from tonggan.serve.bodies import media_type, open_form, read_json
from tonggan.serve.gate import Deadline
from tonggan.serve.parameters import SearchParameters, check_names, read_parameters
from tonggan.serve.service import Service, caller_of, service_of

FETCH_SECONDS = 5.0
"""A shopper waits; a picture that takes longer is better downloaded and sent."""


@dataclass(frozen=True, slots=True)
class Asked:
    """A search that was asked: checked parameters, a picture's bytes, and what was asked beyond a search."""

    parameters: SearchParameters
    picture: bytes | None = None
    further: Mapping[str, Any] = field(default_factory=dict)


def asked_by_address(request: Request, *, further: Sequence[str] = ()) -> Asked:
    """Read the parameters of an address; `further` names those that are no search's."""
    asked = _asked(request.query_params.multi_items(), further)
    if asked.parameters.image:
        path = request.url.path
        raise InputError("A picture does not fit into an address.", remedy=f"POST {path} as a form with 'image'.")
    return asked


async def asked_by_body(request: Request, *, further: Sequence[str] = ()) -> Asked:
    """Read the same parameters from JSON, or from a form whose file `image` is a picture."""
    check_names(list(request.query_params), [])
    if media_type(request) == "multipart/form-data":
        return await _asked_by_form(request, further)
    body = await read_json(request, limit_bytes=service_of(request).settings.picture_bytes)
    if not isinstance(body, dict):
        raise InputError(f"The body is a JSON {type(body).__name__}.", remedy="Send an object of search parameters.")
    asked = _asked(list(body.items()), further)
    image = asked.parameters.image
    return Asked(asked.parameters, _decoded(image) if image else None, asked.further)


async def with_picture(request: Request, asked: Asked, *, deadline: Deadline) -> Asked:
    """Return the same with the picture at the address that it names; AccessError where it asks for what it may not."""
    if asked.parameters.rules == "draft" and not caller_of(request).may("admin"):
        raise AccessError("Rules that are a draft are shown to admins only.", remedy="Leave out 'rules'.")
    if not asked.parameters.image_url:
        return asked
    service = service_of(request)
    picture = await service.fetches.run(partial(_fetched, asked.parameters.image_url, service), deadline=deadline)
    return Asked(asked.parameters, picture, asked.further)


def options_of(service: Service, asked: Asked) -> dict[str, Any]:
    """Return picture and options under the names of `Shop.search`; what was left out keeps the default there."""
    parameters = asked.parameters
    given = parameters.model_dump(
        exclude_unset=True, exclude_none=True, exclude={"q", "image", "image_url", "image_id"}
    )
    given |= {"crop": tuple(parameters.crop)} if parameters.crop else {}
    image = service.shop.picture_path(parameters.image_id) if parameters.image_id else asked.picture
    return {"image": image, **given}


async def _asked_by_form(request: Request, further: Sequence[str]) -> Asked:
    async with open_form(request, limit_bytes=service_of(request).settings.picture_bytes) as items:
        files = [(name, value) for name, value in items if isinstance(value, UploadFile)]
        check_names([name for name, _ in files], ["image"])
        picture = await files[0][1].read() if files else None
        asked = _asked([(name, value) for name, value in items if isinstance(value, str)], further)
    parameters = asked.parameters
    if parameters.image or (picture is not None and (parameters.image_url or parameters.image_id)):
        raise InputError("'image' is one file in a form, and the only picture.", remedy="Keep one picture.")
    return Asked(parameters, picture, asked.further)


def _asked(items: Sequence[tuple[str, Any]], further: Sequence[str]) -> Asked:
    own = [(name, value) for name, value in items if name not in further]
    return Asked(read_parameters(own), further={name: value for name, value in items if name in further})


def _fetched(url: str, service: Service) -> bytes:
    from tonggan.catalogue.fetch import FetchLimits, read_source

    limits = FetchLimits(source_bytes=service.settings.picture_bytes, timeout_seconds=FETCH_SECONDS)
    return read_source(url, folder=None, limits=limits)


def _decoded(text: str) -> bytes:
    head, comma, tail = text.partition(",")
    if comma and not head.startswith("data:image/"):
        raise InputError("'image' is no picture in base64.", remedy="Send base64, or a form with the file 'image'.")
    try:
        return base64.b64decode(tail if comma else text, validate=True)
    except (binascii.Error, ValueError):
        raise InputError(
            "'image' is no picture in base64.", remedy="Send base64, or a form with the file 'image'."
        ) from None
