"""What the OpenAPI description says beyond the signatures; parameters come from the model that checks them."""

from __future__ import annotations

from copy import deepcopy
from typing import Any

from tonggan.serve.parameters import SearchParameters
from tonggan.serve.problems import MEDIA_TYPE

NOT_IN_ADDRESS = frozenset({"image"})


def search_properties() -> dict[str, Any]:
    """The parameters of a search as JSON schemas, by name."""
    return SearchParameters.model_json_schema()["properties"]


def query_parameter(name: str, schema: dict[str, Any]) -> dict[str, Any]:
    """One parameter of an address; lists are text with commas there."""
    schema = deepcopy(schema)
    about = schema.pop("description", "")
    if schema.get("type") in ("array", "object"):
        schema = {"type": "string"}
    return {"name": name, "in": "query", "required": False, "description": about, "schema": schema}


def failure(about: str) -> dict[str, Any]:
    """A response that is a problem."""
    return {"description": about, "content": {MEDIA_TYPE: {"schema": PROBLEM}}}


def success(about: str, schema: dict[str, Any]) -> dict[str, Any]:
    """A response in JSON."""
    return {"description": about, "content": {"application/json": {"schema": schema}}}


def body_of(content: dict[str, Any]) -> dict[str, Any]:
    """A body in one of some media types."""
    return {"requestBody": {"required": True, "content": {kind: {"schema": part} for kind, part in content.items()}}}


TEXT = {"type": "string"}
NUMBER = {"type": "number"}
WHOLE = {"type": "integer"}
TEXTS = {"type": "array", "items": TEXT}
BINARY = {"type": "string", "format": "binary"}

PROBLEM = {
    "type": "object",
    "properties": {
        "type": TEXT,
        "title": TEXT,
        "status": WHOLE,
        "detail": TEXT,
        "code": TEXT,
        "remedy": TEXT,
    },
    "required": ["type", "title", "status", "detail", "code", "remedy"],
}

PRODUCT = {"type": "object", "properties": {"id": TEXT, "title": TEXT}, "required": ["id", "title"]}

HIT = {
    "type": "object",
    "properties": {
        "id": TEXT,
        "score": NUMBER,
        "product": PRODUCT,
        "reasons": {"type": "object"},
        "highlight": {"type": "object"},
        "why": TEXTS,
    },
    "required": ["id", "score", "product"],
}

ANSWER = {
    "type": "object",
    "properties": {
        "hits": {"type": "array", "items": HIT},
        "found": WHOLE,
        "page": WHOLE,
        "facets": {"type": "object", "additionalProperties": {"type": "object", "additionalProperties": WHOLE}},
        "facet_stats": {"type": "object"},
        "query_id": TEXT,
        "corrections": TEXTS,
        "relaxed": TEXTS,
        "degraded": TEXTS,
        "timings_ms": {"type": "object", "additionalProperties": NUMBER},
        "understood": {"type": ["object", "null"]},
        "readings": {"type": "array", "items": {"type": "object"}},
        "relevance": {"type": ["number", "null"]},
        "is_doubtful": {"type": "boolean"},
        "ranker": TEXT,
        "rules": TEXTS,
        "redirect": TEXT,
        "banners": {"type": "array", "items": {"type": "object"}},
    },
    "required": ["hits", "found", "page", "facets", "query_id"],
}

REPORT = {
    "type": "object",
    "properties": dict.fromkeys(("accepted", "updated", "unchanged", "refused"), WHOLE) | {"seconds": NUMBER},
}

JOB = {
    "type": "object",
    "properties": {
        "job": TEXT,
        "state": TEXT,
        "stage": TEXT,
        "rows": WHOLE,
        "refused_csv": {"type": ["string", "null"]},
    }
    | REPORT["properties"],
}

CHANGE = {
    "type": "object",
    "properties": {"name": TEXT, "stage": TEXT, "done": WHOLE, "total": WHOLE, "reason": TEXT},
}

PACKS = {
    "type": "object",
    "properties": {
        "used": {"type": "object", "properties": {"name": TEXT, "version": TEXT, "base": TEXT, "lacking": TEXT}},
        "change": {**CHANGE, "type": ["object", "null"]},
        "packs": {"type": "array", "items": {"type": "object", "properties": {"name": TEXT, "state": TEXT}}},
    },
    "required": ["used", "change", "packs"],
}

CHANGE_JOB = {
    "type": "object",
    "properties": {"job": TEXT, "state": TEXT, "stage": TEXT, "rows": WHOLE, "name": TEXT, "version": TEXT},
}

KEY = {"type": "object", "properties": {"id": TEXT, "scopes": TEXTS, "created_at": TEXT}}

FAILURES: dict[int | str, dict[str, Any]] = {
    "4XX": failure("The request cannot be served as it is."),
    "5XX": failure("The server cannot serve it now."),
}

SEARCH_QUERY = {
    "parameters": [
        query_parameter(name, part) for name, part in search_properties().items() if name not in NOT_IN_ADDRESS
    ]
}

SEARCH_BODY = body_of(
    {
        "application/json": {"type": "object", "properties": search_properties(), "additionalProperties": False},
        "multipart/form-data": {"type": "object", "properties": {**search_properties(), "image": BINARY}},
    }
)

EXPLAIN_PROPERTIES: dict[str, Any] = {
    "product_id": {**TEXT, "description": "The product to explain."},
    "occlusion": {"type": "boolean", "description": "Also map which region of the picture mattered; takes longer."},
}

EXPLAIN_QUERY = {
    "parameters": [
        *(query_parameter(name, part) for name, part in EXPLAIN_PROPERTIES.items()),
        *SEARCH_QUERY["parameters"],
    ]
}

EXPLAIN_BODY = body_of(
    {
        "application/json": {
            "type": "object",
            "properties": {**EXPLAIN_PROPERTIES, **search_properties()},
            "required": ["product_id"],
            "additionalProperties": False,
        },
        "multipart/form-data": {
            "type": "object",
            "properties": {**EXPLAIN_PROPERTIES, **search_properties(), "image": BINARY},
        },
    }
)

EXPLANATION = {
    "type": "object",
    "properties": {
        "id": TEXT,
        "product": PRODUCT,
        "language": TEXT,
        "is_result": {"type": "boolean"},
        "place": WHOLE,
        "page": WHOLE,
        "found": WHOLE,
        "score": NUMBER,
        "merged": NUMBER,
        "boost": NUMBER,
        "understood": {"type": ["object", "null"]},
        "why": TEXTS,
        "merge": {"type": "object"},
        "words": {"type": "array", "items": {"type": "object"}},
        "ranker": {"type": ["object", "null"]},
        "rules": TEXTS,
        "leader": {"type": ["object", "null"]},
        "obstacles": {"type": "array", "items": {"type": "object"}},
        "occlusion": {"type": ["object", "null"]},
        "heat": TEXT,
    },
    "required": ["id", "is_result", "place", "why", "obstacles"],
}

PRODUCTS_BODY = body_of({"application/json": {"type": "array", "items": PRODUCT}})

IMPORT_BODY = {
    "parameters": [
        query_parameter("filename", {"type": "string", "description": "Name of the file, for its ending."}),
        query_parameter("dry_run", {"type": "boolean", "description": "Report without keeping anything."}),
    ],
    **body_of(
        {
            "multipart/form-data": {"type": "object", "properties": {"file": BINARY}, "required": ["file"]},
            "application/octet-stream": BINARY,
        }
    ),
}

KEYS_BODY = body_of(
    {
        "application/json": {
            "type": "object",
            "properties": {"scopes": TEXTS, "name": TEXT},
            "required": ["scopes"],
            "additionalProperties": False,
        }
    }
)

USE_BODY = body_of(
    {
        "application/json": {
            "type": "object",
            "properties": {"name": TEXT},
            "required": ["name"],
            "additionalProperties": False,
        }
    }
)

DOCUMENT_BODY = {
    "parameters": [
        query_parameter(
            "form", {"type": "string", "description": "`tonggan` or `typesense`; told by its look if left out."}
        )
    ],
    **body_of({"application/json": {"type": "object"}}),
}

PUBLISH_BODY = body_of(
    {
        "application/json": {
            "type": "object",
            "properties": {"note": TEXT, "force": {"type": "boolean"}},
            "additionalProperties": False,
        }
    }
)

ROLLBACK_BODY = body_of(
    {
        "application/json": {
            "type": "object",
            "properties": {"number": WHOLE, "note": TEXT},
            "required": ["number"],
            "additionalProperties": False,
        }
    }
)

EXPORT_QUERY = {
    "parameters": [
        query_parameter("form", {"type": "string", "description": "`tonggan` or `typesense`."}),
        query_parameter("which", {"type": "string", "description": "`published` or `draft`."}),
        query_parameter("number", {"type": "integer", "description": "A revision of the history."}),
    ]
}

SEARCH_RESPONSES = {200: success("One page of results and what is true of all of them.", ANSWER), **FAILURES}
EXPLAIN_RESPONSES = {200: success("Its place and why, or why it has none.", EXPLANATION), **FAILURES}
PRODUCT_RESPONSES = {200: success("The product.", PRODUCT), **FAILURES}
WRITE_RESPONSES = {200: success("What became of each product.", REPORT), **FAILURES}
JOB_RESPONSES = {200: success("The report.", JOB), 202: success("The import goes on.", JOB), **FAILURES}
PACKS_RESPONSES = {200: success("The pack in use, a change that is going on, and what is here.", PACKS), **FAILURES}
CHANGE_RESPONSES = {
    200: success("The change is through.", CHANGE_JOB),
    202: success("The change goes on behind.", CHANGE_JOB),
    **FAILURES,
}
KEY_RESPONSES = {200: success("Keys, without their secrets.", {"type": "object"}), **FAILURES}
DOCUMENT_RESPONSES = {200: success("The document, or what became of it.", {"type": "object"}), **FAILURES}
